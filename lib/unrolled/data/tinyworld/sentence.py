"""One sentence in three languages, with the alignment of its words."""

from __future__ import annotations

from functools import cached_property

from unrolled.data.tinyworld.chinese import chinese_words
from unrolled.data.tinyworld.german import german_words
from unrolled.data.tinyworld.grammar import GRAMMAR
from unrolled.data.tinyworld.meaning import Node, Word, meaning
from unrolled.data.tinyworld.pcfg import Derivation
from unrolled.data.tinyworld.splits import structure

__all__ = ["Links", "Sentence"]

Links = tuple[tuple[int, int], ...]


class Sentence:
    """A sentence, known by its derivation; everything else follows and is made when asked for.

    Args:
        derivation: the rules of the grammar that make it.
    """

    def __init__(self, derivation: Derivation):
        self.derivation = derivation

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sentence) and self.derivation == other.derivation

    def __hash__(self) -> int:
        return hash(self.derivation)

    def __repr__(self) -> str:
        return f"Sentence({self.english_text!r})"

    @cached_property
    def english(self) -> tuple[str, ...]:
        """The English words."""
        return GRAMMAR.words(self.derivation)

    @cached_property
    def _expressed(self) -> tuple[list[Word], Node]:
        return meaning(self.derivation)

    @cached_property
    def _chinese(self) -> list[Word]:
        return chinese_words(self.meaning)

    @cached_property
    def _german(self) -> list[Word]:
        return german_words(self.meaning)

    @property
    def meaning(self) -> Node:
        """What it says, as a tree of named parts."""
        return self._expressed[1]

    @property
    def keyed_english(self) -> list[Word]:
        """The English words, each with the key of what it expresses."""
        return self._expressed[0]

    @property
    def chinese(self) -> tuple[str, ...]:
        """The Chinese words."""
        return tuple(word for word, _ in self._chinese)

    @property
    def german(self) -> tuple[str, ...]:
        """The German words."""
        return tuple(word for word, _ in self._german)

    @property
    def english_text(self) -> str:
        """The English sentence as people write it."""
        return _written(self.english)

    @property
    def chinese_text(self) -> str:
        """The Chinese sentence as people write it."""
        return "".join(self.chinese)

    @property
    def german_text(self) -> str:
        """The German sentence as people write it."""
        return _written(self.german)

    @cached_property
    def chinese_alignment(self) -> Links:
        """Pairs (index into ``english``, index into ``chinese``), sorted; no word is left out."""
        return _links(self.keyed_english, self._chinese)

    @cached_property
    def german_alignment(self) -> Links:
        """Pairs (index into ``english``, index into ``german``), sorted; no word is left out."""
        return _links(self.keyed_english, self._german)

    @property
    def structure(self) -> str:
        """The categories of the English words; see :mod:`splits`."""
        return structure(self.derivation)

    @property
    def log_probability(self) -> float:
        """The natural logarithm of how probable the grammar makes it."""
        return GRAMMAR.log_probability(self.derivation)


def _written(words: tuple[str, ...]) -> str:
    text = " ".join(words).replace(" .", ".").replace(" ,", ",")
    return text[0].upper() + text[1:]


def _links(english: list[Word], other: list[Word]) -> Links:
    positions: dict[str, list[int]] = {}
    for j, (_, keys) in enumerate(other):
        for key in keys:
            positions.setdefault(key, []).append(j)
    return tuple((i, j) for i, (_, (key,)) in enumerate(english) for j in positions.get(key, ()))
