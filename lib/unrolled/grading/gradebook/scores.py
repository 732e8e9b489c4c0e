"""What the gradebook says of each learner, read once for everything that leaves it."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Gradebook, Student, SubmittedAssignment

from unrolled.checks import exercises
from unrolled.grading.submissions.matching import CHECK


@dataclass(frozen=True)
class Learner:
    """Who it is, as the roster has it; empty where nothing is known."""

    id: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def sortable_name(self) -> str:
        """``Last, First``, or the one that is known, or the id."""
        return ", ".join(filter(None, [self.last_name, self.first_name])) or self.id


@dataclass(frozen=True)
class Part:
    """One exercise or question of a submission.

    Attributes:
        name: the exercise's id, or the grade id of what is marked by hand.
        waits: it is marked by hand, and nobody has yet.
        comment: what a person wrote beside it.
    """

    name: str
    score: float
    max_score: float
    waits: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Score:
    """A learner's submission in marks.

    Attributes:
        parts: exercises in the order of the notebook, then what is marked by hand.
        penalty: taken off for being late.
        timestamp: of the submission, in UTC; empty if nobody knows.
    """

    learner: Learner
    parts: tuple[Part, ...]
    penalty: float = 0.0
    timestamp: str = ""

    @property
    def score(self) -> float:
        """What counts, as nbgrader's own export has it."""
        return max(0.0, sum(part.score for part in self.parts) - self.penalty)

    @property
    def max_score(self) -> float:
        """The most that could be earned."""
        return sum(part.max_score for part in self.parts)

    @property
    def waiting(self) -> list[str]:
        """What a person still has to mark."""
        return [part.name for part in self.parts if part.waits]


def learners(gradebook: Gradebook) -> list[Learner]:
    """Everybody in the gradebook, by name."""
    found = [_learner(student) for student in gradebook.students]
    return sorted(found, key=lambda who: (who.last_name, who.first_name, who.id))


def scores(gradebook: Gradebook, assignment: str) -> dict[str, Score]:
    """The marks of everybody who handed an assignment in, by learner.

    Raises:
        nbgrader.api.MissingEntry: if the gradebook does not know the assignment.
    """
    gradebook.find_assignment(assignment)
    found = gradebook.assignment_submissions(assignment)
    return {submission.student_id: _score(submission) for submission in found}


def number(points: float) -> str:
    """Points as text, to the hundredth at most: ``3``, ``2.5``, ``0.33``."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _learner(student: Student) -> Learner:
    known = (student.last_name, student.first_name, student.email, student.lms_user_id)
    return Learner(student.id, *(value or "" for value in known))


def _score(submission: SubmittedAssignment) -> Score:
    parts: list[Part] = []
    for notebook in submission.notebooks:
        said = {c.name: c.manual_comment or "" for c in notebook.comments}
        for grade in notebook.grades:
            name = grade.name.removeprefix(CHECK)
            waits = bool(grade.needs_manual_grade) and grade.manual_score is None
            score = float(grade.score or 0.0)
            parts.append(Part(name, score, float(grade.max_score), waits, said.get(name, "")))
    order = {exercise: n for n, exercise in enumerate(_exercises(submission.name))}
    parts.sort(key=lambda part: (order.get(part.name, len(order)), part.name))
    when = submission.timestamp.isoformat(" ", "seconds") if submission.timestamp else ""
    penalty = float(submission.late_submission_penalty or 0.0)
    return Score(_learner(submission.student), tuple(parts), penalty, when)


def _exercises(assignment: str) -> list[str]:
    try:
        return [exercise.id for exercise in exercises(assignment)]
    except KeyError:  # an instructor's own assignment
        return []
