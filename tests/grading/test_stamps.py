"""A submission made from another version of its notebook."""

import json

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from unrolled.grading.submissions.matching import Release
from unrolled.grading.submissions.stamps import (
    Stamp,
    metadata_in,
    read_stamp,
    stamp_note,
    stamp_problem,
)

NOW = {"assignment": "06-self-attention", "version": "0.2.0", "rules": "abc"}
RELEASE = Release(new_notebook(metadata=NotebookNode(unrolled=NOW)), ())


def said(**changed):
    return {"unrolled": NOW | changed, "kernelspec": {}}


@pytest.mark.parametrize("metadata", [said(), said(version="0.1.0"), said(version="9.0.0")])
def test_the_same_rules_are_graded_without_a_word(metadata):
    assert (
        stamp_problem(read_stamp(metadata), RELEASE)
        == stamp_note(read_stamp(metadata), RELEASE)
        == ""
    )


def test_other_rules_are_refused_with_what_to_do():
    problem = stamp_problem(read_stamp(said(version="0.1.0", rules="old")), RELEASE)
    assert "version 0.1.0" in problem
    assert "now (version 0.2.0)" in problem
    assert "with that version installed" in problem
    assert "move your answers" in problem


def test_rules_that_still_hold_are_graded_and_only_the_release_says_which():
    release = Release(new_notebook(metadata=NotebookNode(unrolled=NOW | {"still": ["old", 3]})), ())
    assert stamp_problem(read_stamp(said(rules="old")), release) == ""
    assert stamp_problem(read_stamp(said(rules="older")), release)
    assert stamp_problem(read_stamp(said(rules="old", still=["abc", "old"])), RELEASE)
    for odd in ("old", None, {"old": 1}):
        release = Release(new_notebook(metadata=NotebookNode(unrolled=NOW | {"still": odd})), ())
        assert stamp_problem(read_stamp(said(rules="old")), release)


def test_other_rules_of_the_same_version_name_no_version():
    problem = stamp_problem(read_stamp(said(version="0.2.0", rules="old")), RELEASE)
    assert "take that change back" in problem
    assert "move your answers" in problem
    assert "version" not in problem


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"unrolled": None},
        {"unrolled": []},
        {"unrolled": {}},
        said(rules=["abc"]),
        said(rules=""),
    ],
)
def test_a_lost_stamp_is_graded_as_the_present_one_with_a_note(metadata):
    assert stamp_problem(read_stamp(metadata), RELEASE) == ""
    assert stamp_note(read_stamp(metadata), RELEASE).startswith(
        "The notebook does not say its version"
    )


def test_another_assignments_notebook_is_said():
    metadata = said(assignment="05-alignment", rules="other")
    assert stamp_problem(read_stamp(metadata), RELEASE) == ""
    assert "05-alignment's; it was graded as 06-self-attention" in stamp_note(
        read_stamp(metadata), RELEASE
    )


def test_whatever_stands_there_comes_out_short_and_plain():
    stamp = read_stamp(said(version="\x1b[31m\ud800" + "9" * 10_000, assignment=7))
    assert stamp == Stamp("", "[31m?" + "9" * 54, "abc")


def test_a_release_without_a_stamp_refuses_nobody():
    assert stamp_problem(read_stamp(said()), Release(new_notebook(), ())) == ""


@pytest.mark.parametrize(
    "contents",
    [b"", b"\xff\xfe", b"[]", b"{", b"3", b'{"metadata": 3}', b"[" * 100_000, b'{"cells": []}'],
)
def test_a_file_that_is_no_notebook_has_no_metadata(contents):
    assert metadata_in(contents) == {}


def test_the_metadata_of_a_notebook():
    assert metadata_in(json.dumps({"metadata": said()}).encode("utf-8-sig")) == said()
