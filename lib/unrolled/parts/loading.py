"""The reference's weights in a model whose parts have their own names for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from unrolled.parts import param_map

__all__ = ["load_weights"]


def load_weights(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a model the reference's weights, strictly, whatever its parts call their own.

    Args:
        model: built from the reference's or other parts; a class may rename with ``PARAM_MAP``.
        state: the ``state_dict`` of the same model built from reference parts.

    Raises:
        ValueError: if a weight is missing, left over or of another shape; nothing is loaded then.
    """
    maps = _maps(model)
    values: dict[str, Tensor] = {}
    missing, used = [], set()
    for name in model.state_dict():
        expression = maps.get(name, name)
        try:
            values[name] = param_map.evaluate(expression, state)
        except KeyError as error:
            missing.append(str(error.args[0]))
        used.update(param_map.names(expression))
    unexpected = [name for name in state if name not in used]
    if missing or unexpected:
        raise ValueError(
            f"state does not fit {type(model).__name__}: missing {_listed(missing)}, "
            f"unexpected {_listed(unexpected)}"
        )
    _refuse_other_shapes(model, values)
    model.load_state_dict(values)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _refuse_other_shapes(model: nn.Module, values: Mapping[str, Tensor]) -> None:
    for name, tensor in model.state_dict().items():
        if values[name].shape != tensor.shape:
            raise ValueError(
                f"state gives {name} the shape {tuple(values[name].shape)}, "
                f"{tuple(tensor.shape)} is wanted"
            )


def _maps(model: nn.Module) -> dict[str, Any]:
    """Full name of a renamed parameter to its expression in full names of the reference.

    A class that names what is inside a part of its own is asked before that part: its map is the
    one that its own checks read.
    """
    found: dict[str, Any] = {}
    for path, module in model.named_modules():
        prefix = f"{path}." if path else ""
        for name, expression in getattr(type(module), "PARAM_MAP", {}).items():
            found.setdefault(prefix + name, param_map.within(expression, prefix))
    return found
