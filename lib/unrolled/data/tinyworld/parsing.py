"""From words back to the grammar: derivations of a sentence, and what may come next.

Both read from left to right and keep only what the next word allows, which a table of the first
words of every symbol tells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from unrolled.data.tinyworld.pcfg import Derivation, Grammar, Item

__all__ = ["Parser"]

Stack = tuple[Item, Any] | None  # what is still to be said: the next item and the rest


class Parser:
    """Reads sentences of one grammar.

    Args:
        grammar: without empty loops, as :class:`Grammar` ensures.
    """

    def __init__(self, grammar: Grammar):
        self.grammar = grammar
        self.first: dict[str, frozenset[str]] = {}
        self.may_be_empty: set[str] = set()
        for symbol in grammar.leaves_first:
            words: set[str] = set()
            for i in grammar.rules_of[symbol]:
                words |= self._first_of(grammar.rules[i].items)
            self.first[symbol] = frozenset(words)
            if any(self._is_empty(grammar.rules[i].items) for i in grammar.rules_of[symbol]):
                self.may_be_empty.add(symbol)
        self._openers = {s: self._by_first_word(s) for s in grammar.rules_of}

    def _is_empty(self, items: Sequence[Item]) -> bool:
        return all(not i.is_word and i.symbol in self.may_be_empty for i in items)

    def _first_of(self, items: Sequence[Item]) -> set[str]:
        words: set[str] = set()
        for part in items:
            words |= {part.symbol} if part.is_word else self.first[part.symbol]
            if not self._is_empty([part]):
                break
        return words

    def _by_first_word(self, symbol: str) -> dict[str, list[int]]:
        """Which rules of a symbol may begin with which word; "" for those that may be empty."""
        table: dict[str, list[int]] = {}
        for i in self.grammar.rules_of[symbol]:
            items = self.grammar.rules[i].items
            for word in self._first_of(items) | ({""} if self._is_empty(items) else set()):
                table.setdefault(word, []).append(i)
        return table

    def derivations(self, words: Sequence[str], start: str) -> list[Derivation]:
        """Return every derivation of a sentence: none if the grammar cannot say it."""
        memo: dict[tuple[str, int], list[tuple[int, Derivation]]] = {}

        def of_symbol(symbol: str, at: int) -> list[tuple[int, Derivation]]:
            if (symbol, at) not in memo:
                openers = self._openers[symbol]
                here = openers.get(words[at], []) if at < len(words) else []
                rules = dict.fromkeys([*here, *openers.get("", [])])
                memo[symbol, at] = [
                    (end, (i, *inner))
                    for i in rules
                    for end, inner in of_items(self.grammar.rules[i].items, at)
                ]
            return memo[symbol, at]

        def of_items(items: Sequence[Item], at: int) -> list[tuple[int, Derivation]]:
            if not items:
                return [(at, ())]
            part, rest = items[0], items[1:]
            if part.is_word:
                fits = at < len(words) and words[at] == part.symbol
                return of_items(rest, at + 1) if fits else []
            return [
                (end, (*inner, *after))
                for middle, inner in of_symbol(part.symbol, at)
                for end, after in of_items(rest, middle)
            ]

        return [derivation for end, derivation in of_symbol(start, 0) if end == len(words)]

    def begin(self, start: str) -> dict[Stack, float]:
        """Return the state before the first word: each stack of items with its probability."""
        return {(Item(start, "", False), None): 1.0}

    def advance(self, state: dict[Stack, float], word: str) -> dict[Stack, float]:
        """Read one word: the joint probability of the words so far and of each stack after them."""
        after: dict[Stack, float] = {}
        pending = list(state.items())
        while pending:
            stack, probability = pending.pop()
            if stack is None:
                continue
            part, rest = stack
            if part.is_word:
                if part.symbol == word:
                    after[rest] = after.get(rest, 0.0) + probability
                continue
            openers = self._openers[part.symbol]
            for i in dict.fromkeys([*openers.get(word, []), *openers.get("", [])]):
                pending.append(self._opened(i, rest, probability))
        return after

    def _opened(self, i: int, rest: Stack, probability: float) -> tuple[Stack, float]:
        for part in reversed(self.grammar.rules[i].items):
            rest = (part, rest)
        return rest, probability * math.exp(self.grammar.log_probabilities[i])

    def next_words(self, state: dict[Stack, float]) -> dict[str, float]:
        """Return the exact distribution of the next word; empty when the sentence is over."""
        total = math.fsum(state.values())
        found: dict[str, float] = {}
        pending = [(stack, p / total) for stack, p in state.items()]
        while pending:
            stack, probability = pending.pop()
            if stack is None:
                continue
            part, rest = stack
            if part.is_word:
                found[part.symbol] = found.get(part.symbol, 0.0) + probability
                continue
            pending += [
                self._opened(i, rest, probability) for i in self.grammar.rules_of[part.symbol]
            ]
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
