"""The reference's weights in a learner's module, and its gradients back under our names.

A learner's class may say, in ``PARAM_MAP``, what its own parameters are made of:

    "wq.weight":  "q_proj.weight"                                          another name
    "qkv.weight": {"cat": ["q_proj.weight", "k_proj.weight"], "dim": 0}    several in one
    "bias":       {"sum": ["bias_ih_l0", "bias_hh_l0"]}                    a sum
    "wo":         {"transpose": "out_proj.weight"}                         the other way round

Only the asking side reads the map, and takes it for what it is: text that a learner wrote.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import State

MAX_PARAMETERS = 1_000
MAX_PARTS = 100  # of a parameter that PARAM_MAP puts together


class Unfit(Exception):
    """An answer whose form does not let the question be asked; the message says why."""


def transplanted(wanted: dict[str, Tensor], state: State) -> dict[str, Tensor]:
    """Values for the learner's parameters that make its layer equal to the reference.

    Args:
        wanted: values under the reference's names.
        state: the learner's parameters and map.

    Raises:
        Unfit: if a parameter is missing, left over, or of another shape.
    """
    if len(state.parameters) > MAX_PARAMETERS:
        raise Unfit(f"the layer has {len(state.parameters)} parameters, {len(wanted)} are wanted")
    used: set[str] = set()
    values = {}
    for name, parameter in state.parameters.items():
        expression = state.map.get(name, name)
        try:
            value = _evaluate(expression, wanted, used)
        except KeyError:
            raise Unfit(_unexpected(name, wanted, state)) from None
        except (TypeError, ValueError, IndexError, RuntimeError, AttributeError):
            raise Unfit(f"PARAM_MAP[{name!r}] is not one of the forms it can have") from None
        if tuple(value.shape) != parameter.shape:
            raise Unfit(
                f"parameter {name} has shape {parameter.shape}, {tuple(value.shape)} is wanted"
            )
        values[name] = value
    missing = [name for name in wanted if name not in used]
    if missing:
        raise Unfit(_missing(missing, state))
    return values


def gradients_back(
    own: dict[str, Tensor | None], state: State, shapes: dict[str, tuple[int, ...]]
) -> dict[str, Tensor | None]:
    """Gradients of a learner's parameters as gradients of the reference's."""
    back: dict[str, Tensor | None] = {}
    for name, gradient in own.items():
        expression = state.map.get(name, name)
        if gradient is None:
            back.update(dict.fromkeys(_names(expression)))
        elif isinstance(expression, str):
            back[expression] = gradient
        elif "transpose" in expression:
            back[expression["transpose"]] = gradient.T
        elif "sum" in expression:
            back.update(dict.fromkeys(expression["sum"], gradient))
        else:
            dim = expression.get("dim", 0)
            sizes = [shapes[part][dim] for part in expression["cat"]]
            back.update(zip(expression["cat"], gradient.split(sizes, dim), strict=True))
    return {name: back.get(name) for name in shapes}


def _evaluate(expression: Any, wanted: dict[str, Tensor], used: set[str]) -> Tensor:
    parts = [wanted[name] for name in _names(expression)]
    used.update(_names(expression))
    if isinstance(expression, str):
        return parts[0]
    if "transpose" in expression:
        return parts[0].T
    if "sum" in expression:
        return torch.stack(parts).sum(dim=0)
    return torch.cat(parts, dim=expression.get("dim", 0))


def _names(expression: Any) -> list[str]:
    if isinstance(expression, str):
        return [expression]
    (form,) = set(expression) & {"cat", "sum", "transpose"}
    names = expression[form]
    names = [names] if isinstance(names, str) else [str(name) for name in names]
    if len(names) > MAX_PARTS:
        raise ValueError(f"at most {MAX_PARTS} parts can be one parameter, {len(names)} were given")
    return names


def _missing(missing: list[str], state: State) -> str:
    found = ", ".join(state.parameters) or "none at all"
    return (
        f"parameter {missing[0]} is missing (found: {found[:300]}). Every layer with weights is an "
        "nn.Module kept as an attribute, made in __init__"
    )


def _unexpected(name: str, wanted: dict[str, Tensor], state: State) -> str:
    return (
        f"parameter {name} is unexpected, wanted are {', '.join(wanted)[:300]}. Other names are "
        "possible with a PARAM_MAP on the class"
    )
