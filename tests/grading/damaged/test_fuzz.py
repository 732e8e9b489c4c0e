"""A thousand notebooks broken at random: read, fitted and valid, and nothing lost in silence.

``UNROLLED_FUZZ=100000`` breaks more of them.
"""

import copy
import json
import os
import random

import nbformat
import pytest

from grading.damaged.test_damaged import fitted, hand_in
from grading.damaged.whole import CHAPTER, written
from unrolled.grading.asking.execution import code_cells
from unrolled.grading.submissions.sources import defined_names

pytestmark = pytest.mark.sweep

TIMES = int(os.environ.get("UNROLLED_FUZZ", "1000"))
PARTS = 10
HUGE = "9" * 6000  # more digits than Python turns into a number
ODD = [
    None, True, 0, -1, 1e308, float("nan"), "", "\ud800", "\0", "cells", "code", "markdown", "raw",
    "heading", [], {}, [[]], {"": None}, [None], ["a\n", 3, None], HUGE, "a,b", CHAPTER,
    {"nbgrader": {"grade_id": "causal_mask"}}, {"grade_id": 7}, {"tags": ["a", "a", "b,c", "", 1]},
    {"cell_type": "code", "source": "def causal_mask(Tq):\n    return 1\n"}, ["demo", "setup"],
    "<<<<<<< a\nx = (\n=======\nx = 1\n>>>>>>> b\n", "    return 1", "%%bash\nls", "\u00a0x = 1",
    "raise NotImplementedError", '# %%\n"""\n', "x" * 300_000,
]  # fmt: skip


def places(tree):
    """Every container below a value with a key of its own in it, deepest last."""
    waiting, found = [tree], []
    for node in waiting:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        found += [(node, key) for key in keys]
        waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
    return found


def change(tree, draw):
    """Change one thing of a notebook's structure."""
    found = places(tree)
    if not found:
        return
    near = [(node, key) for node, key in found if not isinstance(node[key], str)]
    node, key = draw.choice(near if near and draw.random() < 0.7 else found)
    other, other_key = draw.choice(found)
    how = draw.randrange(8)
    if how == 0:
        del node[key]
    elif how == 1:
        node[key] = copy.deepcopy(other[other_key])
    elif how == 2:
        node[key], other[other_key] = copy.deepcopy(other[other_key]), copy.deepcopy(node[key])
    elif how == 3 and isinstance(node, list):
        node.insert(draw.randrange(len(node) + 1), copy.deepcopy(node[key]))
    elif how == 4 and isinstance(node[key], list):
        draw.shuffle(node[key])
    elif how == 5 and isinstance(node, dict):
        node[draw.choice(["source", "metadata", "cell_type", "id", "x"])] = node.pop(key)
    elif how == 6:
        deep = "HERE" if draw.random() < 0.2 else [[[[[{"a": [{}]}]]]]]
        node[key] = deep
    else:
        node[key] = copy.deepcopy(draw.choice(ODD))


def spoil(contents, draw):
    """Change some bytes of a file."""
    at, to = sorted(draw.randrange(len(contents) + 1) for _ in range(2))
    how = draw.randrange(7)
    if how == 0:
        return contents[:at]
    if how == 1:
        return contents[:at] + draw.randbytes(draw.randrange(1, 9)) + contents[at + 3 :]
    if how == 2:
        return contents[:at] + contents[min(to, at + 400) :]
    if how == 3:
        return contents[:to] + contents[at : at + 3000] + contents[to:]
    if how == 4:
        return contents.decode("utf-8", "replace").encode(
            draw.choice(["utf-16", "cp1252"]), "replace"
        )
    if how == 5:
        lines = contents.split(b"\n")
        for mark in (b">>>>>>> b", b"=======", b"<<<<<<< a"):
            lines.insert(min(len(lines), max(0, draw.randrange(40) - 10)), mark)
        return b"\n".join(lines)
    return contents.replace(
        *draw.choice([(b"},", b"}"), (b'"', b"'"), (b"]", b",]"), (b"\n", b"\r")])
    )


def broken(number):
    """The files of one broken submission."""
    draw = random.Random(number)
    notebook = written()
    if draw.random() < 0.1:
        notebook = nbformat.reads(json.dumps(notebook), as_version=3)
    for _ in range(draw.choice([1, 1, 2, 4, 8, 40])):
        change(notebook, draw)
    indent = draw.choice([None, 1, 1])
    contents = json.dumps(notebook, indent=indent, ensure_ascii=draw.random() < 0.2)
    deep = "[" * 50_000 + "]" * 50_000
    contents = contents.replace('"HERE"', deep).replace(f'"{HUGE}"', HUGE)
    contents = contents.encode("utf-8", "surrogatepass")
    for _ in range(draw.choice([0, 0, 1, 1, 3])):
        contents = spoil(contents, draw)
    return {f"{CHAPTER}{draw.choice(['.ipynb'] * 9 + ['.py'])}": contents}


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_broken_is_fitted_and_nothing_is_lost_in_silence(part, release, tmp_path):
    expected = sorted(g for g, c in release.graded.items() if c.metadata.nbgrader.grade)
    for number in range(part, TIMES, PARTS):
        folder = tmp_path / str(number)
        hand_in(folder, broken(number))
        submission, matched = fitted(folder, release)
        nbformat.validate(matched.notebook)
        nbformat.writes(matched.notebook).encode()
        roles = [cell.metadata.get("nbgrader", {}) for cell in matched.notebook.cells]
        ids = [role["grade_id"] for role in roles if role]
        assert len(ids) == len(set(ids)), number
        assert sorted(role["grade_id"] for role in roles if role.get("grade")) == expected, number
        names = set().union(*(defined_names(c.source) for c in code_cells(matched.notebook)))
        answers = {exercise.name for exercise in release.exercises}
        if submission.problem or not answers <= names:
            assert matched.doubts, number
