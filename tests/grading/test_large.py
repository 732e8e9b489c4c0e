"""Submissions and outputs that are far too much: read within bounds, and what is cut is said."""

import json
import tracemalloc
import zipfile

import nbformat
import pytest

from grading.conftest import ASSIGNMENT, notebook
from unrolled.checks import exercises
from unrolled.grading.asking.execution import MAX_CELL, checked_outputs
from unrolled.grading.pages import similarity
from unrolled.grading.submissions import owners, reading
from unrolled.grading.submissions.matching import Release
from unrolled.grading.submissions.owners import Owners
from unrolled.grading.submissions.reading import Cell, parse_notebook, read_submission
from unrolled.grading.submissions.repair import MAX_PARTS, Said, Unreadable
from unrolled.grading.submissions.stamps import read_stamp

MIB = 2**20


def peak(call, *args):
    """What a call returns, or says of a file, and the most memory that Python had meanwhile."""
    tracemalloc.start()
    try:
        done = call(*args)
    except Unreadable as error:
        done = error.why
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return done, most


@pytest.mark.parametrize("inside", ["[],", "{},", '[["["]],'])
def test_a_file_of_nothing_but_brackets_is_refused_unparsed(inside):
    contents = b'{"cells": [' + inside.encode() * (2 * MIB // len(inside)) + b"0]}"
    why, most = peak(parse_notebook, contents, Said())
    assert "more than 500,000 lists and objects" in why
    assert most < 60 * MIB  # parsed it would take 100 and more


def test_brackets_in_text_are_text():
    cell = {"cell_type": "markdown", "source": "[{" * 99_000}
    assert len(parse_notebook(json.dumps({"cells": [cell] * 3}).encode())) == 3
    assert MAX_PARTS < 3 * 2 * 99_000


def test_all_text_together_is_cut_and_said():
    said = Said()
    cells = parse_notebook(nbformat.writes(notebook(*["x" * 150_000] * 20)).encode(), said)
    assert sum(len(cell.source) for cell in cells) == reading.MAX_SOURCES
    assert [cell.source == "" for cell in cells][-2:] == [True, True]
    assert len(said.doubts) == 1
    assert "over 2,000,000 characters" in said.doubts[0]


def test_notebooks_are_read_one_after_the_other(course, submit):
    folder = submit("learner-01", notebook(causal_mask="x = 1"), name="a.ipynb").parent
    cell = {"cell_type": "raw", "source": "y", "metadata": {"unused": "x" * 3 * MIB}}
    large = json.dumps({"cells": [cell]}).encode()
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{number}.ipynb", large)
    ids = {"causal_mask", "check-causal_mask"}
    read, most = peak(read_submission, course.folder("submitted"), "learner-01", ASSIGNMENT, ids)
    assert read.cells[0].source == "x = 1"
    assert any("left aside: the files before it are about 60 MB" in d for d in read.doubts)
    assert most < 40 * MIB


def test_one_sentence_is_said_once():
    said = Said()
    for _ in range(3):
        said.note("a")
        said.doubt("b")
    assert said.notes == ["a", "b Your instructor should look at it."]
    assert said.doubts == ["b"]


def test_a_stamp_lists_little():
    stamp = read_stamp({"unrolled": {"still": ["x" * 1_000] * 100_000}})
    assert len(repr(stamp)) < 10_000


def test_prose_is_parsed_once_for_all_exercises(monkeypatch):
    asked = exercises(ASSIGNMENT)
    parsed = []
    monkeypatch.setattr(owners, "parsed", lambda source: parsed.append(source))
    cell = Cell("markdown", "\n".join(f"{exercise.name} = 1" for exercise in asked))
    stubs = {exercise.id: "" for exercise in asked}
    release = Release(notebook(**stubs), asked)
    Owners([cell], release, Said()).find()
    assert len(parsed) == 1


STREAM = {"output_type": "stream", "name": "stdout", "text": "x" * 100_000}
ERROR = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\n" * 100_000] * 100}
WIDE = {"output_type": "display_data", "data": {"text/plain": "\U0001f600" * 100_000}}


@pytest.mark.parametrize("output", [ERROR, WIDE | {"data": {"image/png": None}}, STREAM])
def test_what_a_cell_shows_has_a_limit(output, monkeypatch):
    if "image/png" in output.get("data", {}):
        monkeypatch.setattr("unrolled.grading.asking.execution._is_png", lambda value: True)
        output = WIDE | {"data": {"image/png": "i" * 2 * MIB}}
    kept = checked_outputs([dict(output) for _ in range(60)])
    assert sum(len(shown.get("traceback", ())) for shown in kept) < 60 * 400
    assert len(json.dumps(kept)) < 2 * MAX_CELL


def test_an_answer_of_a_book_is_not_compared(monkeypatch):
    def never(source):
        raise AssertionError("it was parsed")

    monkeypatch.setattr(similarity, "parsed", never)
    assert similarity.normal_lines("x = 1\n" * 30_000) == []
