"""What an instructor decides: deadlines, extensions, late penalties, and what counts how much.

One small file, ``class/course.toml``. What it leaves out stays as the course and nbgrader have it::

    timezone = "Europe/Berlin"

    [late]                            # for every assignment without its own
    percent_per_day = 10              # of the assignment's points; or points_per_day = 2
    percent_at_most = 50
    grace_minutes = 15

    [assignment.06-self-attention]
    deadline = 2026-03-02T23:59:00
    extensions = { learner-04 = 2026-03-09T23:59:00 }
    points = { causal_mask = 6, explain-same-word-twice = 10 }
    practice = ["SelfAttention"]      # is marked, and counts nothing
    canvas_id = 4711
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Unicode

from unrolled.checks import Exercise
from unrolled.grading.asking.marks import Mark
from unrolled.grading.submissions.folders import LEARNER
from unrolled.grading.submissions.times import YEARS

T = TypeVar("T")
POLICY = "course.toml"
DAY = 24 * 60 * 60
MOST_POINTS = 1000
LATE_KEYS = ("points_per_day", "percent_per_day", "percent_at_most", "grace_minutes")
KEYS = ("deadline", "extensions", "late", "points", "practice", "canvas_id")


class PolicyError(ValueError):
    """``course.toml`` says what cannot be used."""


@dataclass(frozen=True)
class Late:
    """What lateness costs. Every day that has begun counts, from the deadline on.

    Attributes:
        points_per_day: taken away a day.
        percent_per_day: the same in percent of the assignment's points, as Canvas does it.
        percent_at_most: never more than this part of the assignment's points.
        grace_minutes: so much lateness costs nothing.
    """

    points_per_day: float = 0
    percent_per_day: float = 0
    percent_at_most: float = 100
    grace_minutes: float = 0

    def penalty(self, possible: float, seconds: float) -> float:
        """The points that being late costs.

        Args:
            possible: the assignment's points.
            seconds: between the deadline, extension included, and the submission.
        """
        if seconds <= self.grace_minutes * 60:
            return 0.0
        a_day = self.points_per_day + possible * self.percent_per_day / 100
        return round(
            min(math.ceil(seconds / DAY) * a_day, possible * self.percent_at_most / 100), 2
        )


@dataclass(frozen=True)
class Policy:
    """The choices for one assignment. All times are UTC without a zone, as nbgrader stores them.

    Attributes:
        assignment: its name.
        deadline: None leaves the gradebook's own alone.
        extensions: a learner's own deadline.
        late: None leaves late penalties to nbgrader's configuration.
        worth: points by exercise id, or by grade id of what is marked by hand; 0 is practice.
        canvas_id: of the assignment's column in Canvas.
    """

    assignment: str
    deadline: datetime | None = None
    extensions: Mapping[str, datetime] = field(default_factory=dict)
    late: Late | None = None
    worth: Mapping[str, float] = field(default_factory=dict)
    canvas_id: int | None = None

    def points(self, exercise: Exercise) -> float:
        """What an exercise counts."""
        return float(self.worth.get(exercise.id, exercise.points))

    def scaled(self, exercise: Exercise, earned: float) -> float:
        """What earned points count, to the hundredth; rounding never gives any away."""
        if exercise.id not in self.worth:
            return float(earned)
        return _scaled(earned, exercise.points, self.worth[exercise.id])

    def counted(self, mark: Mark) -> Mark:
        """A mark as it counts in this course; a note says so where that is not the book's way."""
        if mark.exercise not in self.worth:
            return mark
        worth = self.worth[mark.exercise]
        points = _scaled(mark.points, mark.possible, worth)
        says = f"In this course it counts {points:g} of {worth:g} points."
        says = says if worth else "In this course it is practice and counts no points."
        return replace(mark, points=points, possible=worth, notes=(*mark.notes, says))

    def extension(self, learner: str) -> dict[str, timedelta | None]:
        """What nbgrader's gradebook is to know of a submission: keywords for its methods."""
        if self.deadline is None:
            return {}
        until = self.extensions.get(learner)
        return {"extension": until - self.deadline if until else None}

    def enter(self, gradebook: Gradebook) -> tuple[str, ...]:
        """Put deadline and extensions into the gradebook; return what to look at.

        A submission that is not there yet gets its extension when it is recorded.
        """
        if self.deadline is None:
            return ()
        entered = gradebook.update_or_create_assignment(self.assignment, duedate=self.deadline)
        for submission in entered.submissions:
            submission.extension = self.extension(submission.student_id)["extension"]
        gradebook.db.commit()
        known = {student.id for student in gradebook.students}
        return tuple(
            f"{POLICY}: {learner} has an extension, and the gradebook knows nobody of that id"
            for learner in sorted(self.extensions)
            if learner not in known
        )


def read_policy(path: Path, assignment: str) -> Policy:
    """Read the choices for one assignment.

    Args:
        path: ``class/course.toml``. If there is none, nothing was chosen.
        assignment: such as ``"06-self-attention"``.

    Raises:
        PolicyError: naming file and key, if something in it cannot be used.
    """
    return _read(path, lambda chosen: _policy(chosen, assignment))


def read_timezone(path: Path) -> tzinfo:
    """The course's time zone, UTC if none was chosen.

    Raises:
        PolicyError: naming file and key, if it cannot be used.
    """
    return _read(path, lambda chosen: _zone(chosen.get("timezone")) or UTC)


