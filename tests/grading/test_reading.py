"""Files written to break the reader."""

import json
import os
import time
import zipfile

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.conftest import ASSIGNMENT, notebook
from unrolled.grading.submissions import files
from unrolled.grading.submissions.folders import find_learners
from unrolled.grading.submissions.merges import settle, side_with_answer
from unrolled.grading.submissions.reading import parse_notebook, read_submission
from unrolled.grading.submissions.repair import Said, Unreadable

GOOD = nbformat.writes(notebook("x = 1")).encode()
CODE = {"cell_type": "code", "source": "x = 1"}


def read(course, learner="learner-01", ids=frozenset()):
    return read_submission(course.folder("submitted"), learner, ASSIGNMENT, set(ids))


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04", "is a zip archive"),
        (b"<HTML><body>", "is a web page"),
        (b"", "is empty"),
        (b"\0\0\0\0\0", "is empty"),
        (GOOD[:30], "not valid JSON"),
        (b"def f(): return 1", "not valid JSON"),
        ("x = 'é'".encode("cp1252"), "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1, 2]", "no cells"),
        (b'"text"', "no cells"),
        (b'{"worksheets": 7}', "not a list"),
        (b'{"cells": {"a": 1}}', "not a list"),
        (json.dumps({"cells": [CODE] * 1001}).encode(), "more than 1000 cells"),
        (json.dumps({"cells": [CODE] * 1001}).encode()[:-1], "more than 1000 cells"),
    ],
)
def test_what_is_no_notebook_is_named(contents, says):
    with pytest.raises(Unreadable) as caught:
        parse_notebook(contents)
    assert says in caught.value.why


HOSTILE = {
    "quotes": b'"',
    "lists in lists": b'{"cells": [',
    "commas": b'{"cells": [],\n',
    "cells that do not parse": b'{"source": "x" y},',
    "conflicts that never end": b"<<<<<<< a\n=======\n",
    "conflicts": b"<<<<<<< a\n=======\n>>>>>>> b\n",
    "no text at all": b"\xff\xc3\xa9",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_written_to_cost_time_is_given_up(piece):
    """A step that took quadratic time would need hours for these."""
    started = time.monotonic()
    with pytest.raises(Unreadable):
        parse_notebook(b'{"cells": [' + piece * (5 * 2**20 // len(piece)))
    assert time.monotonic() - started < 120


def test_a_sound_notebook_is_not_mended():
    said = Said()
    source = "<<<<<<< a\n=======\n>>>>>>> b\n,]\n\u00a0'tis"
    cells = parse_notebook(nbformat.writes(notebook("md:" + source, "x = [1,]")).encode(), said)
    assert [cell.source for cell in cells] == [source, "x = [1,]"]
    assert said == Said()


def test_what_was_lost_is_said_and_is_for_a_person_to_look_at():
    two = nbformat.writes(notebook("x = 1", "y = 2")).encode()
    said = Said()
    (cell,) = parse_notebook(two[: two.index(b"y = 2")], said)
    assert cell.source == "x = 1"
    assert "cut off" in said.doubts[0]
    assert said.notes[0].endswith("Your instructor should look at it.")


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [("x = 1", "x = 2", "x = 2"), ("x = 1", "raise NotImplementedError", "x = 1")],
)
def test_of_a_merge_the_side_with_an_answer_is_kept(first, last, kept):
    text = f"a\n<<<<<<< HEAD\n{first}\n||||||| base\nx\n=======\n{last}\n>>>>>>> b\nz"
    assert settle(text, side_with_answer) == f"a\n{kept}\nz"
    assert settle(text.replace(">>>>>>>", ">>>"), side_with_answer) is None


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
        assert cell.kind in ("code", "markdown", "raw")
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
        file.truncate(files.MAX_BYTES + 1)
    assert "larger than 20 MB" in read(course).problem


def test_a_renamed_notebook_is_accepted_and_said(course, submit):
    submit("learner-01", notebook("x = 1"), name="mine-Copy1.ipynb")
    submission = read(course)
    assert submission.cells[0].source == "x = 1"
    assert "mine-Copy1.ipynb" in submission.notes[0]


def test_of_several_the_one_with_the_answers_is_taken(course, submit):
    submit("learner-01", notebook("other = 1"), name="a.ipynb")
    submit("learner-01", notebook(causal_mask="x = 1"), name="b.ipynb")
    submission = read(course, ids={"causal_mask", "check-causal_mask"})
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


def zipped(submit, entries, method=zipfile.ZIP_DEFLATED):
    folder = submit("learner-01", "x", name="other.txt").parent
    with zipfile.ZipFile(folder / "all.zip", "w", method) as archive:
        for name, contents in entries.items():
            archive.writestr(name, contents)
    return folder / "all.zip"


def test_an_archive_is_read_and_never_unpacked(course, submit, tmp_path):
    zipped(submit, {"../../../escaped.ipynb": GOOD, "a.txt": b"x"})
    before = sorted(tmp_path.rglob("*"))
    assert read(course).cells[0].source == "x = 1"
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_that_grows_is_refused(course, submit):
    zipped(submit, {"a.ipynb": b" " * (files.MAX_BYTES + 1)})
    assert "larger than 20 MB" in read(course).problem


def test_an_archive_of_very_many_files_is_refused(course, submit):
    path = zipped(submit, {"a.ipynb": GOOD})
    path.write_bytes(path.read_bytes() + files.ENTRY * (files.MAX_FILES + 1))
    assert "more than 2000 files" in read(course).problem


def test_an_archive_with_a_password_is_refused(course, submit):
    path = zipped(submit, {"a.ipynb": GOOD})
    contents = bytearray(path.read_bytes())
    contents[contents.index(files.ENTRY) + 8] |= 1  # the flag, with nothing encrypted
    path.write_bytes(contents)
    assert "password" in read(course).problem


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_unpacks_at_one_go_is_refused(course, submit, method):
    zipped(submit, {"a.ipynb": GOOD}, method)
    assert "not read here" in read(course).problem


def test_links_and_deep_folders_below_a_submission_are_left_alone(course, submit, tmp_path):
    folder = submit("learner-01", "x", name="other.txt").parent
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.ipynb").write_bytes(GOOD)
    os.symlink(tmp_path / "secret", folder / "inside")
    deep = folder.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "a.ipynb").write_bytes(GOOD)
    assert "no notebook" in read(course).problem


def test_a_script_beside_an_untouched_notebook_is_pointed_out(course, submit):
    submit("learner-01", notebook(causal_mask="def causal_mask():\n    raise NotImplementedError"))
    submit("learner-01", "def causal_mask(Tq):\n    return 1", name="mine.py")
    submission = read(course, ids={"causal_mask", "check-causal_mask"})
    assert "raise" in submission.cells[0].source
    assert "mine.py" in submission.doubts[0]


def test_a_cell_too_long_is_cut_and_said():
    said = Said()
    (cell,) = parse_notebook(nbformat.writes(notebook("x" * 200_001)).encode(), said)
    assert len(cell.source) == 200_000
    assert "cut off" in said.doubts[0]
