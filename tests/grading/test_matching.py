"""Damaged notebooks fitted to the release."""

import copy
import re

import pytest
from nbconvert.filters import markdown2html

from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.reading import Cell, Submission
from unrolled.grading.submissions.repair import Said
from unrolled.grading.submissions.sources import defined_names, mend_sources, without_leftover_raise


def as_cells(notebook):
    return [
        Cell(c.cell_type, c.source, c.metadata.get("nbgrader", {}).get("grade_id", ""))
        for c in notebook.cells
    ]


@pytest.fixture
def cells(release):
    """The released notebook, its answers written."""
    cells = as_cells(release.notebook)
    answers = {"padding_mask", "causal_mask", "scaled_dot_product_attention", "SelfAttention"}
    return [
        Cell(c.kind, f"{c.grade_id} = 1", c.grade_id) if c.grade_id in answers else c for c in cells
    ]


def fit(release, cells):
    return match(Submission("learner-01", tuple(cells)), release)


def ids(matched):
    return [c.metadata.get("nbgrader", {}).get("grade_id") for c in matched.notebook.cells]


def sources(matched):
    return {
        c.metadata.nbgrader.grade_id: c.source
        for c in matched.notebook.cells
        if "nbgrader" in c.metadata
    }


def at(cells, grade_id):
    return next(n for n, cell in enumerate(cells) if cell.grade_id == grade_id)


def test_a_whole_notebook_needs_no_note(release, cells):
    matched = fit(release, cells)
    assert matched.notes == ()
    assert sources(matched)["causal_mask"] == "causal_mask = 1"
    assert [c.id for c in matched.notebook.cells] == [f"c{n}" for n in range(len(cells))]


def test_a_deleted_check_is_put_back_in_its_place(release, cells):
    whole = ids(fit(release, cells))
    del cells[at(cells, "check-causal_mask")]
    matched = fit(release, cells)
    assert ids(matched) == whole
    assert matched.notes == ("The check cell of causal_mask was missing and has been put back.",)


def test_a_changed_check_is_restored(release, cells):
    cells[at(cells, "check-causal_mask")] = Cell("markdown", "# mine", "check-causal_mask")
    matched = fit(release, cells)
    assert sources(matched)["check-causal_mask"] == "check(causal_mask)"
    assert "had been changed" in matched.notes[0]


def test_of_two_answers_the_last_counts(release, cells):
    cells.append(Cell("code", "causal_mask = 2", "causal_mask"))
    matched = fit(release, cells)
    assert sources(matched)["causal_mask"] == "causal_mask = 2"
    assert "more than once" in matched.notes[0]
    assert len(matched.notebook.cells) == len(cells)


def test_without_metadata_everything_is_found(release, cells):
    cells = [Cell(c.kind, c.source) for c in cells]
    cells[-1] = Cell("markdown", "Because they are equal.")
    matched = fit(release, cells)
    assert set(sources(matched)) == set(release.graded)
    assert sources(matched)["explain-same-word-twice"] == "Because they are equal."
    assert len(matched.notebook.cells) == len(cells)
    assert sum("found by its name" in note for note in matched.notes) == 4


def test_two_answers_in_one_cell_are_not_overwritten_by_a_stub(release, cells):
    cells[at(cells, "padding_mask")] = Cell(
        "code", "def padding_mask(): ...\ndef causal_mask(): ...", "padding_mask"
    )
    del cells[at(cells, "causal_mask")]
    matched = fit(release, cells)
    assert "causal_mask" not in sources(matched)
    assert not any("NotImplementedError" in c.source for c in matched.notebook.cells)


def test_an_empty_notebook_gets_what_nbgrader_expects(release):
    matched = fit(release, [])
    graded = [g for g, c in release.graded.items() if c.metadata.nbgrader.grade]
    assert set(graded) <= set(ids(matched))


def test_no_notebook_becomes_the_release(release):
    before = copy.deepcopy(release.notebook)
    matched = match(Submission("learner-01", problem="It is a PDF."), release)
    assert [c.source for c in matched.notebook.cells] == [c.source for c in before.cells]
    assert release.notebook == before


