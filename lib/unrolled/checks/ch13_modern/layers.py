"""The norm and the feed-forward network of a Llama."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch13 import RMS_NORM as RMS_NORM_MISTAKES
from unrolled.checks.mistakes.ch13 import SWIGLU as SWIGLU_MISTAKES
from unrolled.checks.sections import library_page

CHAPTER = "13-modern"
MODULE = "unrolled.llama.layers"


def _norm_values(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D)(draw.normal("x", B, T, D)).output()


def _norm_axes(answer: Handle, draw: Draw) -> Any:
    B, H, T, D = draw.sizes("B H T D")
    layer = draw.layer(answer, D)
    shapes = {"one position": (D,), "positions": (T, D), "heads": (B, H, T, D)}
    return {name: layer(draw.normal("x", *shape)) for name, shape in shapes.items()}


def _norm_shifted(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = draw.show("x", draw.normal("x", B, T, D) * 3.0 + 5.0)
    return draw.layer(answer, D)(x).output()


def _norm_small(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = draw.normal("x", B, T, D, scale=1e-3)
    x[:, 0] = 0.0
    return draw.layer(answer, D)(draw.show("x", x)).output()


def _norm_eps(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    layer = draw.layer(answer, D, eps=0.01 * draw.integer(5, 40))
    return layer(draw.normal("x", B, T, D, scale=0.5)).output()


def _norm_fresh(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return answer(D)(draw.normal("x", B, T, D)).output()


def _gradients(answer: Handle, draw: Draw, *sizes: int) -> Any:
    B, T, D = draw.sizes("B T D")
    layer = draw.layer(answer, D, *sizes)
    x = answer.candidate.put(draw.normal("x", B, T, D), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x).output(), x)
    return {"x": of_x} | of_parameters


def _kept(answer: Handle, draw: Draw, *sizes: int) -> Any:
    B, T, D = draw.sizes("B T D")
    x = answer.candidate.put(draw.normal("x", B, T, D))
    out = draw.layer(answer, D, *sizes)(x).output()
    return {"out": out, "on the device of x": same_device(out, x), "x": x}


RMS_NORM = Exercise(
    id="RMSNorm",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("llama", "RMSNorm"),
    probes=(
        Probe("values, a scale that is not 1", _norm_values, 2),
        Probe("any number of axes in front", _norm_axes, 1),
        Probe("features around 5: no mean is subtracted", _norm_shifted, 1),
        Probe("features of a thousandth, and zeros", _norm_small, 1,
              says="eps is added to the mean square, under the root."),
        Probe("another eps", _norm_eps, 1),
        Probe("a fresh layer scales by 1", _norm_fresh, 1),
        Probe("gradients reach x and the scale (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=RMS_NORM_MISTAKES,
    hints=(
        "Three steps name the layer backwards: square, take the mean, take the root.",
        "The mean runs over the last axis alone; keepdim=True keeps an axis to divide along.",
        "x / (mean_square + eps).sqrt() * weight, with weight = nn.Parameter(torch.ones(d_model)).",
    ),
    difficulty=2,
    minutes=15,
    bans=(capabilities.NORMALISATION,),
)  # fmt: skip


def _gated(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    return draw.layer(answer, D, d_ff)(draw.normal("x", B, T, D)).output()


def _gated_axes(answer: Handle, draw: Draw) -> Any:
    B, H, T, D, d_ff = draw.sizes("B H T D d_ff")
    layer = draw.layer(answer, D, d_ff)
    shapes = {"one position": (D,), "positions": (T, D), "heads": (B, H, T, D)}
    return {name: layer(draw.normal("x", *shape)) for name, shape in shapes.items()}


def _gated_bias(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    return draw.layer(answer, D, d_ff, bias=True)(draw.normal("x", B, T, D)).output()


def _gated_large(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    return draw.layer(answer, D, d_ff)(draw.normal("x", B, T, D, scale=100.0)).output()


def _gated_gradients(answer: Handle, draw: Draw) -> Any:
    return _gradients(answer, draw, draw.integer(9, 12))


def _gated_kept(answer: Handle, draw: Draw) -> Any:
    return _kept(answer, draw, draw.integer(9, 12))


SWIGLU = Exercise(
    id="SwiGLU",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("llama", "SwiGLU"),
    probes=(
        Probe("values, without biases", _gated, 2),
        Probe("any number of axes in front", _gated_axes, 1),
        Probe("with biases", _gated_bias, 1),
        Probe("large inputs do not overflow", _gated_large, 1),
        Probe("gradients reach x and every weight (float64)", _gated_gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _gated_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=SWIGLU_MISTAKES,
    hints=(
        "Two projections read x side by side; a third brings their product back to d_model.",
        "Swish is x times sigmoid(x); torch calls it silu. It is for the gate alone.",
        "down_proj(F.silu(gate_proj(x)) * up_proj(x)), each an nn.Linear with bias=bias.",
    ),
    difficulty=2,
    minutes=15,
    bans=(capabilities.READY_MADE,),
)  # fmt: skip
