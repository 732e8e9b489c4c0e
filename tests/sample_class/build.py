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
    notebook = _notebook(case)
    for change in case.done:
        globals()[change](notebook)
    text = _text(notebook)
    path.write_text(globals()[case.saved](text) if case.saved else text, encoding="utf-8")
    if case.timestamp:
        (target / learner / ASSIGNMENT / "timestamp.txt").write_text(case.timestamp + "\n")
    return path


def _text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook, sort_keys=True, ensure_ascii=False) + "\n"


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


def colab(notebook: NotebookNode) -> None:
    """What Colab makes of a notebook: its own ids, in an older format."""
    for number, cell in enumerate(notebook.cells):
        cell.pop("id")
        cell.metadata |= {"id": f"Xy{number}", "colab": {"base_uri": "https://localhost:8080/"}}
    notebook.metadata |= {"colab": {"provenance": []}, "accelerator": "GPU"}
    notebook.nbformat_minor = 0


def change_checks(notebook: NotebookNode) -> None:
    """Every check cell gives full marks by itself."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            cell.source = f"{cell.source}\n11"


def leave_raise_in_padding(notebook: NotebookNode) -> None:
    """An answer below the line that says that there is none."""
    cell = notebook.cells[_at(notebook, "padding_mask")]
    stub = _read("exercises").cells[_at(notebook, "padding_mask")].source
    cell.source = stub + "\n    return (ids != pad_id)[:, None, None, :]"


def as_pdf(text: str) -> str:
    """Another file altogether."""
    return "%PDF-1.7\nThis is my solution, printed.\n"


def emptied(text: str) -> str:
    """Nothing, as after a full disk."""
    return ""


def cut_off(text: str) -> str:
    """What an interrupted upload leaves: the last answer is lost."""
    return text[: text.index("self.v_proj = ")]


def conflict_with_stub(text: str) -> str:
    """What git leaves of an answer and the stub that came with an update."""
    stub = _text(_read("exercises"))
    first, last = "# YOUR CODE HERE", "still to be written"
    lines, theirs = text.splitlines(), stub.splitlines()
    at = next(n for n, line in enumerate(lines) if "return (ids != pad_id)" in line)
    start = next(n for n, line in enumerate(theirs) if first in line)
    end = next(n for n, line in enumerate(theirs) if last in line and n > start)
    conflict = ["<<<<<<< HEAD", lines[at], "=======", *theirs[start : end + 1], ">>>>>>> update"]
    return "\n".join([*lines[:at], *conflict, *lines[at + 1 :]]) + "\n"


if __name__ == "__main__":
    for written in build():
        print(written.relative_to(ROOT))
