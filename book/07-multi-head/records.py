"""What chapter 7's record says, over seeds: the round table and the heads on real text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def unknown(record: dict, n_heads: int, steps: int, peek: bool = False) -> Tensor:
    """The variance left unknown at the round table, one number a seed."""
    wanted = (n_heads, steps, peek)
    return torch.tensor([
        row["unknown"] for row in record["table"]
        if (row["n_heads"], row["steps"], row["peek"]) == wanted
    ])  # fmt: skip


def table_rows(record: dict) -> list[list[str | int]]:
    """Rows of a table: heads, their width, and what is left unknown after few and many steps."""
    few, many = record["settings"]["table_steps"]
    layers = sorted({(row["peek"], row["n_heads"]) for row in record["table"]})
    return [
        [
            f"{n_heads}, sees the cards" if peek else n_heads,
            16 // n_heads,
            _spread(unknown(record, n_heads, few, peek), 4),
            _spread(unknown(record, n_heads, many, peek), 4),
        ]
        for peek, n_heads in layers
    ]


def neighbours(record: dict, n_heads: int, steps: int) -> Tensor:
    """Weight of each head on the left and on the right neighbour, ``(seeds, H, 2)``."""
    return torch.tensor([
        row["left_and_right"] for row in record["table"]
        if (row["n_heads"], row["steps"], row["peek"]) == (n_heads, steps, False)
    ])  # fmt: skip


def losses(record: dict, n_heads: int) -> Tensor:
    """Validation losses on real text, one a seed."""
    found = [row["loss"] for row in record["heads"] if row["n_heads"] == n_heads]
    return torch.tensor(found, dtype=torch.float64)


def loss_rows(record: dict, heads: Sequence[int]) -> list[list[str | int]]:
    """Rows of a table: heads, their width, and the loss over seeds."""
    return [
        [
            n_heads,
            record["settings"]["width"] // n_heads,
            _spread(losses(record, n_heads)),
        ]
        for n_heads in heads
    ]


def _spread(numbers: Tensor, digits: int = 3) -> str:
    return f"{numbers.mean():.{digits}f}\u00a0±\u00a0{numbers.std():.{digits}f}"
