"""The kinds of cell in an assignment, with deterministic ids and nbgrader's metadata."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

SCHEMA_VERSION = 3


def text(cell_id: str, source: str) -> NotebookNode:
    """Return prose."""
    return new_markdown_cell(source, id=cell_id)


def code(cell_id: str, source: str, tags: tuple[str, ...]) -> NotebookNode:
    """Return code that is neither answer nor check; grading may skip it by its tags."""
    return new_code_cell(source, id=cell_id, metadata={"tags": list(tags)})


def shown_code(grade_id: str, source: str) -> NotebookNode:
    """Return code that learners read and run but cannot edit."""
    return _with_nbgrader(new_code_cell(source, id=grade_id), grade_id, locked=True)


def answer(grade_id: str, source: str) -> NotebookNode:
    """Return the cell that learners fill in."""
    return _with_nbgrader(new_code_cell(source, id=grade_id), grade_id, solution=True)


def graded_check(grade_id: str, source: str, points: float) -> NotebookNode:
    """Return the locked cell whose value is the answer's points."""
    cell = new_code_cell(source, id=grade_id)
    return _with_nbgrader(cell, grade_id, grade=True, locked=True, points=points)


def question(grade_id: str, source: str) -> NotebookNode:
    """Return a locked question; its mark scheme reaches markers and never the release."""
    return _with_nbgrader(new_markdown_cell(source, id=grade_id), grade_id, locked=True)


def free_text(grade_id: str, source: str, points: float) -> NotebookNode:
    """Return an answer in prose, marked by hand; nbgrader clears the whole cell at release."""
    cell = new_markdown_cell(source, id=grade_id)
    return _with_nbgrader(cell, grade_id, grade=True, solution=True, points=points)


def _with_nbgrader(
    cell: NotebookNode,
    grade_id: str,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float = 0,
) -> NotebookNode:
    cell.metadata["nbgrader"] = {
        "schema_version": SCHEMA_VERSION,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
        "grade_id": grade_id,
        "points": points,
        "cell_type": cell.cell_type,
    }
    if not grade:  # nbgrader's own editor leaves the key out where nothing is marked
        del cell.metadata["nbgrader"]["points"]
    return cell
