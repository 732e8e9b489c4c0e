"""A frozen linear layer with a low-rank change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle, State
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch13 import LORA
from unrolled.checks.sections import library_page
from unrolled.checks.transplant import gradients_back, mapped, transplanted
from unrolled.parts import param_map

Values = dict[str, Tensor]


@dataclass(frozen=True)
class Adapted:
    """An adapted layer on the answer's side, and what was put into it.

    Attributes:
        layer: the answer's module.
        linear: the layer that it was given.
        values: its parameters' values, by the reference's names.
    """

    layer: Handle
    linear: Handle
    values: Values

    def own(self) -> Values:
        """The parameters' values now, by the reference's names."""
        state = self.layer.state()
        own = {name: parameter.value for name, parameter in state.parameters.items()}
        return gradients_back(own, state, self._shapes)

    def trained(self) -> dict[str, bool]:
        """Which parameters want a gradient, by the reference's names."""
        state = self.layer.state(values=False)
        flags = {name: parameter.requires_grad for name, parameter in state.parameters.items()}
        return _by_reference(flags, state)

    def gradients(self, out: Handle, cotangent: Tensor, x: Handle) -> Values:
        """Gradients of x and of the parameters, by the reference's names."""
        state = self.layer.state(values=False)
        names = list(state.parameters)
        wrt = [x, *((self.layer, name) for name in names)]
        of_x, *found = self.layer.candidate.vjp([out], [cotangent], wrt)
        own = dict(zip(names, found, strict=True))
        return {"x": of_x} | gradients_back(own, state, self._shapes)

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(value.shape) for name, value in self.values.items()}


def _by_reference(flags: dict[str, bool], state: State) -> dict[str, bool]:
    """What holds of the learner's parameters, by the reference's names."""
    maps = mapped(state)
    return {
        name: flag for own, flag in flags.items() for name in param_map.names(maps.get(own, own))
    }


def _linear(answer: Handle, draw: Draw, sizes: tuple[int, int], bias: bool = True) -> Any:
    """A linear layer on the answer's side, with drawn weights."""
    D_in, D_out = sizes
    linear = answer.candidate.library("torch.nn.Linear")(D_in, D_out, bias=bias)
    linear.call("to", answer.candidate.device, draw.dtype)
    values = {"weight": draw.normal("linear.weight", D_out, D_in, scale=D_in**-0.5)}
    if bias:
        values["bias"] = draw.normal("linear.bias", D_out)
    linear.load(values)
    return linear, {f"linear.{name}": value for name, value in values.items()}


def _adapted(
    answer: Handle, draw: Draw, sizes: tuple[int, int, int], bias: bool = True, **kwargs: Any
) -> Adapted:
    """The answer's layer around such a linear layer, with drawn A and B."""
    D_in, D_out, rank = sizes
    linear, values = _linear(answer, draw, (D_in, D_out), bias)
    alpha = draw.show("alpha", kwargs.pop("alpha", 0.5 * draw.integer(1, 3)))
    layer = answer(linear, draw.show("rank", rank), alpha, **kwargs)
    values["lora_A"] = draw.normal("lora_A", rank, D_in)
    values["lora_B"] = draw.normal("lora_B", D_out, rank)
    layer.load(transplanted(values, layer.state(values=False)))
    layer.call("eval")
    return Adapted(layer, linear, values)


def _sizes(draw: Draw) -> tuple[int, int, int]:
    D_in, D_out = draw.sizes("D_in D_out")
    return D_in, D_out, 2


def _x(draw: Draw, D_in: int) -> Tensor:
    return draw.normal("x", 3, 2, D_in)


def _starts(answer: Handle, draw: Draw) -> Any:
    D_in, D_out, rank = _sizes(draw)
    linear, _ = _linear(answer, draw, (D_in, D_out))
    layer = answer(linear, draw.show("rank", rank), draw.show("alpha", 4.0))
    # A is looked at through the gradient of B, which is A x: zero if A is.
    x = answer.candidate.put(_x(draw, D_in))
    out = layer(x)
    state = layer.state(values=False)
    names = list(state.parameters)
    found = draw.pulled(out, [(layer, n) for n in names])
    moved = [isinstance(one, Tensor) and bool(one.abs().sum() > 0) for one in found]
    moved = _by_reference(dict(zip(names, moved, strict=True)), state)
    return {"as the linear layer": out} | {f"{n} learns at first": f for n, f in moved.items()}


def _drawn(answer: Handle, draw: Draw) -> Any:
    # 1024 numbers: none above 0.97 of the bound has a chance below 1e-13.
    D_in, D_out, rank = 64, 16, 16
    linear, values = _linear(answer, draw, (D_in, D_out))
    like = {"lora_A": torch.zeros(rank, D_in), "lora_B": torch.zeros(D_out, rank)}
    made = Adapted(answer(linear, rank, 1.0, seed=draw.noise), linear, values | like)
    own = made.own()
    largest = own["lora_A"].abs().max() * D_in**0.5
    return {
        "no number of A is beyond 1 / sqrt(D_in)": bool(largest <= 1 + 1e-6),
        "the largest is close to it": bool(largest > 0.97),
        "A is 0 on average": bool(own["lora_A"].mean().abs() * D_in**0.5 < 0.2),
        "B is zero": not own["lora_B"].any(),
    }


def _values(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw))
    return made.layer(_x(draw, sizes[0]))


def _axes(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw), bias=False)
    shapes = {"one position": (sizes[0],), "heads": (2, 3, 4, sizes[0])}
    return {name: made.layer(draw.normal("x", *shape)) for name, shape in shapes.items()}


def _frozen(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, _sizes(draw))
    return {f"{name} is trained": flag for name, flag in made.trained().items()}


