"""Seeded choices that come out the same on every machine and every version of Python."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

__all__ = ["Choice"]

T = TypeVar("T")


class Choice:
    """A source of choices, fixed by its seed.

    Python promises that ``Random(seed).random()`` never changes between versions, and promises
    nothing of ``choice``, ``choices`` or ``sample``. So everything here is made from ``random()``.

    Args:
        seed: any integer.

    Raises:
        TypeError: if ``seed`` is not an integer.
    """

    def __init__(self, seed: int):
        if not isinstance(seed, int):
            raise TypeError(f"seed has type {type(seed).__name__}, int is wanted")
        self._random = random.Random(seed).random

    def below(self, n: int) -> int:
        """Return one of 0, 1, ..., n - 1, each equally likely (to within n / 2**53)."""
        return int(self._random() * n)

    def one(self, options: Sequence[T]) -> T:
        """Return one of ``options``, each equally likely."""
        return options[int(self._random() * len(options))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Return one key of ``weights``, as often as its weight says; order matters, hash not."""
        threshold = self._random() * sum(weights.values())
        running = zip(weights, accumulate(weights.values()), strict=True)
        return next(option for option, total in running if threshold < total)

    def sample(self, options: Sequence[T], n: int) -> list[T]:
        """Return ``n`` different elements of ``options`` in random order (Fisher-Yates)."""
        pool = list(options)
        for i in range(n):
            j = i + int(self._random() * (len(pool) - i))
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:n]
