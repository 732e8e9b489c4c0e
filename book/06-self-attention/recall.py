"""Chapter 6's experiment: hear some names with numbers, then answer for one of the names.

Two questions over the same input. ``recall``: which number came with this name? ``echo``: which
number came last? The first needs a look-up at any distance, the second needs order.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.attention import SelfAttention
from unrolled.data.recall import N_NAMES, N_NUMBERS, draw


class Reader(nn.Module):
    """Embeds the pairs, reads them in one of two ways, answers at the last position."""

    def __init__(self, kind: str, d_model: int = 32, hidden: int = 32):
        super().__init__()
        self.names = nn.Embedding(N_NAMES, d_model)
        self.numbers = nn.Embedding(N_NUMBERS + 1, d_model)
        if kind == "attention":
            self.read = SelfAttention(d_model, d_v=hidden)
        else:
            self.read = nn.GRU(d_model, hidden, batch_first=True)
        self.answer = nn.Linear(hidden, N_NUMBERS)

    def forward(self, names: Tensor, numbers: Tensor) -> Tensor:
        """Score the ten possible answers, ``(B, 10)``."""
        x = self.names(names) + self.numbers(numbers)  # (B, T, D)
        read = self.read(x)
        states = read[0] if isinstance(read, tuple) else read  # (B, T, hidden)
        return self.answer(states[:, -1])  # (B, 10)


def train(task: str, model: Reader, steps: int, seed: int = 0, longest: int = 8) -> None:
    """Train on fresh sequences of 2 to ``longest`` pairs, 128 a step."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        n_pairs = int(torch.randint(2, longest + 1, (), generator=generator))
        names, numbers, answers, _ = draw(task, 128, n_pairs, generator)
        loss = F.cross_entropy(model(names, numbers), answers)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


@torch.no_grad()
def accuracy(task: str, model: Reader, n_pairs: int, questions: int = 2000) -> float:
    """Share of right answers on sequences that no training seed has drawn."""
    generator = torch.Generator().manual_seed(1_000_003)
    names, numbers, answers, _ = draw(task, questions, n_pairs, generator)
    return (model(names, numbers).argmax(dim=-1) == answers).float().mean().item()


def percent(task: str, model: Reader, pairs: list[int]) -> list[float]:
    """Right answers in % at several lengths."""
    return [100 * accuracy(task, model, n_pairs) for n_pairs in pairs]


def commonest(task: str, pairs: list[int], questions: int = 2000) -> list[float]:
    """Right answers in % of who names a sequence's commonest number: what a bag of words allows."""
    right = []
    for n_pairs in pairs:
        generator = torch.Generator().manual_seed(1_000_003)
        _, numbers, answers, _ = draw(task, questions, n_pairs, generator)
        guesses = numbers[:, :-1].mode(dim=1).values  # (B,)
        right.append(100 * (guesses == answers).float().mean().item())
    return right


def summary(record: dict, pairs: list[int]) -> list[list[str]]:
    """Rows of a table: task and reader, parameters, steps, and right answers in % over seeds."""
    groups: dict[tuple, list[dict]] = {}
    for row in record["recall"]:
        groups.setdefault((row["task"], row["kind"], row["hidden"], row["steps"]), []).append(row)
    rows = []
    for (task, kind, hidden, steps), runs in groups.items():
        reader = f"{'GRU' if kind == 'gru' else kind}, {hidden} wide"
        right = torch.tensor([[100 * run["accuracy"][str(n)] for n in pairs] for run in runs])
        spread = zip(right.mean(dim=0).tolist(), right.std(dim=0).tolist(), strict=True)
        cells = [f"{mean:.0f}\u00a0±\u00a0{std:.0f}" for mean, std in spread]
        rows.append([f"{task}: {reader}", f"{runs[0]['parameters']:,}", f"{steps:,}", *cells])
    return rows
