"""Chapter 6's questions again, asked of one layer that is told where its words stand."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from models import Reader
from torch import Tensor, nn

from unrolled.data.recall import N_NAMES, N_NUMBERS, draw
from unrolled.training import fit

LONGEST = 8  # pairs in training
UNSEEN = 1_000_003  # a seed that no training uses


class Listener(nn.Module):
    """Reads names with numbers and answers at the last position, as chapter 6's reader does."""

    def __init__(self, kind: str, d_model: int = 32, n_heads: int = 8):
        super().__init__()
        self.names = nn.Embedding(N_NAMES, d_model)
        sizes = {"d_model": d_model, "n_heads": n_heads, "n_layers": 1, "max_len": LONGEST + 1}
        self.reader = Reader(kind, N_NUMBERS + 1, N_NUMBERS, causal=False, **sizes)

    def forward(self, names: Tensor, numbers: Tensor) -> Tensor:
        """Names and numbers (B, T) to scores of the ten answers, (B, 10)."""
        x = self.names(names) + self.reader.embedding(numbers)  # (B, T, D)
        return self.reader.read(self.reader.positions(x))[:, -1]  # (B, 10)


def questions(task: str, seed: int, steps: int, batch: int = 128) -> list[tuple[Tensor, ...]]:
    """Fresh batches of 2 to ``LONGEST`` pairs."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, LONGEST + 1, (steps,), generator=generator).tolist()
    return [draw(task, batch, n_pairs, generator)[:3] for n_pairs in lengths]


def loss(model: Listener, batch: tuple[Tensor, ...]) -> Tensor:
    """Surprise at the right answers."""
    names, numbers, answers = batch
    return F.cross_entropy(model(names, numbers), answers)


def train(task: str, kind: str, steps: int = 600, seed: int = 0) -> Listener:
    """Train a listener of one kind on one question."""
    torch.manual_seed(seed)
    model = Listener(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    fit(model, questions(task, seed, steps), loss, optimizer, steps=steps, progress=False)
    return model.eval()


@torch.no_grad()
def accuracy(task: str, model: Listener, n_pairs: int, asked: int = 2000) -> float:
    """Share of right answers to questions of this many pairs that no training has drawn."""
    generator = torch.Generator().manual_seed(UNSEEN)
    names, numbers, answers, _ = draw(task, asked, n_pairs, generator)
    return (model(names, numbers).argmax(dim=-1) == answers).float().mean().item()
