"""Turning sequences of unequal lengths round."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch03 import padding as mistakes
from unrolled.checks.sections import section


def _lengths(draw: Draw, B: int, T: int, full: bool) -> Tensor:
    """Lengths of two or more, so that turning round shows; the first is T if one is full."""
    drawn = [draw.integer(2, max(2, T - 1)) for _ in range(B)]
    if full:
        drawn[0] = T
    return draw.show("lengths", torch.tensor(drawn))


def _ids(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    lengths = _lengths(draw, B, T, full=True)
    ids = draw.ids("x", 90, B, T) + 1
    return answer(draw.show("x", ids.masked_fill(torch.arange(T) >= lengths[:, None], 0)), lengths)


def _whatever_padding(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    T += 4
    x = torch.arange(10, 10 + B * T).view(B, T)
    x[:, 0] = 0  # a real token may be 0, and padding need not be
    # Four real positions: with fewer, exchanging the first and the last would be enough.
    lengths = torch.tensor([draw.integer(4, T - 2) for _ in range(B)])
    return answer(draw.show("x", x), draw.show("lengths", lengths))


def _features(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    lengths = _lengths(draw, B, T, full=True)
    return answer(draw.normal("x", B, T, D), lengths)


def _more_axes(answer: Handle, draw: Draw) -> Any:
    B, T, H, D = draw.sizes("B T H D")
    return answer(draw.normal("x", B, T, H, D), _lengths(draw, B, T, full=False))


def _gradient(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = answer.candidate.put(draw.normal("x", B, T, D), requires_grad=True)
    out = answer(x, _lengths(draw, B, T, full=True))
    return draw.pulled(out, [x])


def _kept(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = answer.candidate.put(draw.normal("x", B, T, D))
    lengths = answer.candidate.put(_lengths(draw, B, T, full=True))
    out = answer(x, lengths)
    return {"out": out, "on the device of x": same_device(out, x), "x": x, "lengths": lengths}


REVERSE_PADDED = Exercise(
    id="reverse_padded",
    chapter="03-gates",
    module="unrolled.recurrent.padding",
    section=section("sec-03-both"),
    probes=(
        Probe("ids, rows of unequal lengths", _ids, 2),
        Probe("padding that is not 0 stays, a real 0 moves", _whatever_padding, 1,
              says="trust lengths and no value: padding may be any number, and so may a token."),
        Probe("features, (B, T, D)", _features, 1),
        Probe("further axes, (B, T, H, D)", _more_axes, 1),
        Probe("gradients (float64)", _gradient, 1, dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.REVERSE_PADDED,
    hints=(
        "For a row of length 3 in T = 5 places: from which place does each of the five come? "
        "2, 1, 0, 3, 4.",
        "torch.arange(T) against lengths.unsqueeze(1) gives those places for all rows, (B, T), "
        "with one torch.where.",
        "Where position < length the source is length - 1 - position, elsewhere the position "
        "itself. Then x[rows, sources], with rows = torch.arange(B).unsqueeze(1).",
    ),
    difficulty=2,
    minutes=15,
)  # fmt: skip
