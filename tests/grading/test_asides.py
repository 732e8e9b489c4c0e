"""Answers in words are found where learners put them, and no word of theirs is dropped."""

import copy
import logging
from dataclasses import replace

import pytest
from nbgrader.utils import compute_checksum, determine_grade

from grading.drawn import fitted
from grading.test_matching import as_cells, at, fit, ids, sources
from unrolled.grading.asking.execution import code_cells, demo_sources
from unrolled.grading.submissions.matching import Release
from unrolled.grading.submissions.reading import Cell
from unrolled.grading.submissions.words import UNSAID

EXPLAIN, QUESTION = "explain-same-word-twice", "question-same-word-twice"
CHECK = "check-causal_mask"
ANSWER = "Both are the same vector, so both get the same weights."
MORE = "A layer that is trained stays blind to order."
OWN = Cell("markdown", ANSWER)
BETWEEN = Cell("code", "print(1)")


@pytest.fixture
def cells(release):
    """The released notebook, its code written, the question in words left alone."""
    names = {exercise.id for exercise in release.exercises}
    return [
        Cell(c.kind, f"{c.grade_id} = 1", c.grade_id) if c.grade_id in names else c
        for c in as_cells(release.notebook)
    ]


def answer(matched, grade_id=EXPLAIN):
    return next(
        c for c in matched.notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )  # fmt: skip


def waits(matched, grade_id=EXPLAIN):
    """Whether nbgrader asks a person for a mark, instead of saying "No response."."""
    return determine_grade(answer(matched, grade_id), logging.getLogger())[0] is None


def put(cells, *own, below=0):
    """Insert cells so many places below the answer's, 0 for above it."""
    here = at(cells, EXPLAIN) + below
    cells[here:here] = own


def write(cells, grade_id, source, kind=""):
    here = at(cells, grade_id)
    cells[here] = replace(cells[here], source=source, kind=kind or cells[here].kind)


def add(cells, grade_id, line, where=None):
    """Type a line into a cell, at its end or before one of its lines."""
    lines = cells[at(cells, grade_id)].source.split("\n")
    lines.insert(len(lines) if where is None else where, line)
    write(cells, grade_id, "\n".join(lines))


def rewritten(cells, cell):
    """The answer's cell deleted, and another one made in its place."""
    cells[at(cells, EXPLAIN)] = cell


def commented(text):
    return f"# {text}"


TAKEN = {
    "below": lambda cells: put(cells, OWN, below=1),
    "above, below the question": lambda cells: put(cells, OWN),
    "below a cell that is empty": lambda cells: put(cells, Cell("code", ""), OWN, below=1),
    "raw": lambda cells: put(cells, Cell("raw", ANSWER), below=1),
    "a comment": lambda cells: put(cells, Cell("code", commented(ANSWER)), below=1),
    "a string": lambda cells: put(cells, Cell("code", f'"""{ANSWER}"""'), below=1),
    "code that is none": lambda cells: put(cells, Cell("code", ANSWER), below=1),
    "a cell magic": lambda cells: put(cells, Cell("code", f"%%markdown\n{ANSWER}"), below=1),
    "at the question's end": lambda cells: add(cells, QUESTION, ANSWER),
    "a cell magic in capitals": lambda cells: put(
        cells, Cell("code", f"%%HTML\n{ANSWER}"), below=1
    ),
    "a comment with an exclamation mark": lambda cells: put(
        cells, Cell("code", f"#! {ANSWER}"), below=1
    ),
    "a comment within a cell's margin": lambda cells: put(
        cells, Cell("code", f"    {commented(ANSWER)}"), below=1
    ),
    "a timed string": lambda cells: put(cells, Cell("code", f"%%time\n'''{ANSWER}'''"), below=1),
    "a file of its own": lambda cells: put(
        cells, Cell("code", f"%%writefile answer.md\n{ANSWER}"), below=1
    ),
    "in the question's midst": lambda cells: add(cells, QUESTION, ANSWER, 5),
    "a labelled copy above": lambda cells: put(cells, Cell("markdown", ANSWER, EXPLAIN)),
    "a labelled copy below": lambda cells: put(cells, Cell("raw", ANSWER, EXPLAIN), below=1),
    "turned into a comment": lambda cells: write(cells, EXPLAIN, commented(ANSWER), "code"),
    "turned into raw text": lambda cells: write(cells, EXPLAIN, ANSWER, "raw"),
    "rewritten": lambda cells: rewritten(cells, OWN),
    "rewritten as a comment": lambda cells: rewritten(cells, Cell("code", commented(ANSWER))),
    "beside what is commented out": lambda cells: put(
        cells, OWN, Cell("code", "# for x in range(3): print(x, causal_mask(x, x))"), below=1
    ),
}


