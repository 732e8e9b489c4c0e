"""Fit a submission to the released notebook: what is whose answer, and what has to be put back.

Cells are matched by their grade id, then by what they define. Text that learners may not change
comes from the release, so that nbgrader finds every cell it expects, unaltered.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from unrolled.checks import Exercise
from unrolled.grading.reading import Cell, Submission

DEFINES = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)"  # def f, class C
    r"|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)",  # f = ..., f: T = ...
    re.MULTILINE,
)
CHECK = "check-"
TAG = re.compile(r"<(?=[A-Za-z/!?])")


@dataclass(frozen=True)
class Release:
    """The notebook that learners were given.

    Attributes:
        notebook: as nbgrader made it.
        exercises: the assignment's, in order.
    """

    notebook: NotebookNode
    exercises: tuple[Exercise, ...]

    @property
    def graded(self) -> dict[str, NotebookNode]:
        """The cells nbgrader knows, by grade id and in order."""
        cells = [cell for cell in self.notebook.cells if "nbgrader" in cell.metadata]
        return {cell.metadata.nbgrader.grade_id: cell for cell in cells}

    def title(self, grade_id: str) -> str:
        """What to call a cell in a sentence."""
        names = {exercise.id: exercise.name for exercise in self.exercises}
        kind = "check cell" if grade_id.startswith(CHECK) else "answer cell"
        name = names.get(grade_id.removeprefix(CHECK), grade_id)
        return f"{kind} of {name}" if grade_id.removeprefix(CHECK) in names else f"cell {name}"


@dataclass(frozen=True)
class Matched:
    """A submission fitted to its release.

    Attributes:
        notebook: to be handed to nbgrader; cell ids ``c0``, ``c1``, ... in order.
        notes: what was salvaged.
    """

    notebook: NotebookNode
    notes: tuple[str, ...]


def match(submission: Submission, release: Release) -> Matched:
    """Fit a submission to its release; without a readable notebook, the release itself."""
    graded = release.graded
    cells = list(submission.cells)
    owners, notes = _owners(cells, release)
    made = [_fitted(cell, graded.get(owners.get(n, ""))) for n, cell in enumerate(cells)]
    if submission.problem:
        made = [copy.deepcopy(cell) for cell in release.notebook.cells]
    else:
        notes += _changed(cells, owners, release)
        notes += _put_back(made, release)
    notebook = copy.deepcopy(release.notebook)
    notebook.cells = made
    for number, cell in enumerate(made):
        cell["id"] = f"c{number}"
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return Matched(notebook, (*submission.notes, *notes))


def defined_names(source: str) -> set[str]:
    """The names that a cell binds at its left margin, even where it does not parse."""
    return {function or variable for function, variable in DEFINES.findall(source)}


def _owners(cells: Sequence[Cell], release: Release) -> tuple[dict[int, str], list[str]]:
    """Say which cell stands for which grade id; of several the last, as in a notebook run."""
    graded = release.graded
    by_id = {cell.grade_id: n for n, cell in enumerate(cells) if cell.grade_id in graded}
    by_id = _unlabelled(cells, release) | by_id
    notes = []
    copies = [cell.grade_id for cell in cells if cell.grade_id in graded]
    for grade_id in sorted({g for g in copies if copies.count(g) > 1}):
        notes.append(f"The {release.title(grade_id)} is there more than once; the last one counts.")
    taken = set(by_id.values())
    for exercise in release.exercises:
        if exercise.id in by_id:
            continue
        for number in reversed(range(len(cells))):
            cell = cells[number]
            free = number not in taken and cell.kind == "code"
            if free and exercise.name in defined_names(cell.source):
                by_id[exercise.id] = number
                taken.add(number)
                notes.append(f"The answer to {exercise.name} was found by its name.")
                break
    return {number: grade_id for grade_id, number in by_id.items()}, notes


def _unlabelled(cells: Sequence[Cell], release: Release) -> dict[str, int]:
    """Find what lost its grade id but not its place: locked text, and prose that follows it."""
    found: dict[str, int] = {}
    free = [n for n, cell in enumerate(cells) if not cell.grade_id]
    before = -1
    for grade_id, original in release.graded.items():
        role = original.metadata.nbgrader
        if not role.solution:
            same = [n for n in free if cells[n].source.strip() == original.source.strip()]
            if same:
                found[grade_id] = same[-1]
        elif original.cell_type == "markdown" and before + 1 in free:
            found[grade_id] = before + 1
        before = found.get(grade_id, -2)
    return found


def _fitted(cell: Cell, original: NotebookNode | None) -> NotebookNode:
    """A cell for nbgrader: the learner's text where it may be theirs, the release's where not."""
    if original is None:
        return _plain_cell(cell)
    fitted = copy.deepcopy(original)
    if original.metadata.nbgrader.solution:
        fitted.source = _source(cell)
    return fitted


def _plain_cell(cell: Cell) -> NotebookNode:
    fields: dict[str, Any] = {"cell_type": cell.kind, "source": _source(cell)}
    metadata = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.kind == "code":
        fields |= {"outputs": [], "execution_count": None}
    return NotebookNode(metadata=NotebookNode(metadata), **fields)


def _source(cell: Cell) -> str:
    """A cell's text, with every HTML tag made plain text by a space after its ``<``.

    nbgrader's formgrader puts the HTML in markdown into its page as it stands, scripts included,
    and that page runs with the rights of whoever marks.
    """
    return cell.source if cell.kind == "code" else TAG.sub("< ", cell.source)


def _changed(cells: Sequence[Cell], owners: dict[int, str], release: Release) -> list[str]:
    notes = []
    for number, grade_id in owners.items():
        original, cell = release.graded[grade_id], cells[number]
        locked = not original.metadata.nbgrader.solution
        if locked and (cell.source != original.source or cell.kind != original.cell_type):
            notes.append(f"The {release.title(grade_id)} had been changed; the original was used.")
    return notes


def _put_back(made: list[NotebookNode], release: Release) -> list[str]:
    """Insert what is missing after the cell that comes before it in the release.

    An answer is not put back: its stub would replace what another cell may define.
    """
    notes = []
    previous = ""
    for grade_id, original in release.graded.items():
        present = [c.metadata.get("nbgrader", {}).get("grade_id") for c in made]
        role = original.metadata.nbgrader
        if grade_id not in present and (role.grade or not role.solution):
            at = present.index(previous) + 1 if previous else 0
            made.insert(at, copy.deepcopy(original))
            notes.append(f"The {release.title(grade_id)} was missing and has been put back.")
        elif grade_id not in present:
            continue
        previous = grade_id
    return notes
