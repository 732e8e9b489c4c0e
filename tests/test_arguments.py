"""The refusals that every module of layers shares, and the edge of what they let through."""

import math
import re

import pytest
import torch

from unrolled import attention, bert, gpt, llama, vit
from unrolled.arguments import common, configs, tensors

IDS = torch.tensor([[3, 4, 0], [5, 0, 0]])
X = torch.zeros(2, 3, 5)
SMALL_GPT = gpt.GPTConfig(vocab_size=5, n_positions=3, n_embd=2, n_layer=1, n_head=1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: common.at_least(3, n=2), ValueError, "n=2: at least 3 is wanted"),
        (lambda: common.at_least_one(n=True), TypeError, "n=True is a bool, an integer is wanted"),
        (lambda: common.one_id(7, a=0, b=7), ValueError, "b=7: an id from 0 to 6 is wanted"),
        (lambda: common.one_id(7, a=1.0), TypeError, "a=1.0 is a float, an integer is wanted"),
        (lambda: common.positive(a=0.0), ValueError, "a=0.0: a finite number above 0 is wanted"),
        (lambda: common.positive(a=math.inf), ValueError, "a=inf: a finite number above 0"),
        (lambda: common.not_negative(a=-0.1), ValueError, "a=-0.1: a finite number of at least 0"),
        (lambda: common.not_negative(a=math.inf), ValueError, "a=inf: a finite number of at least"),
        (lambda: common.not_negative(a=math.nan), ValueError, "a=nan: a finite number of at least"),
        (lambda: common.probability(p=1.0), ValueError, "p=1.0 is outside [0, 1)"),
        (lambda: common.fraction(p=1.01), ValueError, "p=1.01 is outside [0, 1]"),
        (lambda: common.nucleus(p=0.0), ValueError, "p=0.0 is outside (0, 1]"),
        (lambda: common.divisible(d=7, h=2), ValueError, "d=7 is not divisible by h=2"),
        (lambda: common.divisible(d=7, h=0), ValueError, "d=7 is not divisible by h=0"),
        (lambda: common.even(d=7), ValueError, "d=7 is odd, rotary positions turn pairs"),
        (
            lambda: common.pair("s", X, "(h, c)"),
            TypeError,
            "s is a tensor of torch.float32, a pair",
        ),
        (lambda: common.pair("s", (1,), "(h, c)"), TypeError, "s is a tuple of 1, a pair (h, c)"),
        (lambda: common.several("s", "ab", "a list"), TypeError, "s is a str, a list is wanted"),
        (lambda: common.several("s", None, "a list"), TypeError, "s is a NoneType, a list is want"),
        (lambda: common.not_empty("s", [], "word"), ValueError, "s is empty, at least one word is"),
        (lambda: common.function(f=3), TypeError, "f is a int, a function is wanted"),
        (lambda: tensors.floating(x=[1.0]), TypeError, "x is a list, a floating-point tensor is"),
        (lambda: tensors.integers(x=[1]), TypeError, "x is a list, a tensor of integers is wanted"),
        (lambda: tensors.longs(x=IDS.int()), TypeError, "x has dtype torch.int32, torch.int64 is"),
        (
            lambda: tensors.shaped("x", X, "(..., 4)", ..., 4),
            ValueError,
            "x has shape (2, 3, 5), (..., 4) is wanted",
        ),
        (
            lambda: tensors.shaped("x", X[:0], "(..., 5)", ..., 5),
            ValueError,
            "x has shape (0, 3, 5), (..., 5), each at least 1, is wanted",
        ),
        (
            lambda: tensors.shaped("x", X[0, 0], "(..., T, 5)", ..., None, 5),
            ValueError,
            "x has shape (5,), (..., T, 5) is wanted",
        ),
        (
            lambda: tensors.exactly("x", X, 2, 3),
            ValueError,
            "x has shape (2, 3, 5), (2, 3) is want",
        ),
        (lambda: tensors.alike(a=X, b=X[0]), ValueError, "b has shape (3, 5), (2, 3, 5) is wanted"),
        (lambda: tensors.same_batch(a=X, b=X[:1]), ValueError, "b has B=1, a has B=2: equal batch"),
        (
            lambda: tensors.broadcasts((2, 1, 3, 5), mask=torch.ones(4).bool()),
            ValueError,
            "mask has shape (4,), one that broadcasts to (2, 1, 3, 5) is wanted",
        ),
        (
            lambda: tensors.between(0, 4, a=IDS),
            ValueError,
            "a holds values from 0 to 5, 0 to 4 are",
        ),
        (
            lambda: tensors.between(1, 5, a=IDS),
            ValueError,
            "a holds values from 0 to 5, 1 to 5 are",
        ),
        (
            lambda: tensors.ids_below(7, a=IDS[:0]),
            ValueError,
            "a has shape (0, 3), at least one id",
        ),
        (lambda: tensors.token_ids(7, a=IDS[0]), ValueError, "a has shape (3,), (B, T) is wanted"),
        (lambda: tensors.some_token(5, a=IDS * 0 + 5), ValueError, "a[0] holds pad_id=5 alone, at"),
        (
            lambda: tensors.padding_last(0, a=IDS.flip(1)),
            ValueError,
            "a[0] holds pad_id=0 before a token, padding after the last token alone is wanted",
        ),
        (
            lambda: tensors.padding_last(0, a=IDS * torch.tensor([[1], [0]])),
            ValueError,
            "a[1] holds pad_id=0 alone, at least one token is wanted",
        ),
        (
            lambda: configs.fixed({"act": "silu"}, {"act": "gelu"}),
            ValueError,
            "the config has act='silu', which this model does not compute; 'gelu' is wanted",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_the_edge_is_let_through():
    common.at_least(3, n=3)
    common.one_id(7, first=0, last=6)
    common.positive(a=1e-9)
    common.not_negative(a=0.0)
    common.probability(p=0.0)
    common.fraction(none=0.0, all=1.0)
    common.nucleus(p=1.0)
    common.divisible(d=6, h=6)
    common.even(d=2)
    common.pair("s", [1, 2], "(h, c)")
    tensors.shaped("x", X, "(..., 5)", ..., 5)
    tensors.shaped("x", X[0, 0], "(..., 5)", ..., 5)
    tensors.broadcasts((2, 1, 3, 5), mask=torch.ones(2, 1, 1, 5).bool(), no_mask=None)
    tensors.between(0, 5, a=IDS)
    tensors.token_ids(6, a=IDS.int())
    tensors.real_lengths(torch.tensor([1, 3]), 2, 3)
    tensors.padding_last(0, a=IDS)
    configs.fixed({"act": "gelu", "other": 1}, {"act": "gelu", "absent": True})
    assert common.given(a=None, b=0) == {"b": 0}


def test_shapes_are_left_to_others_where_batches_cannot_be_compared():
    tensors.same_batch(source=IDS, target=IDS[0])


@pytest.mark.parametrize(
    ("model", "config", "message"),
    [
        (gpt.GPT, None, "config is a NoneType, a GPTConfig is wanted"),
        (gpt.GPTBlock, {}, "config is a dict, a GPTConfig is wanted"),
        (llama.Llama, SMALL_GPT, "config is a GPTConfig, a LlamaConfig is wanted"),
        (llama.LlamaBlock, 3, "config is a int, a LlamaConfig is wanted"),
        (vit.ViT, SMALL_GPT, "config is a GPTConfig, a ViTConfig is wanted"),
        (vit.ViTForImageClassification, None, "a ViTConfig is wanted"),
        *[
            (getattr(bert, name), SMALL_GPT, "config is a GPTConfig, a BertConfig is wanted")
            for name in bert.__all__
            if name.startswith("Bert") and name != "BertConfig"
        ],
    ],
)
def test_a_model_is_built_from_its_own_config(model, config, message):
    with pytest.raises(TypeError, match=message):
        model(config)


def test_an_argument_that_is_not_there_is_said_of_the_call_and_not_of_a_check():
    layer = attention.MultiHeadAttention(8, 2)
    with pytest.raises(TypeError, match=r"^got an unexpected keyword argument 'foo'$"):
        layer(torch.randn(1, 2, 8), foo=1)
