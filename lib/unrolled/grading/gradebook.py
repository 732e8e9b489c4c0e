"""nbgrader as the system of record: its own autograde, with the learner's kernel taken out.

nbgrader copies, sanitises, restores locked cells, reckons late penalties and writes the marks. Only
its step ``Execute``, which would run tests where a learner controls them, is replaced by results
that the trusted side has decided.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import Execute
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from unrolled.authoring.release import register_assignment, release
from unrolled.checks import exercises
from unrolled.grading.marking import Mark, Marked
from unrolled.grading.matching import CHECK, Release
from unrolled.grading.reading import plain

CONFIG = "nbgrader_config.py"
SECRET = "secret"
log = logging.getLogger("unrolled.grading")


class Course:
    """The folders of a course and its gradebook.

    Args:
        root: the repository, with ``nbgrader_config.py``.

    Raises:
        FileNotFoundError: if there is no such file.
    """

    def __init__(self, root: Path):
        self.root = root.resolve()
        if not (self.root / CONFIG).is_file():
            raise FileNotFoundError(f"{self.root} has no {CONFIG}: it is not a course's folder")
        # nbgrader looks for alembic on PATH.
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.config = PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
        self.coursedir = CourseDirectory(config=self.config)

    def folder(self, step: str) -> Path:
        """One of ``submitted``, ``autograded``, ``feedback``, ``source``."""
        return self.root / getattr(self.coursedir, f"{step}_directory")

    @property
    def class_folder(self) -> Path:
        """Where a class's data lies."""
        return self.folder("submitted").parent

    def assignments(self) -> list[str]:
        """The names of all assignments."""
        return sorted(path.parent.name for path in self.folder("source").glob("*/*.ipynb"))

    def register(self, assignment: str) -> Release:
        """Enter an assignment into the gradebook; return what learners were given."""
        register_assignment(self.root, assignment)
        notebook = nbformat.reads(release(self.root, assignment).decode(), as_version=4)
        return Release(notebook, exercises(assignment))

    def secret(self) -> bytes:
        """The course's secret, made once; every graded seed comes from it."""
        path = self.class_folder / SECRET
        with contextlib.suppress(FileExistsError):
            self.class_folder.mkdir(exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_hex(32).encode())
        secret = path.read_bytes().strip()
        if len(secret) < 32:
            raise ValueError(f"{path} holds {len(secret)} bytes, at least 32 are wanted")
        return secret

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook, open."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            yield gradebook

    def record(
        self, assignment: str, learner: str, notebook: NotebookNode, marked: Marked, timestamp: str
    ) -> None:
        """Write one learner's marks to the gradebook and the notebook to ``autograded``.

        Raises:
            nbgrader.converters.NbGraderException: if nbgrader cannot; its log says why.
        """
        with tempfile.TemporaryDirectory(prefix="unrolled-staged-") as staged:
            folder = Path(staged, learner, assignment)
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{assignment}.ipynb")
            if timestamp:
                (folder / "timestamp.txt").write_text(timestamp)
            config = Config(self.config)
            config.CourseDirectory.submitted_directory = staged
            config.CourseDirectory.assignment_id = assignment
            config.CourseDirectory.student_id = learner
            coursedir = CourseDirectory(config=config)
            with warnings.catch_warnings():  # SQLAlchemy's, about nbgrader's own queries
                warnings.simplefilter("ignore", SAWarning)
                _TrustedAutograde(marked, coursedir=coursedir, config=config, log=log).start()

    def manual_marks(self, assignment: str, learner: str) -> dict[str, tuple[float | None, float]]:
        """What is marked by hand: grade id to the mark (None while it waits) and its maximum.

        A mark of before a regrade counts, although nbgrader asks for it to be looked at again.
        """
        with self.gradebook() as gradebook:
            try:
                notebook = gradebook.find_submission_notebook(assignment, assignment, learner)
            except MissingEntry:
                return {}
            grades = [g for g in notebook.grades if not g.name.startswith(CHECK)]
            waiting = {g.name for g in grades if g.needs_manual_grade and g.manual_score is None}
            return {g.name: (None if g.name in waiting else g.score, g.max_score) for g in grades}

    def comments(self, assignment: str, learner: str) -> dict[str, str]:
        """What a person wrote beside an answer in formgrader, by grade id."""
        with self.gradebook() as gradebook:
            try:
                notebook = gradebook.find_submission_notebook(assignment, assignment, learner)
            except MissingEntry:
                return {}
            return {c.name: c.manual_comment for c in notebook.comments if c.manual_comment}

    def export(self) -> Path:
        """Write all marks with nbgrader's own exporter; return the file."""
        path = self.class_folder / "grades.csv"
        with self.gradebook() as gradebook:
            CsvExportPlugin(to=str(path), log=log).export(gradebook)
        return path


class _TrustedAutograde(Autograde):
    """``nbgrader autograde`` of one submission whose results are there already."""

    def __init__(self, marked: Marked, **kwargs: object):
        super().__init__(**kwargs)
        self.marked = marked
        self.force = True
        steps = [self._put_results if s is Execute else s for s in self.autograde_preprocessors]
        self.autograde_preprocessors = steps

    def _put_results(self, notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put outputs and marks into the cells, as if a kernel had made them."""
        marks = {CHECK + mark.exercise.id: mark for mark in self.marked.marks}
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            role = cell.metadata.get("nbgrader", {})
            if role.get("grade") and not role.get("solution"):
                cell.outputs = mark_outputs(marks[role["grade_id"]])
            else:
                cell.outputs = self.marked.execution.outputs.get(cell.id, [])
        return notebook, resources


def mark_outputs(mark: Mark) -> list[NotebookNode]:
    """The outputs of a check cell: the report, and the points as the value nbgrader reads."""
    shown = {"text/plain": mark.text()}
    if mark.report is not None:
        shown["text/html"] = plain(mark.report._repr_html_())
    points = new_output("execute_result", data={"text/plain": repr(mark.points)}, execution_count=1)
    return [new_output("display_data", data=shown), points]
