"""Chapter 3's record, as rows of tables and as curves."""

from __future__ import annotations

import torch
from torch import Tensor

KINDS = ("RNN", "LSTM", "LSTM, bias 1", "GRU")


def label(run: dict) -> str:
    """What a layer is called in a table of tasks."""
    bias = run["bias"]
    return run["kind"] if bias is None else f"{run['kind']}, forget bias {bias:g}"


def spread(numbers: list[float], digits: int = 2) -> str:
    """Mean ± standard deviation over seeds."""
    found = torch.tensor(numbers)
    return f"{found.mean():.{digits}f}\u00a0±\u00a0{found.std():.{digits}f}"


def middle(numbers: list[float], digits: int = 2) -> str:
    """Median over seeds and, in brackets, the least and the greatest."""
    found = torch.tensor(numbers)
    low, high = found.min(), found.max()
    return f"{found.median():.{digits}f} ({low:.{digits}f}\u2013\u2060{high:.{digits}f})"


def task_runs(record: dict, task: str, length: int) -> dict[str, list[dict]]:
    """Label of a layer to its runs on a task at one length, a seed each."""
    found: dict[str, list[dict]] = {}
    for run in record["tasks"]:
        if (run["task"], run["length"]) == (task, length):
            found.setdefault(label(run), []).append(run)
    return found


def task_scores(record: dict, task: str, name: str, length: int) -> list[float]:
    """The scores of one layer, by its label, at one length."""
    return [run["score"] for run in task_runs(record, task, length)[name]]


def task_table(record: dict, task: str) -> list[list[str]]:
    """Rows: layer, parameters, and at each length the median score and its range over seeds."""
    lengths = record["settings"]["lengths"][task]
    digits = 2 if task == "copy" else 3
    rows = []
    for name in ("RNN", "LSTM", "LSTM, forget bias 3", "GRU"):
        runs = [task_runs(record, task, length)[name] for length in lengths]
        scores = [middle([run["score"] for run in each], digits) for each in runs]
        rows.append([name, f"{runs[0][0]['parameters']:,}", *scores])
    return rows


def bias_table(record: dict) -> list[list[str]]:
    """Rows: forget bias, and the median score of both tasks at the length where it was varied."""
    lengths = record["settings"]["bias_length"]
    rows = []
    for bias in (None, 0, 1, 2, 3, 5):
        name = "LSTM" if bias is None else f"LSTM, forget bias {bias}"
        copied = middle(task_scores(record, "copy", name, lengths["copy"]))
        added = middle(task_scores(record, "adding", name, lengths["adding"]), 3)
        rows.append(["torch's draw" if bias is None else f"{bias}", copied, added])
    return rows


def texts_table(record: dict) -> list[list[str]]:
    """Rows: layer, loss on Shakespeare, and loss on TinyWorld above its entropy."""
    columns = (("shakespeare", "loss"), ("tinyworld", "above"))
    return [
        [
            kind,
            *(
                spread([run[what] for run in record[text] if run["kind"] == kind], 3)
                for text, what in columns
            ),
        ]
        for kind in KINDS
    ]


def both(record: dict, what: str) -> str:
    """A setting of the models of both texts, Shakespeare's first, such as their "steps"."""
    return " and ".join(
        f"{record['settings'][text][what]:,}" for text in ("shakespeare", "tinyworld")
    )


def mean(record: dict, text: str, kind: str, what: str) -> float:
    """Mean over seeds of what was measured of a layer on a text, such as its loss."""
    found = [run[what] for run in record[text] if run["kind"] == kind]
    return sum(found) / len(found)


def above(record: dict, kind: str) -> float:
    """Mean loss of a layer over TinyWorld's entropy."""
    return mean(record, "tinyworld", kind, "above")


def right(record: dict, kind: str, which: str) -> Tensor:
    """Share of right verbs, (seeds, distances); ``which`` is "same" or "other"."""
    return torch.tensor([r["right"][which] for r in record["tinyworld"] if r["kind"] == kind])


def agreement_curves(record: dict, which: str = "other") -> dict[str, tuple[list, list]]:
    """Layer to words in between (the least of each group) and the mean share of right verbs.

    ``which``: "other" where the noun nearest to the verb has the other number, or "same".
    """
    groups = [int(name.split()[0]) for name in record["settings"]["distances"]]
    curves = {}
    for kind in KINDS:
        shares = right(record, kind, which).mean(dim=0).tolist()
        curves[kind] = (groups[-len(shares) :], shares)
    return curves


def agreement_table(record: dict) -> list[list[str]]:
    """Rows: layer and kind of sentence, and mean ± standard deviation at each distance."""
    rows = []
    for kind in KINDS:
        for which in ("same", "other"):
            shares = 100 * right(record, kind, which)  # (seeds, distances)
            told = [spread(column.tolist(), 0) for column in shares.T]
            missing = ["–"] * (len(record["settings"]["distances"]) - len(told))
            rows.append([f"{kind}, {which} number", *missing, *told])
    return rows


def reach(record: dict, table: str, kind: str, when: str, bias: float | None = None) -> Tensor:
    """Reach relative to k = 0, (seeds, k); ``table`` is "shakespeare" or "tasks" (adding)."""
    runs = [
        run for run in record[table]
        if run["kind"] == kind and f"reach_{when}" in run and run.get("bias") == bias
    ]  # fmt: skip
    found = torch.tensor([run[f"reach_{when}"] for run in runs])  # (seeds, k)
    return found / found[:, :1]


def reach_curves(record: dict, when: str) -> dict[str, tuple[list, list]]:
    """Layer to k and the median over seeds of the reach on Shakespeare, as a share of k = 0.

    The last k is left out: that input was read by an empty state, as no later one is.
    """
    back = record["settings"]["reached"][:-1]
    curves = {}
    for kind in ("RNN", "LSTM", "GRU"):
        found = reach(record, "shakespeare", kind, when).median(dim=0).values[: len(back)]
        shown = found >= 1e-12  # below, float32 has little to say
        curves[kind] = (
            [k for k, seen in zip(back, shown, strict=True) if seen],
            found[shown].tolist(),
        )
    return curves


def reach_table(record: dict, at: tuple[int, ...] = (5, 10, 20, 50)) -> list[list[str]]:
    """Rows: layer and when, and the median reach on Shakespeare at some k, as a share of k = 0."""
    rows = []
    for kind in ("RNN", "LSTM", "GRU"):
        for when in ("before", "after"):
            found = reach(record, "shakespeare", kind, when).median(dim=0).values
            numbers = [found[record["settings"]["reached"].index(k)] for k in at]
            rows.append([f"{kind}, {when}", *(f"{number:.0e}" for number in numbers)])
    return rows


def senses_of(record: dict, word: str, reading: str, which: str = "senses") -> Tensor:
    """Right neighbours, cosine within a sense, cosine between: (seeds, 3)."""
    return torch.tensor([run[which][word][reading] for run in record["context"]])


def senses_table(record: dict) -> list[list[str]]:
    """Rows: word, and for each reading the share of nearest neighbours of its sense, in %."""
    first = record["context"][0]["senses"]
    rows = []
    for word, readings in first.items():
        shares = [100 * senses_of(record, word, name)[:, 0].mean() for name in readings]
        rows.append([word, *(f"{share:.0f}" for share in shares)])
    return rows
