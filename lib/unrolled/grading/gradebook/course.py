"""A course: its folders, its secret, and nbgrader's gradebook, which is the system of record."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import sqlite3
import sys
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import make_url
from traitlets.config import PyFileConfigLoader

from unrolled.authoring.release import register_assignment
from unrolled.checks import exercises
from unrolled.grading.gradebook.exporters import GradesExportPlugin
from unrolled.grading.gradebook.policy import (
    POLICY,
    Policy,
    PolicyError,
    read_policy,
    read_timezone,
)
from unrolled.grading.submissions.folders import Found, find_learners
from unrolled.grading.submissions.matching import Release

CONFIG = "nbgrader_config.py"
SECRET = "secret"
LOCK = "grading.lock"
LOCKED_SECONDS = 30.0
log = logging.getLogger("unrolled.grading")


class AlreadyRunning(Exception):
    """Another run writes to this course's gradebook."""


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

    @property
    def log(self) -> Path:
        """Where the grader's log lies."""
        return self.class_folder / "grade.log"

    def assignments(self) -> list[str]:
        """The names of all assignments."""
        return sorted(path.parent.name for path in self.folder("source").glob("*/*.ipynb"))

    def found(self, assignment: str) -> Found:
        """Who has handed an assignment in, and where their work lies.

        Raises:
            sqlite3.OperationalError: if the gradebook is locked.
        """
        self.wait_for_gradebook()
        with self.gradebook() as gradebook:
            roster = [student.id for student in gradebook.students]
        return find_learners(self.folder("submitted"), assignment, self.assignments(), roster)

    @property
    def timezone(self) -> tzinfo:
        """Of all times that name no other.

        Raises:
            PolicyError: if ``class/course.toml`` cannot be used.
        """
        return read_timezone(self.class_folder / POLICY)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the course's lock: there is one writer, and the system lets go when it ends.

        Raises:
            AlreadyRunning: if another run has it.
        """
        self.class_folder.mkdir(exist_ok=True)
        with open(self.class_folder / LOCK, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise AlreadyRunning(
                    f"another run is grading in {self.class_folder}; wait for it, or end it first"
                ) from None
            yield

    def wait_for_gradebook(self) -> None:
        """Wait until nobody else writes to the gradebook, such as formgrader.

        Raises:
            sqlite3.OperationalError: if somebody still does after ``LOCKED_SECONDS``.
        """
        url = make_url(self.coursedir.db_url)
        if url.get_backend_name() == "sqlite" and url.database and Path(url.database).exists():
            database = sqlite3.connect(url.database, timeout=LOCKED_SECONDS)
            with contextlib.closing(database):
                database.execute("begin immediate")
                database.rollback()

    def policy(self, assignment: str) -> Policy:
        """What the instructor chose for an assignment.

        Raises:
            PolicyError: if ``class/course.toml`` cannot be used.
        """
        return read_policy(self.class_folder / POLICY, assignment)

    def register(self, assignment: str) -> Release:
        """Enter an assignment into the gradebook; return what learners were given.

        Raises:
            PolicyError: if ``class/course.toml`` cannot be used.
            sqlite3.OperationalError: if the gradebook is locked.
        """
        policy = self.policy(assignment)
        self.wait_for_gradebook()
        try:
            released = register_assignment(self.root, assignment, policy.worth)
        except ValueError as error:  # points for what the notebook does not have
            raise PolicyError(f"{self.class_folder / POLICY}: {error}") from error
        with self.gradebook() as gradebook:
            for note in policy.enter(gradebook):
                log.warning(note)
        return Release(nbformat.reads(released.decode(), as_version=4), exercises(assignment))

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
        """nbgrader's gradebook, open; somebody else who writes to it is waited for."""
        url = make_url(self.coursedir.db_url)
        if url.get_backend_name() == "sqlite":
            url = url.update_query_dict({"timeout": str(LOCKED_SECONDS)})
        address = url.render_as_string(hide_password=False)
        with Gradebook(address, self.coursedir.course_id) as gradebook:
            yield gradebook

    def submitters(self, assignment: str) -> set[str]:
        """The learners whose submission the gradebook has."""
        with self.gradebook() as gradebook:
            return {s.student_id for s in gradebook.assignment_submissions(assignment)}

    def export(self) -> Path:
        """Write all marks in nbgrader's own form; return the file."""
        path = self.class_folder / "grades.csv"
        with self.gradebook() as gradebook:
            GradesExportPlugin(to=str(path), log=log).export(gradebook)
        return path
