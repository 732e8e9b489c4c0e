"""What the functions and layers of ``unrolled.positions`` refuse, and with which sentence."""

import pytest
import torch

from unrolled.positions import (
    AlibiAttention,
    LearnedPositions,
    RelativeAttention,
    RotaryAttention,
    SinusoidalPositions,
    alibi_bias,
    apply_rope,
    sinusoidal_positions,
)

B, H, Tq, Tk, d_k = 2, 3, 5, 7, 4
D = H * d_k


def learned(*shape, start=0, dtype=torch.float32):
    return LearnedPositions(Tk, D)(torch.zeros(shape, dtype=dtype), start)


def waves(*shape, start=0, dtype=torch.float32):
    return SinusoidalPositions(Tk, D)(torch.zeros(shape, dtype=dtype), start)


def rotate(*shape, positions=None, base=10000.0, dtype=torch.float32):
    positions = torch.arange(Tq) if positions is None else positions
    return apply_rope(torch.zeros(shape, dtype=dtype), positions, base)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: sinusoidal_positions(0, D),
            ValueError,
            "T=0: at least 1 is wanted",
        ),
        (
            lambda: sinusoidal_positions(Tq, 0),
            ValueError,
            "d_model=0: at least 1 is wanted",
        ),
        (
            lambda: sinusoidal_positions(Tq, D, 0.0),
            ValueError,
            "base=0.0: a finite number above 0 is wanted",
        ),
        (
            lambda: SinusoidalPositions(0, D),
            ValueError,
            "max_len=0: at least 1 is wanted",
        ),
        (
            lambda: LearnedPositions(Tk, 0),
            ValueError,
            "d_model=0: at least 1 is wanted",
        ),
        (
            lambda: learned(B, Tk + 1, D),
            ValueError,
            "start=0 and T=8 ask for positions 0 to 7, 0 to 6 are there",
        ),
        (
            lambda: learned(B, Tq, D, start=3),
            ValueError,
            "start=3 and T=5 ask for positions 3 to 7, 0 to 6 are there",
        ),
        (
            lambda: learned(B, Tq, D, start=-1),
            ValueError,
            "start=-1 and T=5 ask for positions -1 to 3, 0 to 6 are there",
        ),
        (
            lambda: learned(Tq, D),
            ValueError,
            "x has shape (5, 12), (B, T, 12) is wanted",
        ),
        (
            lambda: learned(B, Tq, D + 1),
            ValueError,
            "x has shape (2, 5, 13), (B, T, 12) is wanted",
        ),
        (
            lambda: learned(B, 0, D),
            ValueError,
            "x has shape (2, 0, 12), (B, T, 12), each at least 1, is wanted",
        ),
        (
            lambda: learned(B, Tq, D, dtype=torch.long),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: waves(B, Tq, D, start=-1), ValueError, "start=-1: at least 0 is wanted"),
        (
            lambda: waves(0, Tq, D),
            ValueError,
            "x has shape (0, 5, 12), (B, T, 12), each at least 1, is wanted",
        ),
        (
            lambda: rotate(B, H, Tq, d_k, dtype=torch.long),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: rotate(H, Tq, d_k),
            ValueError,
            "x has shape (3, 5, 4), (B, H, T, d_k) is wanted",
        ),
        (
            lambda: rotate(B, H, 0, d_k, positions=torch.arange(0)),
            ValueError,
            "x has shape (2, 3, 0, 4), (B, H, T, d_k), each at least 1, is wanted",
        ),
        (
            lambda: rotate(B, H, Tq, 5),
            ValueError,
            "d_k=5 is odd, rotary positions turn pairs of features",
        ),
        (
            lambda: rotate(B, H, Tq, d_k, positions=torch.arange(Tk)),
            ValueError,
            "positions has shape (7,), (5,) or (2, 5) is wanted",
        ),
        (
            lambda: rotate(B, H, Tq, d_k, positions=torch.zeros(3, Tq)),
            ValueError,
            "positions has shape (3, 5), (5,) or (2, 5) is wanted",
        ),
        (
            lambda: rotate(B, H, Tq, d_k, positions=torch.ones(Tq, dtype=torch.bool)),
            TypeError,
            "positions has dtype torch.bool, numbers are wanted",
        ),
        (
            lambda: rotate(B, H, Tq, d_k, positions=torch.ones(Tq, dtype=torch.complex64)),
            TypeError,
            "positions has dtype torch.complex64, numbers are wanted",
        ),
        (
            lambda: rotate(B, H, Tq, d_k, base=-1.0),
            ValueError,
            "base=-1.0: a finite number above 0 is wanted",
        ),
        (lambda: alibi_bias(0, Tq), ValueError, "n_heads=0: at least 1 is wanted"),
        (lambda: alibi_bias(H, 0), ValueError, "Tq=0, Tk=None: 1 <= Tq <= Tk is wanted"),
        (lambda: alibi_bias(H, Tk, Tq), ValueError, "Tq=7, Tk=5: 1 <= Tq <= Tk is wanted"),
        (
            lambda: RotaryAttention(9, 3),
            ValueError,
            "d_model=9 is not divisible by 2 * n_heads=6: each head rotates pairs of features",
        ),
        (
            lambda: RotaryAttention(D, 0),
            ValueError,
            "d_model=12 is not divisible by n_heads=0",
        ),
        (
            lambda: RotaryAttention(D, H, base=0.0),
            ValueError,
            "base=0.0: a finite number above 0 is wanted",
        ),
        (lambda: AlibiAttention(10, 3), ValueError, "d_model=10 is not divisible by n_heads=3"),
        (
            lambda: AlibiAttention(D, H)(torch.zeros(B, Tk, D), torch.zeros(B, Tq, D)),
            ValueError,
            "query has Tq=7, key has Tk=5: Tq <= Tk is wanted",
        ),
        (
            lambda: AlibiAttention(D, H)(torch.zeros(B, Tq, D), mask=torch.zeros(Tq, Tq)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: RotaryAttention(D, H)(torch.zeros(B, Tq, D), mask=torch.zeros(Tq, Tq)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: RelativeAttention(D, H)(torch.zeros(B, Tq, D)),
            NotImplementedError,
            "",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


def test_the_smallest_and_largest_that_are_served():
    assert learned(1, 1, D, start=Tk - 1).shape == (1, 1, D)
    assert learned(1, Tk, D).shape == (1, Tk, D)
    assert LearnedPositions(1, 1).weight.shape == SinusoidalPositions(1, 1).table.shape == (1, 1)
    assert sinusoidal_positions(1, 1, 0.5).item() == 0.0
    assert rotate(1, 1, 1, 2, positions=torch.zeros(1), base=0.5).shape == (1, 1, 1, 2)
    assert alibi_bias(1, 1).shape == (1, 1, 1)
    assert RotaryAttention(2, 1)(torch.zeros(1, 1, 2)).shape == (1, 1, 2)
