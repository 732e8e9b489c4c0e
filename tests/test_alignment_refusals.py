"""What the layers and models of ``unrolled.alignment`` refuse, and the edge of what they take."""

import re

import pytest
import torch

from unrolled.alignment import (
    AdditiveAttention,
    AttentionDecoder,
    AttentionSeq2Seq,
    LuongAttention,
    LuongDecoder,
)

QUERY, KEYS = torch.zeros(2, 3, 4), torch.zeros(2, 5, 6)
IDS = torch.tensor([[3, 4, 0], [5, 0, 0]])
STATE, MEMORY = torch.zeros(2, 4), torch.zeros(2, 5, 6)
MASK = torch.ones(2, 1, 1, 5, dtype=torch.bool)


def attend(query=QUERY, keys=KEYS, mask=None):
    """Ask both attentions; the first to refuse is Bahdanau's, and Luong's says the same."""
    try:
        return AdditiveAttention(4, 6, 7)(query, keys, mask)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            LuongAttention(4, 6)(query, keys, mask)
        raise


def decode(inputs=IDS, state=STATE, memory=MEMORY, mask=None, make=AttentionDecoder):
    return make(7, 3, 4, 6)(inputs, state, memory, mask)


def model(*options, **named):
    return AttentionSeq2Seq(6, 7, 3, 4, *options, **named)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: AdditiveAttention(0, 6, 7), ValueError, "query_size=0: at least 1 is wanted"),
        (lambda: AdditiveAttention(4, 0, 7), ValueError, "key_size=0: at least 1 is wanted"),
        (lambda: AdditiveAttention(4, 6, 0), ValueError, "hidden_size=0: at least 1 is wanted"),
        (lambda: LuongAttention(0, 6), ValueError, "query_size=0: at least 1 is wanted"),
        (lambda: LuongAttention(4, 0), ValueError, "key_size=0: at least 1 is wanted"),
        (
            lambda: LuongAttention(4, 6, "product"),
            ValueError,
            "score='product': one of general, dot, concat is wanted",
        ),
        (
            lambda: LuongAttention(4, 6, "concat", 0),
            ValueError,
            "hidden_size=0: at least 1 is wanted",
        ),
        (
            lambda: LuongAttention(4, 6, "dot"),
            ValueError,
            "query_size=4, key_size=6: equal sizes are wanted for 'dot'",
        ),
        (
            lambda: attend(query=QUERY.long()),
            TypeError,
            "query has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: attend(keys=KEYS.long()),
            TypeError,
            "keys has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: attend(query=QUERY[0]), ValueError, "query has shape (3, 4), (B, T, 4) is wanted"),
        (lambda: attend(query=QUERY[..., 1:]), ValueError, "query has shape (2, 3, 3), (B, T, 4)"),
        (lambda: attend(keys=KEYS[..., 1:]), ValueError, "keys has shape (2, 5, 5), (B, T, 6) is"),
        (lambda: attend(keys=KEYS[:, :0]), ValueError, "keys has shape (2, 0, 6), (B, T, 6), each"),
        (
            lambda: attend(keys=KEYS[:1]),
            ValueError,
            "keys has B=1, query has B=2: equal batches are wanted",
        ),
        (
            lambda: attend(mask=MASK.float()),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: attend(mask=MASK[..., :4]),
            ValueError,
            "mask has shape (2, 1, 1, 4), one that broadcasts to (2, 1, 3, 5) is wanted",
        ),
        (
            lambda: attend(mask=MASK[None]),
            ValueError,
            "mask has shape (1, 2, 1, 1, 5), one that broadcasts to (2, 1, 3, 5) is wanted",
        ),
        (
            lambda: attend(mask=MASK.expand(2, 2, 1, 5)),
            ValueError,
            "mask has shape (2, 2, 1, 5), one that broadcasts to (2, 1, 3, 5) is wanted",
        ),
        (lambda: AttentionDecoder(0, 3, 4, 6), ValueError, "vocab_size=0: at least 1 is wanted"),
        (
            lambda: AttentionDecoder(7, 0, 4, 6),
            ValueError,
            "embedding_size=0: at least 1 is wanted",
        ),
        (lambda: AttentionDecoder(7, 3, 0, 6), ValueError, "hidden_size=0: at least 1 is wanted"),
        (lambda: LuongDecoder(7, 3, 4, 0), ValueError, "memory_size=0: at least 1 is wanted"),
        (
            lambda: AttentionDecoder(7, 3, 4, 6, "luong"),
            ValueError,
            "attention='luong': one of additive, general, dot, concat is wanted",
        ),
        (
            lambda: AttentionDecoder(7, 3, 4, 6, dropout=1.0),
            ValueError,
            "dropout=1.0 is outside [0, 1)",
        ),
        (
            lambda: LuongDecoder(7, 3, 4, 6, dropout=-0.1),
            ValueError,
            "dropout=-0.1 is outside [0, 1)",
        ),
        (
            lambda: LuongDecoder(7, 3, 4, 6, "dot"),
            ValueError,
            "query_size=4, key_size=6: equal sizes are wanted for 'dot'",
        ),
        (
            lambda: decode(inputs=IDS + 3),
            ValueError,
            "inputs holds values from 3 to 8, 0 to 6 are wanted",
        ),
        (lambda: decode(inputs=IDS[0]), ValueError, "inputs has shape (3,), (B, T) is wanted"),
        (
            lambda: decode(inputs=IDS.float()),
            TypeError,
            "inputs has dtype torch.float32, torch.int64 or torch.int32 is wanted",
        ),
        (lambda: decode(state=STATE[None]), ValueError, "state has shape (1, 2, 4), (2, 4) is"),
        (lambda: decode(state=STATE[:1]), ValueError, "state has shape (1, 4), (2, 4) is wanted"),
        (
            lambda: decode(state=STATE.long()),
            TypeError,
            "state has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: decode(memory=MEMORY[..., 1:]),
            ValueError,
            "memory has shape (2, 5, 5), (2, Tk, 6) is wanted",
        ),
        (
            lambda: decode(memory=MEMORY[:1]),
            ValueError,
            "memory has shape (1, 5, 6), (2, Tk, 6) is wanted",
        ),
        (
            lambda: decode(memory=MEMORY.long()),
            TypeError,
            "memory has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: decode(mask=MASK.long(), make=LuongDecoder),
            TypeError,
            "mask has dtype torch.int64, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: decode(mask=MASK.expand(2, 1, 3, 5), make=LuongDecoder),
            ValueError,
            "mask has shape (2, 1, 3, 5), one that broadcasts to (2, 1, 1, 5) is wanted",
        ),
        (
            lambda: AttentionSeq2Seq(0, 7, 3, 4),
            ValueError,
            "source_vocab_size=0: at least 1 is wanted",
        ),
        (
            lambda: AttentionSeq2Seq(6, 0, 3, 4),
            ValueError,
            "target_vocab_size=0: at least 1 is wanted",
        ),
        (lambda: model(pad_id=6), ValueError, "pad_id=6: an id from 0 to 5 is wanted"),
        (lambda: model(bos_id=7), ValueError, "bos_id=7: an id from 0 to 6 is wanted"),
        (lambda: model(dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (
            lambda: model("bengio"),
            ValueError,
            "decoder='bengio': one of bahdanau, luong, luong-fed is wanted",
        ),
        (
            lambda: model(attention="luong"),
            ValueError,
            "attention='luong': one of additive, general, dot, concat is wanted",
        ),
        (
            lambda: model("luong", "dot"),
            ValueError,
            "attention='dot' with bidirectional=True: bidirectional=False is wanted",
        ),
        (
            lambda: model()(IDS, IDS[:1]),
            ValueError,
            "target has B=1, source has B=2: equal batches are wanted",
        ),
        (
            lambda: model()(IDS + 1, IDS),
            ValueError,
            "source holds values from 1 to 6, 0 to 5 are wanted",
        ),
        (
            lambda: model()(IDS, IDS + 2),
            ValueError,
            "target holds values from 2 to 7, 0 to 6 are wanted",
        ),
        (lambda: model()(IDS, IDS[0]), ValueError, "target has shape (3,), (B, T) is wanted"),
        (lambda: model()(IDS[0], IDS), ValueError, "source has shape (3,), (B, T) is wanted"),
        (
            lambda: model().start(IDS * 0),
            ValueError,
            "source[0] holds pad_id=0 alone, at least one token is wanted",
        ),
        (
            lambda: model().read(torch.tensor([[3, 0, 4]])),
            ValueError,
            "source[0] holds pad_id=0 before a token",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)


def test_what_is_just_allowed_is_not_refused():
    assert AdditiveAttention(1, 1, 1)(QUERY[..., :1], KEYS[..., :1])[0].shape == (2, 3, 1)
    assert LuongAttention(1, 1, "concat", 1)(QUERY[..., :1], KEYS[..., :1])[0].shape == (2, 3, 1)
    assert model("luong", "dot", bidirectional=False)(IDS, IDS).shape == (2, 3, 7)
    assert model(pad_id=0, bos_id=6)(IDS, IDS).shape == (2, 3, 7)
    assert decode(mask=MASK[0], make=LuongDecoder)[0].shape == (2, 3, 7)


def test_a_thing_of_another_kind_is_named_also_beside_projected_keys():
    layer = AdditiveAttention(3, 4, 5)
    keys = torch.zeros(2, 5, 4)
    for extra in ({}, {"projected": layer.project(keys)}):
        with pytest.raises(TypeError, match="mask=3 is a int, a tensor is wanted"):
            layer(torch.zeros(2, 3, 3), keys, 3, **extra)
