"""Praise or blame in sentences from film reviews: an RNN's states against a bag of words.

All three look up a vector for each word; they differ in how the vectors of a sentence become one:
``bag`` takes their mean, ``last`` an RNN's last state, ``mean`` the mean of its states.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.data import movie_reviews
from unrolled.recurrent import RNN
from unrolled.training import clip_gradients

KINDS = ("bag", "last", "mean")
EMBEDDED, HIDDEN, EPOCHS, BATCH = 32, 64, 8, 64
PAD, UNKNOWN = 0, 1


@dataclass(frozen=True)
class Split:
    """Sentences as ids, and their labels."""

    rows: list[Tensor]
    labels: Tensor

    def batch(self, chosen: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        """ids (B, T), lengths (B,), labels (B,)."""
        rows = [self.rows[i] for i in chosen]
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (B, T)
        return ids, torch.tensor([len(row) for row in rows]), self.labels[chosen]


def read() -> tuple[dict[str, Split], int]:
    """Eight tenths to train, one to choose the epoch, one to test; and the number of words.

    The division is the same for all seeds. Words seen once in training are unknown.
    """
    texts, labels = movie_reviews()
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    tenth = len(order) // 10
    parts = {
        "train": order[2 * tenth :], "valid": order[:tenth], "test": order[tenth : 2 * tenth],
    }  # fmt: skip
    counts = Counter(word for i in parts["train"] for word in texts[i].split())
    known = sorted(word for word, n in counts.items() if n > 1)
    id_of = {word: n for n, word in enumerate(known, start=2)}

    def split(chosen: list[int]) -> Split:
        rows = [torch.tensor([id_of.get(w, UNKNOWN) for w in texts[i].split()]) for i in chosen]
        return Split(rows, torch.tensor([labels[i] for i in chosen]))

    return {name: split(chosen) for name, chosen in parts.items()}, len(known) + 2


class Judge(nn.Module):
    """Scores praise and blame from one vector for the sentence."""

    def __init__(self, kind: str, vocab_size: int):
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(vocab_size, EMBEDDED, padding_idx=PAD)
        self.rnn = None if kind == "bag" else RNN(EMBEDDED, HIDDEN)
        self.output = nn.Linear(EMBEDDED if kind == "bag" else HIDDEN, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids (B, T), lengths (B,) to scores (B, 2)."""
        x = F.dropout(self.embedding(ids), 0.5, self.training)  # (B, T, D)
        if self.rnn is not None:
            x, last = self.rnn(x, lengths=lengths)  # (B, T, H), zero at padding; (1, B, H)
            if self.kind == "last":
                return self.output(last[-1])  # (B, 2)
        return self.output(x.sum(dim=1) / lengths.unsqueeze(1))  # (B, 2)


@torch.no_grad()
def share_right(model: Judge, split: Split, shuffled: bool = False) -> float:
    """Share of sentences judged rightly; ``shuffled``: with their words in another order."""
    model.eval()
    if shuffled:
        generator = torch.Generator().manual_seed(0)
        rows = [row[torch.randperm(len(row), generator=generator)] for row in split.rows]
        split = Split(rows, split.labels)
    ids, lengths, labels = split.batch(list(range(len(split.rows))))
    return (model(ids, lengths).argmax(dim=1) == labels).float().mean().item()


def train(
    kind: str, splits: dict[str, Split], vocab_size: int, rate: float, seed: int
) -> tuple[Judge, float]:
    """Train for some epochs; return the model of the epoch best in validation, and that share."""
    torch.manual_seed(seed)
    model = Judge(kind, vocab_size)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    best, kept = -1.0, {}
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(splits["train"].rows)).split(BATCH):
            model.train()
            ids, lengths, labels = splits["train"].batch(chosen.tolist())
            loss = F.cross_entropy(model(ids, lengths), labels)  # ()
            optimiser.zero_grad()
            loss.backward()
            clip_gradients(model.parameters(), 1.0)
            optimiser.step()
        share = share_right(model, splits["valid"])
        if share > best:
            best, kept = share, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(kept)
    return model.eval(), best
