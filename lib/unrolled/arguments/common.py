"""What many functions refuse in the same words: numbers, words, lists and functions.

A message names the argument, what was given and what is wanted. What is asked of tensors is in
:mod:`unrolled.arguments.tensors`, what is asked of configs in :mod:`unrolled.arguments.configs`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sized
from types import UnionType
from typing import Any

from torch import Tensor


def kind(x: object) -> str:
    """Say what something is: a tensor and its dtype, or its type."""
    if isinstance(x, Tensor):
        return f"a tensor of {x.dtype}"
    return f"a {type(x).__name__}"


def given(**arguments: Any) -> dict[str, Any]:
    """Keep the arguments that are not None: an optional one is looked at if it is there."""
    return {name: x for name, x in arguments.items() if x is not None}


def instance(name: str, x: object, types: type | UnionType, wanted: str) -> None:
    """Refuse a thing of another type; ``wanted`` says the type in words."""
    if not isinstance(x, types):
        raise TypeError(f"{name} is {kind(x)}, {wanted} is wanted")


def function(wanted: str = "a function", **functions: object) -> None:
    """Refuse what cannot be called."""
    for name, x in functions.items():
        if not callable(x):
            raise TypeError(f"{name} is {kind(x)}, {wanted} is wanted")


def pair(name: str, x: Any, wanted: str, types: type | UnionType = tuple | list) -> None:
    """Refuse what is not two things; ``wanted`` names the two, such as ``"(h, c)"``."""
    if not isinstance(x, types) or len(x) != 2:
        length = f" of {len(x)}" if isinstance(x, tuple | list) else ""
        raise TypeError(f"{name} is {kind(x)}{length}, a pair {wanted} is wanted")


def several(name: str, x: object, wanted: str) -> None:
    """Refuse one string where a list of them is wanted, and what holds nothing at all."""
    if isinstance(x, str) or not isinstance(x, Iterable):
        raise TypeError(f"{name} is {kind(x)}, {wanted} is wanted")


def not_empty(name: str, x: Sized, what: str) -> None:
    """Refuse text or a list with nothing in it."""
    if not len(x):
        raise ValueError(f"{name} is empty, at least one {what} is wanted")


def one_of(name: str, x: str, wanted: tuple[str, ...]) -> None:
    """Refuse a word that is none of those that mean something."""
    if x not in wanted:
        raise ValueError(f"{name}={x!r}: one of {', '.join(wanted)} is wanted")


def whole(**numbers: int) -> None:
    """Refuse what is not a whole number."""
    for name, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"{name}={number!r} is {kind(number)}, an integer is wanted")


def at_least(least: int, **numbers: int) -> None:
    """Refuse what is not a whole number of at least ``least``."""
    for name, number in numbers.items():
        whole(**{name: number})
        if number < least:
            raise ValueError(f"{name}={number}: at least {least} is wanted")


def at_least_one(**sizes: int) -> None:
    """Refuse a size that is not a whole number of at least 1."""
    at_least(1, **sizes)


def one_id(size: int, **ids: int) -> None:
    """Refuse an id that is not a whole number from 0 to ``size - 1``."""
    for name, one in ids.items():
        whole(**{name: one})
        if not 0 <= one < size:
            raise ValueError(f"{name}={one}: an id from 0 to {size - 1} is wanted")


def positive(**numbers: float) -> None:
    """Refuse a number that is not above 0, or not finite."""
    for name, number in numbers.items():
        if not 0.0 < number < math.inf:
            raise ValueError(f"{name}={number}: a finite number above 0 is wanted")


def not_negative(**numbers: float) -> None:
    """Refuse a number that is below 0, or not finite."""
    for name, number in numbers.items():
        if not 0.0 <= number < math.inf:
            raise ValueError(f"{name}={number}: a finite number of at least 0 is wanted")


def probability(**rates: float) -> None:
    """Refuse a rate of dropping that is not in [0, 1)."""
    for name, rate in rates.items():
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"{name}={rate} is outside [0, 1)")


def fraction(**rates: float) -> None:
    """Refuse a rate that is not in [0, 1]."""
    for name, rate in rates.items():
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"{name}={rate} is outside [0, 1]")


def nucleus(**shares: float) -> None:
    """Refuse a share of the probability to keep that is not in (0, 1]."""
    for name, share in shares.items():
        if not 0.0 < share <= 1.0:
            raise ValueError(f"{name}={share} is outside (0, 1]")


def divisible(**sizes: int) -> None:
    """Refuse two sizes of which the second does not divide the first."""
    (name, size), (by, divisor) = sizes.items()
    if divisor < 1 or size % divisor:
        raise ValueError(f"{name}={size} is not divisible by {by}={divisor}")


def even(**widths: int) -> None:
    """Refuse a width with one feature left over when rotary positions pair them."""
    for name, width in widths.items():
        if width % 2:
            raise ValueError(f"{name}={width} is odd, rotary positions turn pairs of features")
