"""Our weights in a model two of whose parameters are one."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle, State
from unrolled.checks.draw import Draw
from unrolled.checks.transplant import mapped, transplanted
from unrolled.parts import param_map


def layer(answer: Handle, draw: Draw, config: Any) -> Handle:
    """Construct the answer's model with drawn weights, in evaluation mode.

    A tied weight has two names and one value, which the reference's own list has once. If the
    answer did not tie it, the second name is a parameter too many.

    Raises:
        Unfit: if its parameters are not those of the reference.
    """
    model = answer(answer.candidate.twin(config))
    if draw.dtype != torch.float32:
        model.call("to", draw.dtype)
    if answer.candidate.device != "cpu":
        model.call("to", answer.candidate.device)
    wanted = _weights(draw, config)
    model.load(transplanted(wanted, _one_name_each(model.state(values=False), wanted)))
    model.call("eval")
    return model


@functools.lru_cache(maxsize=64)
def shapes_of(reference: Any, config: Any) -> dict[str, tuple[int, ...]]:
    """The reference's parameters, each once, and their shapes."""
    with torch.random.fork_rng(devices=[]):
        like = reference(config)
    return {name: tuple(parameter.shape) for name, parameter in like.named_parameters()}


def _weights(draw: Draw, config: Any) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(draw.seed)
    return {
        name: (torch.randn(shape, generator=generator) * 0.4).to(draw.dtype)
        for name, shape in shapes_of(draw.reference, config).items()
    }


def _one_name_each(state: State, wanted: dict[str, Tensor]) -> State:
    maps = mapped(state)
    names: dict[str, list[str]] = {}
    for name, parameter in state.parameters.items():
        names.setdefault(parameter.tied_to, []).append(name)

    def known(name: str) -> bool:
        return wanted.keys() >= set(param_map.names(maps.get(name, name)))

    chosen = [next(filter(known, same), same[0]) for same in names.values()]
    parameters = {name: state.parameters[name] for name in chosen}
    return dataclasses.replace(state, parameters=parameters)
