"""Grade all submissions of an assignment: read, match, run, ask, record, explain."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import NbGraderException

from unrolled.grading.execution import Execution, code_cells
from unrolled.grading.feedback import write_feedback
from unrolled.grading.gradebook import Course
from unrolled.grading.marking import Mark, Marked, mark_submission
from unrolled.grading.matching import Release, match
from unrolled.grading.reading import Found, Submission, find_learners, read_submission
from unrolled.grading.sandbox import Tier
from unrolled.grading.worker_package import build_worker_package
from unrolled.grading.workers import Limits, Worker, WorkerFailed

log = logging.getLogger("unrolled.grading")


@dataclass(frozen=True)
class Result:
    """One learner's outcome, for the table at the end of a run.

    Attributes:
        marks: one an exercise, in order.
        notes: what was salvaged, and what went wrong around the answers.
        fault: the grader failed somewhere; somebody has to look.
    """

    learner: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    fault: bool = False

    @property
    def points(self) -> float:
        """The sum over the exercises, without what is marked by hand."""
        return sum(mark.points for mark in self.marks)


@dataclass(frozen=True)
class Graded:
    """What a run did and where it left things."""

    results: tuple[Result, ...]
    refused: dict[str, str]
    gradebook: Path
    feedback: Path
    autograded: Path


Progress = Callable[[tuple[str, ...]], Iterable[str]]


def grade_assignment(
    course: Course,
    assignment: str,
    tier: Tier,
    only: str = "",
    limits: Limits | None = None,
    progress: Progress = iter,
) -> Graded:
    """Grade what a class handed in; say what each learner got, and where things are.

    Args:
        course: its folders and gradebook.
        assignment: such as ``"06-self-attention"``.
        tier: how learners' code is isolated.
        only: one learner's id. Default: everybody.
        limits: what a question may take.
        progress: wraps the learners that are gone through, to show how far it is.

    Raises:
        WorkerFailed: if no sandbox starts.
        LookupError: if ``only`` has handed nothing in.
    """
    release = course.register(assignment)
    submitted = course.folder("submitted")
    found = _found(submitted, assignment, only)
    package = build_worker_package(assignment, course.root / "build")
    with Worker(package, course.root, tier, limits) as worker:
        one = _One(course, assignment, release, worker, course.secret())
        results = tuple(one.grade(learner) for learner in progress(found.learners))
    return Graded(
        results,
        found.refused,
        gradebook=course.export(),
        feedback=course.folder("feedback"),
        autograded=course.folder("autograded"),
    )


def _found(submitted: Path, assignment: str, only: str) -> Found:
    found = find_learners(submitted, assignment)
    if not only:
        return found
    if only not in found.learners:
        known = ", ".join(found.learners) or "nobody"
        raise LookupError(f"{only!r} has handed in no {assignment}; {known} did")
    return Found((only,))


@dataclass(frozen=True)
class _One:
    """Grades one submission after the other with the same worker."""

    course: Course
    assignment: str
    release: Release
    worker: Worker
    secret: bytes

    def grade(self, learner: str) -> Result:
        """Grade one submission; what is wrong with it is in the result, never raised."""
        submitted = self.course.folder("submitted")
        ids = set(self.release.graded)
        submission = read_submission(submitted, learner, self.assignment, ids)
        matched = match(submission, self.release)
        marked = self._marked(submission, matched.notebook)
        fault = any(mark.fault for mark in marked.marks)
        notes = (*filter(None, [submission.problem]), *matched.notes)
        told = notes
        try:
            self.course.record(
                self.assignment, learner, matched.notebook, marked, submission.timestamp
            )
        except (NbGraderException, SystemExit) as error:
            log.exception("%s: nbgrader could not record the marks", learner)
            told, fault = (*notes, f"nbgrader could not record the marks: {error}"), True
        write_feedback(self.course, self.assignment, learner, marked, notes, self.worker.tier)
        return Result(learner, marked.marks, told, fault)

    def _marked(self, submission: Submission, notebook: NotebookNode) -> Marked:
        exercises = self.release.exercises
        if submission.problem:
            marks = tuple(Mark(exercise, problem=submission.problem) for exercise in exercises)
            return Marked(marks, Execution())
        cells = code_cells(notebook)
        try:
            return mark_submission(cells, exercises, self.worker, submission.learner, self.secret)
        except WorkerFailed:
            raise
        except Exception as error:  # whatever a submission does to the grader, the batch goes on
            log.exception("%s: the grader failed", submission.learner)
            why = f"The grader failed ({type(error).__name__}); your instructor can see why."
            marks = tuple(Mark(exercise, problem=why, fault=True) for exercise in exercises)
            return Marked(marks, Execution())