def test_names_are_found_where_a_cell_does_not_parse():
    source = (
        "%matplotlib inline\ndef f(x:\n  y = 1\nclass C(\nz: int = 3\nasync def g(): ...\na == b"
    )
    assert defined_names(source) == {"f", "C", "z", "g"}


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a\n\n<div\nonclick=alert(1)>"],
)
def test_html_in_a_learners_text_cannot_act_in_formgrader(release, cells, text):
    grade_id = next(
        name for name, cell in release.graded.items()
        if cell.cell_type == "markdown" and cell.metadata.nbgrader.solution
    )  # fmt: skip
    theirs = [Cell(c.kind, text, c.grade_id) if c.grade_id == grade_id else c for c in cells]
    theirs += [Cell("markdown", text), Cell("raw", text)]
    made = [c for c in fit(release, theirs).notebook.cells if "alert(1)" in c.source]
    tag = re.compile("<(script|img|div)")
    assert len(made) == 3
    assert tag.search(markdown2html(text))  # so would stock formgrader show it
    assert not any(tag.search(markdown2html(cell.source)) for cell in made)


def test_a_learners_code_and_comparisons_stay_as_they_are(release, cells):
    theirs = [*cells, Cell("code", "a = '<eos>'"), Cell("markdown", "$1 < 2 <= 3$ and `x<3`")]
    sources = [cell.source for cell in fit(release, theirs).notebook.cells]
    assert theirs[-2].source in sources
    assert theirs[-1].source in sources


def test_an_untouched_stub_never_undoes_an_answer(release, cells):
    stub = release.graded["causal_mask"].source
    answer = Cell("code", "def causal_mask(Tq, Tk=None, device=None):\n    return 1")
    cells[at(cells, "causal_mask")] = Cell("code", stub, "causal_mask")
    first = next(n for n, cell in enumerate(cells) if cell.grade_id)
    matched = fit(release, [*cells[:first], answer, *cells[first:]])
    assert sources(matched)["causal_mask"] == answer.source
    assert not any(stub == cell.source for cell in matched.notebook.cells)
    assert "untouched stub of causal_mask" in " ".join(matched.notes)


def test_a_stub_alone_stays_and_is_no_doubt(release):
    matched = fit(release, as_cells(release.notebook))
    assert matched.doubts == matched.notes == ()
    assert sources(matched)["causal_mask"] == release.graded["causal_mask"].source


def test_an_answer_that_is_nowhere_is_for_a_person_to_look_at(release, cells):
    cells[at(cells, "causal_mask")] = Cell("code", "", "causal_mask")
    assert fit(release, cells).doubts == ("No cell defines causal_mask.",)


def test_the_imports_come_back_once_and_first(release, cells):
    setup = next(n for n, cell in enumerate(cells) if "from __future__" in cell.source)
    moved = [*cells[:setup], *cells[setup + 1 :], cells[setup]]
    matched = fit(release, moved)
    assert matched.notebook.cells[0].source == cells[setup].source
    assert len(matched.notebook.cells) == len(cells) + 1
    more = Cell("code", cells[setup].source + "\nimport math")
    assert fit(release, [more if cell is cells[setup] else cell for cell in cells]).notes == ()


BODY = "def f(x):\n    '{}'\n    # YOUR CODE HERE\n    {}"
STOP = 'raise NotImplementedError("still to be written")'


@pytest.mark.parametrize(
    ("source", "mended"),
    [
        (BODY.format("a", f"{STOP}\n    return 1"), BODY.format("a", "return 1")),
        (
            BODY.format("a", f"if x:\n        {STOP}\n        y = 1"),
            BODY.format("a", "if x:\n        y = 1"),
        ),
        (BODY.format("a", f"if x:\n        {STOP}\n    return 1"), ""),
        (BODY.format("a", f"return 1\n    {STOP}"), ""),
        (BODY.format("a", STOP), ""),
        (BODY.format("a", "raise NotImplementedError('mine')\n    return 1"), ""),
        (BODY.format(STOP, "return 1"), ""),
        (BODY.format("a", f"{STOP}\n    return ("), ""),
    ],
)
def test_only_the_stubs_own_raise_above_a_body_is_taken_out(source, mended):
    assert without_leftover_raise(source, BODY.format("a", STOP)) == (mended or source)


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("def f():\n    x = 1", "    return x", True),
        ("def f():\n    x = 1", "return x", False),
        ("x = 1", "    return x", False),
        ("def f():\n    x = 1", "    return (x", False),
        ("def f():\n    return 1", "y = 2", False),
    ],
)
def test_cells_are_joined_only_where_that_alone_makes_them_python(above, below, joined):
    said = Said()
    cells = mend_sources([Cell("code", above, "f"), Cell("code", below)], said)
    assert [cell.source for cell in cells] == ([f"{above}\n{below}"] if joined else [above, below])
    assert bool(said.doubts) == joined


@pytest.mark.parametrize("source", ["s = 'a\u00a0b'", "x = (\u00a0", "# <<<<<<<", "x = '\u200b'"])
def test_python_and_what_stays_none_is_not_mended(source):
    assert mend_sources([Cell("code", source)], Said())[0].source == source
