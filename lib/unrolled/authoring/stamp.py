"""The mark that a notebook carries of the rules it was made by.

An instructor's own points are no part of it: they are reckoned from the course's, whichever
version of the notebook was handed out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from nbformat import NotebookNode

import unrolled
from unrolled.authoring.answers import signature
from unrolled.checks.exercise import Exercise

STAMP = "unrolled"


def stamp(
    assignment: str, exercises: Sequence[Exercise], cells: Sequence[NotebookNode]
) -> dict[str, str]:
    """Return what a notebook's metadata says under ``unrolled``.

    Args:
        assignment: its name.
        exercises: those that it asks, in order.
        cells: of the source notebook.

    Returns:
        The assignment, the package's version, and ``rules``: a hash that changes when an answer
        to the old notebook is no answer to the new one, that is with exercises, what they are
        called with, their points, and the cells that nbgrader knows.
    """
    asked = [[e.id, e.name, signature(e.reference), e.points] for e in exercises]
    roles = [cell.metadata["nbgrader"] for cell in cells if "nbgrader" in cell.metadata]
    known = [[role["grade_id"], role.get("points", 0)] for role in roles]
    rules = json.dumps([asked, known], ensure_ascii=False)
    digest = hashlib.sha256(rules.encode("utf-8")).hexdigest()[:12]
    return {"assignment": assignment, "version": unrolled.__version__, "rules": digest}
