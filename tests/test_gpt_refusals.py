"""What GPT and its config refuse, in which words, and what they still take."""

import dataclasses

import pytest
import torch
from torch import nn

from unrolled.gpt import GPT, GPTConfig, KVCache, decay_groups

B, T, V, MAX_T = 2, 4, 13, 9
SIZES = {"vocab_size": V, "n_positions": MAX_T, "n_embd": 12, "n_layer": 2, "n_head": 3}
IDS = torch.zeros(B, T, dtype=torch.long)


def gpt():
    return GPT(GPTConfig(**SIZES)).eval()


def read(length):
    """A model and a cache with so many tokens in it."""
    model = gpt()
    cache = model.new_cache()
    model(torch.zeros(B, length, dtype=torch.long), cache)
    return model, cache


def config(**changes):
    return GPTConfig(**SIZES | changes)


def write(ids=IDS, new=2, **options):
    return gpt().generate(ids, new, **options)


def onwards(length, more):
    model, cache = read(length)
    return model(torch.zeros(B, more, dtype=torch.long), cache)


# --- the config ---------------------------------------------------------------------------------


def test_the_defaults_are_gpt2s():
    assert dataclasses.asdict(GPTConfig()) == {
        "vocab_size": 50257,
        "n_positions": 1024,
        "n_embd": 768,
        "n_layer": 12,
        "n_head": 12,
        "n_inner": None,
        "activation_function": "gelu_new",
        "resid_pdrop": 0.1,
        "embd_pdrop": 0.1,
        "attn_pdrop": 0.1,
        "layer_norm_epsilon": 1e-5,
        "initializer_range": 0.02,
        "tie_word_embeddings": True,
    }


def test_the_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GPTConfig().n_layer = 3


def test_the_inner_width_is_four_times_the_outer_unless_given():
    assert config().d_ff == 48
    assert config(n_inner=5).d_ff == 5


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("gelu_new", "gelu_tanh"),
        ("gelu_pytorch_tanh", "gelu_tanh"),
        ("gelu", "gelu"),
        ("relu", "relu"),
    ],
)
def test_activations_have_our_names(theirs, ours):
    assert config(activation_function=theirs).activation == ours
    block = GPT(config(activation_function=theirs)).blocks[1]
    assert block.feed_forward.activation == ours


def test_the_smallest_numbers_will_do():
    small = dict.fromkeys(("vocab_size", "n_positions", "n_embd", "n_layer", "n_head"), 1)
    smallest = GPTConfig(**small, n_inner=1, initializer_range=0.0, resid_pdrop=0.0)
    assert GPT(smallest)(torch.zeros(1, 1, dtype=torch.long)).shape == (1, 1, 1)


