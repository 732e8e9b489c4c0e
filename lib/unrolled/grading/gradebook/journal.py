"""What was graded, and from what: a run that was cut off goes on where it was.

A line is written after nbgrader's gradebook has the marks. If a run ends between the two, the
submission is graded again, and the gradebook gets the same marks a second time. It also keeps who
asked for a second look, and what came of it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from unrolled.grading.asking.marks import Result, from_json

SCHEMA = """
create table if not exists graded (
    assignment text not null, learner text not null,
    digest text not null,  -- of the submission and of everything that decides its marks
    result text not null,  -- JSON
    at text not null default current_timestamp,
    primary key (assignment, learner)
)
"""
REQUESTS = """
create table if not exists requests (
    assignment text not null, learner text not null,
    exercise text not null,  -- empty: the whole notebook
    reason text not null, at text not null, before real not null, after real not null
)
"""


@dataclass(frozen=True)
class Request:
    """That a submission was graded again because somebody asked, and the outcome.

    Attributes:
        exercise: whose marks were asked about; empty for the whole notebook.
        reason: in the words of whoever entered it; the learner reads it.
        at: the day, in UTC.
        before, after: the points that it is about, at the grading before and at this one.
    """

    learner: str
    exercise: str
    reason: str
    at: str
    before: float
    after: float


JOURNAL = "grading.db"


class Journal:
    """The results of one assignment, by learner.

    Args:
        path: the file; made if it is not there.
        assignment: whose results.
    """

    def __init__(self, path: Path, assignment: str):
        self.assignment = assignment
        self.database = sqlite3.connect(path, timeout=30)
        with self.database:
            self.database.execute(SCHEMA)
            self.database.execute(REQUESTS)

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def keep(self, result: Result, digest: str, request: Request | None = None) -> None:
        """Keep a result, and the request that led to it; on the disk when this returns.

        Raises:
            sqlite3.OperationalError: if the disk is full or the file is locked.
        """
        line = (self.assignment, result.learner, digest, json.dumps(result.as_json()))
        with self.database:
            self.database.execute(
                "insert or replace into graded (assignment, learner, digest, result) "
                "values (?, ?, ?, ?)",
                line,
            )
            if request:
                self.database.execute(
                    "insert into requests values (?, ?, ?, ?, ?, ?, ?)",
                    (self.assignment, *astuple(request)),
                )

    def requests(self, learner: str) -> tuple[Request, ...]:
        """What a learner asked for, the oldest first."""
        rows = self.database.execute(
            "select learner, exercise, reason, at, before, after from requests "
            "where assignment = ? and learner = ? order by rowid",
            (self.assignment, learner),
        )
        return tuple(Request(*row) for row in rows)

    def find(self, learner: str) -> tuple[str, Result] | None:
        """The digest and result of a learner's last grading, None if there is none to be used."""
        row = self.database.execute(
            "select digest, result from graded where assignment = ? and learner = ?",
            (self.assignment, learner),
        ).fetchone()
        with contextlib.suppress(KeyError, TypeError, ValueError):  # kept by another version
            return (row[0], from_json(json.loads(row[1]))) if row else None
        return None

    def results(self) -> Iterator[Result]:
        """All results, in the order of the learners' ids."""
        rows = self.database.execute(
            "select learner from graded where assignment = ? order by learner", (self.assignment,)
        ).fetchall()
        for (learner,) in rows:
            found = self.find(learner)
            if found:
                yield found[1]
