"""Write what the trusted side decided where nbgrader would have: gradebook and ``autograded/``.

This is ``nbgrader autograde`` with the learner's kernel taken out, by nbgrader's own gradebook,
rules of marking and plugin for late penalties. A test holds that both leave the same behind.
"""

from __future__ import annotations

import functools
import logging
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, determine_grade, is_task
from sqlalchemy.exc import SAWarning

from unrolled.grading.asking.marks import Mark, Marked
from unrolled.grading.gradebook.course import Course
from unrolled.grading.gradebook.policy import Policy
from unrolled.grading.submissions.matching import CHECK

log = logging.getLogger("unrolled.grading")


@dataclass(frozen=True)
class ByHand:
    """What a person did in formgrader.

    Attributes:
        marks: grade id to the mark, None while it waits, and its maximum.
        comments: what stands beside an answer, by grade id.
        penalty: points taken off for being late.
    """

    marks: dict[str, tuple[float | None, float]]
    comments: dict[str, str]
    penalty: float = 0.0


@dataclass(frozen=True)
class Recorder:
    """Writes one submission after the other with the same open gradebook."""

    course: Course
    gradebook: Gradebook
    assignment: str

    @functools.cached_property
    def policy(self) -> Policy:
        """What the instructor chose for the assignment."""
        return self.course.policy(self.assignment)

    def record(self, learner: str, notebook: NotebookNode, marked: Marked, timestamp: str) -> None:
        """Write one learner's marks to the gradebook and the notebook to ``autograded``.

        Args:
            learner: the learner's id.
            notebook: the submission, fitted to its release; its outputs are put in.
            marked: the marks and outputs.
            timestamp: when it was handed in, in UTC; empty if that is not known (any more).

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError: if nothing or only a part could be written;
                to do it again mends it.
        """
        self._restore(notebook)
        put_results(notebook, marked)
        self._write(learner, notebook)
        self.gradebook.update_or_create_student(learner)
        when = {"timestamp": timestamp or None, **self.policy.extension(learner)}
        with warnings.catch_warnings():  # SQLAlchemy's, about nbgrader's own queries
            warnings.simplefilter("ignore", SAWarning)
            self.gradebook.update_or_create_submission(self.assignment, learner, **when)
        submitted = self._find(learner)
        self._marks(submitted, notebook)
        self._penalty(submitted, learner)
        self.gradebook.db.commit()

    def by_hand(self, learner: str) -> ByHand:
        """What a person did; a mark of before a regrade counts, although nbgrader asks again."""
        try:
            submitted = self._find(learner)
        except MissingEntry:
            return ByHand({}, {})
        grades = [g for g in submitted.grades if not g.name.startswith(CHECK)]
        waiting = {g.name for g in grades if g.needs_manual_grade and g.manual_score is None}
        marks = {g.name: (None if g.name in waiting else g.score, g.max_score) for g in grades}
        said = {c.name: c.manual_comment for c in submitted.comments if c.manual_comment}
        penalty = submitted.late_submission_penalty or 0.0
        self.gradebook.db.rollback()  # nothing is held while the next answers are asked
        return ByHand(marks, said, penalty)

    def _find(self, learner: str) -> SubmittedNotebook:
        return self.gradebook.find_submission_notebook(self.assignment, self.assignment, learner)

    def _restore(self, notebook: NotebookNode) -> None:
        """As nbgrader's ``OverwriteCells``: locked text is the source's, rubrics included."""
        for cell in notebook.cells:
            role = cell.metadata.get("nbgrader")
            if role:
                role.checksum, source = self._source[role.grade_id]
                cell.source = source if role.locked else cell.source

    @functools.cached_property
    def _source(self) -> dict[str, tuple[str, str]]:
        """Checksum and text of each cell as it was released."""
        cells = self.gradebook.find_notebook(self.assignment, self.assignment).source_cells
        return {cell.name: (cell.checksum, cell.source) for cell in cells}

    def _write(self, learner: str, notebook: NotebookNode) -> None:
        """Put the notebook in its place as a whole: a reader never finds half of it."""
        folder = self.course.folder("autograded") / learner / self.assignment
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
            try:
                nbformat.write(notebook, file)
                file.flush()
                os.chmod(file.name, 0o644)
                os.replace(file.name, folder / f"{self.assignment}.ipynb")
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def _marks(self, submitted: SubmittedNotebook, notebook: NotebookNode) -> None:
        """As nbgrader's ``SaveAutoGrades``: marks by hand stay, and are asked to be looked at."""
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells
                 if "nbgrader" in cell.metadata}  # fmt: skip
        for grade in submitted.grades:
            grade.auto_score, _ = determine_grade(cells[grade.name], log)
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        for comment in submitted.comments:
            if comment.name not in cells:  # another cell holds the answer
                continue
            cell = cells[comment.name]
            same = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
            comment.auto_comment = "No response." if same and not is_task(cell) else None

    def _penalty(self, submitted: SubmittedNotebook, learner: str) -> None:
        """Reckon a late penalty with the course's plugin."""
        assign = AssignLatePenalties(config=self.course.config)
        assign.assignment_id, assign.gradebook = self.assignment, self.gradebook
        assign.init_plugin()
        submitted.late_submission_penalty = None
        self.gradebook.db.flush()
        self.gradebook.db.refresh(submitted)  # its score is a sum of the marks above
        late = submitted.assignment.total_seconds_late
        if late > 0:
            plugin = assign.plugin_inst
            penalty = plugin.late_submission_penalty(learner, submitted.score, late)
            if penalty is not None:
                penalty = assign._check_late_penalty(submitted, penalty)
                submitted.late_submission_penalty = penalty


def put_results(notebook: NotebookNode, marked: Marked) -> None:
    """Put outputs and marks into the cells, as if a kernel had made them."""
    marks = {CHECK + mark.exercise: mark for mark in marked.marks}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        role = cell.metadata.get("nbgrader", {})
        if role.get("grade") and not role.get("solution"):
            cell.outputs = mark_outputs(marks[role["grade_id"]])
        else:
            cell.outputs = marked.execution.outputs.get(cell.id, [])


def mark_outputs(mark: Mark) -> list[NotebookNode]:
    """The outputs of a check cell: the report, and the points as the value nbgrader reads."""
    shown = {"text/plain": mark.text()}
    if mark.shown:
        shown["text/html"] = mark.shown
    points = new_output("execute_result", data={"text/plain": repr(mark.points)}, execution_count=1)
    return [new_output("display_data", data=shown), points]
