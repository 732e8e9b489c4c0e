"""What a submission earned, as plain data: it is sent between processes, kept, and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from unrolled.checks import Exercise, Report
from unrolled.grading.asking.execution import Execution
from unrolled.grading.submissions.reading import plain


@dataclass(frozen=True)
class Asked:
    """One thing that was asked of an answer."""

    name: str
    passed: bool
    earned: float
    points: float


@dataclass(frozen=True)
class Mark:
    """What one exercise earned, and why.

    Attributes:
        exercise: its id.
        name: what the learner was to define.
        possible: the most that could be earned.
        section: where to read, as a title.
        points: the mark, between 0 and ``possible``.
        problem: why nothing could be asked, in words; empty if it was.
        asked: one entry a probe, what works first.
        mistakes: slugs of the named mistakes.
        fix_first, also, facts: as in :class:`~unrolled.checks.Report`.
        notes: sentences beside the report.
        shown: the report as HTML, for the gradebook's notebook.
        told: the report as text.
        fault: the grader itself failed; somebody has to look.
    """

    exercise: str
    name: str
    possible: float
    section: str
    points: float = 0.0
    problem: str = ""
    asked: tuple[Asked, ...] = ()
    mistakes: tuple[str, ...] = ()
    fix_first: str = ""
    also: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    shown: str = ""
    told: str = ""
    fault: bool = False

    @property
    def full(self) -> bool:
        """Whether the answer earned everything, also where it counts nothing."""
        return (
            not self.problem
            and all(a.passed for a in self.asked)
            and (self.points == self.possible)
        )

    def text(self) -> str:
        """For the gradebook's notebook and for exports: the report, or why there is none."""
        head = f"{self.exercise}: {self.points:g} of {self.possible:g} points"
        body = self.told or f"{head}\n{self.problem}"
        return plain("\n".join([body, *self.notes]))


def unasked(exercise: Exercise, problem: str, fault: bool = False) -> Mark:
    """No points, because nothing could be asked."""
    return Mark(
        exercise.id, exercise.name, float(exercise.points), exercise.section.title,
        problem=problem, fault=fault,
    )  # fmt: skip


def reported(exercise: Exercise, report: Report, notes: tuple[str, ...] = ()) -> Mark:
    """What an examination found."""
    possible = float(exercise.points)
    asked = (Asked(r.probe.name, r.passed, r.earned, r.probe.points) for r in report.ordered())
    return Mark(
        exercise.id, exercise.name, possible, report.section.title,
        points=min(max(0.0, float(report.points)), possible),
        asked=tuple(asked), mistakes=report.mistakes, fix_first=report.fix_first,
        also=report.also, facts=tuple(map(tuple, report.facts())),
        notes=(*report.notes, *notes), shown=plain(report._repr_html_()), told=report.text(),
    )  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """All marks of a submission, and what its cells showed."""

    marks: tuple[Mark, ...]
    execution: Execution


@dataclass(frozen=True)
class Result:
    """One learner's outcome.

    Attributes:
        marks: one an exercise, in order.
        notes: what was salvaged, and what went wrong around the answers.
        fault: the grader failed somewhere; somebody has to look.
        doubts: the part of the notes that a person should look at, for points may be missing.
        changed: by exercise, points at the last grading and now, where they differ.
    """

    learner: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()
    fault: bool = False
    doubts: tuple[str, ...] = ()
    changed: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """The sum over the exercises, without what is marked by hand."""
        return sum(mark.points for mark in self.marks)

    def as_json(self) -> dict[str, Any]:
        """What of it is kept: everything but what changed."""
        kept = asdict(self)
        del kept["changed"]
        return kept


def brief(result: Result) -> Result:
    """A result without its pages, of which a class has too many to keep in memory."""
    marks = (replace(m, asked=(), facts=(), shown="", told="") for m in result.marks)
    return replace(result, marks=tuple(marks))


def from_json(kept: Mapping[str, Any]) -> Result:
    """The result that :meth:`Result.as_json` gave.

    Raises:
        KeyError, TypeError: if it was kept by another version that had other fields.
    """
    marks = tuple(_mark(mark) for mark in kept["marks"])
    notes, doubts = tuple(kept["notes"]), tuple(kept["doubts"])
    return Result(kept["learner"], marks, notes, kept["fault"], doubts)


def _mark(kept: Mapping[str, Any]) -> Mark:
    given = {f.name: kept[f.name] for f in fields(Mark)}
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    given["asked"] = tuple(Asked(**asked) for asked in given["asked"])
    given["facts"] = tuple(map(tuple, given["facts"]))
    return Mark(**given)