def _gradients(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw))
    x = answer.candidate.put(_x(draw, sizes[0]), requires_grad=True)
    out = made.layer(x)
    return made.gradients(out, draw.cotangent(out), x)


def _dropout(answer: Handle, draw: Draw) -> Any:
    # A and B can be inverted, so the change tells what A and B were given.
    D = 6
    A = torch.eye(D) + 0.5 * torch.eye(D).roll(1, 0)
    B = torch.eye(D) - 0.5 * torch.eye(D).roll(2, 0)
    made = _adapted(answer, draw, (D, D, D), alpha=float(D), dropout=0.5)
    known = made.values | {"lora_A": A.to(draw.dtype), "lora_B": B.to(draw.dtype)}
    made.layer.load(transplanted(known, made.layer.state(values=False)))
    x = answer.candidate.put(draw.normal("x", 20, D))
    evaluated = made.layer(x)
    made.layer.call("train")
    change = tensor(made.layer(x, seed=draw.noise)) - tensor(made.linear(x))
    into_B = torch.linalg.solve(B, change.to(B).T)  # (r, 20)
    into_A = torch.linalg.solve(A, into_B)  # (D_in, 20)
    given = tensor(x).to(A).T
    return {
        "the input of A is 0 or twice as large": _dropped(given, into_A),
        "the input of B is 0 or twice as large": _dropped(A @ given, into_B),
        "the change is 0 or twice as large": _dropped(B @ A @ given, change.to(B).T),
        "the change is as in evaluation": torch.allclose(into_A, given, atol=1e-3),
        "evaluated": evaluated,
    }


def _dropped(before: Tensor, after: Tensor) -> bool:
    """Whether all numbers are dropped or doubled, and some are either."""
    gone, grown = after.abs() <= 1e-4, (after - 2 * before).abs() <= 1e-3
    return bool((gone | grown).all() and gone.any() and (grown & ~gone).any())


def _merged(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw))
    made.layer.call("merge")
    return {"output": made.layer(_x(draw, sizes[0])), "matrix": made.own()["linear.weight"]}


def _merged_twice(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw))
    made.layer.call("merge")
    made.layer.call("merge")
    return {"output": made.layer(_x(draw, sizes[0])), "matrix": made.own()["linear.weight"]}


def _unmerged(answer: Handle, draw: Draw) -> Any:
    # A change a million times the matrix: taking it away again leaves nothing of the matrix.
    made = _adapted(answer, draw, sizes := _sizes(draw), alpha=1e6)
    before = made.values["linear.weight"]
    made.layer.call("unmerge")
    untouched = torch.equal(made.own()["linear.weight"], before)
    made.layer.call("merge")
    made.layer.call("unmerge")
    restored = torch.equal(made.own()["linear.weight"], before)
    out = made.layer(_x(draw, sizes[0]))
    return {
        "without merge it does nothing": untouched,
        "the matrix is back, bit for bit": restored,
        "output": out,
    }


def _merged_again(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw))
    for method in ("merge", "unmerge", "merge"):
        made.layer.call(method)
    return {"output": made.layer(_x(draw, sizes[0])), "matrix": made.own()["linear.weight"]}


def _frozen_while_merged(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, _sizes(draw))
    made.layer.call("merge")
    merged = made.trained()
    made.layer.call("unmerge")
    return {
        f"{name} is trained {when}": flag
        for when, flags in (("while merged", merged), ("after unmerge", made.trained()))
        for name, flag in flags.items()
    }


def _kept(answer: Handle, draw: Draw) -> Any:
    made = _adapted(answer, draw, sizes := _sizes(draw))
    x = answer.candidate.put(_x(draw, sizes[0]))
    out = made.layer(x)
    return {"out": out, "on the device of x": same_device(out, x), "x": x} | made.own()


LORA_LINEAR = Exercise(
    id="LoRALinear",
    chapter="13-modern",
    module="unrolled.lora",
    section=library_page("lora", "LoRALinear"),
    probes=(
        Probe("it starts as the linear layer itself", _starts, 1),
        Probe("A is drawn as nn.Linear draws its weight", _drawn, 1,
              says="A starts evenly between -1 / sqrt(D_in) and 1 / sqrt(D_in), as the weight of "
              "an nn.Linear does, and B at zero."),
        Probe("values with A and B drawn", _values, 2),
        Probe("without a bias, any number of axes", _axes, 1),
        Probe("A and B are trained, the linear layer is not", _frozen, 1),
        Probe("gradients reach x, A and B alone (float64)", _gradients, 1, dtype=torch.float64),
        Probe("dropout before A, while training alone", _dropout, 1),
        Probe("merged: the same output from one matrix", _merged, 1),
        Probe("merged twice is merged once", _merged_twice, 1),
        Probe("unmerge puts the matrix back, bit for bit", _unmerged, 1),
        Probe("merged, unmerged and merged again", _merged_again, 1),
        Probe("A and B are frozen while merged", _frozen_while_merged, 1),
        Probe("dtype of the linear layer kept, x and weights unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=LORA,
    hints=(
        "forward adds two things: what the frozen layer gives, and a change that goes down to r "
        "features and up again. merge moves the change from the output into the matrix.",
        "linear.requires_grad_(False) freezes; linear.weight.new_zeros(...) makes a tensor of the "
        "same dtype on the same device. A is (r, D_in), B is (D_out, r), so x goes through A.T.",
        "scale = alpha / rank. merge: keep linear.weight.detach().clone(), then add "
        "scale * (B @ A) in place, without gradients; unmerge copies the kept matrix back.",
    ),
    difficulty=4,
    minutes=45,
    bans=(capabilities.ADAPTERS, capabilities.course("add_lora")),
)  # fmt: skip
