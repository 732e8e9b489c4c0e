"""Chapter 5's record, as rows of tables and as curves; chapter 4's beside it."""

from __future__ import annotations

import torch
from torch import Tensor


def spread(numbers: list[float], digits: int = 0) -> str:
    """Mean ± standard deviation over seeds; of one seed its number."""
    found = torch.tensor(numbers, dtype=torch.float64)
    if len(found) < 2:
        return f"{found.mean():.{digits}f}"
    return f"{found.mean():.{digits}f}\u00a0±\u00a0{found.std():.{digits}f}"


def seeds(runs: list[dict]) -> list[int]:
    """The seeds that were run, which may be fewer than the record's."""
    return sorted({run["seed"] for run in runs})


def means(runs: list[dict]) -> str:
    """What a cell is, for a caption."""
    return "mean ± standard deviation" if len(seeds(runs)) > 1 else "one run of each"


def counted(runs: list[dict]) -> str:
    """How many seeds were run, such as "5 seeds"."""
    n = len(seeds(runs))
    return f"{n} seed{'s' * (n != 1)}"


def groups(edges: list[int], least: int = 1) -> list[str]:
    """What groups of lengths are called, such as "6–7"."""
    starts = [least, *(edge + 1 for edge in edges[:-1])]
    return [f"{a}–{b}" for a, b in zip(starts, edges, strict=True)]


def of_kind(record: dict, kind: str) -> list[dict]:
    """The runs of one way to look back, a seed each."""
    return [run for run in record["kinds"] if run["kind"] == kind]


def right(record: dict, kind: str) -> Tensor:
    """Sentences that came out right in %, (seeds, groups of lengths)."""
    return 100 * torch.tensor([run["right"] for run in of_kind(record, kind)])


def right_without(before: dict, width: int) -> Tensor:
    """The same of chapter 4's translators, through one vector of this width."""
    return 100 * torch.tensor([run["right"] for run in before["widths"] if run["width"] == width])


def length_curves(record: dict, before: dict, kinds: tuple = ("additive",)) -> dict:
    """Model to the longest length of each group and the mean share of right sentences in %."""
    edges = record["settings"]["edges"]
    curves = {kind: (edges, right(record, kind).mean(dim=0).tolist()) for kind in kinds}
    for width in (record["settings"]["width"], max(before["settings"]["widths"])):
        shares = right_without(before, width).mean(dim=0).tolist()
        curves[f"one vector of {width}"] = (edges, shares)
    return curves


def length_table(record: dict, before: dict) -> list[list[str]]:
    """Rows: model, parameters, ms an update, and right sentences in % of each length."""
    found = []
    for kind in record["settings"]["kinds"]:
        runs = of_kind(record, kind)
        shares = right(record, kind).T.tolist()
        found.append([
            kind, f"{runs[0]['parameters']:,}", spread([r["ms_a_step"] for r in runs]),
            *map(spread, shares),
        ])  # fmt: skip
    for width in (record["settings"]["width"], max(before["settings"]["widths"])):
        runs = [run for run in before["widths"] if run["width"] == width]
        shares = right_without(before, width).T.tolist()
        found.append([
            f"one vector of {width}", f"{runs[0]['parameters']:,}",
            spread([r["ms_a_step"] for r in runs]), *map(spread, shares),
        ])  # fmt: skip
    return found


def gap_table(record: dict, before: dict) -> list[list[str]]:
    """Rows: looking back, one vector, and the gap between the best of both, by length."""
    widest = max(before["settings"]["widths"])
    rows = {row[0]: row for row in length_table(record, before)}
    one, other = right(record, "additive").mean(dim=0), right_without(before, widest).mean(dim=0)
    gap = [f"{points:.0f}" for points in (one - other).tolist()]
    kept = ("additive", f"one vector of {record['settings']['width']}", f"one vector of {widest}")
    return [*(rows[name] for name in kept), ["gap to the wider", "", "", *gap]]


def error(record: dict, kind: str, what: str = "error", when: str = "links") -> Tensor:
    """An error rate, or the share of verbs linked rightly, in %, a seed each: (seeds,)."""
    return 100 * torch.tensor([run[when][what] for run in of_kind(record, kind)])


def link_table(record: dict) -> list[list[str]]:
    """Rows: whose links; error rates of all, of plain sentences, with a clause; clause verbs."""
    columns = ("error", "error_plain", "error_clause", "verbs_right")
    found = [
        [kind, *(spread(error(record, kind, what).tolist(), 1) for what in columns)]
        for kind in record["settings"]["kinds"]
    ]
    untrained = [error(record, "additive", what, "links_untrained").tolist() for what in columns]
    found.append(["additive, untrained", *(spread(each, 1) for each in untrained)])
    for name, key in (("straight ahead", "links_straight"), ("at best", "links_at_best")):
        found.append([name, *(f"{100 * record['settings'][key][what]:.1f}" for what in columns)])
    return found


def searched(record: dict, beam_size: int, length_penalty: float) -> list[dict]:
    """What one way to search captions found, a seed each."""
    wanted = {"beam_size": beam_size, "length_penalty": length_penalty}
    return [
        search for run in record["captions"] for search in run["searches"]
        if wanted.items() <= search.items()
    ]  # fmt: skip


def bleus(searches: list[dict]) -> list[str]:
    """Cells: BLEU of the whole test, in lower case, and of each length."""
    return [
        spread([s["bleu"] for s in searches], 1), spread([s["lower"] for s in searches], 1),
        *(spread([s["by_length"][k][1] for s in searches], 1)
          for k in range(len(searches[0]["by_length"]))),
    ]  # fmt: skip


def caption_table(record: dict, before: dict) -> list[list[str]]:
    """Rows: model, parameters, ms an update, BLEU of all and of each length; greedy search."""
    found = []
    runs = record["captions"]
    parts = [("looks back", runs, searched(record, 1, 0.0))]
    for width in before["settings"]["caption_widths"]:
        others = [run for run in before["captions"] if run["width"] == width]
        parts.append((f"one vector of {width}", others, [run["searches"][0] for run in others]))
    for name, these, searches in parts:
        found.append([
            name, f"{these[0]['parameters']:,}", spread([r["ms_a_step"] for r in these]),
            *bleus(searches),
        ])  # fmt: skip
    return found


def bleu_table(record: dict, before: dict) -> list[list[str]]:
    """Rows: model, and BLEU of all, of the shortest and of the longest captions."""
    return [[row[0], row[3], row[4], row[5], row[-1]] for row in caption_table(record, before)]


def search_table(record: dict) -> list[list[str]]:
    """Rows: beams, length penalty, BLEU with and without case, and length."""
    found = []
    for K, alpha in record["settings"]["searches"]:
        each = searched(record, K, alpha)
        lengths = spread([s["length"] for s in each], 2)
        found.append([f"{K}", f"{alpha:g}", *bleus(each)[:2], lengths])
    return found
