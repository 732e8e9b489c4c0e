"""Decide the marks of one submission: one forked process a question, asked by the trusted side."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from unrolled.candidate.handles import Candidate
from unrolled.candidate.wire import AnswerDied
from unrolled.checks import Exercise, examine
from unrolled.grading.asking.answers import defining, stood_on
from unrolled.grading.asking.execution import (
    CodeCell,
    Execution,
    execute,
    lost_because,
    run_needed,
)
from unrolled.grading.asking.marks import Mark, Marked, reported, unasked
from unrolled.grading.sandbox.worker_package import helper_source
from unrolled.grading.sandbox.workers import Question, Worker
from unrolled.grading.submissions.sources import import_statements

log = logging.getLogger("unrolled.grading")

SHOWN = 0  # the seed of what learners are shown; the one that decides their marks is theirs alone


def graded_seed(secret: bytes, learner: str, exercise: str) -> int:
    """The seed of a learner's graded questions: known to nobody without the course's secret."""
    digest = hmac.new(secret, f"{learner}\0{exercise}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:6])


def graded_seeds(secret: bytes, learner: str, exercises: Sequence[Exercise]) -> dict[str, int]:
    """All seeds that grading a submission needs, so that the secret can stay where it is."""
    return {exercise.id: graded_seed(secret, learner, exercise.id) for exercise in exercises}


def mark_submission(
    cells: Sequence[CodeCell],
    exercises: Sequence[Exercise],
    worker: Worker,
    seeds: Mapping[str, int],
) -> Marked:
    """Run the cells once, then ask every exercise in a process of its own that branches off.

    Args:
        cells: the learner's code, in order.
        exercises: what is asked.
        worker: the sandbox.
        seeds: of each exercise's questions, by its id.

    Whoever finds no memory on a shared GPU is asked once more, with the GPU to itself: a neighbour
    may have taken what was not its own.

    Raises:
        WorkerFailed: if no sandbox starts.
    """
    with worker.turn() as turn:
        marked = _marked(cells, exercises, worker, seeds)
        if turn is not None and worker.starved:
            turn.alone()
            marked = _marked(cells, exercises, worker, seeds)
    return marked


def _marked(
    cells: Sequence[CodeCell],
    exercises: Sequence[Exercise],
    worker: Worker,
    seeds: Mapping[str, int],
) -> Marked:
    execution = execute(cells, worker, branches=len(exercises) - 1)
    asking = _Asking(cells, execution, worker, seeds)
    marks = {exercise.id: asking.ask(exercise) for exercise in exercises}
    worker.forget()
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
    seeds: Mapping[str, int]

    def ask(self, exercise: Exercise, helpers: Sequence[Exercise] = ()) -> Mark:
        """Ask in a process where the cells that a question needs have run."""
        why_not = self._undefined(exercise)
        if why_not:
            return unasked(exercise, why_not)
        seed = self.seeds[exercise.id]
        source = stood_on(self.cells, exercise.name)
        with contextlib.ExitStack() as stack:
            try:
                question = self._question(stack, helpers)
            except AnswerDied as error:
                why = lost_because(error, self.worker.limits.cell_seconds)
                return unasked(exercise, f"A cell before the question failed: {why}")
            try:
                candidate = Candidate(question, exercise.name, self.worker.device)
                report = examine(
                    exercise.id, candidate, seed, source, shown=SHOWN, imports=self._imports
                )
            except AnswerDied as error:
                why = lost_because(error, self.worker.limits.answer_seconds)
                return unasked(exercise, f"{exercise.name} was called: {why}")
            except Exception as error:  # costs this question, and a person has to look
                log.exception("%s: the checker failed", exercise.id)
                why = f"The checker failed ({type(error).__name__}); your instructor can see why."
                return unasked(exercise, why, fault=True)
        notes = () if report.passed else self._cell_errors(exercise)
        return reported(exercise, report, notes)

    def _question(self, stack: contextlib.ExitStack, helpers: Sequence[Exercise]) -> Question:
        """A branch where there can be one; with the course's own helpers, never.

        What branches off one process could meet again there.
        """
        branch = None if helpers else stack.enter_context(self.worker.branch())
        if branch is not None:
            return branch
        question = stack.enter_context(self.worker.question())
        run_needed(self.cells, self.execution, question)
        if helpers:
            question.define(helper_source(helpers), [helper.name for helper in helpers])
        return question

    def _cell_errors(self, exercise: Exercise) -> tuple[str, ...]:
        """What the cell that should have made the answer ended with."""
        defining = self._defining(exercise)[-1:]
        errors = [self.execution.errors.get(cell.id, "") for cell in defining]
        return tuple(f"The cell of {exercise.name} ended with {e}" for e in errors if e)

    def _defining(self, exercise: Exercise) -> list[CodeCell]:
        return defining(self.cells, exercise.name)

    @functools.cached_property
    def _imports(self) -> str:
        """What all cells import: names in the answer's own may come from any."""
        return "\n".join(import_statements(cell.source) for cell in self.cells)

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
