"""Chapter 7 goes on with chapter 6's sentence: one set of matrices, one order of columns."""

import ast

import pytest
import torch

from .conftest import ROOT
from .form_source import Page


def assigned(chapter, *names):
    """What the cells of a page assign to some names, each computed from plain numbers alone."""
    found = {"torch": torch}
    for cell in Page.read(ROOT / f"book/{chapter}/chapter.md").cells:
        for node in cell.tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(target, ast.Name) and target.id in set(names) - set(found):
                exec(compile(ast.Module([node], []), chapter, "exec"), found)
    return [found[name] for name in names]


SIX = assigned("06-self-attention", "words", "X", "W_Q", "W_K", "W_V")
SEVEN = assigned("07-multi-head", "words", "X", "W_Q", "W_K", "values")


def test_both_chapters_have_the_same_sentence():
    assert SIX[0] == SEVEN[0]


@pytest.mark.parametrize("number", range(1, 5), ids=["X", "W_Q", "W_K", "W_V"])
def test_both_chapters_have_the_same_matrix(number):
    assert torch.equal(SIX[number], SEVEN[number])


def test_it_is_a_tie():
    words, X, W_Q, W_K, _ = SEVEN
    hid, dog, bone = map(words.index, ("hid", "dog", "bone"))
    scores = X[hid] @ W_Q @ W_K.T @ X.T  # (T,)
    assert scores[dog] == scores[bone] == scores.max()
    assert (scores == scores.max()).sum() == 2
