"""Chapter 1's test of fastText on words that it has never seen: spelling mistakes.

A known word loses the letter in its middle. Is the word that was meant among the nearest ones? What
has no vectors at all and only compares the runs of characters answers the same question.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.embeddings import FastText, character_ngrams

LEAST, SHORTEST = 20, 6  # occurrences and letters of the words that are misspelt
OWN = ("skatebord", "runing", "guittar", "unicyclist", "jetskis", "beachside")


def misspelt(words: Sequence[str], counts: Tensor) -> dict[int, str]:
    """Word ids to misspellings, those left out that are the same word or another known one."""
    known = set(words)
    found = {}
    for i, word in enumerate(words):
        if len(word) >= SHORTEST and counts[i] >= LEAST:
            wrong = word[: len(word) // 2] + word[len(word) // 2 + 1 :]
            if wrong not in known:
                found[i] = wrong
    return found


def by_vectors(model: FastText, wrong: dict[int, str], k: int) -> float:
    """Share of misspellings with the word that was meant among the ``k`` nearest."""
    unit = F.normalize(model.vectors, dim=-1)  # (V, D)
    queries = torch.stack([model.vector(word) for word in wrong.values()])  # (n, D)
    found = (queries @ unit.T).topk(k, dim=1).indices  # (n, k)
    meant = torch.tensor(list(wrong))[:, None]  # (n, 1)
    return round((found == meant).any(dim=1).float().mean().item(), 4)


def by_runs(words: Sequence[str], wrong: dict[int, str], k: int) -> float:
    """The same, the nearest words being those that share the largest part of their runs."""
    runs = [set(character_ngrams(word)) for word in words]
    hits = 0
    for i, word in wrong.items():
        own = set(character_ngrams(word))
        shares = [len(own & other) / len(own | other) for other in runs]
        hits += i in sorted(range(len(words)), key=shares.__getitem__, reverse=True)[:k]
    return round(hits / len(wrong), 4)


def examples(model: FastText, words: Sequence[str], k: int = 4) -> list[dict]:
    """Words of our own that the corpus does not have, with their nearest known ones."""
    unit = F.normalize(model.vectors, dim=-1)  # (V, D)
    rows = []
    for word in (word for word in OWN if word not in words):
        scores, ids = (unit @ F.normalize(model.vector(word), dim=0)).topk(k)
        near = zip(ids.tolist(), scores.tolist(), strict=True)
        rows.append({"word": word, "nearest": [[words[i], round(s, 3)] for i, s in near]})
    return rows
