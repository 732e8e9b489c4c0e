"""Layer normalisation."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch09 as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "09-block"


def _values(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D)(draw.normal("x", B, T, D))


def _axes(answer: Handle, draw: Draw) -> Any:
    B, H, T, D = draw.sizes("B H T D")
    layer = draw.layer(answer, D)
    x = draw.normal("x", B, H, T, D)
    return {"x of (B, H, T, D)": layer(x), "x of (D,)": layer(x[0, 0, 0])}


def _hardly_different(answer: Handle, draw: Draw) -> Any:
    # A variance about as large as the default eps.
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D)(draw.normal("x", B, T, D, scale=0.003))


def _eps(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D, eps=0.5)(draw.normal("x", B, T, D))


def _alike(answer: Handle, draw: Draw) -> Any:
    B, D = draw.sizes("B D")
    x = torch.full((B, D), float(draw.integer(1, 4)))
    given = answer.candidate.put(draw.show("x", x), requires_grad=True)
    out = draw.layer(answer, D)(given)
    (of_x,) = draw.pulled(out, [given])
    return {"out": out, "gradient of x": of_x}


def _far(answer: Handle, draw: Draw) -> Any:
    # In float64, where a right answer loses nothing that would count, however it adds up.
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D)(draw.show("x", draw.normal("x", B, T, D) + 3e4))


def _without_bias(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D, bias=False)(draw.normal("x", B, T, D))


def _at_first(answer: Handle, draw: Draw) -> Any:
    # As it is made, in training mode, with its own weights.
    B, T, D = draw.sizes("B T D")
    layer = answer(draw.show("d_model", D), seed=draw.noise)
    layer.call("to", answer.candidate.device, draw.dtype)
    return layer(draw.normal("x", B, T, D))


def _gradients(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    layer = draw.layer(answer, D)
    x = answer.candidate.put(draw.normal("x", B, T, D), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x), x)
    return {"x": of_x} | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = answer.candidate.put(draw.normal("x", B, T, D))
    out = draw.layer(answer, D)(x)
    return {"out": out, "on the device of x": same_device(out, x), "x": x}


LAYER_NORM = Exercise(
    id="LayerNorm",
    chapter=CHAPTER,
    module="unrolled.blocks.norms",
    section=library_page("blocks", "LayerNorm"),
    probes=(
        Probe("values of (B, T, D), drawn weight and bias", _values, 2),
        Probe("any axes in front", _axes, 1),
        Probe("features that hardly differ, default eps", _hardly_different, 1),
        Probe("another eps", _eps, 1),
        Probe("features that are all alike", _alike, 1, dtype=torch.float64,
              says="a row without any variance gives the bias, with a finite gradient."),
        Probe("features around 30,000 (float64)", _far, 1, dtype=torch.float64,
              says="precision is lost where the mean is large: subtract the mean first, then "
                   "square."),
        Probe("without bias", _without_bias, 1),
        Probe("weight 1 and bias 0 at first, in training mode", _at_first, 1),
        Probe("gradients reach x, weight and bias (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.LAYER_NORM,
    hints=(
        "Each position is normalised alone: mean and variance of its D numbers, nothing else.",
        "x.mean(dim=-1, keepdim=True) keeps an axis of 1, so that it lines up with x again. Divide "
        "the sum of squares by D, not by D - 1.",
        "(x - mean) / (variance + self.eps).sqrt() * self.weight + self.bias, with weight and bias "
        "nn.Parameters of (D,). register_parameter('bias', None) says that there is none.",
    ),
    difficulty=2,
    minutes=25,
    bans=(capabilities.NORMALISATION,),
)  # fmt: skip
