"""Decide the marks of one submission: one forked process a question, asked by the trusted side."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from unrolled.candidate.handles import Candidate
from unrolled.candidate.wire import AnswerDied
from unrolled.checks import Exercise, Report, examine
from unrolled.grading.execution import CodeCell, Execution, execute, lost_because
from unrolled.grading.matching import defined_names
from unrolled.grading.reading import plain
from unrolled.grading.worker_package import helper_source
from unrolled.grading.workers import Worker

log = logging.getLogger("unrolled.grading")


@dataclass(frozen=True)
class Mark:
    """What one exercise earned, and why.

    Attributes:
        exercise: its id.
        report: of the questions asked; None if none could be.
        problem: why none could be asked, in words; empty if they were.
        notes: sentences beside the report.
        fault: the grader itself failed; somebody has to look.
    """

    exercise: Exercise
    report: Report | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    fault: bool = False

    @property
    def points(self) -> float:
        """The mark, between 0 and the exercise's points."""
        earned = float(self.report.points) if self.report else 0.0
        return min(max(0.0, earned), float(self.exercise.points))

    @property
    def full(self) -> bool:
        """Whether the answer earned everything."""
        return self.points == self.exercise.points

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Slugs of the named mistakes."""
        return self.report.mistakes if self.report else ()

    def text(self) -> str:
        """For the gradebook's notebook: the report, or why there is none."""
        head = f"{self.exercise.id}: {self.points:g} of {self.exercise.points} points"
        body = self.report.text() if self.report else f"{head}\n{self.problem}"
        return plain("\n".join([body, *self.notes]))


@dataclass(frozen=True)
class Marked:
    """All marks of a submission, and what its cells showed."""

    marks: tuple[Mark, ...]
    execution: Execution


def graded_seed(secret: bytes, learner: str, exercise: str) -> int:
    """The seed of a learner's graded questions: known to nobody without the course's secret."""
    digest = hmac.new(secret, f"{learner}\0{exercise}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:6])


def mark_submission(
    cells: Sequence[CodeCell],
    exercises: Sequence[Exercise],
    worker: Worker,
    learner: str,
    secret: bytes,
) -> Marked:
    """Run the cells once for their outputs, then ask every exercise in a process of its own.

    Raises:
        WorkerFailed: if no sandbox starts.
    """
    execution = execute(cells, worker)
    asking = _Asking(cells, execution, worker, learner, secret)
    marks = {exercise.id: asking.ask(exercise) for exercise in exercises}
    for exercise in exercises:
        failed = [e for e in exercises if e.id in exercise.uses and not marks[e.id].full]
        if failed and not marks[exercise.id].full:
            again = asking.ask(exercise, failed)
            if again.points > marks[exercise.id].points:
                marks[exercise.id] = replace(again, notes=(*again.notes, _says_helpers(failed)))
    return Marked(tuple(marks.values()), execution)


def _says_helpers(helpers: Sequence[Exercise]) -> str:
    names = " and ".join(helper.name for helper in helpers)
    return f"Marked with the course's own {names}, because yours does not pass yet."


@dataclass(frozen=True)
class _Asking:
    cells: Sequence[CodeCell]
    execution: Execution
    worker: Worker
    learner: str
    secret: bytes

    def ask(self, exercise: Exercise, helpers: Sequence[Exercise] = ()) -> Mark:
        """Run the cells that a question needs in a fresh process, then ask."""
        why_not = self._undefined(exercise)
        if why_not:
            return Mark(exercise, problem=why_not)
        seed = graded_seed(self.secret, self.learner, exercise.id)
        source = self._source(exercise)
        with self.worker.question() as question:
            try:
                for cell in self.cells:
                    if not cell.demo and cell.id not in self.execution.lost:
                        question.run_cell(cell.source)
                if helpers:
                    question.define(helper_source(helpers), [helper.name for helper in helpers])
            except AnswerDied as error:
                why = lost_because(error, self.worker.limits.cell_seconds)
                return Mark(exercise, problem=f"A cell before the question failed: {why}")
            try:
                report = examine(exercise.id, Candidate(question, exercise.name), seed, source)
            except AnswerDied as error:
                why = lost_because(error, self.worker.limits.answer_seconds)
                return Mark(exercise, problem=f"{exercise.name} was called: {why}")
            except Exception as error:  # costs this question, and a person has to look
                log.exception("%s, %s: the checker failed", self.learner, exercise.id)
                why = f"The checker failed ({type(error).__name__}); your instructor can see why."
                return Mark(exercise, problem=why, fault=True)
        return Mark(exercise, report, notes=() if report.passed else self._cell_errors(exercise))

    def _cell_errors(self, exercise: Exercise) -> tuple[str, ...]:
        """What the cell that should have made the answer ended with."""
        defining = self._defining(exercise)[-1:]
        errors = [self.execution.errors.get(cell.id, "") for cell in defining]
        return tuple(f"The cell of {exercise.name} ended with {e}" for e in errors if e)

    def _defining(self, exercise: Exercise) -> list[CodeCell]:
        return [cell for cell in self.cells if exercise.name in defined_names(cell.source)]

    def _source(self, exercise: Exercise) -> str:
        return "\n".join(cell.source for cell in self._defining(exercise)[-1:])

    def _undefined(self, exercise: Exercise) -> str:
        """Say why an answer cannot exist, if that is known from the cells; else nothing."""
        defining = self._defining(exercise)
        if not defining:
            return f"No cell defines {exercise.name}."
        lost = [self.execution.lost.get(cell.id, "") for cell in defining]
        if all(lost):
            return f"The cell that defines {exercise.name} was left out: {lost[-1]}"
        errors = [self.execution.errors.get(cell.id, "") for cell in defining]
        if all(errors) and errors[-1].startswith(("SyntaxError", "IndentationError", "TabError")):
            return f"The cell that defines {exercise.name} is not valid Python: {errors[-1]}"
        return ""
