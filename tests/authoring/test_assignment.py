import re

import nbformat
import pytest

from unrolled.authoring.assignment import Assignment
from unrolled.checks import exercises

KEYS = {"schema_version", "grade", "solution", "locked", "task", "grade_id", "cell_type"}
PAGE = """\
# Title

```{setup}
```

```{exercise} softmax
A task.
```

```{exercise} cross_entropy
A task.
```

```{exercise} embedding_lookup
A task.
```

````{explain} reason
:title: a reason
:points: 2
Why?

```{model-answer}
Because.
```

```{rubric}
1 point for because.
```
````
"""


@pytest.fixture
def assignment():
    return Assignment("00-warm-up", exercises("00-warm-up"), "https://example.org/unrolled")


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def test_the_cells_their_order_and_their_ids(assignment):
    notebook = assignment.notebook(PAGE)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [
        "text-1",
        "install",
        "setup",
        *(f"{kind}{e.id}" for e in assignment.exercises for kind in ("task-", "", "check-")),
        "question-reason",
        "explain-reason",
    ]
    assert assignment.notebook(PAGE) == notebook


def test_an_exercise_names_points_difficulty_minutes_and_section(assignment):
    found = assignment.exercises[0]
    source = by_id(assignment.notebook(PAGE))["task-softmax"].source
    assert source.startswith("## Exercise 1: `softmax`")
    for fact in (
        f"{found.points} points",
        f"difficulty {found.difficulty} of 5",
        f"about {found.minutes} minutes",
        found.section.title,
        "../../book/00-warm-up/chapter.md",
        "`softmax(logits, dim=-1)`",
    ):
        assert fact in source
    assert source.endswith("A task.")


def test_nbgrader_metadata_is_complete_and_nothing_else(assignment):
    cells = by_id(assignment.notebook(PAGE))
    marked = {
        id: cell.metadata.nbgrader for id, cell in cells.items() if "nbgrader" in cell.metadata
    }
    for grade_id, metadata in marked.items():
        assert set(metadata) == KEYS | ({"points"} if metadata["grade"] else set())
        assert metadata["grade_id"] == grade_id
        assert re.fullmatch(r"[A-Za-z0-9_-]+", grade_id)
        assert metadata["schema_version"] == 3
        assert metadata["cell_type"] == cells[grade_id].cell_type

    def roles(grade_id):
        return tuple(marked[grade_id][role] for role in ("grade", "solution", "locked", "task"))

    assert roles("softmax") == (False, True, False, False)
    assert roles("check-softmax") == (True, False, True, False)
    assert roles("explain-reason") == (True, True, False, False)
    assert roles("question-reason") == (False, False, True, False)
    assert marked["check-softmax"]["points"] == assignment.exercises[0].points
    assert marked["explain-reason"]["points"] == 2


def test_the_package_is_installed_only_where_it_is_missing(assignment):
    source = by_id(assignment.notebook(PAGE))["install"].source
    guard, magic = source.splitlines()[-2:]
    assert guard == 'if importlib.util.find_spec("unrolled") is None:'
    assert magic == '    %pip install --quiet "unrolled @ git+https://example.org/unrolled"'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("```{setup}", "```{set-up}", r"line 3: unknown directive \{set-up\}; setup, exercise"),
        (":points: 2\n", "", r"line 18: \{explain\} lacks its option :points:"),
        ("softmax", "softmin", r"exercises \['softmin', .* are named, \['softmax', .* wanted"),
        ("{rubric}", "{rubrik}", r"line 18: \{explain\} holds .*'rubrik'.* one \{rubric\}"),
    ],
)
def test_a_page_that_cannot_be_used_says_where_and_why(assignment, old, new, message):
    with pytest.raises(ValueError, match=message):
        assignment.notebook(PAGE.replace(old, new))


def test_an_exercise_that_the_page_forgets_is_missed(assignment):
    with pytest.raises(ValueError, match="are wanted, in this order"):
        assignment.notebook(PAGE.replace("```{exercise} embedding_lookup\nA task.\n```", ""))


def test_a_bug_hunt_shows_known_mistakes_only():
    found = exercises("07-multi-head")
    assignment = Assignment("07-multi-head", found[-1:], "https://example.org/unrolled")
    page = "```{bug-hunt} repair_multi_head\n:as: Copied\n:mistakes: repair-scale\n```"
    cells = by_id(assignment.notebook(page))
    assert "math.sqrt(D)" in cells["found-repair_multi_head"].source
    assert "class Copied(nn.Module):" in cells["found-repair_multi_head"].source
    with pytest.raises(ValueError, match=r"line 1: \['repair-scales'\] are no mistakes of repair"):
        assignment.notebook(page.replace("repair-scale", "repair-scales"))
