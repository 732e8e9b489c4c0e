"""The feed-forward network, the same at every position."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks.ch09_block.norms import CHAPTER
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import dropout_facts, one_hot_rows, same_device
from unrolled.checks.mistakes import ch09 as mistakes
from unrolled.checks.sections import library_page


def _values(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    return draw.layer(answer, D, d_ff)(draw.normal("x", B, T, D))


def _axes(answer: Handle, draw: Draw) -> Any:
    B, H, T, D, d_ff = draw.sizes("B H T D d_ff")
    layer = draw.layer(answer, D, d_ff)
    x = draw.normal("x", B, H, T, D)
    return {"x of (B, H, T, D)": layer(x), "x of (D,)": layer(x[0, 0, 0])}


def _activation(answer: Handle, draw: Draw, activation: str) -> Any:
    """Five times the activation itself, where the two forms of GELU are furthest apart."""
    B, T, D = draw.sizes("B T D")
    eye, zeros = torch.eye(D), torch.zeros(D)
    fixed = {"linear1.weight": eye, "linear1.bias": zeros, "linear2.weight": 5 * eye,
             "linear2.bias": zeros}  # fmt: skip
    layer = draw.layer(answer, D, D, activation=activation, fixed=fixed)
    x = draw.normal("x", B, T, D)
    return layer(draw.show("x", -1.2 - x.abs().clamp(max=2)))


def _gelu(answer: Handle, draw: Draw) -> Any:
    return _activation(answer, draw, "gelu")


def _gelu_tanh(answer: Handle, draw: Draw) -> Any:
    return _activation(answer, draw, "gelu_tanh")


def _without_bias(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    return draw.layer(answer, D, d_ff, bias=False)(draw.normal("x", B, T, D))


def _dropout(answer: Handle, draw: Draw) -> Any:
    # The output shows each hidden number twice. They are positive, so that none is 0 by itself,
    # and GELU of twice a number is not twice its GELU: dropout before it shows.
    d_ff = 12
    fixed = {"linear1.bias": torch.ones(d_ff), "linear2.weight": one_hot_rows(d_ff, times=2).T,
             "linear2.bias": torch.zeros(2 * d_ff)}  # fmt: skip
    layer = draw.layer(answer, 2 * d_ff, d_ff, dropout=0.5, activation="gelu", fixed=fixed)
    x = draw.normal("x", 2, 4, 2 * d_ff, scale=0.2)
    evaluated = layer(x)
    layer.call("train")
    trained = layer(x, seed=draw.noise)
    return dropout_facts(evaluated, trained, 0.5) | {"in evaluation": evaluated}


def _gradients(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    layer = draw.layer(answer, D, d_ff)
    x = answer.candidate.put(draw.normal("x", B, T, D), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x), x)
    return {"x": of_x} | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    x = answer.candidate.put(draw.normal("x", B, T, D))
    out = draw.layer(answer, D, d_ff)(x)
    return {"out": out, "on the device of x": same_device(out, x), "x": x}


FEED_FORWARD = Exercise(
    id="FeedForward",
    chapter=CHAPTER,
    module="unrolled.blocks.feed_forward",
    section=library_page("blocks", "FeedForward"),
    probes=(
        Probe("values with ReLU, x of (B, T, D)", _values, 2),
        Probe("any axes in front", _axes, 1),
        Probe("activation='gelu', the exact form", _gelu, 1),
        Probe("activation='gelu_tanh', the approximation", _gelu_tanh, 1),
        Probe("without biases", _without_bias, 1),
        Probe("dropout on the activations while training alone", _dropout, 1),
        Probe("gradients reach x and every weight (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _kept, 1, values=False, dtype=torch.float64),
    ),
    mistakes=mistakes.FEED_FORWARD,
    hints=(
        "Three steps on the last axis: to d_ff features, the activation, back to d_model.",
        "nn.Linear works on the last axis whatever stands in front; F.gelu has an argument "
        "approximate, 'none' or 'tanh'.",
        "linear2(dropout(activation(linear1(x)))), with an nn.Dropout made in __init__: it knows "
        "by itself whether the layer is in training.",
    ),
    difficulty=2,
    minutes=20,
)
