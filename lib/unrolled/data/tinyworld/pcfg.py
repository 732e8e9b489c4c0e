"""A probabilistic grammar whose every number is exact: drawing, counting, length, entropy.

Each symbol has rules, each rule a whole-number weight. A sentence is derived by replacing the
leftmost symbol by one of its rules until only words are left. So a derivation is a list of rules
and its probability the product of their shares. No symbol can contain itself: the language is
finite, and what is meant as a sum over all sentences is computed as one.
"""

from __future__ import annotations

import graphlib
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from unrolled.data.choice import Choice

__all__ = ["Derivation", "Grammar", "Item", "Rule", "rule"]

Derivation = tuple[int, ...]  # indices into Grammar.rules, leftmost symbol first


class Item(NamedTuple):
    """A symbol or a word on the right of a rule, and its role in what the sentence means."""

    symbol: str
    role: str
    is_word: bool


class Rule(NamedTuple):
    """``left -> items``, drawn in proportion to ``weight``; ``tag`` names what it builds."""

    left: str
    weight: int
    items: tuple[Item, ...]
    tag: str = ""


def rule(left: str, weight: int, right: str, tag: str = "") -> Rule:
    """Read a rule whose right side is written as ``<SYMBOL>/role word/role <SYMBOL> word``.

    >>> rule("PLACE", 3, "in/prep <CITY>/city").items[1]
    Item(symbol='CITY', role='city', is_word=False)
    """
    items = []
    for text in right.split():
        symbol, _, role = text.partition("/")
        is_word = not symbol.startswith("<")
        items.append(Item(symbol if is_word else symbol[1:-1], role, is_word))
    return Rule(left, weight, tuple(items), tag)


class Grammar:
    """The rules of a finite language.

    Args:
        rules: every rule; those of one symbol may stand anywhere among them.

    Raises:
        ValueError: if a weight is below 1, a symbol has no rules, or one can contain itself.

    >>> toy = Grammar([rule("S", 1, "<N> sleeps"), rule("N", 3, "Anna"), rule("N", 1, "Tom")])
    >>> toy.count("S"), toy.expected_length("S"), round(toy.entropy("S"), 4)   # H(3/4, 1/4)
    (2, 2.0, 0.5623)
    """

    def __init__(self, rules: Sequence[Rule]):
        self.rules = tuple(rules)
        self.rules_of: dict[str, list[int]] = {}
        for i, each in enumerate(self.rules):
            if each.weight < 1:
                raise ValueError(f"weight={each.weight} of {each.left!r}, at least 1 is wanted")
            self.rules_of.setdefault(each.left, []).append(i)
        self.leaves_first = self._sorted()
        self._draws = {s: self._draw_table(s) for s in self.leaves_first}
        self._inner = [
            tuple(part.symbol for part in reversed(each.items) if not part.is_word)
            for each in self.rules
        ]
        self.log_probabilities = [
            math.log(each.weight / self._draws[each.left][1][-1]) for each in self.rules
        ]
        self.phrases = {s: table for s in self.leaves_first if (table := self._phrases(s))}

    def _sorted(self) -> list[str]:
        graph = {s: [] for s in self.rules_of}
        for each in self.rules:
            inner = [part.symbol for part in each.items if not part.is_word]
            if missing := [s for s in inner if s not in self.rules_of]:
                raise ValueError(f"{missing[0]!r} in a rule of {each.left!r} has no rules")
            graph[each.left] += inner
        try:
            return list(graphlib.TopologicalSorter(graph).static_order())
        except graphlib.CycleError as error:
            raise ValueError(
                f"{' contains '.join(error.args[1])}: a finite language is wanted"
            ) from None

    def _draw_table(self, symbol: str) -> tuple[list[int], list[int]]:
        of = self.rules_of[symbol]
        return of, list(accumulate(self.rules[i].weight for i in of))

    def _phrases(self, symbol: str) -> dict[tuple[str, ...], int]:
        """The groups of words that a symbol stands for, with their rules; empty if it has parts."""
        of = self.rules_of[symbol]
        if any(not part.is_word for i in of for part in self.rules[i].items):
            return {}
        return {tuple(part.symbol for part in self.rules[i].items): i for i in of}

    def draw(self, choice: Choice, start: str) -> Derivation:
        """Draw one derivation of ``start``, as often as its probability says."""
        stack, derivation = [start], []
        while stack:
            i = self.draw_rule(choice, stack.pop())
            derivation.append(i)
            stack.extend(self._inner[i])
        return tuple(derivation)

    def draw_rule(self, choice: Choice, symbol: str) -> int:
        """Draw one rule of a symbol; return its index."""
        of, cumulative = self._draws[symbol]
        if len(of) == 1:
            return of[0]
        return of[bisect_right(cumulative, choice.below(cumulative[-1]))]

    def words(self, derivation: Derivation) -> tuple[str, ...]:
        """Return the words that a derivation ends in."""
        rules = iter(derivation)
        stack = list(reversed(self.rules[next(rules)].items))
        words = []
        while stack:
            part = stack.pop()
            if part.is_word:
                words.append(part.symbol)
            else:
                stack.extend(reversed(self.rules[next(rules)].items))
        return tuple(words)

    def log_probability(self, derivation: Derivation) -> float:
        """Return the natural logarithm of a derivation's probability."""
        return math.fsum(self.log_probabilities[i] for i in derivation)

    def count(self, start: str) -> int:
        """Return how many derivations ``start`` has, exactly."""
        return self._sum(start, lambda i, parts: math.prod(parts))

    def expected_length(self, start: str) -> float:
        """Return the mean number of words that ``start`` becomes."""

        def length(i: int, parts: list[float]) -> float:
            own = sum(part.is_word for part in self.rules[i].items)
            return math.exp(self.log_probabilities[i]) * (own + sum(parts))

        return self._sum(start, length)

    def entropy(self, start: str) -> float:
        r"""Return the entropy, in nats, of the derivations of ``start``.

        .. math:: H(A) = \sum_{A \to \alpha} p(\alpha)
            \Big( -\log p(\alpha) + \sum_{B \in \alpha} H(B) \Big)

        It is that of the sentences too, as long as no sentence has two derivations.
        """

        def surprise(i: int, parts: list[float]) -> float:
            log_p = self.log_probabilities[i]
            return math.exp(log_p) * (sum(parts) - log_p)

        return self._sum(start, surprise)

    def _sum(self, start: str, of_rule: Callable[[int, list], Any]) -> Any:
        """Sum over a symbol's rules, each computed from the values of the symbols in it."""
        values: dict[str, Any] = {}
        for symbol in self.leaves_first:
            values[symbol] = sum(
                of_rule(i, [values[part] for part in self._inner[i]]) for i in self.rules_of[symbol]
            )
        return values[start]
