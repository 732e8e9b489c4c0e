"""Run a submission's cells once, as a notebook would, and keep what they show.

A cell that does not end, or ends the process, is found here: it is left out, and what comes after
runs without it. Outputs are a learner's to forge: only text, errors and real PNG pictures are kept.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from unrolled.authoring.stamp import STILL_SHOW, digest
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.sandbox.workers import Question, Worker
from unrolled.grading.submissions.repair import plain

PNG = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 100_000
MAX_IMAGE = 3 * 2**20
MAX_LINES = 300  # of a traceback; nbformat looks at each for long
MAX_OUTPUTS = 100
MAX_CELL = 10 * 2**20  # of a cell's outputs together
MAX_NOTEBOOK = 20 * 2**20  # of all outputs together
MAX_MISSING = 20
OUTPUT = 100  # characters of an empty one
NAME = re.compile(r"\*|[\w.]{1,100}")
DEMO = "demo"


@dataclass(frozen=True)
class CodeCell:
    """A cell to run.

    Attributes:
        id: of the cell in the fitted notebook.
        grade_id: which answer it is, empty if none.
        demo: shows something, and no question needs it.
    """

    id: str
    source: str
    grade_id: str = ""
    demo: bool = False


@dataclass
class Execution:
    """What running the cells showed.

    Attributes:
        outputs: by cell id, ready for the notebook.
        errors: by cell id, the error that a cell ended with.
        lost: by cell id, why a cell could not be run to its end, in words; it is left out later.
        missing: by cell id, names that an import was to bind, with the package that is not there.
        room: how much more may be shown.
    """

    outputs: dict[str, list[NotebookNode]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)
    room: int = MAX_NOTEBOOK

    def keep(self, cell: str, outputs: list[NotebookNode]) -> None:
        """Keep what a cell showed, as long as a notebook of it all can still be opened."""
        self.room -= sum(map(_size, outputs))
        self.outputs[cell] = outputs if self.room >= 0 else [_left_out()]


def demo_sources(released: NotebookNode) -> frozenset[str]:
    """The text of the cells that show something, such as a plot or a training run.

    No question needs what they leave behind. A learner's cell is one of them only if it was left
    as it was: what else stands in it may be needed.
    """
    tagged = (cell for cell in released.cells if DEMO in cell.metadata.get("tags", []))
    return frozenset(cell.source for cell in tagged if cell.cell_type == "code")


def code_cells(notebook: NotebookNode, demos: Collection[str] = ()) -> list[CodeCell]:
    """The cells of a fitted notebook that hold a learner's code, in order; not the check cells.

    Args:
        notebook: a submission, fitted to its release.
        demos: the text of cells that show something and that no question needs; those that stood
            in older notebooks are known.
    """
    cells = []
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and not role.get("grade"):
            demo = cell.source in demos or digest(cell.source) in STILL_SHOW
            cells.append(CodeCell(cell.id, cell.source, role.get("grade_id", ""), demo))
    return cells


def execute(cells: Sequence[CodeCell], worker: Worker, branches: int = 0) -> Execution:
    """Run every cell in order, starting over without a cell that is lost.

    The process in which all went well is kept if it can be, as the worker's: see
    :meth:`~unrolled.grading.sandbox.workers.Worker.branch`.

    Args:
        cells: what is run.
        worker: the sandbox.
        branches: how many questions are to branch off.
    """
    done = Execution()
    deadline = time.monotonic() + worker.limits.cells_seconds
    waiting = list(cells)
    finished: list[CodeCell] = []
    while waiting:
        with worker.question(branches) as question:
            try:
                for cell in finished:
                    question.run_cell(cell.source)
            except AnswerDied:  # ran before, and does not now: none of it can be relied on
                _give_up(waiting, done, "it was not run: the cells before it fail now and then.")
                return done
            if _all_run(waiting, finished, question, done) and not _showing(cells):
                worker.keep(question)
        if waiting and time.monotonic() > deadline:
            why = f"it was not run: the notebook took over {worker.limits.cells_seconds:g} s."
            _give_up(waiting, done, why)
            return done
    if done.lost or _showing(cells):
        _keep_needed(cells, done, worker, branches)
    return done


def _showing(cells: Sequence[CodeCell]) -> bool:
    return any(cell.demo for cell in cells)


def _keep_needed(cells: Sequence[CodeCell], done: Execution, worker: Worker, branches: int) -> None:
    """Keep a process that ran what questions need, if all of it runs."""
    with worker.question(branches) as question, contextlib.suppress(AnswerDied):
        run_needed(cells, done, question)
        worker.keep(question)


def run_needed(cells: Sequence[CodeCell], done: Execution, question: Question) -> None:
    """Run the cells that a question needs.

    Raises:
        AnswerDied: if one of them does not end as it did before.
    """
    for cell in cells:
        if not cell.demo and cell.id not in done.lost:
            question.run_cell(cell.source)


def _all_run(
    waiting: list[CodeCell], finished: list[CodeCell], question: Question, done: Execution
) -> bool:
    """Run what waits until a cell is lost; say whether none was."""
    while waiting:
        cell = waiting.pop(0)
        try:
            reply = question.run_cell(cell.source, collect=True)
        except AnswerDied as error:
            done.lost[cell.id] = lost_because(error, question.limits.cell_seconds)
            done.outputs[cell.id] = [_as_error("CellLost", done.lost[cell.id])]
            return False
        done.keep(cell.id, checked_outputs(reply.get("outputs")))
        error = describe_error(reply.get("error"))
        if error:
            done.errors[cell.id] = error
        if missing := checked_missing(reply.get("missing")):
            done.missing[cell.id] = missing
        finished.append(cell)
    return True


def _give_up(waiting: list[CodeCell], done: Execution, why: str) -> None:
    done.lost.update({cell.id: why for cell in waiting})
    waiting.clear()


def lost_because(error: AnswerDied, seconds: float) -> str:
    """Say in words why no reply came."""
    if "time limit" in str(error):
        return f"it did not finish within {seconds:g} s."
    if "together" in str(error):
        return f"{error}."
    if "ended without" in str(error):
        return "it ended the process it ran in (os._exit, a crash, or too much memory)."
    return f"it sent the grader something that is no reply ({error})."


def describe_error(error: Any) -> str:
    """A cell's error in words, whatever was sent; empty if there was none."""
    if not isinstance(error, dict):
        return ""
    name, message = _text(error.get("type")), _text(error.get("message"))
    line = error.get("line")
    where = f" in line {line}" if isinstance(line, int) and 0 < line < 10**6 else ""
    return f"{name[:100]}{where}: {message[:500]}".strip(": ")


