"""Make the notebooks of the sample class from the released one: ``python -m sample_class.build``.

A test holds that the committed notebooks are those that this makes.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from sample_class.learners import LEARNERS, RIGHT, STUB, Learner

ASSIGNMENT = "06-self-attention"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACE = re.compile(r"^( *)# YOUR CODE HERE\n *raise NotImplementedError\(.*\)", re.MULTILINE)
ANSWER = re.compile(r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.MULTILINE | re.DOTALL)


def build(target: Path = HERE) -> list[Path]:
    """Write every learner's submission below ``target``; return the files."""
    return [_write(target, learner, case) for learner, case in LEARNERS.items()]


def _write(target: Path, learner: str, case: Learner) -> Path:
    path = target / learner / ASSIGNMENT / (case.name or f"{ASSIGNMENT}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    if "not_a_notebook" in case.done:
        path.write_text("%PDF-1.7\nThis is my solution, printed.\n", encoding="utf-8")
        return path
    notebook = _notebook(case)
    for change in case.done:
        globals()[change](notebook)
    text = nbformat.writes(notebook, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _read(folder: str) -> NotebookNode:
    return nbformat.read(ROOT / folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)


def _notebook(case: Learner) -> NotebookNode:
    notebook = _read("exercises")
    right = {cell.id: ANSWER.findall(cell.source) for cell in _read("solutions").cells}
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution") and cell.cell_type == "code":
            bodies = case.answers.get(cell.id, case.otherwise)
            bodies = right[cell.id] if bodies is RIGHT else bodies
            cell.source = cell.source if bodies is STUB else _filled(cell.source, bodies)
        elif role.get("solution") and case.explanation:
            cell.source = case.explanation
    if case.before:
        notebook.cells.insert(_at(notebook, "setup") + 1, new_code_cell(case.before, id="own"))
    return notebook


def _filled(stub: str, bodies: list[str]) -> str:
    """Put bodies into a stub's places, in order."""
    for body in bodies:
        place = PLACE.search(stub)
        written = textwrap.indent(textwrap.dedent(body).strip(), place[1])
        stub = stub[: place.start()] + written + stub[place.end() :]
    return stub


def _at(notebook: NotebookNode, cell_id: str) -> int:
    return next(n for n, cell in enumerate(notebook.cells) if cell.id == cell_id)


def loop_below_causal(notebook: NotebookNode) -> None:
    """A try-out that never ends, in the cell of the answer."""
    cell = notebook.cells[_at(notebook, "causal_mask")]
    cell.source += "\n\nsize = 4\nwhile size > 0:\n    causal_mask(size)"


def exit_below_attention(notebook: NotebookNode) -> None:
    """The process ends where the answer is defined."""
    notebook.cells[
        _at(notebook, "scaled_dot_product_attention")
    ].source += "\n\nimport os\nos._exit(0)"


def delete_causal_check(notebook: NotebookNode) -> None:
    """The graded cell is gone."""
    del notebook.cells[_at(notebook, "check-causal_mask")]


def lose_metadata(notebook: NotebookNode) -> None:
    """What some editors leave of a notebook; the first two exercises have changed places."""
    for number, cell in enumerate(notebook.cells):
        cell.metadata = NotebookNode()
        cell["id"] = f"saved-{number}" if "mask" in cell.id else cell.id
    first = next(n for n, c in enumerate(notebook.cells) if c.source.startswith("def padding_mask"))
    second = next(n for n, c in enumerate(notebook.cells) if c.source.startswith("def causal_mask"))
    cells = notebook.cells
    cells[first], cells[second] = cells[second], cells[first]


if __name__ == "__main__":
    for written in build():
        print(written.relative_to(ROOT))
