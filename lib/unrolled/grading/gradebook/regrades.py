"""What a regrade changed: every mark in one file, before and after, and the differences."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from unrolled.grading.gradebook.exporters import Grades, LmsExportPlugin, harmless, write_rows
from unrolled.grading.gradebook.scores import number

HEAD = ["assignment", "learner", "part", "score", "max_score"]
LATE = "late penalty"
Marks = dict[tuple[str, str, str], tuple[float, float]]


class MarksExportPlugin(LmsExportPlugin):
    """Every mark on a line of its own: assignment, learner, exercise or question, score."""

    default_to = "marks.csv"

    def _write(self, to: Path, grades: Grades) -> None:
        rows = [HEAD]
        for assignment, found in grades.scores.items():
            for learner in sorted(found):
                score = found[learner]
                parts = [(p.name, p.score, p.max_score) for p in score.parts]
                parts += [(LATE, -score.penalty, 0.0)] if score.penalty else []
                rows += [
                    [assignment, harmless(learner), name, number(earned), number(most)]
                    for name, earned, most in parts
                    if any(learner == other.id for other in grades.learners)
                ]
        write_rows(to, rows)


@dataclass(frozen=True)
class Change:
    """One mark that is another than it was.

    Attributes:
        before, after: score and maximum; None if there was or is none.
        meant: the regrade was meant to change this part.
    """

    assignment: str
    learner: str
    part: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None
    meant: bool = True

    def __str__(self) -> str:
        said = f"{self.learner}, {self.part}: {_of(self.before)} -> {_of(self.after)}"
        return said if self.meant else f"{said}   (not meant to change)"


def read_marks(path: Path) -> Marks:
    """Read what :class:`MarksExportPlugin` wrote.

    Raises:
        ValueError: naming file and line, if it is not such a file.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != HEAD:
            raise ValueError(f"{path}: columns {reader.fieldnames}, wanted {HEAD}")
        marks: Marks = {}
        for row in reader:
            key = (row["assignment"], row["learner"], row["part"])
            try:
                marks[key] = (float(row["score"]), float(row["max_score"]))
            except (TypeError, ValueError):
                raise ValueError(f"{path}, line {reader.line_num}: no number") from None
    return marks


def compare(before: Path, after: Path, meant: Collection[str] = ()) -> list[Change]:
    """Say what a regrade changed, by learner and exercise.

    Args:
        before: marks exported before it.
        after: marks exported after it.
        meant: the exercises whose check was mended. Default: all may change. A late penalty may
            change wherever a mark does.

    Raises:
        ValueError: if a file holds no marks.
    """
    old, new = read_marks(before), read_marks(after)
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    expected = {*meant, LATE}
    return [
        Change(*key, old.get(key), new.get(key), not meant or key[2] in expected) for key in changed
    ]


def _of(mark: tuple[float, float] | None) -> str:
    return "nothing" if mark is None else f"{number(mark[0])} of {number(mark[1])}"
