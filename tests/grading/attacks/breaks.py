"""What is handed in is not as it was given out: an honest answer must not lose by it, nor a wrong
one win, and whatever cannot be read costs nobody else anything.

``damage`` is given the notebook, its answers right, and the path of the file that it writes.
"""

import json
import os

import nbformat

from grading.attacks.attack import MASK, RIGHT, WRONG, Attack

CHECK = f"check-{MASK}"


def damaged(name, says, change, deserves="all"):
    """``change`` edits the notebook, or returns other bytes for the file."""

    def write(notebook, path):
        other = change(notebook)
        path.write_bytes(nbformat.writes(notebook).encode() if other is None else other)

    return Attack(name, "break", says, off="as it stands", damage=write, deserves=deserves)


def placed(name, says, damage, deserves="all"):
    return Attack(name, "break", says, off="as it stands", damage=damage, deserves=deserves)


def cell(notebook, grade_id):
    [found] = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") ==
               grade_id]  # fmt: skip
    return found


def deleted(notebook):
    notebook.cells.remove(cell(notebook, CHECK))


def copied(notebook):
    notebook.cells.append(nbformat.from_dict(cell(notebook, CHECK) | {"id": "copied"}))


def into_text(notebook):
    found = cell(notebook, CHECK)
    found.cell_type = "markdown"
    del found["outputs"], found["execution_count"]


def without_metadata(notebook):
    for each in notebook.cells:
        each.metadata.clear()


def points_written(notebook):
    cell(notebook, MASK).source = WRONG[MASK]
    cell(notebook, CHECK).source = "4"


def points_raised(notebook):
    points_written(notebook)
    cell(notebook, CHECK).source = "100"
    cell(notebook, CHECK).metadata.nbgrader.points = 100


def bonus(notebook):
    cell(notebook, MASK).source = WRONG[MASK]
    own = nbformat.v4.new_code_cell("4", metadata={"nbgrader": dict(
        schema_version=3, grade=True, solution=False, locked=False, task=False, points=4,
        grade_id="bonus", cell_type="code")})  # fmt: skip
    notebook.cells.append(own)


def warning(notebook):
    logged = RIGHT[MASK].replace("    return", "    logging.warning('slow')\n    return")
    cell(notebook, MASK).source = f"import logging\nlogging.basicConfig()\n{logged}"


def kernel_unknown(notebook):
    notebook.metadata.kernelspec = {"name": "mine", "display_name": "mine", "language": "python"}


def half_a_character(notebook):
    cell(notebook, MASK).source += "\n# \ud83d"
    return json.dumps(notebook).encode()


def fields_missing(notebook):
    cells = json.loads(nbformat.writes(notebook))["cells"]
    for each in cells:
        each.pop("outputs", None)
        if "nbgrader" not in each["metadata"]:
            del each["metadata"]
    return json.dumps({"cells": cells}).encode()


def accented(text):
    return text.replace('"def ', '"# caf\u00e9\\ndef ').encode("cp1252", "replace").decode("cp1252")


def as_bytes(change, encoding="utf-8"):
    return lambda notebook: change(nbformat.writes(notebook)).encode(encoding)


def conflict(text):
    at = text.index(' "metadata": {\n  "kernelspec"')
    return f"{text[:at]}<<<<<<< HEAD\n{text[at:]}=======\n{text[at:]}>>>>>>> mine\n"


def renamed(notebook, path):
    nbformat.write(notebook, path.with_name(f"{path.stem}-Copy1.ipynb"))


def linked(notebook, path):
    [right] = (path.parents[2] / "learner-99").rglob("*.ipynb")
    os.symlink(right, path)


def pipe(notebook, path):
    os.mkfifo(path)


ATTACKS = (
    damaged("check deleted", "the check cell is gone", deleted),
    damaged("check copied", "the check cell is there twice", copied),
    damaged("check as text", "the check cell has become Markdown", into_text),
    damaged("check edited", "the check cell says the points", points_written, "nothing"),
    damaged("points raised", "the check cell says more points than there are", points_raised,
            "nothing"),
    damaged("a check of its own", "another graded cell is added", bonus, "nothing"),
    damaged("metadata lost", "no cell says any more which it is", without_metadata),
    damaged("a warning", "a right answer that writes to stderr", warning),
    damaged("kernel unknown", "the notebook asks for a kernel that is not there", kernel_unknown),
    damaged("half a character", "text that cannot be written as UTF-8", half_a_character),
    damaged("fields missing", "cells without outputs, a notebook without metadata",
            fields_missing),
    damaged("byte order mark", "saved as Windows does", as_bytes(lambda text: "\ufeff" + text)),
    damaged("truncated", "the end of the file is missing", as_bytes(lambda text: text[:-100]),
            "said"),
    damaged("merge conflict", "git's markers are in the file", as_bytes(conflict), "said"),
    damaged("another encoding", "saved as cp1252", as_bytes(accented, "cp1252"), "said"),
    damaged("nested without end", "JSON that no parser can follow",
            as_bytes(lambda text: "[" * 100_000), "said"),
    placed("renamed", "the file has another name", renamed),
    placed("a link", "a link to somebody else's right answers", linked, "nothing"),
    placed("a pipe", "a pipe that whoever reads it waits for", pipe, "said"),
)  # fmt: skip
