"""Which parameters decay."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Candidate, Handle
from unrolled.candidate.values import Iterated
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes.ch12 import sampling as mistakes
from unrolled.checks.sections import library_page


def _nn(candidate: Candidate, name: str, *args: Any, **kwargs: Any) -> Handle:
    return candidate.library(f"torch.nn.{name}")(*args, **kwargs)


def _linear(answer: Handle, draw: Draw) -> Handle:
    fan_in, fan_out = draw.sizes("fan_in fan_out")
    return _nn(answer.candidate, "Linear", fan_in, fan_out)


def _decay(draw: Draw) -> float:
    return draw.show("weight_decay", draw.integer(3, 9) / 20)


def _sorted(groups: Handle) -> list[dict[str, Any]]:
    """What an optimiser reads of the groups: decay and shapes, in any order."""
    return [
        {
            "weight_decay": float(group["weight_decay"]),
            "shapes": sorted(tuple(parameter.shape) for parameter in _parameters(group)),
        }
        for group in groups.value()
    ]


def _parameters(group: dict[str, Any]) -> list[Tensor]:
    found = group["params"]
    return list(found.items if isinstance(found, Iterated) else found)


def _one_layer(answer: Handle, draw: Draw) -> Any:
    model = _linear(answer, draw)
    return _sorted(answer(model, _decay(draw)))


def _all_sorts(answer: Handle, draw: Draw) -> Any:
    V, D, F = draw.sizes("V D F")
    candidate = answer.candidate
    inner = _nn(candidate, "Sequential", _nn(candidate, "Linear", D, F), _nn(candidate, "ReLU"),
                _nn(candidate, "BatchNorm1d", F))  # fmt: skip
    model = _nn(candidate, "Sequential", _nn(candidate, "Embedding", V, D),
                _nn(candidate, "LayerNorm", D), inner)  # fmt: skip
    return _sorted(answer(model, _decay(draw)))


def _frozen(answer: Handle, draw: Draw) -> Any:
    V, D, F = draw.sizes("V D F")
    candidate = answer.candidate
    frozen = _nn(candidate, "Linear", D, F).call("requires_grad_", False)
    model = _nn(candidate, "Sequential", _nn(candidate, "Linear", V, D), frozen)
    return _sorted(answer(model, _decay(draw)))


def _tied(answer: Handle, draw: Draw) -> Any:
    V, D = draw.sizes("V D")
    candidate = answer.candidate
    table = _nn(candidate, "Embedding", V, D)
    head = _nn(candidate, "Linear", D, V, bias=False)
    head.call("__setattr__", "weight", table.attribute("weight"))
    model = _nn(candidate, "Sequential", table, _nn(candidate, "LayerNorm", D), head)
    return _sorted(answer(model, _decay(draw)))


def _none_is_lost(answer: Handle, draw: Draw) -> Any:
    """A kernel of three axes may decay or not; a single number must not."""
    D, F, width = draw.sizes("D F width")
    candidate = answer.candidate
    number = _nn(candidate, "Parameter", torch.tensor(1.5))
    model = _nn(candidate, "Sequential", _nn(candidate, "Conv1d", D, F, width))
    model.call("register_parameter", "temperature", number)
    decayed, rest = _sorted(answer(model, _decay(draw)))
    return {
        "each parameter is in one group": sorted(decayed["shapes"] + rest["shapes"])
        == sorted([(F, D, width), (F,), ()]),
        "the number and the bias do not decay": {(), (F,)} <= set(rest["shapes"]),
    }


def _one_step(answer: Handle, draw: Draw) -> Any:
    """With no gradient, a step of plain SGD multiplies what decays by 1 - lr * weight_decay."""
    fan_in, fan_out = draw.sizes("fan_in fan_out")
    candidate = answer.candidate
    model = _nn(candidate, "Linear", fan_in, fan_out)
    weight = draw.normal("model.weight", fan_out, fan_in)
    bias = draw.normal("model.bias", fan_out)
    model.call("to", draw.dtype)
    model.load({"weight": weight, "bias": bias})
    groups = answer(model, _decay(draw))
    # One by one: SGD makes a list of whatever it is given, also of range(10**9).
    optimizer = candidate.library("torch.optim.SGD")([groups[0], groups[1]], lr=0.5)
    for name, value in (("weight", weight), ("bias", bias)):
        model.attribute(name).call("__setattr__", "grad", torch.zeros_like(value))
    optimizer.call("step")
    return {name: parameter.value for name, parameter in model.state().parameters.items()}


DECAY_GROUPS = Exercise(
    id="decay_groups",
    chapter="12-gpt",
    module="unrolled.gpt.optimisation",
    section=library_page("gpt", "decay_groups"),
    probes=(
        Probe("a linear layer: its matrix decays, its bias does not", _one_layer, 2),
        Probe("embedding, norms and layers inside layers", _all_sorts, 1),
        Probe("what is frozen is in neither group", _frozen, 1),
        Probe("a tied weight is there once", _tied, 1),
        Probe("three axes, or none at all", _none_is_lost, 1,
              says="every trainable parameter belongs in one of the two groups, and what has fewer "
              "than two axes does not decay."),
        Probe("one step of an optimiser", _one_step, 1,
              says="an optimiser that is given these groups does not change the model as it "
              "should."),
    ),
    mistakes=mistakes.DECAY_GROUPS,
    hints=(
        "Print the names and shapes of a Linear and a LayerNorm. What tells a matrix from a bias "
        "or a norm's scale, without looking at names?",
        "model.parameters() gives each parameter once, tied or not; dim() counts axes, "
        "requires_grad says whether it is trained.",
        "Two lists by p.dim() >= 2, then a list of two dicts with the keys params and "
        "weight_decay.",
    ),
    difficulty=2,
    minutes=15,
)  # fmt: skip
