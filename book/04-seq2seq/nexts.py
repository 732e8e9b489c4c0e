"""A decoder made of a table, for chapter 4's searches: what may follow each German beginning."""

from __future__ import annotations

import math

import torch
from torch import Tensor

END = "."
NEXT = {
    "": {"der": 0.6, "ein": 0.4},
    "der": {"Hund": 0.5, "Knochen": 0.3, "Welpe": 0.2},
    "ein": {"Hund": 0.95, "Knochen": 0.05},
    "der Hund": {"versteckte": 0.5, "verbarg": 0.3, "hat": 0.2},
    "ein Hund": {"versteckte": 0.9, "verbarg": 0.1},
    "der Knochen": {"versteckte": 0.4, "war": 0.6},
    "der Welpe": {"versteckte": 0.7, "verbarg": 0.3},
    "der Hund versteckte": {"seinen": 0.7, "ihn": 0.2, END: 0.1},
    "ein Hund versteckte": {END: 0.4, "seinen": 0.35, "ihn": 0.25},
    "der Hund verbarg": {"seinen": 0.8, END: 0.2},
    "ein Hund verbarg": {"seinen": 0.8, END: 0.2},
    "der Welpe versteckte": {"seinen": 0.7, "ihn": 0.3},
    "der Hund versteckte seinen": {"Knochen": 0.9, "Ball": 0.1},
    "ein Hund versteckte seinen": {"Knochen": 0.9, "Ball": 0.1},
    "der Hund verbarg seinen": {"Knochen": 0.9, "Ball": 0.1},
    "ein Hund verbarg seinen": {"Knochen": 0.9, "Ball": 0.1},
    "der Welpe versteckte seinen": {"Knochen": 0.9, "Ball": 0.1},
    "der Hund versteckte seinen Knochen": {END: 1.0},
    "ein Hund versteckte seinen Knochen": {END: 1.0},
}
WORDS = list(dict.fromkeys([END, *(word for chances in NEXT.values() for word in chances)]))
EOS = WORDS.index(END)
BOS = len(WORDS)  # begins a sentence and is never written
LONGEST = 6
RIVALS = ("ein Hund versteckte", "ein Hund versteckte seinen Knochen")  # which wins depends on α


def start(sentences: int = 1) -> Tensor:
    """The state before the first step: nothing written, ``(B, 0)``."""
    return torch.empty(sentences, 0, dtype=torch.long)


def step(last_ids: Tensor, written: Tensor) -> tuple[Tensor, Tensor]:
    """Scores ``(N, V)`` of the next word, and what is written now, ``(N, t)``."""
    written = torch.cat([written, last_ids[:, None]], dim=1)  # (N, t)
    chances = torch.zeros(len(last_ids), len(WORDS))  # (N, V)
    for row, ids in zip(chances, written.tolist(), strict=True):
        beginning = " ".join(WORDS[i] for i in ids if i != BOS)
        for word, chance in NEXT.get(beginning, {END: 1.0}).items():
            row[WORDS.index(word)] = chance
    return chances.log(), written


def words(sentence: str) -> list[str]:
    """The words of a sentence, its end included."""
    return [*sentence.split(), END]


def score(sentence: str, alpha: float) -> float:
    """The logarithm of a sentence's probability, divided by the length penalty."""
    written = words(sentence)
    chances = (NEXT[" ".join(written[:t])][word] for t, word in enumerate(written))
    return sum(map(math.log, chances)) / ((5 + len(written)) / 6) ** alpha
