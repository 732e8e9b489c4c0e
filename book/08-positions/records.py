"""What chapter 8's record says, over seeds: the echo, two texts, and beyond the training length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from models import KINDS, LABELS, TABLES
from torch import Tensor


def rows_of(record: dict, table: str, **wanted: Any) -> list[dict]:
    """The runs of a kind, each seed once: at the rate that the search has chosen."""
    rows = [row for row in record[table] if wanted.items() <= row.items()]
    if "rate" not in rows[0]:
        return rows
    (chosen,) = {row["rate"] for row in rows if row["seed"] != record["settings"]["seeds"][0]}
    return [row for row in rows if row["rate"] == chosen]


def over_seeds(record: dict, table: str, value: str, **wanted: Any) -> Tensor:
    """One number a seed."""
    rows = rows_of(record, table, **wanted)
    return torch.tensor([row[value] for row in rows], dtype=torch.float64)


def mean(record: dict, table: str, value: str, **wanted: Any) -> float:
    """The mean over seeds."""
    return over_seeds(record, table, value, **wanted).mean().item()


def above(record: dict, kind: str, low: int, high: int) -> float:
    """Mean nats a word above the grammar's own surprise, at sentences of such a length."""
    return mean(record, "tinyworld", f"{low}-{high}", kind=kind)


def echoed(record: dict, kind: str, n_pairs: int) -> Tensor:
    """Share of right answers, one a seed; empty where a table has no such row."""
    runs = rows_of(record, "echo", kind=kind)
    return torch.tensor([
        run["accuracy"][str(n_pairs)] for run in runs if str(n_pairs) in run["accuracy"]
    ])  # fmt: skip


def echo_rows(record: dict) -> list[list[str]]:
    """Rows of a table: kind, and the median of right answers in % at each length."""
    rows = []
    for kind in KINDS:
        right = [100 * echoed(record, kind, n) for n in record["settings"]["pairs"]]
        rows.append([LABELS[kind], *(f"{r.median():.0f}" if len(r) else "—" for r in right)])
    return rows


def text_rows(record: dict) -> list[list[str]]:
    """Rows of a table: kind, loss on Shakespeare, and TinyWorld above its entropy by length."""
    lengths = [f"{low}-{high}" for low, high in record["settings"]["lengths"]]
    return [
        [
            LABELS[kind],
            _spread(over_seeds(record, "shakespeare", "loss", kind=kind)),
            *(_spread(over_seeds(record, "tinyworld", name, kind=kind), 2) for name in lengths),
        ]
        for kind in KINDS
    ]


def beyond(record: dict, kinds: Iterable[str], table: str = "shakespeare") -> dict:
    """Lines of a figure: kind to positions and the mean loss there over seeds."""
    group = record["settings"]["group"]
    lines = {}
    for kind in kinds:
        runs = rows_of(record, table, kind=kind)
        losses = torch.tensor([run["by_position"] for run in runs])  # (seeds, places)
        places = [group * i + group / 2 for i in range(losses.size(1))]
        lines[LABELS[kind]] = (places, losses.mean(dim=0))
    return lines


def offset_rows(record: dict) -> list[list[str]]:
    """Rows of a table: kind, where its windows began, and the losses within 64 and on 256."""
    rows = []
    for kind in TABLES:
        for table, said in (("shakespeare", "at 0"), ("offsets", "anywhere")):
            losses = [over_seeds(record, table, "loss", kind=kind)]
            if "further" in rows_of(record, table, kind=kind)[0]:
                losses.append(over_seeds(record, table, "further", kind=kind))
            said_losses = [_spread(loss, 2) for loss in losses] + ["—"] * (2 - len(losses))
            rows.append([f"{LABELS[kind]}, {said}", *said_losses])
    return rows


def depth_rows(record: dict) -> list[list[str]]:
    """Rows of a table: layers without positions, parameters, losses within 64 and on 256."""
    found = {n: rows_of(record, "depths", n_layers=n) for n in record["settings"]["depths"]}
    found[2] = rows_of(record, "shakespeare", kind="none")
    return [
        [n, f"{runs[0]['parameters']:,}"]
        + [
            _spread(torch.tensor([run[name] for run in runs], dtype=torch.float64), 2)
            for name in ("loss", "further")
        ]
        for n, runs in sorted(found.items())
    ]


def around(record: dict, kind: str, low: int, high: int, table: str = "shakespeare") -> float:
    """Mean loss over seeds at positions from ``low`` to below ``high``."""
    group = record["settings"]["group"]
    runs = rows_of(record, table, kind=kind)
    losses = torch.tensor([run["by_position"] for run in runs])  # (seeds, places)
    return losses[:, low // group : high // group].mean().item()


def _spread(numbers: Tensor, digits: int = 3) -> str:
    return f"{numbers.mean():.{digits}f}\u00a0±\u00a0{numbers.std():.{digits}f}"
