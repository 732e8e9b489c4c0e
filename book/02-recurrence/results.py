"""Rows and lines of chapter 2's tables and figures, from its record of several seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

LOST = math.log(65)  # nats a character, where nothing is known of 65 characters


def runs(record: dict, table: str, **settings: Any) -> list[dict]:
    """The rows of one table of a record that have these settings, a seed each."""
    return [
        row for row in record[table] if all(row[key] == value for key, value in settings.items())
    ]


def column(rows: Sequence[dict], key: str) -> Tensor:
    """One number of each row, (seeds,)."""
    return torch.tensor([row[key] for row in rows], dtype=torch.float64)


def spread(numbers: Tensor, digits: int = 3) -> str:
    """Mean and standard deviation over seeds."""
    return f"{numbers.mean():.{digits}f}\u00a0±\u00a0{numbers.std():.{digits}f}"


def characters_table(record: dict, before: dict) -> list[list[str]]:
    """Rows of a table: model, held-out loss, perplexity; ``before`` is chapter 0's record."""
    learned = column(runs(before, "runs", rate=50.0, cleared=True), "loss")
    ours = record["characters"]
    known = [["a guess among all characters", before["bounds"]["knows nothing"]]]
    known += [["counted pairs", before["bounds"]["has counted pairs"]]]
    rows = [[name, f"{loss:.3f}", f"{math.exp(loss):.1f}"] for name, loss in known]
    for name, losses in (
        ("chapter 0's table of pairs, learned", learned),
        (f"RNN, state zeroed every {record['settings']['length']}", column(ours, "loss_zeroed")),
        ("RNN, state carried", column(ours, "loss")),
    ):
        rows.append([name, spread(losses), f"{losses.mean().exp():.1f}"])
    return rows


def world(record: dict) -> dict[str, Tensor]:
    """TinyWorld, a number a seed: the least possible loss, the RNN's, and that of counted pairs."""
    return {key: column(record["tinyworld"], key) for key in ("least", "loss", "pairs")}


def world_table(record: dict) -> list[list[str]]:
    """Rows of a table: model, nats a word, and how far above the least, in nats and percent."""
    found = world(record)
    rows = [["the grammar itself", spread(found["least"]), "0", "0"]]
    for name, key in (("RNN", "loss"), ("counted pairs", "pairs")):
        above = found[key] - found["least"]
        share = (100 * above / found["least"]).mean()
        rows.append([name, spread(found[key]), spread(above), f"{share:.1f}"])
    return rows


def reviews_right(record: dict, kind: str, key: str = "right") -> Tensor:
    """Percent of test sentences judged rightly, at the rate chosen in validation; (seeds,)."""
    rates = {row["rate"] for row in runs(record, "reviews", kind=kind)}
    found = max((runs(record, "reviews", kind=kind, rate=rate) for rate in rates), key=len)
    return 100 * column(found, key)


def reviews_table(record: dict) -> list[list[str]]:
    """Rows of a table: what a sentence becomes, parameters, percent right, words shuffled."""
    names = {
        "bag": "mean of the words' vectors", "last": "RNN, last state",
        "mean": "RNN, mean of its states",
    }  # fmt: skip
    return [
        [
            name,
            f"{runs(record, 'reviews', kind=kind)[0]['parameters']:,}",
            spread(reviews_right(record, kind), 1),
            spread(reviews_right(record, kind, "right_shuffled"), 1),
        ]
        for kind, name in names.items()
    ]


def radius_lines(record: dict, kind: str) -> dict[str, tuple[list[int], Tensor]]:
    """Lines of a figure: the median over seeds of the norm, against the steps back."""
    back = record["settings"]["back"]
    lines = {}
    for radius in sorted({row["radius"] for row in record["radius"]}):
        found = [row["norms"] for row in runs(record, "radius", kind=kind, radius=radius)]
        lines[f"radius {radius:g}"] = (back, torch.tensor(found).median(dim=0).values)
    return lines


def radius_table(record: dict, back: int = 50) -> list[list[str]]:
    """Rows of a table: for each radius, lowest and highest norm over seeds, so many steps back."""
    at = record["settings"]["back"].index(back)
    kinds = list(dict.fromkeys(row["kind"] for row in record["radius"]))
    rows = []
    for radius in sorted({row["radius"] for row in record["radius"]}):
        cells = []
        for kind in kinds:
            found = [row["norms"][at] for row in runs(record, "radius", kind=kind, radius=radius)]
            cells.append(between(min(found), max(found)))
        rows.append([f"{radius:g}", *cells])
    return rows


def between(low: float, high: float) -> str:
    """Two numbers in powers of ten, such as ``10⁻¹⁵ to 10⁻¹³``; one where they agree."""
    ends = list(dict.fromkeys(power(x) for x in (low, high)))
    return " to ".join(ends)


def power(number: float) -> str:
    """A number as the nearest power of ten, such as ``10⁻¹⁵``."""
    digits = str(round(math.log10(number))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits}"


def lost(rows: Sequence[dict]) -> int:
    """Trainings that ended with a loss no better than a guess, or with none."""
    return sum(row["loss"] is None or row["loss"] > LOST for row in rows)


def clipping_table(record: dict) -> list[list[str]]:
    """Rows of a table: rate, then without and with clipping the loss and how many were lost."""
    rows = []
    for rate in sorted({row["rate"] for row in record["clipping"]}):
        cells = []
        for clip in (False, True):
            found = runs(record, "clipping", rate=rate, clip=clip)
            losses = [math.inf if row["loss"] is None else row["loss"] for row in found]
            median = torch.tensor(losses).median().item()
            cells += [f"{median:.2f}" if math.isfinite(median) else "none", str(lost(found))]
        rows.append([f"{rate:g}", *cells])
    return rows


def cut_table(record: dict) -> list[list[str]]:
    """Rows of a table: characters a piece, loss with the state carried, and with it zeroed.

    The last column is a network trained with zeros that is read with its state carried.
    """
    rows = []
    for length in sorted({row["length"] for row in record["cut"]}):
        carried = runs(record, "cut", length=length, carry=True)
        zeroed = runs(record, "cut", length=length, carry=False)
        cells = column(carried, "loss"), column(zeroed, "loss_zeroed"), column(zeroed, "loss")
        rows.append([str(length), *map(spread, cells)])
    return rows
