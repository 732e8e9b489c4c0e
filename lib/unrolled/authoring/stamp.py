"""The mark that a notebook carries of the rules it was made by.

An instructor's own points are no part of it: they are reckoned from the course's, whichever
version of the notebook was handed out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode

import unrolled
from unrolled.authoring.answers import signature
from unrolled.checks.exercise import Exercise

STAMP = "unrolled"

#: Rules of notebooks that were handed out before and whose answers are answers still: what changed
#: since are cells that are given, and arguments that may be left out and that no probe asks for.
STILL_HOLD = {"05-alignment": ("27bedffff551",), "09-block": ("d203cd28a48e",)}

#: Cells that show something, as they stood in such notebooks: the digests of their texts.
STILL_SHOW = frozenset({
    "a3d6635fb94c", "f9db9417606c",  # 00-warm-up
    "99aa1ecff3d0", "dbd1674f3922",  # 06-self-attention
    "e949f8626ead", "b16ded0ad611",  # 07-multi-head
})  # fmt: skip


def stamp(
    assignment: str, exercises: Sequence[Exercise], cells: Sequence[NotebookNode]
) -> dict[str, Any]:
    """Return what a notebook's metadata says under ``unrolled``.

    Args:
        assignment: its name.
        exercises: those that it asks, in order.
        cells: of the source notebook.

    Returns:
        The assignment, the package's version, and ``rules``: a hash that changes when an answer
        to the old notebook is no answer to the new one, that is with exercises, what they are
        called with, their points, and the cells that nbgrader knows; where there are any,
        ``still``: rules of older notebooks that are graded by these.
    """
    asked = [[e.id, e.name, signature(e.reference), e.points] for e in exercises]
    roles = [cell.metadata["nbgrader"] for cell in cells if "nbgrader" in cell.metadata]
    known = [[role["grade_id"], role.get("points", 0)] for role in roles]
    rules = json.dumps([asked, known], ensure_ascii=False)
    said = {"assignment": assignment, "version": unrolled.__version__, "rules": digest(rules)}
    return said | ({"still": list(STILL_HOLD[assignment])} if assignment in STILL_HOLD else {})


def digest(text: str) -> str:
    """Return a short hash of a text, whatever the text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
