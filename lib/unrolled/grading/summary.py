"""The table at the end of a run, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unrolled.grading.asking.marks import Mark, Result
from unrolled.grading.run import Graded

# What a terminal would take for an order; a folder's name or an error message may hold it.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def summary(graded: Graded) -> str:
    """Return learners, marks, named mistakes and notes as aligned text."""
    if graded.results:
        lines = _table(graded.results)
    else:
        none = "Nothing was graded." if graded.refused else "Nobody has handed this assignment in."
        lines = [none]
    if graded.unchanged:
        said = f"{graded.unchanged} of {len(graded.results)} had not changed since the last run"
        lines.append(f"\n{said} and were not graded again (--again grades all)")
    doubtful = [result.learner for result in graded.results if result.doubts]
    if doubtful:
        lines.append(f"\nA person should look at {len(doubtful)} of them: {', '.join(doubtful)}")
    for request in graded.requests:
        what = request.exercise or "whole notebook"
        said = f"{request.before:g} points before, {request.after:g} now"
        lines.append(f"\nasked again {request.learner}, {what}: {said}; kept with the reason")
    for name, why in graded.refused.items():
        lines.append(f"passed over {name!r}: {why}")
    lines += ["", f"marks      {graded.gradebook}"]
    lines += [f"feedback   {graded.feedback}", f"notebooks  {graded.autograded}"]
    return "\n".join(lines)


def _table(results: Sequence[Result]) -> list[str]:
    names = [mark.name for mark in results[0].marks]
    rows = [["learner", *names, "sum", "named mistakes"]]
    rows += [
        [result.learner, *(f"{mark.points:g}" for mark in result.marks), f"{result.points:g}",
         ", ".join(slug for mark in result.marks for slug in mark.mistakes) or "-"]
        for result in results
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    lines = [_aligned(row, widths) for row in rows]
    notes = [(result.learner, note) for result in results for note in _notes(result)]
    told = [f"{learner}: {CONTROL.sub(' ', note)}" for learner, note in notes]
    return [*lines, *([""] if told else []), *told]


def _notes(result: Result) -> list[str]:
    of: dict[str, list[str]] = {}  # what is said of several exercises is said once
    for mark in result.marks:
        for sentence in (_reason(mark), *mark.notes):
            if sentence and sentence not in result.notes:
                of.setdefault(sentence, []).append(mark.name)
    changed = [
        f"{exercise}: {before:g} points at the last grading, now {now:g}"
        for exercise, (before, now) in result.changed.items()
    ]
    said = [f"{', '.join(names)}: {says}" for says, names in of.items()]
    return [*result.notes, *changed, *said]


def _reason(mark: Mark) -> str:
    """Why points are missing, where no named mistake says it."""
    return mark.problem or ("" if mark.mistakes else mark.fix_first)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
    return "  ".join([*cells, row[-1]])