def test_a_hugging_face_config_is_read():
    theirs = {
        **SIZES,
        "model_type": "gpt2",
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
        "reorder_and_upcast_attn": True,
        "n_ctx": 1024,
        "use_cache": True,
        "summary_type": "cls_index",
        "n_inner": 7,
        "attn_pdrop": 0.3,
        "tie_word_embeddings": False,
    }
    expected = config(n_inner=7, attn_pdrop=0.3, tie_word_embeddings=False)
    assert GPTConfig.from_hf(theirs) == expected
    assert GPTConfig.from_hf({}) == GPTConfig()


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: config(n_layer=0), ValueError, "n_layer=0: at least 1 is wanted"),
        (lambda: config(vocab_size=0), ValueError, "vocab_size=0: at least 1 is wanted"),
        (lambda: config(n_positions=0), ValueError, "n_positions=0: at least 1 is wanted"),
        (lambda: config(n_head=0), ValueError, "n_head=0: at least 1 is wanted"),
        (lambda: config(n_embd=0), ValueError, "n_embd=0: at least 1 is wanted"),
        (lambda: config(n_inner=0), ValueError, "n_inner=0: at least 1 is wanted"),
        (lambda: config(n_embd=12.0), TypeError, "n_embd=12.0 is a float, an integer is wanted"),
        (lambda: config(n_layer=True), TypeError, "n_layer=True is a bool, an integer is wanted"),
        (lambda: config(n_head=5), ValueError, "n_embd=12 is not divisible by n_head=5"),
        (lambda: config(resid_pdrop=1.0), ValueError, "resid_pdrop=1.0 is outside [0, 1)"),
        (lambda: config(embd_pdrop=-0.1), ValueError, "embd_pdrop=-0.1 is outside [0, 1)"),
        (lambda: config(attn_pdrop=1), ValueError, "attn_pdrop=1 is outside [0, 1)"),
        (
            lambda: config(activation_function="swish"),
            ValueError,
            "activation_function='swish': one of gelu_new, gelu_pytorch_tanh, gelu, relu is wanted",
        ),
        (
            lambda: config(layer_norm_epsilon=0.0),
            ValueError,
            "layer_norm_epsilon=0.0: a finite number above 0 is wanted",
        ),
        (
            lambda: config(initializer_range=-0.1),
            ValueError,
            "initializer_range=-0.1: a finite number of at least 0 is wanted",
        ),
        *[
            (
                lambda name=name, value=value: GPTConfig.from_hf({name: value}),
                ValueError,
                f"the config has {name}={value!r}, which this model does not compute; "
                f"{wanted!r} is wanted",
            )
            for name, value, wanted in (
                ("model_type", "llama", "gpt2"),
                ("scale_attn_weights", False, True),
                ("scale_attn_by_inverse_layer_idx", True, False),
                ("add_cross_attention", True, False),
            )
        ],
        (lambda: gpt()(IDS.float()), TypeError, "ids has dtype torch.float32, torch.int64 or"),
        (lambda: gpt()(IDS[0]), ValueError, "ids has shape (4,), (B, T) is wanted"),
        (lambda: gpt()(IDS[:0]), ValueError, "ids has shape (0, 4), (B, T), each at least 1,"),
        (lambda: gpt()(IDS[:, :0]), ValueError, "ids has shape (2, 0), (B, T), each at least 1,"),
        (lambda: gpt()(IDS + V), ValueError, "ids holds values from 13 to 13, 0 to 12 are wanted"),
        (lambda: gpt()(IDS - 1), ValueError, "ids holds values from -1 to -1, 0 to 12 are wanted"),
        (
            lambda: gpt()(torch.zeros(B, MAX_T + 1, dtype=torch.long)),
            ValueError,
            "ids has T=10, at most 9 positions are wanted",
        ),
        (
            lambda: onwards(7, 3),
            ValueError,
            "ids has T=3 after 7 in the cache, at most 9 positions are wanted",
        ),
        (
            lambda: gpt()(IDS, KVCache(3)),
            ValueError,
            "cache has 3 layers, 2 are wanted, one for each block",
        ),
        (lambda: gpt()(IDS, KVCache(1)), ValueError, "cache has 1 layers, 2 are wanted"),
        (
            lambda: gpt()(IDS, mask=torch.ones(T, T)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: gpt()(IDS, mask=torch.ones(T, 5, dtype=torch.bool)),
            ValueError,
            "mask has shape (4, 5), one that broadcasts to (2, 1, 4, 4) is wanted",
        ),
        (
            lambda: gpt()(IDS, mask=torch.ones(1, B, 1, T, T, dtype=torch.bool)),
            ValueError,
            "mask has shape (1, 2, 1, 4, 4), one that broadcasts to (2, 1, 4, 4) is wanted",
        ),
        (lambda: gpt().read(IDS.float()), TypeError, "ids has dtype torch.float32"),
        (lambda: gpt().read(IDS[0]), ValueError, "ids has shape (4,), (B, T) is wanted"),
        (
            lambda: gpt().read(torch.zeros(B, MAX_T + 1, dtype=torch.long)),
            ValueError,
            "ids has T=10, at most 9 positions are wanted",
        ),
        (lambda: write(new=0), ValueError, "max_new_tokens=0: at least 1 is wanted"),
        (lambda: write(new=2.0), TypeError, "max_new_tokens=2.0 is a float, an integer is wanted"),
        (
            lambda: write(new=6),
            ValueError,
            "ids has T=4 and max_new_tokens=6: together at most 9 positions are wanted",
        ),
        (lambda: write(IDS.float()), TypeError, "ids has dtype torch.float32"),
        (lambda: write(IDS + V), ValueError, "ids holds values from 13 to 13"),
        (lambda: write(IDS[:, :0]), ValueError, "ids has shape (2, 0)"),
        (
            lambda: write(temperature=-1.0),
            ValueError,
            "temperature=-1.0: a finite number of at least 0 is wanted",
        ),
        (
            lambda: write(top_k=3),
            ValueError,
            "temperature=0.0 takes the most probable token: top_k and top_p need more",
        ),
        (lambda: write(top_p=0.5), ValueError, "temperature=0.0 takes the most probable token"),
        (lambda: write(temperature=1.0, top_k=0), ValueError, "top_k=0: at least 1 is wanted"),
        (lambda: write(temperature=1.0, top_p=0.0), ValueError, "top_p=0.0 is outside (0, 1]"),
        (lambda: write(temperature=1.0, top_p=1.1), ValueError, "top_p=1.1 is outside (0, 1]"),
        (lambda: write(eos_id=V), ValueError, "eos_id=13: an id from 0 to 12 is wanted"),
        (lambda: write(eos_id=-1), ValueError, "eos_id=-1: an id from 0 to 12 is wanted"),
        (
            lambda: decay_groups(gpt(), -0.1),
            ValueError,
            "weight_decay=-0.1: a finite number of at least 0 is wanted",
        ),
        (
            lambda: decay_groups(nn.Linear(2, 3).requires_grad_(False), 0.1),
            ValueError,
            "model has no parameter that requires a gradient, at least 1 is wanted",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


def test_what_is_at_the_edge_is_taken():
    gpt().read(torch.zeros(B, MAX_T, dtype=torch.long))
    assert onwards(7, 2).shape == (B, 2, V)
    assert write(new=5).shape == (B, MAX_T)
    assert write(temperature=1.0, top_k=1, top_p=1.0).shape == (B, T + 2)
    assert write(eos_id=V - 1).size(1) <= T + 2
    assert write(eos_id=0).size(1) <= T + 2
    assert write(IDS + V - 1).shape == (B, T + 2)
    groups = decay_groups(nn.Linear(2, 3), 0.0)
    assert [group["weight_decay"] for group in groups] == [0.0, 0.0]


def test_a_cache_is_left_alone_by_a_text_that_is_refused():
    model, cache = read(7)
    with pytest.raises(ValueError, match="at most 9 positions"):
        model(IDS, cache)
    assert cache.length == 7
