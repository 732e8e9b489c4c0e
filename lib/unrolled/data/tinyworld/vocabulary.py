"""Words and ids: the closed vocabulary of each language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import torch
from torch import Tensor

from unrolled.data.tinyworld import chinese, german, german_forms
from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.grammar import GRAMMAR

__all__ = ["LANGUAGES", "QUESTION_WORDS", "Vocabulary", "vocabulary"]

LANGUAGES = ("english", "chinese", "german")
QUESTION_WORDS = ("who", "what", "where", "how", "many", "?")


class Vocabulary:
    """A list of words, each with its place as id; four special tokens come first.

    Args:
        words: the words, each once.

    Attributes:
        words: id to word.
        pad_id, bos_id, eos_id, unk_id: 0, 1, 2 and 3.

    Raises:
        ValueError: if a word comes twice.

    >>> small = Vocabulary(["dogs", "sleep"])
    >>> small.encode(["dogs", "fly"]), small.decode([5, 2])
    ([4, 3], ['sleep', '<eos>'])
    """

    def __init__(self, words: Iterable[str]):
        self.words = ("<pad>", "<bos>", "<eos>", "<unk>", *words)
        self.pad_id, self.bos_id, self.eos_id, self.unk_id = range(4)
        self._id_of = {word: i for i, word in enumerate(self.words)}
        if len(self._id_of) < len(self.words):
            twice = next(w for i, w in enumerate(self.words) if self._id_of[w] != i)
            raise ValueError(f"{twice!r} is given twice, every word is wanted once")

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, words: Sequence[str]) -> list[int]:
        """Return the ids of words; ``unk_id`` for a word that is not in the list."""
        return [self._id_of.get(word, self.unk_id) for word in words]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the words of ids.

        Raises:
            ValueError: if an id is not from 0 to ``len(self) - 1``.
        """
        ids = [int(i) for i in ids]
        if bad := [i for i in ids if not 0 <= i < len(self.words)]:
            raise ValueError(f"ids holds {bad[0]}, 0 to {len(self.words) - 1} is wanted")
        return [self.words[i] for i in ids]

    def batch(self, rows: Sequence[Sequence[str]], bos: bool = False, eos: bool = False) -> Tensor:
        """Encode several sentences as one tensor, the shorter ones filled up with ``pad_id``.

        Args:
            rows: words of each sentence, at least one sentence.
            bos: whether each row begins with ``bos_id``.
            eos: whether each sentence is followed by ``eos_id``.

        Shape:
            result ``(B, T)``, int64, T the longest row.

        Raises:
            ValueError: if there is no row.
        """
        if not rows:
            raise ValueError("rows is empty, at least one sentence is wanted")
        first, last = [self.bos_id] * bos, [self.eos_id] * eos
        ids = [torch.tensor(first + self.encode(row) + last, dtype=torch.int64) for row in rows]
        return torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=self.pad_id)


@cache
def vocabulary(language: str = "english") -> Vocabulary:
    """Return every word that TinyWorld can say in a language, in one fixed order.

    Args:
        language: ``"english"`` (question words included), ``"chinese"`` or ``"german"``.

    Raises:
        ValueError: if it is another language.

    >>> english = vocabulary("english")
    >>> english.decode(english.encode(["the", "keys"]))
    ['the', 'keys']
    """
    if language not in LANGUAGES:
        raise ValueError(f"language={language!r} is given, one of {', '.join(LANGUAGES)} is wanted")
    words = {"english": _english, "chinese": _chinese, "german": _german}[language]()
    return Vocabulary(sorted(words))


def _english() -> set[str]:
    said = {part.symbol for rule in GRAMMAR.rules for part in rule.items if part.is_word}
    return said | set(QUESTION_WORDS)


def _names(language: str) -> set[str]:
    return {word for name in lex.NAME_OF.values() for word in getattr(name, language).split()}


def _chinese() -> set[str]:
    words = _names("chinese") | chinese.SMALL_WORDS
    for noun in lex.NOUNS + lex.PLACES:
        words |= {noun.chinese, noun.measure} - {""}
        words |= {noun.chinese + "们"} if noun.kind == "person" else set()
    for verb in lex.VERBS:
        words |= {verb.chinese, verb.relative, verb.negator} - {""}
    for adjective in lex.ADJECTIVES:
        words |= {adjective.chinese, *adjective.before_noun}
    for table in (lex.TITLES, lex.TIMES, lex.NUMBERS, lex.PREPOSITIONS, lex.DEGREES):
        words |= {row[0] for row in table.values()}
    return words


def _german() -> set[str]:
    words = _names("german") | german.SMALL_WORDS | german_forms.SMALL_WORDS
    for noun in lex.NOUNS + lex.PLACES:
        cases = {"person": ("nom", "acc", "dat"), "place": ("dat",)}.get(noun.kind, ("nom", "acc"))
        words |= {noun.german_form(p, case) for p in (False, True) for case in cases}
    for verb in lex.VERBS:
        words |= {*verb.german, verb.preposition} - {""}
    for adjective in lex.ADJECTIVES:
        neuter = any(n.gender == "n" and n.kind in adjective.kinds for n in lex.NOUNS)
        words |= {adjective.german, adjective.stem + "e", adjective.stem + "en"}
        words |= {adjective.stem + "es"} if neuter else set()
    for table in (lex.TITLES, lex.TIMES, lex.NUMBERS, lex.PREPOSITIONS, lex.DEGREES):
        words |= {word for row in table.values() for form in row[1:] for word in form.split()}
    return words