def checked_missing(pairs: Any) -> dict[str, str]:
    """What a cell says that it could not import, as far as these are names at all."""
    found = {}
    for pair in pairs[:MAX_MISSING] if isinstance(pairs, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and all(map(_is_name, pair)):
            found[pair[0]] = pair[1]
    return found


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _text(value: Any) -> str:
    return plain(value[:MAX_TEXT]) if isinstance(value, str) else ""


def checked_outputs(outputs: Any) -> list[NotebookNode]:
    """Keep those outputs that are well formed, capped, and nothing but text and PNG."""
    kept: list[NotebookNode] = []
    room = MAX_CELL
    for output in outputs[:MAX_OUTPUTS] if isinstance(outputs, list) else ():
        make = _KINDS.get(_text(output.get("output_type"))) if isinstance(output, dict) else None
        made = make(output) if make else None
        if made is not None:
            room -= _size(made)
            if room < 0:
                return [*kept, _left_out()]
            kept.append(made)
    return kept


def _size(output: NotebookNode) -> int:
    """Characters of an output, about."""
    texts = [output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", ())]
    return OUTPUT + sum(len(text) + 1 for text in texts)


def _left_out() -> NotebookNode:
    return new_output("stream", name="stdout", text="[left out: too much to show]\n")


def _as_stream(output: dict[str, Any]) -> NotebookNode | None:
    name, text = output.get("name"), output.get("text")
    if name not in ("stdout", "stderr") or not isinstance(text, str):
        return None
    return new_output("stream", name=name, text=plain(text[:MAX_TEXT]))


def _as_display(output: dict[str, Any]) -> NotebookNode | None:
    data = output.get("data")
    if not isinstance(data, dict):
        return None
    kept = {}
    if isinstance(data.get("text/plain"), str):
        kept["text/plain"] = plain(data["text/plain"][:MAX_TEXT])
    if _is_png(data.get("image/png")):
        kept["image/png"] = data["image/png"]
    # Never an execute_result: nbgrader takes one for a mark.
    return new_output("display_data", data=kept) if kept else None


def _is_png(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_IMAGE:
        return False
    try:
        return base64.b64decode(value, validate=True).startswith(PNG)
    except (binascii.Error, ValueError):
        return False


def _from_error(output: dict[str, Any]) -> NotebookNode:
    lines = output.get("traceback")
    text = ""
    for line in lines[:100] if isinstance(lines, list) else ():
        text += f"\n{_text(line)}" if len(text) < MAX_TEXT else ""
    text = text[1:]
    return _as_error(_text(output.get("ename")), _text(output.get("evalue")), text)


def _as_error(name: str, message: str, text: str = "") -> NotebookNode:
    shown = plain((text or f"{name}: {message}")[:MAX_TEXT])
    fields = {"ename": plain(name[:200]), "evalue": plain(message[:2000])}
    return new_output("error", **fields, traceback=shown.split("\n", MAX_LINES))


_KINDS: dict[Any, Callable[[dict[str, Any]], NotebookNode | None]] = {
    "stream": _as_stream,
    "display_data": _as_display,
    "execute_result": _as_display,
    "error": _from_error,
}
