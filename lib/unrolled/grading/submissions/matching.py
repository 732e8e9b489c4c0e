"""Fit a submission to the released notebook: what is whose answer, and what has to be put back.

Cells are matched by their grade id, then by what they define. Text that learners may not change
comes from the release, so that nbgrader finds every cell it expects, unaltered.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from unrolled.checks import Exercise
from unrolled.grading.submissions.asides import lay_out
from unrolled.grading.submissions.owners import Owners
from unrolled.grading.submissions.prose import safe_prose, safe_raw
from unrolled.grading.submissions.reading import Cell, Submission
from unrolled.grading.submissions.repair import Said
from unrolled.grading.submissions.sources import defined_names, without_leftover_raise

CHECK = "check-"
SETUP = "setup"


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

    @functools.cached_property
    def prose(self) -> dict[str, NotebookNode]:
        """The cells of the course's own text, by what they say."""
        return {cell.source: cell for cell in self.notebook.cells if cell.cell_type == "markdown"}

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
        notes: what was salvaged, for the learner.
        doubts: what of it a person should look at.
    """

    notebook: NotebookNode
    notes: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def match(submission: Submission, release: Release) -> Matched:
    """Fit a submission to its release; without a readable notebook, the release itself.

    Args:
        submission: what was handed in.
        release: the notebook that learners were given.
    """
    said = Said()
    if submission.problem:
        made = [copy.deepcopy(cell) for cell in release.notebook.cells]
    else:
        made = _made(submission.cells, release, said)
    notebook = copy.deepcopy(release.notebook)
    notebook.cells = made
    for number, cell in enumerate(made):
        cell["id"] = f"c{number}"
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notes, doubts = (*submission.notes, *said.notes), (*submission.doubts, *said.doubts)
    return Matched(notebook, notes, doubts)


def _made(cells: Sequence[Cell], release: Release, said: Said) -> list[NotebookNode]:
    """The learner's cells, each with the role that it has in the release."""
    owners = Owners(cells, release, said).find()
    graded = release.graded
    placed = lay_out(cells, owners, release, said)
    made = []
    for found in placed:
        made.append(_fitted(found.cell, graded.get(found.grade_id), release, said))
        shown = any(not at.refused for at in found.cell.attachments)
        if shown and "attachments" not in made[-1]:
            said.doubt("A picture stands in a cell that can show none, and was left out.")
    _put_back(made, release, said)
    _set_up(made, release, said)
    return made


def _fitted(
    cell: Cell, original: NotebookNode | None, release: Release, said: Said
) -> NotebookNode:
    """A cell for nbgrader: the learner's text where it may be theirs, the release's where not."""
    if original is None:
        return _plain_cell(cell, release, said)
    fitted = copy.deepcopy(original)
    if not original.metadata.nbgrader.solution:
        return fitted
    if original.cell_type != "code":
        _put_prose(fitted, cell, release, said)
        return fitted
    fitted.source = without_leftover_raise(cell.source, original.source)
    if fitted.source != cell.source:
        said.doubt("An answer stood below the stub's raise; that line was taken out.")
    if cell.kind != "code":
        said.note("An answer had been turned into text; it was run as code.")
    return fitted


def _plain_cell(cell: Cell, release: Release, said: Said) -> NotebookNode:
    fields: dict[str, Any] = {"cell_type": cell.kind, "source": cell.source}
    metadata = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.kind == "code":
        fields |= {"outputs": [], "execution_count": None}
    made = NotebookNode(metadata=NotebookNode(metadata), **fields)
    if cell.kind == "raw":
        made["source"] = safe_raw(cell.source)
    elif cell.kind == "markdown" and cell.source in release.prose:
        made |= {k: v for k, v in release.prose[cell.source].items() if k == "attachments"}
    elif cell.kind == "markdown":
        _put_prose(made, cell, release, said)
    return made


def _put_prose(made: NotebookNode, cell: Cell, release: Release, said: Said) -> None:
    """Give a cell a learner's prose; no text of theirs gets into Markdown another way."""
    safe_prose(cell.source, cell.attachments, said, release.graded).put(made)


def _put_back(made: list[NotebookNode], release: Release, said: Said) -> None:
    """Insert what is missing after the cell that comes before it in the release.

    An answer is not put back: its stub would replace what another cell may define.
    """
    previous = ""
    for grade_id, original in release.graded.items():
        present = [c.metadata.get("nbgrader", {}).get("grade_id") for c in made]
        role = original.metadata.nbgrader
        if grade_id not in present and (role.grade or not role.solution):
            at = present.index(previous) + 1 if previous else 0
            made.insert(at, copy.deepcopy(original))
            say = said.doubt if role.solution else said.note
            say(f"The {release.title(grade_id)} was missing and has been put back.")
        elif grade_id not in present:
            continue
        previous = grade_id


def _set_up(made: list[NotebookNode], release: Release, said: Said) -> None:
    """Run the release's own imports first where they do not stand before the answers any more.

    They are the course's text and define nothing that is asked, so they can undo no answer.
    """
    names = {exercise.name for exercise in release.exercises}
    codes = [cell for cell in made if cell.cell_type == "code"]
    answers = [n for n, cell in enumerate(codes) if names & defined_names(cell.source)]
    before = codes[: min(answers, default=0)]
    given = [c for c in release.notebook.cells if SETUP in c.metadata.get("tags", [])]
    for original in given if answers else ():
        if not any(cell.source.strip().startswith(original.source.strip()) for cell in before):
            made.insert(0, copy.deepcopy(original))
            said.note("The notebook's first imports were missing or changed; the course's ran too.")
