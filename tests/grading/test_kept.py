"""What a damaged file still holds of a learner's words can be read."""

import json

import nbformat
import pytest

from grading.conftest import notebook
from unrolled.grading.submissions.reading import Cell, parse_notebook
from unrolled.grading.submissions.repair import Said
from unrolled.grading.submissions.sources import mend_sources

PROSE = 'Since “both” are \\ the same,\n\n- or "alike" 🙂.'
FIRST, LAST = "x = 'first'", "x = 'last'"


def cells_of(contents):
    return parse_notebook(contents, Said())


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("indent", [None, 1])
def test_what_can_be_read_of_a_damaged_cell_stays(indent, ensure_ascii):
    whole = json.loads(nbformat.writes(notebook("x = 1", f"md:{PROSE}", "def f():\n    return 1")))
    text = json.dumps(whole, indent=indent, ensure_ascii=ensure_ascii)
    for start in ("Since", "def f"):
        damaged = text.replace(f'"{start}', start)
        prose, code = cells_of(damaged.encode())[1:]
        assert [line for line in PROSE.split("\n") if line not in prose.source + code.source] == []
        assert (prose.kind, code.kind) == (
            ("markdown", "code") if start == "Since" else ("markdown", "markdown")
        )
        assert "    return 1" in code.source


def test_a_cell_cut_off_in_its_text_is_read_as_far_as_it_goes():
    whole = nbformat.writes(notebook("x = 1", f"md:{PROSE}")).encode()
    cell = cells_of(whole[: whole.index(b"alike")])[-1]
    assert "Since “both” are \\ the same,\n- or" in cell.source


def test_whole_cells_below_many_damaged_ones_are_still_there():
    cells = ["x = 0", *[f"md:{PROSE}"] * 60, "x = 1"]
    text = nbformat.writes(notebook(*cells)).replace('"Since', "Since")
    found = cells_of(text.encode())
    assert sum("alike" in cell.source for cell in found) == 60
    assert "x = 1" in found[-1].source


def test_both_sides_of_a_merge_conflict_can_be_read():
    line = json.dumps(FIRST)
    text = nbformat.writes(notebook(FIRST)).replace(
        f"    {line}\n", f"<<<<<<< a\n    {line}\n=======\n    {json.dumps(LAST)}\n>>>>>>> b\n"
    )
    kept, other = cells_of(text.encode())
    assert kept.source == LAST
    assert FIRST in other.source
    assert other.kind == "markdown"


def test_both_sides_of_a_merge_conflict_in_a_cell_can_be_read():
    source = f"<<<<<<< a\n{FIRST}\n=======\n{LAST}\n>>>>>>> b"
    kept, other = mend_sources([Cell("code", source, "f")], Said())
    assert (kept.source.strip(), kept.grade_id) == (LAST, "f")
    assert FIRST in other.source
    assert (other.kind, other.grade_id) == ("markdown", "")


def test_what_was_typed_behind_a_notebook_can_be_read():
    (_, cell) = cells_of(nbformat.writes(notebook(FIRST)).encode() + PROSE.encode())
    assert all(line in cell.source for line in PROSE.split("\n"))


def test_a_cell_that_is_only_a_string_can_be_read():
    assert [c.source for c in cells_of(b'{"cells": ["Both are the same.", 3]}')] == [
        "Both are the same."
    ]
