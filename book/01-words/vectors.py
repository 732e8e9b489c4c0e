"""Chapter 1's kept word vectors: two tables beside the page, and questions to them.

``captions.safetensors`` has skip-gram vectors that ``benchmarks/chapter01.py`` trained on the
captions of Multi30k. ``minilm.safetensors`` has rows of the input embeddings of all-MiniLM-L6-v2
(Apache-2.0): the vectors with which that model begins, before any layer has looked at a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor

from unrolled.embeddings import analogy, nearest

HERE = Path(__file__).parent
# What the record of a kept table is checked with: "a b c d", a is to b as c is to d.
SAMPLES = {
    "captions": "man woman boy girl\ndog dogs cat cats\nrun running walk walking",
    "minilm": "man king woman queen\nbig bigger small smaller\nwalk walking swim swimming",
}


@dataclass(frozen=True)
class Words:
    """Words and their vectors, ``(V, D)``."""

    words: tuple[str, ...]
    table: Tensor

    def id(self, word: str) -> int:
        """The row of a word."""
        if word not in self.words:
            raise ValueError(f"{word!r} is not among the {len(self.words)} words of this table")
        return self.words.index(word)

    def __getitem__(self, word: str) -> Tensor:
        """The vector of a word, ``(D,)``."""
        return self.table[self.id(word)]

    def cosine(self, one: str, other: str) -> float:
        """How nearly two words point the same way."""
        return F.cosine_similarity(self[one], self[other], dim=0).item()

    def nearest(self, word: str, k: int = 5) -> list[tuple[str, float]]:
        """The words nearest to a word, itself left out, with their cosines."""
        return self._named(*nearest(self.table, self[word], k, exclude=(self.id(word),)))

    def analogy(
        self, a: str, b: str, c: str, k: int = 5, exclude: bool = True
    ) -> list[tuple[str, float]]:
        """a is to b as c is to what: the words nearest to b - a + c, with or without the three."""
        ids = [self.id(word) for word in (a, b, c)]
        if exclude:
            return self._named(*analogy(self.table, *ids, k=k))
        unit = F.normalize(self.table[ids], dim=-1)  # (3, D)
        return self._named(*nearest(self.table, unit[1] - unit[0] + unit[2], k))

    def _named(self, scores: Tensor, ids: Tensor) -> list[tuple[str, float]]:
        found = zip(ids.tolist(), scores.tolist(), strict=True)
        return [(self.words[i], score) for i, score in found]


def path(name: str) -> Path:
    """Where a table is kept."""
    return HERE / f"{name}.safetensors"


def read(name: str | Path) -> Words:
    """Read a kept table by its name, ``"captions"`` or ``"minilm"``, or another file."""
    place = name if isinstance(name, Path) else path(name)
    with safe_open(place, framework="pt") as file:
        words = json.loads(file.metadata()["words"])
        return Words(tuple(words), file.get_tensor("weight").float())


def evaluate(place: Path, text: str) -> float:
    """By how much b - a + c misses d: the mean distance over lines "a b c d".

    A distance and no cosine, so that a table with other lengths is seen too.
    """
    kept = read(place)
    missed = [_missed(kept, line.split()) for line in text.splitlines()]
    return sum(missed) / len(missed)


def _missed(kept: Words, line: Sequence[str]) -> float:
    a, b, c, d = (kept[word] for word in line)  # (D,) each
    return (b - a + c - d).norm().item()
