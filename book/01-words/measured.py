"""What chapter 1's record says of word vectors, over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

METHODS = {"skip-gram": "skip_gram", "GloVe": "glove", "fastText": "fast_text"}
RULES = ("without the inputs", "with the inputs", "nearest to c", "nearest to b")


def runs(record: dict, method: str, **wanted: float) -> list[dict]:
    """The runs of a method, a seed each; of skip-gram those with the paper's settings."""
    if method == "skip_gram":
        wanted = {**record["settings"]["published"], **wanted}
    return [row for row in record[method] if all(row[k] == v for k, v in wanted.items())]


def shares(rows: Sequence[dict], rule: str, kind: str = "all") -> Tensor:
    """Right answers to the analogies in %, one number a seed."""
    return 100 * torch.tensor([row["analogies"][rule][kind] for row in rows])


def own_kind(rows: Sequence[dict]) -> Tensor:
    """Words whose nearest listed word is of their own category, in %, one number a seed."""
    return 100 * torch.tensor([row["own_kind"] for row in rows])


def methods_rows(record: dict) -> list[list[str]]:
    """Rows of a table: method, right analogies without and with the inputs, own category."""
    return [
        [
            name,
            spread(shares(runs(record, key), RULES[0])),
            spread(shares(runs(record, key), RULES[1])),
            spread(own_kind(runs(record, key))),
        ]
        for name, key in METHODS.items()
    ]


def rules_rows(record: dict, method: str = "skip_gram") -> list[list[str | int]]:
    """Rows of a table: kind of question, how many, and right answers under each rule."""
    asked = record["settings"]["questions"]
    kinds = {**asked, "all": sum(asked.values())}
    return [
        [kind, n, *(spread(shares(runs(record, method), rule, kind)) for rule in RULES)]
        for kind, n in kinds.items()
    ]


def minilm_rows(record: dict) -> list[list[str | int]]:
    """The same for MiniLM's input table, of which there is one."""
    asked = record["settings"]["questions"]
    kinds = {**asked, "all": sum(asked.values())}
    told = record["minilm"]["scores"]
    return [
        [kind, n, *(f"{100 * told[rule][kind]:.0f}" for rule in RULES)] for kind, n in kinds.items()
    ]


def sampler_rows(record: dict) -> list[list[str | float]]:
    """Rows of a table: power, negatives, the two tests, and the tilt to frequent words."""
    settings = dict.fromkeys((row["power"], row["negatives"]) for row in record["skip_gram"])
    rows = []
    for power, negatives in sorted(settings, key=lambda pair: (pair[1] != 5, pair[1], pair[0])):
        found = runs(record, "skip_gram", power=power, negatives=negatives)
        tilts = torch.tensor([row["tilt"] for row in found])
        rows.append(
            [
                f"{power:g}",
                negatives,
                spread(shares(found, RULES[0])),
                spread(own_kind(found)),
                spread(tilts, 2),
            ]
        )
    return rows


def spread(numbers: Tensor, digits: int = 1) -> str:
    """Mean and standard deviation over seeds."""
    told = f"{numbers.mean():.{digits}f}\u00a0±\u00a0{numbers.std():.{digits}f}"
    return told.replace("-", "−")
