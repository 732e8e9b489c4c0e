"""What lies in the worker's own package: enough for a notebook, and no answer."""

import ast

import pytest

from unrolled.checks import all_exercises, exercises
from unrolled.grading.sandbox.worker_package import (
    build_worker_package,
    helper_source,
    worker_files,
)

CHAPTERS = list(dict.fromkeys(exercise.chapter for exercise in all_exercises()))


# Said in the same words by layers that a notebook imports, and no answer by itself.
GIVEN = {
    "for layer in self.layers:\n    x = layer(x, mask)",  # TransformerEncoder, from chapter 10 on
    "k = self._rope(k, positions, self.base)",  # RotaryMultiHeadAttention, likewise
    "self.base = base",
}


def body_lines(source):
    """The lines of a reference's bodies that say something: not a bare return or a signature."""
    bodies = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    lines = {
        ast.unparse(statement)
        for body in bodies
        for statement in body.body
        if not isinstance(statement, ast.If | ast.FunctionDef)
    }
    return {line for line in lines if len(line) > 15 and line != "super().__init__()"}


def normal_lines(files):
    """Every statement of the package, written the same way."""
    return {
        ast.unparse(node)
        for text in files.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt) and not isinstance(node, ast.If | ast.FunctionDef)
    }


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_answer_of_this_or_a_later_chapter_is_in_it(chapter):
    there = normal_lines(worker_files(chapter))
    now = CHAPTERS.index(chapter)
    # A line that an earlier chapter's answer has too is no secret any more.
    known = {line for c in CHAPTERS[:now] for e in exercises(c) for line in body_lines(e.source)}
    known |= GIVEN
    for later in CHAPTERS[now:]:
        for exercise in exercises(later):
            own = body_lines(exercise.source) - known
            assert own, exercise.id
            assert not own & there, exercise.id


def test_the_search_finds_an_answer_that_is_there():
    files = worker_files("06-self-attention") | {"x.py": exercises("06-self-attention")[1].source}
    assert body_lines(exercises("06-self-attention")[1].source) & normal_lines(files)


def test_it_is_built_once(tmp_path):
    first = build_worker_package("06-self-attention", tmp_path)
    assert build_worker_package("06-self-attention", tmp_path) == first
    assert build_worker_package("07-multi-head", tmp_path) != first


@pytest.mark.parametrize("exercise", [e for e in all_exercises() if e.uses], ids=lambda e: e.id)
def test_helpers_can_be_given(exercise):
    helpers = [e for e in all_exercises() if e.id in exercise.uses]
    namespace = {"__name__": "__main__"}
    exec(helper_source(helpers), namespace)
    for helper in helpers:
        assert callable(namespace[helper.name])
    assert exercise.name not in namespace
