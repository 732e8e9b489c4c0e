"""The reference's weights in a learner's module, and its gradients back under our names.

``PARAM_MAP`` on a learner's class says what its parameters are made of
(``unrolled.parts.param_map``). Only the asking side reads the map, and takes it for what it is:
text that a learner wrote.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from torch import Tensor

from unrolled.candidate.handles import State
from unrolled.candidate.values import NO_GRADIENT, Opaque
from unrolled.parts import param_map

MAX_PARAMETERS = 1_000
MAX_TIMES = 4  # as many numbers as the reference has: a map can name each of its weights again


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
    state = one_name_each(state, wanted)
    used: set[str] = set()
    values = {}
    maps = mapped(state)
    left = MAX_TIMES * sum(value.numel() for value in wanted.values())
    for name, parameter in state.parameters.items():
        expression = maps.get(name, name)
        try:
            value = param_map.evaluate(expression, wanted)
            used.update(param_map.names(expression))
        except KeyError:
            raise Unfit(_unexpected(name, wanted, state)) from None
        except (TypeError, ValueError, IndexError, RuntimeError, AttributeError):
            raise Unfit(f"PARAM_MAP[{name!r}] is not one of the forms it can have") from None
        if tuple(value.shape) != parameter.shape:
            raise Unfit(
                f"parameter {name} has shape {parameter.shape}, {tuple(value.shape)} is wanted"
            )
        left -= value.numel()
        if left < 0:
            raise Unfit(f"PARAM_MAP uses weights of the reference more than {MAX_TIMES} times")
        values[name] = value
    missing = [name for name in wanted if name not in used]
    if missing:
        raise Unfit(_missing(missing, state))
    return values


def one_name_each(state: State, wanted: Collection[str]) -> State:
    """The state with one name for each parameter that has several: one that the reference has.

    A weight that two layers share has two names and one value. If an answer does not share it, the
    second name stays, and is a parameter too many.
    """
    maps = mapped(state)
    names: dict[str, list[str]] = {}
    for name, parameter in state.parameters.items():
        names.setdefault(parameter.tied_to, []).append(name)

    def known(name: str) -> bool:
        with contextlib.suppress(TypeError, ValueError):  # a damaged map is told where it is read
            return set(wanted) >= set(param_map.names(maps.get(name, name)))
        return False

    chosen = [next(filter(known, same), same[0]) for same in names.values()]
    return replace(state, parameters={name: state.parameters[name] for name in chosen})


def gradients_back(
    own: dict[str, Tensor | Opaque], state: State, shapes: dict[str, tuple[int, ...]]
) -> dict[str, Tensor | Opaque]:
    """Gradients of a learner's parameters as gradients of the reference's."""
    back: dict[str, Tensor | Opaque] = {}
    maps = mapped(state)
    for name, gradient in own.items():
        expression = maps.get(name, name)
        if not isinstance(gradient, Tensor):
            back.update(dict.fromkeys(param_map.names(expression), NO_GRADIENT))
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
    return {name: back.get(name, NO_GRADIENT) for name in shapes}


def mapped(state: State) -> dict[str, Any]:
    """Full name of a renamed parameter to what it is made of; a whole's map before its parts'.

    Raises:
        Unfit: if an entry is none of the forms.
    """
    found: dict[str, Any] = {}
    for path, entries in list(state.maps.items())[:MAX_PARAMETERS]:
        prefix = f"{path}." if path else ""
        for name, expression in entries.items() if isinstance(entries, dict) else ():
            try:
                found.setdefault(f"{prefix}{name}", param_map.within(expression, prefix))
            except (TypeError, ValueError, AttributeError):
                raise Unfit(f"PARAM_MAP[{name!r}] is not one of the forms it can have") from None
    return found


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
