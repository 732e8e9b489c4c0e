"""What the layers of ``unrolled.blocks`` refuse, and with which sentence."""

import pytest
import torch

from unrolled.blocks import (
    FeedForward,
    LayerNorm,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)

B, H, Tq, Tk, D, d_ff = 2, 4, 5, 7, 12, 20


def encode(*shape, **options):
    x = torch.zeros(shape or (B, Tq, D), dtype=options.pop("dtype", torch.float32))
    return TransformerEncoderLayer(D, H, d_ff)(x, **options)


def decode(x=(B, Tq, D), memory=(B, Tk, D), dtype=torch.float32, **masks):
    layer = TransformerDecoderLayer(D, H, d_ff)
    return layer(torch.zeros(x), torch.zeros(memory, dtype=dtype), **masks)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LayerNorm(0), ValueError, "d_model=0: at least 1 is wanted"),
        (
            lambda: LayerNorm(D, -1e-9),
            ValueError,
            "eps=-1e-09: a finite number of at least 0 is wanted",
        ),
        (
            lambda: LayerNorm(D, float("nan")),
            ValueError,
            "eps=nan: a finite number of at least 0 is wanted",
        ),
        (
            lambda: LayerNorm(D)(torch.zeros(B, D, dtype=torch.long)),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: LayerNorm(D)(torch.zeros(B, D + 1)),
            ValueError,
            "x has shape (2, 13), (..., 12) is wanted",
        ),
        (
            lambda: LayerNorm(1)(torch.tensor(1.0)),
            ValueError,
            "x has shape (), (..., 1) is wanted",
        ),
        (
            lambda: LayerNorm(D)(torch.zeros(0, D)),
            ValueError,
            "x has shape (0, 12), (..., 12), each at least 1, is wanted",
        ),
        (lambda: LayerNorm(2.0), TypeError, "d_model=2.0 is a float, an integer is wanted"),
        (lambda: FeedForward(0, d_ff), ValueError, "d_model=0: at least 1 is wanted"),
        (lambda: FeedForward(D, 0), ValueError, "d_ff=0: at least 1 is wanted"),
        (lambda: FeedForward(D, d_ff, 1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (lambda: FeedForward(D, d_ff, -0.1), ValueError, "dropout=-0.1 is outside [0, 1)"),
        (
            lambda: FeedForward(D, d_ff, activation="swish"),
            ValueError,
            "activation='swish': one of relu, gelu, gelu_tanh is wanted",
        ),
        (
            lambda: FeedForward(D, d_ff)(torch.zeros(B, Tq)),
            ValueError,
            "x has shape (2, 5), (..., 12) is wanted",
        ),
        (
            lambda: FeedForward(D, d_ff)(torch.zeros(B, D, dtype=torch.int32)),
            TypeError,
            "x has dtype torch.int32, a floating-point tensor is wanted",
        ),
        (
            lambda: TransformerEncoderLayer(10, 3, d_ff),
            ValueError,
            "d_model=10 is not divisible by n_heads=3",
        ),
        (
            lambda: TransformerEncoderLayer(D, H, d_ff, activation="tanh"),
            ValueError,
            "activation='tanh': one of relu, gelu, gelu_tanh is wanted",
        ),
        (
            lambda: TransformerEncoderLayer(D, H, d_ff, dropout=1.0),
            ValueError,
            "dropout=1.0 is outside [0, 1)",
        ),
        (
            lambda: TransformerEncoderLayer(D, H, d_ff, attention_dropout=1.0),
            ValueError,
            "attention_dropout=1.0 is outside [0, 1)",
        ),
        (
            lambda: TransformerEncoderLayer(D, H, d_ff, activation_dropout=-0.1),
            ValueError,
            "activation_dropout=-0.1 is outside [0, 1)",
        ),
        (
            lambda: TransformerDecoderLayer(D, H, d_ff, dropout=2.0),
            ValueError,
            "dropout=2.0 is outside [0, 1)",
        ),
        (
            lambda: encode(dtype=torch.long),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: encode(Tq, D), ValueError, "x has shape (5, 12), (B, T, 12) is wanted"),
        (lambda: encode(B, D, Tq), ValueError, "x has shape (2, 12, 5), (B, T, 12) is wanted"),
        (
            lambda: encode(0, Tq, D),
            ValueError,
            "x has shape (0, 5, 12), (B, T, 12), each at least 1, is wanted",
        ),
        (
            lambda: encode(B, 0, D),
            ValueError,
            "x has shape (2, 0, 12), (B, T, 12), each at least 1, is wanted",
        ),
        (
            lambda: encode(mask=torch.zeros(Tq, Tq)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: encode(mask=torch.ones(Tq, Tk, dtype=torch.bool)),
            ValueError,
            "mask has shape (5, 7), one that broadcasts to (2, 4, 5, 5) is wanted",
        ),
        (lambda: decode(x=(Tq, D)), ValueError, "x has shape (5, 12), (B, T, 12) is wanted"),
        (
            lambda: decode(memory=(B, Tk, D + 1)),
            ValueError,
            "memory has shape (2, 7, 13), (B, T, 12) is wanted",
        ),
        (
            lambda: decode(memory=(B, 0, D)),
            ValueError,
            "memory has shape (2, 0, 12), (B, T, 12), each at least 1, is wanted",
        ),
        (
            lambda: decode(dtype=torch.long),
            TypeError,
            "memory has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: decode(memory=(B + 1, Tk, D)),
            ValueError,
            "memory has B=3, x has B=2: equal batches are wanted",
        ),
        (
            lambda: decode(mask=torch.zeros(Tq, Tq)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: decode(memory_mask=torch.zeros(Tq, Tk, dtype=torch.uint8)),
            TypeError,
            "memory_mask has dtype torch.uint8, torch.bool is wanted (True = may attend)",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


def test_the_smallest_sizes_are_served():
    layer = TransformerEncoderLayer(1, 1, 1, dropout=0.0)
    assert layer(torch.zeros(1, 1, 1)).shape == (1, 1, 1)
    decoder = TransformerDecoderLayer(1, 1, 1, dropout=0.0)
    assert decoder(torch.zeros(1, 1, 1), torch.zeros(1, 1, 1)).shape == (1, 1, 1)