@pytest.mark.parametrize("where", TAKEN)
def test_one_text_beside_an_untouched_cell_is_the_answer(where, release, cells):
    TAKEN[where](cells)
    matched = fit(release, cells)
    assert answer(matched).source == ANSWER
    assert waits(matched)
    assert matched.doubts == ()
    assert matched.notes or where in ("turned into raw text", "rewritten")
    assert sum(ANSWER in cell.source for cell in matched.notebook.cells) == 1
    assert sources(matched)[QUESTION] == release.graded[QUESTION].source


def elsewhere(start, line=ANSWER):
    """An answer typed into one of the released cells that have no role."""

    def typed(cells):
        here = next(n for n, c in enumerate(cells) if c.source.startswith(start))
        cells[here] = replace(cells[here], source=f"{cells[here].source}\n\n{line}")

    return typed


def nowhere(cells):
    """Question and answer deleted, and the words at the end."""
    del cells[at(cells, QUESTION) : at(cells, EXPLAIN) + 1]
    cells += [BETWEEN, OWN]


def far(cells):
    del cells[at(cells, EXPLAIN)]
    cells += [BETWEEN, OWN]


ASKED = {
    "two cells below": lambda cells: put(cells, OWN, Cell("markdown", MORE), below=1),
    "one above, one below": lambda cells: (
        put(cells, Cell("markdown", MORE), below=1), put(cells, OWN),
    ),
    "below another cell": lambda cells: put(cells, BETWEEN, OWN, below=1),
    "above the question": lambda cells: put(cells, OWN, below=-1),
    "at the start": lambda cells: cells.insert(0, OWN),
    "in a check cell's comment": lambda cells: add(cells, CHECK, commented(ANSWER)),
    "behind a check": lambda cells: write(cells, CHECK, f"check(causal_mask)  # {ANSWER}"),
    "in a check cell's string": lambda cells: add(cells, CHECK, f"'''{ANSWER}'''"),
    "in place of a check": lambda cells: write(cells, CHECK, ANSWER, "markdown"),
    "in an answer's cell": lambda cells: add(cells, "SelfAttention", commented(ANSWER)),
    "inside an answer": lambda cells: write(
        cells, "SelfAttention", f"class SelfAttention:\n    x = 1\n    # {ANSWER}"
    ),
    "below the imports": elsewhere("from __future__", commented(ANSWER)),
    "printed": lambda cells: put(cells, Cell("code", f"x = 1\nprint({ANSWER!r})"), below=1),
    "a variable": lambda cells: put(cells, Cell("code", f"answer = {ANSWER!r}"), below=1),
    "displayed": lambda cells: put(cells, Cell("code", f"display(Markdown({ANSWER!r}))"), below=1),
    "in a list": lambda cells: put(cells, Cell("code", f"x = {{'a': [{ANSWER!r}]}}"), below=1),
    "in pieces": lambda cells: put(
        cells, Cell("code", f"x = ({ANSWER[:20]!r} + {ANSWER[20:40]!r} + {ANSWER[40:]!r})"), below=1
    ),
    "in another magic": lambda cells: put(cells, Cell("code", f"%%svg\n{ANSWER}"), below=1),
    "echoed": lambda cells: put(cells, Cell("code", f"%%bash\necho {ANSWER}"), below=1),
    "echoed in a line": lambda cells: put(cells, Cell("code", f"x = 1\n!echo {ANSWER}"), below=1),
    "a docstring alone": lambda cells: put(
        cells, Cell("code", f"def explain():\n    {ANSWER!r}"), below=1
    ),
    "returned": lambda cells: put(
        cells, Cell("code", f"def explain():\n    x = 1\n    return {ANSWER!r}"), below=1
    ),
    "below a heading": elsewhere("## See it work"),
    "in a task": elsewhere("## Exercise 2"),
    "in the first cell": elsewhere("# 6"),
    "in a demonstration": elsewhere("import matplotlib", commented(ANSWER)),
    "the question rewritten": lambda cells: write(cells, QUESTION, f"Two words: {ANSWER}"),
    "in a line of the question": lambda cells: write(
        cells, QUESTION, cells[at(cells, QUESTION)].source.rstrip() + f" **{ANSWER}**"
    ),
    "its own cell deleted": far,
    "question and cell deleted": nowhere,
    "an answer turned into a comment": lambda cells: rewritten(
        cells, Cell("code", f"y = 2\n{commented(ANSWER)}", EXPLAIN)
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", ASKED)
def test_words_that_may_be_the_answer_are_for_a_person(where, release, cells):
    ASKED[where](cells)
    matched = fit(release, cells)
    assert waits(matched)
    assert ANSWER in answer(matched).source
    assert matched.doubts or where == "an answer turned into a comment"
    assert ids(matched).count(EXPLAIN) == 1
    assert {g: s for g, s in sources(matched).items() if g in (QUESTION, CHECK)} == {
        g: release.graded[g].source for g in (QUESTION, CHECK)
    }
    if where == "two cells below":
        assert MORE in answer(matched).source


@pytest.mark.parametrize(
    "source",
    ["print('No.')", "answer = 'no'", "my_answer_1: str = 'Not at all'", "print(f'No')",
     "display(Markdown('It is lost.'))", "explanation = {1: 'no', 2: 'yes'}", "answers = ('No')",
     "print('1.', 'هما نفس المتجه')\nprint()"],
)  # fmt: skip
def test_few_words_that_are_all_a_cell_says_are_for_a_person(source, release, cells):
    put(cells, Cell("code", source), below=1)
    matched = fit(release, cells)
    assert waits(matched)
    assert matched.doubts


@pytest.mark.parametrize("where", [*TAKEN, *ASKED])
def test_words_are_found_where_the_metadata_is_lost_too(where, release, cells):
    (TAKEN | ASKED)[where](cells)
    matched = fit(release, [replace(cell, grade_id="") for cell in cells])
    assert waits(matched)
    assert ANSWER in answer(matched).source


NOTHING = {
    "untouched": lambda cells: None,
    "emptied": lambda cells: write(cells, EXPLAIN, ""),
    "spaces below": lambda cells: write(cells, EXPLAIN, "*Your answer here.*\n\n   \n\u00a0"),
    "marks alone": lambda cells: write(cells, EXPLAIN, "... - — ***\n\n---"),
    "without its stars": lambda cells: write(cells, EXPLAIN, "Your answer here"),
    "an empty cell and a rule beside": lambda cells: put(
        cells, Cell("markdown", " \n"), Cell("raw", "---"), Cell("code", "# ----"), below=1
    ),
    "code beside": lambda cells: put(cells, Cell("code", "x = 1  # one\nx"), below=1),
    "code commented out beside": lambda cells: put(
        cells, Cell("code", "# x = 1\n# print(x)"), below=1
    ),
    "comments of a few words": lambda cells: add(cells, "SelfAttention", "# (B, T) -> two masks"),
    "a magic command": lambda cells: put(
        cells, Cell("code", "!pip install einops"), Cell("code", "%%bash\nls all the files")
    ),
    "a remark inside an answer": lambda cells: write(
        cells,
        "SelfAttention",
        "class SelfAttention:\n    # so that the rows add up to 1\n    x = 1",
    ),
    "what errors and docstrings say": lambda cells: write(
        cells,
        "SelfAttention",
        f"class SelfAttention:\n    {MORE!r}\n    assert x, {ANSWER!r}\n    raise E({ANSWER!r})",
    ),
    "where code was copied from": lambda cells: put(
        cells, Cell("code", "# https://example.org/some/page/about/these/things\nx = 1"), below=1
    ),
    "an address": lambda cells: put(
        cells, Cell("code", "url = 'https://example.org/some/page/about/things.txt'"), below=1
    ),
    "few words among code": lambda cells: put(
        cells,
        Cell("code", "device = 'cpu'"),
        Cell("code", "x = 1\nprint('x is', x)"),
        Cell("code", "print(f'{x:.2f}')"),
        Cell("code", "print(1, '---')"),
        Cell("code", "!pip install einops  # to have rearrange"),
        below=1,
    ),
    "a check looked into": lambda cells: add(cells, CHECK, "print(causal_mask)", 0),
    "a check copied": lambda cells: cells.append(Cell("code", "check(causal_mask)", CHECK)),
    "the stub twice": lambda cells: put(cells, Cell("markdown", "*Your answer here.*", EXPLAIN)),
    "the question twice": lambda cells: put(cells, cells[at(cells, QUESTION)]),
    "a task shortened": lambda cells: write(
        cells, QUESTION, cells[at(cells, QUESTION)].source[:60].rpartition("\n")[0]
    ),
}


@pytest.mark.parametrize("what", NOTHING)
def test_where_nothing_was_said_nobody_is_asked(what, release, cells):
    NOTHING[what](cells)
    matched = fit(release, cells)
    assert answer(matched).source == release.graded[EXPLAIN].source
    assert not waits(matched)
    assert matched.doubts == ()


def test_an_answer_is_not_looked_for_where_there_is_one(release, cells):
    write(cells, EXPLAIN, ANSWER)
    put(cells, Cell("markdown", MORE), below=1)
    matched = fit(release, cells)
    assert answer(matched).source == ANSWER
    assert matched.notes == matched.doubts == ()
    assert [c.source for c in matched.notebook.cells][-1] == MORE


@pytest.mark.parametrize("answer", [ANSWER, "*Your answer here.*"])
@pytest.mark.parametrize(
    ("grade_id", "typed"),
    [
        (QUESTION, MORE),
        (CHECK, "# " + MORE),
        (CHECK, "print('4 of 4 points')"),
        (CHECK, "def causal_mask():\n    return '```'"),
    ],
)
def test_what_was_typed_into_locked_text_stands_below_it_and_does_not_run(
    grade_id, typed, answer, release, cells
):
    write(cells, EXPLAIN, answer)
    add(cells, grade_id, typed)
    matched = fit(release, cells)
    plain = [c for c in matched.notebook.cells if "nbgrader" not in c.metadata]
    everything = "\n".join(cell.source for cell in matched.notebook.cells)
    assert sources(matched)[grade_id] == release.graded[grade_id].source
    if answer == ANSWER:
        below = matched.notebook.cells[ids(matched).index(grade_id) + 1]
        assert below in plain
        assert below.cell_type == "markdown"
        assert release.graded[grade_id].source.split("\n")[0] not in below.source
        assert sources(matched)[EXPLAIN] == ANSWER
    assert typed.removeprefix("# ").splitlines()[-1] in everything
    ran = code_cells(matched.notebook, demo_sources(release.notebook))
    assert not any("4 of 4" in cell.source or "```" in cell.source for cell in ran)
    assert "had been changed" in " ".join(matched.notes)
    assert any("defined" in doubt for doubt in matched.doubts) == typed.startswith("def")


def test_the_stub_is_that_of_the_configuration(release):
    assert release.graded[EXPLAIN].source == UNSAID


def test_html_in_words_that_are_moved_cannot_act(release, cells):
    put(cells, Cell("code", "# <script>alert(1)</script> is what I think"), below=1)
    add(cells, CHECK, "x = '<img src=x onerror=alert(2)>'")
    made = fit(release, cells).notebook.cells
    found = [c for c in made if "alert(" in c.source]
    assert len(found) == 2
    assert not any("<script" in c.source or "<img" in c.source for c in found)


# Two questions in words

OTHER, OTHER_QUESTION = "explain-order", "question-order"


@pytest.fixture
def two(release):
    """A release with a second question in words below the first."""
    notebook = copy.deepcopy(release.notebook)
    for grade_id, like, source in (
        (OTHER_QUESTION, QUESTION, "## Explain: order\n\nWhat is lost when words are shuffled?"),
        (OTHER, EXPLAIN, "*Your answer here.*"),
    ):
        cell = copy.deepcopy(release.graded[like])
        cell.id, cell.source, cell.metadata.nbgrader.grade_id = grade_id, source, grade_id
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
        notebook.cells.append(cell)
    return Release(notebook, release.exercises)


@pytest.mark.parametrize("heading", ["## Question 2", "**Order**", "Question 2: order", "2nd\n==="])
def test_two_answers_in_one_cell_are_for_a_person(heading, two, cells):
    cells += as_cells(two.notebook)[-2:]
    write(cells, EXPLAIN, f"{ANSWER}\n\n{heading}\n\n{MORE}")
    matched = fit(two, cells)
    assert waits(matched, OTHER)
    assert MORE in answer(matched, OTHER).source
    assert "order" in " ".join(matched.doubts)
    assert answer(matched).source.startswith(ANSWER)


def test_one_answer_of_two_is_one(two, cells):
    cells += as_cells(two.notebook)[-2:]
    write(cells, EXPLAIN, f"1. {ANSWER}\n2. {MORE}")
    matched = fit(two, cells)
    assert (waits(matched), waits(matched, OTHER)) == (True, False)
    assert matched.notes == matched.doubts == ()


def test_each_of_two_questions_has_the_text_beside_it(two, cells):
    cells += [OWN, *as_cells(two.notebook)[-2:], Cell("markdown", MORE)]
    matched = fit(two, cells)
    assert ANSWER in answer(matched).source
    assert MORE in answer(matched, OTHER).source
    assert waits(matched)
    assert waits(matched, OTHER)
    assert matched.doubts == ()


def test_the_labels_of_question_and_answer_exchanged(release, cells):
    question, mine = at(cells, QUESTION), at(cells, EXPLAIN)
    cells[question] = replace(cells[question], grade_id=EXPLAIN)
    cells[mine] = Cell("markdown", ANSWER, QUESTION)
    matched = fit(release, cells)
    assert waits(matched)
    assert ANSWER in answer(matched).source
    assert matched.doubts


def test_released_text_below_a_question_is_no_answer(release, cells):
    del cells[at(cells, EXPLAIN)]
    text = next(c for c in cells if c.source.startswith("## See it work"))
    matched = fit(release, [*cells, text])
    assert answer(matched).source == release.graded[EXPLAIN].source
    assert not waits(matched)


# Words in other files


@pytest.mark.parametrize(
    "name", ["answers.md", "explain.txt", "README.md", "notes.RST", "a.tex", "essay.html", "b/a.md"]
)
def test_words_in_a_file_beside_the_notebook_are_for_a_person(name, course, submit, release):
    folder = submit("learner-01", release.notebook).parent
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(ANSWER)
    matched = fitted(course, release)
    assert waits(matched)
    assert ANSWER in answer(matched).source
    assert name in answer(matched).source
    assert matched.doubts


@pytest.mark.parametrize("name", ["answer.pdf", "answer.docx", "photo.JPG", "scan.png", "x.odt"])
def test_what_cannot_be_read_beside_the_notebook_is_named(name, course, submit, release):
    (submit("learner-01", release.notebook).parent / name).write_bytes(b"\x89PNG\0\0")
    matched = fitted(course, release)
    assert waits(matched)
    assert name in answer(matched).source
    assert matched.doubts


@pytest.mark.parametrize("kind", ["markdown", "raw", "code"])
def test_words_in_another_notebook_are_for_a_person(kind, course, submit, release):
    submit("learner-01", release.notebook)
    other = copy.deepcopy(release.notebook)
    other.cells.append(copy.deepcopy(other.cells[0]))
    other.cells[-1] |= {"source": commented(ANSWER) if kind == "code" else ANSWER, "id": "own"}
    other.cells[-1].cell_type = kind
    if kind == "code":
        other.cells[-1] |= {"outputs": [], "execution_count": None}
    submit("learner-01", other, "copy.ipynb")
    matched = fitted(course, release)
    assert waits(matched)
    assert ANSWER in answer(matched).source
    assert matched.doubts


@pytest.mark.parametrize(
    ("name", "contents"),
    [("timestamp.txt", "2026-03-02 22:10 UTC"), ("requirements.txt", "einops and three more"),
     ("empty.md", " \n"), ("._answers.md", ANSWER), ("data.csv", ANSWER),
     (".ipynb_checkpoints/answers.md", ANSWER)],
)  # fmt: skip
def test_other_files_are_no_words(name, contents, course, submit, release):
    folder = submit("learner-01", release.notebook).parent
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(contents)
    matched = fitted(course, release)
    assert not waits(matched)
    assert matched.doubts == ()


def test_files_are_not_looked_into_where_there_is_an_answer(course, submit, release):
    written = copy.deepcopy(release.notebook)
    [cell] = [c for c in written.cells if c.source == UNSAID]
    cell.source = ANSWER
    (submit("learner-01", written).parent / "notes.md").write_text(MORE)
    matched = fitted(course, release)
    assert answer(matched).source == ANSWER
    assert matched.doubts == ()
    assert len(matched.notebook.cells) == len(release.notebook.cells)
