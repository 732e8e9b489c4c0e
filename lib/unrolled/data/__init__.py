"""Sentences to learn from: real ones where they can be had, generated ones everywhere.

``registry`` verifies the real files, ``readers`` and ``tatoeba`` read them, ``tinyworld`` generates
sentences whose grammar, translations, word alignments, labels and entropy are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.data import tatoeba, tinyworld
from unrolled.data.choice import Choice
from unrolled.data.plays import Play, shakespeare
from unrolled.data.readers import (
    ABOUT,
    About,
    movie_reviews,
    multi30k,
    tiny_shakespeare,
    wnut17,
)
from unrolled.data.registry import DataCorrupt, DataUnavailable, fetch, present

__all__ = [
    "ABOUT",
    "INSTEAD",
    "About",
    "DataCorrupt",
    "DataUnavailable",
    "Play",
    "SentencePairs",
    "fetch",
    "movie_reviews",
    "multi30k",
    "sentence_pairs",
    "shakespeare",
    "tatoeba",
    "tiny_shakespeare",
    "tinyworld",
    "wnut17",
]

# What a page says of its text where real text was meant.
INSTEAD = (
    "TinyWorld, a small grammar of this book's, since this page was built without the file of "
    "real sentences"
)


@dataclass(frozen=True)
class SentencePairs:
    """English sentences with their Chinese translations, and where they are from.

    Attributes:
        source: ``"Tatoeba"`` or ``"TinyWorld"``.
        pairs: (English, Chinese), as plain text.
        credits: the attribution of each pair, to be shown with it; empty for TinyWorld.
    """

    source: str
    pairs: tuple[tuple[str, str], ...]
    credits: tuple[str, ...]

    @property
    def origin(self) -> str:
        """The source as a page names it beside what it shows: TinyWorld's says why it is there."""
        return INSTEAD if self.source == "TinyWorld" else self.source


def sentence_pairs(n: int, seed: int = 0) -> SentencePairs:
    """Return ``n`` sentence pairs: Tatoeba's when the file is there, else TinyWorld's.

    Args:
        n: how many, at least 1 (and at most 29,155 from Tatoeba).
        seed: which ones; the same seed gives the same pairs on every machine.

    Raises:
        ValueError: if ``n`` is below 1, or more than Tatoeba has.
        DataCorrupt: if the Tatoeba file is there and its bytes are not the pinned ones.
    """
    if n < 1:
        raise ValueError(f"n={n} is given, at least 1 is wanted")
    if tatoeba.NAME not in present():  # a page or a notebook does not wait for a download
        sentences = tinyworld.generate(n, seed)
        pairs = tuple((s.english_text, s.chinese_text) for s in sentences)
        return SentencePairs("TinyWorld", pairs, ("",) * n)
    rows = tatoeba.load_rows()
    if n > len(rows):
        raise ValueError(f"n={n} is given, Tatoeba has {len(rows)} pairs")
    chosen = Choice(seed).sample(rows, n)
    pairs = tuple((row.english, row.chinese) for row in chosen)
    return SentencePairs("Tatoeba", pairs, tuple(row.credit for row in chosen))
