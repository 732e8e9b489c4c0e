"""Files written to break the reader."""

import json
import os

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.conftest import ASSIGNMENT, notebook
from unrolled.grading import reading
from unrolled.grading.reading import _Unreadable, find_learners, parse_notebook, read_submission

GOOD = nbformat.writes(notebook("x = 1")).encode()
CODE = {"cell_type": "code", "source": "x = 1"}


def read(course, learner="learner-01", ids=frozenset()):
    return read_submission(course.folder("submitted"), learner, ASSIGNMENT, set(ids))


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"%PDF-1.7", "not valid JSON"),
        (b"", "not valid JSON"),
        (GOOD[:-20], "not valid JSON"),
        (b"<<<<<<< HEAD\n" + GOOD, "not valid JSON"),
        ("x = 'é'".encode("cp1252"), "not text in UTF-8"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1, 2]", "no cells"),
        (b'"text"', "no cells"),
        (b'{"worksheets": 7}', "old format"),
        (b'{"cells": {"a": 1}}', "old format"),
        (json.dumps({"cells": [CODE] * 1001}).encode(), "more than 1000 cells"),
    ],
)
def test_what_is_no_notebook_is_named(contents, says):
    with pytest.raises(_Unreadable) as caught:
        parse_notebook(contents)
    assert says in caught.value.why


@pytest.mark.parametrize("contents", [GOOD, b"\xef\xbb\xbf" + GOOD])
def test_a_notebook_is_read(contents):
    (cell,) = parse_notebook(contents)
    assert (cell.kind, cell.source) == ("code", "x = 1")


def test_an_old_notebook_is_read():
    old = nbformat.convert(notebook("x = 1"), 3)
    (cell,) = parse_notebook(nbformat.writes(old, version=3).encode())
    assert cell.source == "x = 1"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
odd_cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "heading"]) | json_values,
        "source": st.text() | st.lists(st.text()) | json_values,
        "metadata": st.fixed_dictionaries(
            {}, optional={"nbgrader": json_values, "tags": json_values}
        )
        | json_values,
    },
)


@given(st.lists(odd_cells | json_values, max_size=5))
def test_any_cells_become_plain_text(cells):
    for cell in parse_notebook(json.dumps({"cells": cells}).encode()):
        assert cell.kind in reading.CELL_TYPES
        (cell.source + cell.grade_id + "".join(cell.tags)).encode("utf-8")


def test_half_a_character_does_not_reach_a_file():
    (cell,) = parse_notebook(rb'{"cells": [{"cell_type": "code", "source": "\ud800"}]}')
    assert cell.source == "?"


def test_a_link_is_not_followed(course, submit, tmp_path):
    target = tmp_path / "elsewhere.ipynb"
    target.write_bytes(GOOD)
    folder = submit("learner-01", "x", name="other.txt").parent
    os.symlink(target, folder / f"{ASSIGNMENT}.ipynb")
    assert "no notebook" in read(course).problem


def test_a_linked_folder_is_passed_over(course, submit, tmp_path):
    submit("learner-01", notebook("x = 1"))
    submitted = course.folder("submitted")
    os.symlink(submitted / "learner-01", submitted / "learner-02")
    (submitted / "learner-03").mkdir()
    os.symlink(submitted / "learner-01" / ASSIGNMENT, submitted / "learner-03" / ASSIGNMENT)
    found = find_learners(submitted, ASSIGNMENT)
    assert found.learners == ("learner-01",)
    assert set(found.refused) == {"learner-02", "learner-03"}


@pytest.mark.parametrize("name", ["*", "a b", "..x", "a[1]", "-x", "x\ny"])
def test_a_folder_that_cannot_be_an_id_is_passed_over(course, submit, name):
    submit(name, notebook("x = 1"))
    found = find_learners(course.folder("submitted"), ASSIGNMENT)
    assert found.learners == ()


def test_a_pipe_does_not_hold_the_grader(course, submit):
    folder = submit("learner-01", "x", name="other.txt").parent
    os.mkfifo(folder / f"{ASSIGNMENT}.ipynb")
    os.mkfifo(folder / "timestamp.txt")
    assert "no notebook" in read(course).problem


def test_a_large_file_is_refused(course, submit):
    path = submit("learner-01", "x")
    with path.open("r+b") as file:
        file.truncate(reading.MAX_BYTES + 1)
    assert "larger than 20 MB" in read(course).problem


def test_a_renamed_notebook_is_accepted_and_said(course, submit):
    submit("learner-01", notebook("x = 1"), name="mine-Copy1.ipynb")
    submission = read(course)
    assert submission.cells[0].source == "x = 1"
    assert "mine-Copy1.ipynb" in submission.notes[0]


def test_of_several_the_one_with_the_answers_is_taken(course, submit):
    submit("learner-01", notebook("other = 1"), name="a.ipynb")
    submit("learner-01", notebook(causal_mask="x = 1"), name="b.ipynb")
    submission = read(course, ids={"causal_mask"})
    assert submission.cells[0].source == "x = 1"
    assert any("a.ipynb" in note for note in submission.notes)


def test_a_timestamp_is_read_or_refused(course, submit):
    path = submit("learner-01", notebook("x = 1"))
    (path.parent / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    assert read(course).timestamp == "2026-01-02 03:04:05 UTC"
    (path.parent / "timestamp.txt").write_text("yesterday, I think")
    submission = read(course)
    assert submission.timestamp == ""
    assert "timestamp.txt" in submission.notes[0]
