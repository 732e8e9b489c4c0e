"""What a learner's parameters are made of, in terms of the reference's: the map ``PARAM_MAP``.

A learner's class may say, in ``PARAM_MAP``, what its own parameters are made of:

    "wq.weight":  "q_proj.weight"                                          another name
    "qkv.weight": {"cat": ["q_proj.weight", "k_proj.weight"], "dim": 0}    several in one
    "bias":       {"sum": ["bias_ih_l0", "bias_hh_l0"]}                    a sum
    "wo":         {"transpose": "out_proj.weight"}                         the other way round

A map is text that a learner wrote: it is read with limits, and never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["evaluate", "names", "within"]

MAX_PARTS = 100  # of a parameter that PARAM_MAP puts together


def evaluate(expression: Any, wanted: Mapping[str, Tensor]) -> Tensor:
    """Return the value that an entry of a map stands for.

    Args:
        expression: a name, or one of the forms above.
        wanted: the reference's values by their names.

    Raises:
        KeyError: if ``wanted`` has no such name.
        TypeError, ValueError, IndexError, RuntimeError: if it is none of the forms.
    """
    parts = [wanted[name] for name in names(expression)]
    if isinstance(expression, str):
        return parts[0]
    if "transpose" in expression:
        return parts[0].T
    if "sum" in expression:
        return torch.stack(parts).sum(dim=0)
    return torch.cat(parts, dim=expression.get("dim", 0))


def names(expression: Any) -> list[str]:
    """Return the reference's names that an entry of a map uses.

    Raises:
        TypeError, ValueError: if it is none of the forms, or puts too many parts together.
    """
    if isinstance(expression, str):
        return [expression]
    (form,) = set(expression) & {"cat", "sum", "transpose"}
    found = expression[form]
    found = [found] if isinstance(found, str) else [str(name) for name in found]
    if len(found) > MAX_PARTS:
        raise ValueError(f"at most {MAX_PARTS} parts can be one parameter, {len(found)} were given")
    return found


def within(expression: Any, prefix: str) -> Any:
    """Return an entry of a part's map in the names of the model that holds the part.

    Args:
        expression: a name, or one of the forms above.
        prefix: the part's path in the model, with its full stop; empty for the model itself.

    Raises:
        AttributeError, TypeError: if it is none of the forms.
    """
    if isinstance(expression, str):
        return prefix + expression
    found = {}
    for form, value in expression.items():
        named = value if form == "dim" else [prefix + name for name in names({form: value})]
        found[form] = prefix + value if isinstance(value, str) else named
    return found
