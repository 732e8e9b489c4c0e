"""Chapter 6 on real text: the next character of Shakespeare from one summary of those before it.

Models that differ in the summary alone: none, the average, causal self-attention without and with
a table of positions, a GRU. ``benchmarks/chapter06.py`` trains them over several seeds and keeps
one, ``attention+positions.safetensors``, for the page.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from unrolled.attention import SelfAttention, causal_mask

CONTEXT, WIDTH = 64, 128
WEIGHTS = Path(__file__).parent / "attention+positions.safetensors"


class NextCharacter(nn.Module):
    """Scores the next character from the current one plus a summary of all up to it."""

    def __init__(self, kind: str, vocab_size: int):
        super().__init__()
        self.kind = kind
        # 82 units give the GRU as many parameters as the three projections of attention.
        hidden = 82 if kind == "gru" else WIDTH
        self.embedding = nn.Embedding(vocab_size, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH) if "positions" in kind else None
        if kind == "average":
            self.summary = nn.Linear(WIDTH, hidden, bias=False)
        elif "attention" in kind:
            self.summary = SelfAttention(WIDTH, d_v=hidden)
        elif kind == "gru":
            self.summary = nn.GRU(WIDTH, hidden, batch_first=True)
        self.from_current = nn.Linear(WIDTH, vocab_size)
        if kind != "current":
            self.from_summary = nn.Linear(hidden, vocab_size, bias=False)

    def embed(self, ids: Tensor) -> Tensor:
        """ids (B, T) to the vectors that are summarised, (B, T, D)."""
        x = self.embedding(ids)  # (B, T, D)
        return x if self.positions is None else x + self.positions.weight[: ids.size(1)]

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) to logits (B, T, V)."""
        x = self.embed(ids)
        logits = self.from_current(x)  # (B, T, V)
        if self.kind == "current":
            return logits
        return logits + self.from_summary(self.summarise(x))

    def summarise(self, x: Tensor) -> Tensor:
        """x (B, T, D) to a summary of positions 0 to t at each t, (B, T, hidden)."""
        if self.kind == "gru":
            return self.summary(x)[0]
        visible = causal_mask(x.size(1))  # (T, T)
        if self.kind == "average":
            return visible / visible.sum(dim=-1, keepdim=True) @ self.summary(x)
        return self.summary(x, visible)


def loss_by_position(model: NextCharacter, ids: Tensor) -> Tensor:
    """Mean loss in nats at each position of windows of a text's ids, ``(CONTEXT,)``."""
    n = (len(ids) - 1) // CONTEXT
    inputs = ids[: n * CONTEXT].view(n, CONTEXT)
    targets = ids[1 : n * CONTEXT + 1].view(n, CONTEXT)
    model.eval()
    with torch.no_grad():
        losses = [
            F.cross_entropy(model(x).transpose(1, 2), y, reduction="none")
            for x, y in zip(inputs.split(256), targets.split(256), strict=True)
        ]
    return torch.cat(losses).mean(dim=0)  # (CONTEXT,)


def read_weights(path: Path = WEIGHTS) -> tuple[NextCharacter, dict[str, int]]:
    """The trained model that is kept beside the page, and the id of each character."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    characters = json.loads(about["characters"])
    model = NextCharacter(about["kind"], len(characters))
    model.load_state_dict(state)
    return model.eval(), {character: i for i, character in enumerate(characters)}


def evaluate(path: Path, text: str) -> float:
    """Loss in nats per character of kept weights on a text, at most ``CONTEXT`` in sight."""
    model, ids = read_weights(path)
    return loss_by_position(model, torch.tensor([ids[c] for c in text])).mean().item()


def loss_table(record: dict, labels: dict[str, str]) -> list[list[str]]:
    """Rows of a table: summary, validation loss over seeds, and parameters."""
    rows = []
    for kind, label in labels.items():
        runs = [row for row in record["characters"] if row["kind"] == kind]
        losses = torch.tensor([run["loss"] for run in runs], dtype=torch.float64)
        loss = f"{losses.mean():.3f}\u00a0±\u00a0{losses.std():.3f}"
        rows.append([label, loss, f"{runs[0]['parameters']:,}"])
    return rows


def by_position(record: dict, labels: dict[str, str]) -> dict[str, tuple[list[int], Tensor]]:
    """Lines of a figure: mean loss over seeds at each number of characters in sight."""
    lines = {}
    for kind, label in labels.items():
        runs = [row["loss_by_position"] for row in record["characters"] if row["kind"] == kind]
        lines[label] = (list(range(1, len(runs[0]) + 1)), torch.tensor(runs).mean(dim=0))
    return lines
