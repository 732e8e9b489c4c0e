"""One step of the plain recurrent network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch02 as mistakes
from unrolled.checks.sections import section

CHAPTER = "02-recurrence"
NAMES = ("x", "h", "weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _inputs(draw: Draw, scale: float = 0.5) -> tuple[Tensor, ...]:
    B, I, H = draw.sizes("B I H")  # noqa: E741 - the docstring's names
    shapes = ((B, I), (B, H), (H, I), (H, H), (H,), (H,))
    scales = (1.0, 0.5, scale, scale, 0.5, 0.5)
    return tuple(
        draw.normal(name, *shape, scale=size)
        for name, shape, size in zip(NAMES, shapes, scales, strict=True)
    )


def _values(answer: Handle, draw: Draw) -> Any:
    return answer(*_inputs(draw))


def _without_biases(answer: Handle, draw: Draw) -> Any:
    return answer(*_inputs(draw)[:4])


def _from_nothing(answer: Handle, draw: Draw) -> Any:
    x, h, *weights = _inputs(draw)
    return answer(x, draw.show("h", torch.zeros_like(h)), *weights)


def _large(answer: Handle, draw: Draw) -> Any:
    return answer(*_inputs(draw, scale=3000.0))


def _gradients(answer: Handle, draw: Draw) -> Any:
    inputs = [answer.candidate.put(value, requires_grad=True) for value in _inputs(draw)]
    out = answer(*inputs)
    found = draw.pulled(out, inputs)
    return dict(zip(NAMES, found, strict=True))


def _kept(answer: Handle, draw: Draw) -> Any:
    inputs = [answer.candidate.put(value) for value in _inputs(draw)]
    out = answer(*inputs)
    unmodified = dict(zip(NAMES, inputs, strict=True))
    return {"out": out, "on the device of x": same_device(out, inputs[0])} | unmodified


RNN_STEP = Exercise(
    id="rnn_step",
    chapter=CHAPTER,
    module="unrolled.recurrent.steps",
    section=section("sec-02-step"),
    probes=(
        Probe("values, all sizes different", _values, 2),
        Probe("without biases", _without_biases, 1),
        Probe("from a state of zeros", _from_nothing, 1),
        Probe("sums of some thousands (float64)", _large, 1, dtype=torch.float64,
              says="with large weights the state is at -1 or 1, and never NaN."),
        Probe("gradients reach everything (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.RNN_STEP,
    hints=(
        "Two shares meet: what x says through weight_ih, and what h says through weight_hh.",
        "F.linear(x, weight, bias) is x @ weight.T + bias; its bias may be None.",
        "torch.tanh of the sum of F.linear(x, ...) and F.linear(h, ...), each with its own bias.",
    ),
    difficulty=1,
    minutes=10,
    bans=(capabilities.RECURRENCE,),
)  # fmt: skip
