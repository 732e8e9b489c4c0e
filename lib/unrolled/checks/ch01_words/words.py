"""Made-up words: how probes of text draw them, show them and read what came back."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.candidate.values import Iterated
from unrolled.checks.draw import Draw, kind
from unrolled.checks.transplant import Unfit

CHAPTER = "01-words"


def letters(draw: Draw, n: int, alphabet: str = string.ascii_letters) -> list[str]:
    """Draw letters, all different."""
    return shuffled(draw, list(alphabet))[:n]


def shuffled(draw: Draw, items: list[Any]) -> list[Any]:
    """The items in a drawn order."""
    left = list(items)
    return [left.pop(draw.integer(0, len(left) - 1)) for _ in items]


def shown(draw: Draw, **inputs: Any) -> list[Any]:
    """Record inputs as Python writes them, so that spaces can be seen; pieces in order."""
    for name, value in inputs.items():
        readable = sorted(value) if isinstance(value, set | dict) else value
        draw.show(name, repr(readable))
    return list(inputs.values())


def told(handle: Handle) -> str:
    """What came back as Python writes it: a report shows lists of words in full, not their type."""
    return _written(handle.value())


def _written(value: Any) -> str:
    """As ``repr``, unless there are tensors in it: one of eight axes takes minutes to write."""
    return kind(value) if _holds_numbers(value) else repr(value)


def _holds_numbers(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_numbers, value.values()))
    if isinstance(value, Iterated):
        value = value.items
    if isinstance(value, list | tuple):
        return any(map(_holds_numbers, value))
    return isinstance(value, Tensor | np.ndarray)


def listed(handle: Handle, item: str, most: int) -> dict[str, str]:
    """The items of a long list one by one, so that a report can point to the first wrong one.

    Args:
        handle: what came back.
        item: what the report calls an item.
        most: how many places the report has; those without an item say so.

    Raises:
        Unfit: if it is no list.
    """
    value = handle.value()
    if not isinstance(value, list):
        raise Unfit(f"a list is wanted, {kind(value)} was returned")
    places = [_written(value[n]) if n < len(value) else "nothing" for n in range(most)]
    return {f"{item} {n}": text for n, text in enumerate(places, 1)} | {"how many": str(len(value))}
