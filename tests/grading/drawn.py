"""Small pictures, notebooks with pictures in them, and the page that nbgrader would make."""

import base64
import io
from pathlib import Path

import nbgrader
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from PIL import Image

from grading.conftest import ASSIGNMENT
from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.reading import read_submission

TEMPLATES = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
EXPLAIN = "explain-same-word-twice"


def drawn(form="PNG", width=3, height=2):
    file = io.BytesIO()
    Image.new("RGB", (width, height), (10, 20, 30)).save(file, form)
    return file.getvalue()


PNG, JPEG = drawn(), drawn("JPEG")


def as_text(data):
    return base64.b64encode(data).decode()


def answer(source, attachments=None, kind="markdown"):
    """A notebook with one answer in prose."""
    cell = new_markdown_cell(source)
    cell.cell_type = kind
    cell.metadata["nbgrader"] = {"grade_id": EXPLAIN, "solution": True, "grade": True}
    if attachments is not None:
        cell["attachments"] = attachments
    return new_notebook(cells=[cell])


def attached(**named):
    """Attachments of PNG pictures, by name."""
    return {name: {"image/png": as_text(data)} for name, data in named.items()}


def fitted(course, release, learner="learner-01"):
    """What of a learner's submission goes to nbgrader, and what is said about it."""
    submitted = course.folder("submitted")
    read = read_submission(submitted, learner, ASSIGNMENT, set(release.graded))
    assert not read.problem
    return match(read, release)


def explained(matched):
    """The cell with the answer in prose."""
    [cell] = [
        c for c in matched.notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") == EXPLAIN
    ]  # fmt: skip
    return cell


def exporter():
    """nbconvert's, with formgrader's own template."""
    return HTMLExporter(template_name="formgrade", extra_template_basedirs=[str(TEMPLATES)])


def page(notebook):
    """The page that formgrader shows."""
    shown = {"index": 0, "total": 1, "base_url": "", "notebook_id": ASSIGNMENT}
    return exporter().from_notebook_node(notebook, resources=shown)[0]
