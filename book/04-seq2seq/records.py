"""Chapter 4's record, as rows of tables and as curves."""

from __future__ import annotations

import torch
from torch import Tensor


def spread(numbers: list[float], digits: int = 0) -> str:
    """Mean ± standard deviation over seeds; the number alone where there is one seed."""
    found = torch.tensor(numbers, dtype=torch.float64)
    if len(found) == 1:
        return f"{found.mean():.{digits}f}"
    return f"{found.mean():.{digits}f}\u00a0±\u00a0{found.std():.{digits}f}"


def groups(edges: list[int], least: int = 1) -> list[str]:
    """What groups of lengths are called, such as "6–7"."""
    starts = [least, *(edge + 1 for edge in edges[:-1])]
    return [f"{a}–{b}" for a, b in zip(starts, edges, strict=True)]


def rows(record: dict, table: str, **settings: float) -> list[dict]:
    """The runs of a table with these settings, a seed each."""
    return [r for r in record[table] if settings.items() <= r.items()]


def seeds(record: dict, table: str, **settings: float) -> list[int]:
    """The seeds that a table's runs with these settings have."""
    return sorted({run["seed"] for run in rows(record, table, **settings)})


def means(runs: list[int]) -> str:
    """What a cell is that stands for runs with these seeds, for a caption."""
    return "mean ± standard deviation" if len(runs) > 1 else "one run of each"


def searched(record: dict, width: int = 256) -> list[int]:
    """The seeds whose model was searched in all the ways."""
    wanted = record["settings"]["searched_seeds"]
    return [seed for seed in seeds(record, "captions", width=width) if seed in wanted]


def right(record: dict, table: str = "widths", **settings: float) -> Tensor:
    """Sentences that came out right in %, (seeds, groups of lengths)."""
    return 100 * torch.tensor([run["right"] for run in rows(record, table, **settings)])


def width_curves(record: dict) -> dict[str, tuple[list, list]]:
    """Width to the longest length of each group and the mean share of right sentences in %."""
    edges = record["settings"]["edges"]
    return {
        f"{width} features": (edges, right(record, width=width).mean(dim=0).tolist())
        for width in record["settings"]["widths"]
    }


def width_table(record: dict) -> list[list[str]]:
    """Rows: width, parameters, and right sentences in % of each length."""
    found = []
    for width in record["settings"]["widths"]:
        runs = rows(record, "widths", width=width)
        shares = right(record, width=width).T.tolist()
        found.append([f"{width}", f"{runs[0]['parameters']:,}", *map(spread, shares)])
    return found


def compared(record: dict, names: dict[str, tuple[str, dict]]) -> list[list[str]]:
    """Rows: name, loss, and right sentences in % by length; names say table and settings."""
    found = []
    for name, (table, settings) in names.items():
        losses = [run["loss"] for run in rows(record, table, **settings)]
        shares = right(record, table, **settings).T.tolist()
        found.append([name, spread(losses, 2), *map(spread, shares)])
    return found


def by_place(record: dict, which: str, table: str = "widths", **settings: float) -> list[float]:
    """Mean share of right words in % at each place, "forced" or "free"."""
    found = torch.tensor([run[which] for run in rows(record, table, **settings)])
    return (100 * found).mean(dim=0).tolist()


def exposure_curves(record: dict, width: int) -> dict[str, tuple[list, list]]:
    """Place to right words in %, reading the truth and reading its own words."""
    names = {"reads the truth": "forced", "reads its own words": "free"}
    return {
        name: (list(range(1, record["settings"]["places"] + 1)), by_place(record, w, width=width))
        for name, w in names.items()
    }


def after(record: dict, table: str, **settings: float) -> Tensor:
    """Right words in % behind the first wrong one: (seeds, 2), truth read and own words read."""
    return 100 * torch.tensor([run["after"] for run in rows(record, table, **settings)])


def searches(record: dict, beam_size: int, length_penalty: float, width: int = 256) -> list[dict]:
    """What one way to search captions found, a seed each."""
    wanted = {"beam_size": beam_size, "length_penalty": length_penalty}
    return [
        search
        for run in rows(record, "captions", width=width)
        if run["seed"] in record["settings"]["searched_seeds"]
        for search in run["searches"]
        if wanted.items() <= search.items()
    ]


def search_table(record: dict) -> list[list[str]]:
    """Rows: beams, length penalty, BLEU, length, score and how often the reference is likelier."""
    found = []
    for K, alpha in record["settings"]["searches"]:
        each = searches(record, K, alpha)
        found.append([
            f"{K}", f"{alpha:g}", spread([s["bleu"] for s in each], 1),
            spread([s["length"] for s in each], 2), spread([s["score"] for s in each], 1),
            spread([100 * s["short"] for s in each]),
            spread([100 * s["reference_likelier"] for s in each], 1),
        ])  # fmt: skip
    return found


def caption_table(record: dict) -> list[list[str]]:
    """Rows: width, parameters, loss, BLEU of the whole test and of each length, greedy search."""
    found = []
    for width in record["settings"]["caption_widths"]:
        runs = rows(record, "captions", width=width)
        greedy = [run["searches"][0] for run in runs]
        found.append([
            f"{width}", f"{runs[0]['parameters']:,}", spread([r["loss"] for r in runs], 2),
            spread([g["bleu"] for g in greedy], 1), spread([g["lower"] for g in greedy], 1),
            *(spread([g["by_length"][k][1] for g in greedy], 1)
              for k in range(len(record["settings"]["caption_edges"]))),
        ])  # fmt: skip
    return found


def caption_curves(record: dict) -> dict[str, tuple[list, list]]:
    """Width to the longest length of each group and the mean BLEU of greedy search."""
    edges = record["settings"]["caption_edges"]
    found = {}
    for width in record["settings"]["caption_widths"]:
        greedy = [run["searches"][0]["by_length"] for run in rows(record, "captions", width=width)]
        scores = torch.tensor(greedy)[:, :, 1].mean(dim=0)  # (groups,)
        found[f"{width} features"] = (edges, scores.tolist())
    return found