class LatePenalty(LateSubmissionPlugin):
    """nbgrader's plugin that reckons late penalties, by the course's choices.

    nbgrader's own ``penalty_method`` counts where the choices say nothing of lateness.
    """

    class_folder = Unicode("", help="The folder with course.toml.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Say what lateness costs, in points.

        Args:
            student_id: the learner's id.
            score: what was earned.
            total_seconds_late: after the deadline, extension included.
        """
        path = Path(self.class_folder, POLICY)
        if not self.class_folder or not path.is_file():
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        assignment = self.parent.assignment_id
        late = read_policy(path, assignment).late
        if late is None:
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        possible = self.parent.gradebook.find_assignment(assignment).max_score
        return late.penalty(possible, total_seconds_late)


class _Unusable(Exception):
    """Something in the file, in words."""


def _read(path: Path, take: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        return take(tomllib.loads(path.read_text("utf-8-sig")) if path.is_file() else {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path} is not TOML: {error}") from error
    except _Unusable as error:
        raise PolicyError(f"{path}: {error}") from error


def _policy(chosen: Mapping[str, Any], assignment: str) -> Policy:
    _only(chosen, ("timezone", "late", "assignment"), "the file")
    late = _late(chosen["late"], "late") if "late" in chosen else None
    tables = _table(chosen.get("assignment", {}), "assignment")
    where = f"assignment.{assignment}"
    mine = _table(tables.get(assignment, {}), where)
    _only(mine, KEYS, where)
    if "late" in mine:
        late = _late(mine["late"], f"{where}.late")
    zone = _zone(chosen.get("timezone"))
    deadline = _utc(mine["deadline"], zone, f"{where}.deadline") if "deadline" in mine else None
    canvas_id = mine.get("canvas_id")
    if canvas_id is not None and type(canvas_id) is not int:
        raise _Unusable(f"{where}.canvas_id is {canvas_id!r}, a whole number is wanted")
    extensions = _extensions(mine.get("extensions", {}), deadline, zone, f"{where}.extensions")
    return Policy(assignment, deadline, extensions, late, _worth(mine, where), canvas_id)


def _extensions(
    given: Any, deadline: datetime | None, zone: ZoneInfo | None, where: str
) -> dict[str, datetime]:
    until: dict[str, datetime] = {}
    for learner, time in _table(given, where).items():
        if deadline is None:
            raise _Unusable(f"{where} needs a deadline beside it")
        if not LEARNER.fullmatch(learner):
            raise _Unusable(f"{where}: {learner!r} is no learner's id")
        until[learner] = _utc(time, zone, f"{where}.{learner}")
        if until[learner] < deadline:
            raise _Unusable(f"{where}.{learner} ends before the deadline")
    return until


def _worth(mine: Mapping[str, Any], where: str) -> dict[str, float]:
    points = _table(mine.get("points", {}), f"{where}.points")
    practice = mine.get("practice", [])
    if not isinstance(practice, list) or not all(isinstance(name, str) for name in practice):
        raise _Unusable(f"{where}.practice is {practice!r}, a list of exercises is wanted")
    if both := sorted(points.keys() & set(practice)):
        raise _Unusable(f"{where}: {', '.join(both)} has points and is practice; choose one")
    worth = {name: _number(p, f"{where}.points.{name}", MOST_POINTS) for name, p in points.items()}
    for name, value in worth.items():
        if (_fraction(value) * 100).denominator != 1:
            raise _Unusable(f"{where}.points.{name} is {value}, two decimals at most are wanted")
    return worth | dict.fromkeys(practice, 0.0)


def _late(given: Any, where: str) -> Late:
    table = _table(given, where)
    _only(table, LATE_KEYS, where)
    if "points_per_day" in table and "percent_per_day" in table:
        raise _Unusable(f"{where} has points_per_day and percent_per_day; choose one")
    most = {"percent_per_day": 100, "percent_at_most": 100}
    numbers = {
        key: _number(value, f"{where}.{key}", most.get(key, 1e6)) for key, value in table.items()
    }
    return Late(**numbers)


def _zone(name: Any) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        wanted = 'a name such as "Europe/Berlin" is wanted'
        raise _Unusable(f"timezone is {name!r}, {wanted}") from None


def _utc(time: Any, zone: ZoneInfo | None, where: str) -> datetime:
    """A point in time, in UTC and without a zone. Of an hour that comes twice, the later one."""
    if not isinstance(time, datetime):
        raise _Unusable(f"{where} is {time!r}, date and time are wanted: 2026-03-02T23:59:00")
    if time.tzinfo is None and zone is None:
        raise _Unusable(f'{where} is in no time zone; write timezone = "..." at the top')
    try:
        utc = (time if time.tzinfo else time.replace(tzinfo=zone, fold=1)).astimezone(UTC)
    except OverflowError:
        utc = datetime.min.replace(tzinfo=UTC)
    if utc.year < YEARS.start:  # a far one may be meant: no limit
        raise _Unusable(f"{where} is {time}; the year cannot be right")
    if time.tzinfo is None and utc.astimezone(zone).replace(tzinfo=None, fold=0) != time:
        raise _Unusable(f"{where}: the clocks of {zone} skip {time}; choose another time")
    return utc.replace(tzinfo=None)


def _number(value: Any, where: str, most: float) -> float:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    if not real or not 0 <= value <= most:
        raise _Unusable(f"{where} is {value!r}, a number from 0 to {most:g} is wanted")
    return float(value)


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Unusable(f"{where} is {value!r}, a table is wanted")
    return value


def _only(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    if unknown := sorted(table.keys() - set(known)):
        raise _Unusable(f"{where} has {', '.join(unknown)}; known are {', '.join(known)}")


def _scaled(earned: float, of: float, worth: float) -> float:
    return math.floor(_fraction(earned) / _fraction(of) * _fraction(worth) * 100) / 100


def _fraction(value: float) -> Fraction:
    return Fraction(repr(value))  # 0.1 is meant as a tenth
