"""An instructor's own points, written into a source notebook before it is released."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbformat import NotebookNode

CHECK = "check-"
# How the facts of a task begin: "4 points · difficulty 2 of 5", "5 points, marked by hand".
POINTS = re.compile(r"^[\d.]+ points?(?=[ ,])", re.MULTILINE)


def weigh(notebook: NotebookNode, points: Mapping[str, float]) -> None:
    """Change what the cells of a notebook count, and the sentence that says so.

    Args:
        notebook: the source, as authoring made it; it is changed.
        points: by exercise id, or by grade id of what is marked by hand. 0 is practice.

    Raises:
        ValueError: if a name is no exercise or question of the notebook.
    """
    roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    graded = {role["grade_id"].removeprefix(CHECK): role for role in roles if role.get("grade")}
    if unknown := sorted(points.keys() - graded.keys()):
        raise ValueError(
            f"points are given for {', '.join(unknown)}; the notebook has {', '.join(graded)}"
        )
    texts = {cell.id: cell for cell in notebook.cells if cell.cell_type == "markdown"}
    for name, worth in points.items():
        graded[name]["points"] = int(worth) if worth == int(worth) else worth
        said = texts.get(f"task-{name}") or texts.get(f"question-{name.removeprefix('explain-')}")
        if said is not None:
            said.source = POINTS.sub(_count(worth), said.source, count=1)


def _count(worth: float) -> str:
    if worth == 0:
        return "Practice, no points"
    return f"{worth:g} point" if worth == 1 else f"{worth:g} points"
