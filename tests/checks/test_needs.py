"""What a notebook imports and gives, so that its answers run and nothing in it is one."""

import dataclasses

import pytest

from unrolled.checks import all_exercises, exercise, exercises
from unrolled.checks.needs import borrowed, import_lines, needs

CHAPTERS = list(dict.fromkeys(found.chapter for found in all_exercises()))

STARTS = ("def ", "class ")


def own(chapter):
    return frozenset(found.name for found in exercises(chapter))


def test_an_answer_borrows_what_learners_do_not_write_here():
    found = needs(exercise("MultiHeadAttention"), frozenset({"split_heads", "merge_heads"}))
    assert found.imports == {("unrolled.attention", "scaled_dot_product_attention")}
    assert found.given == ()


@pytest.mark.parametrize("found", all_exercises(), ids=lambda found: found.id)
def test_nothing_private_is_imported(found):
    assert not any(name.startswith("_") for _, name in needs(found, own(found.chapter)).imports)


def test_an_import_that_learners_are_to_find_missing_is_not_made():
    assert needs(exercise("repair_multi_head"), frozenset()).imports == frozenset()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_answer_of_the_assignment_is_imported_or_given(chapter):
    assert not {name for _, name in borrowed(exercises(chapter))} & own(chapter)
    for found in exercises(chapter):
        for source in needs(found, own(chapter)).given:
            assert not any(
                f"{kind} {n}(" in source for n in own(chapter) for kind in ("def", "class")
            )


@pytest.mark.parametrize("found", all_exercises(), ids=lambda found: found.id)
def test_an_answer_runs_on_what_it_needs(found):
    """Definitions alone: everything that a signature or a class body names is there."""
    namespace: dict = {"__name__": "__main__"}
    exec("import torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn", namespace)
    for helper in (*exercises(found.chapter)[: exercises(found.chapter).index(found)], found):
        wanted = needs(helper, own(found.chapter))
        exec("\n".join([*import_lines(wanted.imports), *wanted.given]), namespace)
        exec(f"from __future__ import annotations\n{helper.source}", namespace)
    assert callable(namespace[found.name])


def test_imports_are_written_in_order_and_the_library_last():
    pairs = {("unrolled.blocks", "LayerNorm"), ("math", ""), ("collections", "Counter"),
             ("unrolled.blocks", "FeedForward")}  # fmt: skip
    assert list(import_lines(pairs)) == [
        "import math", "from collections import Counter",
        "from unrolled.blocks import FeedForward, LayerNorm",
    ]  # fmt: skip


def test_a_private_helper_is_given_with_what_it_needs_and_a_public_name_is_imported():
    found = dataclasses.replace(
        exercise("softmax"), module="unrolled.recurrent.scaffold", name="add_weights"
    )
    assert needs(found, frozenset()).imports == {("unrolled.recurrent.scaffold", "KINDS")}
