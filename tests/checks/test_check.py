"""``check`` where a learner slips: odd arguments, and an earlier answer that is wrong."""

import sys
import types

import pytest

from unrolled.attention import MultiHeadAttention, SelfAttention
from unrolled.checks import check, exercise
from unrolled.checks.exercise import mistaken

HELPER = "scaled_dot_product_attention"


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ("softmax", 'Leave out the quotation marks: check(softmax), not check("softmax").'),
        (MultiHeadAttention(4, 2), "Give the class itself, not a layer made from it"),
        (dict, "such as check(softmax), not dict. There are softmax,"),
        ([1], "such as check(softmax), not a list. There are softmax,"),
    ],
)
def test_what_is_no_answer_is_told_what_to_give_instead(odd, says, capsys):
    assert check(odd) == 0
    assert says in capsys.readouterr().out


@pytest.fixture
def notebook(monkeypatch):
    """A module as a notebook is: the learner's names, and the reference's SelfAttention in it."""
    module = types.ModuleType("a_notebook")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    source = "import torch\nfrom torch import Tensor, nn\n" + exercise("SelfAttention").source

    def holding(helper):
        setattr(module, HELPER, helper)
        exec(source, vars(module))
        return module.SelfAttention

    return holding


def test_a_wrong_helper_of_the_learners_own_is_named(notebook, capsys):
    found = exercise(HELPER)
    answer = notebook(mistaken(found, (found.mistake("no-scale"),)))
    assert check(answer) < 11
    said = capsys.readouterr().out
    assert f"Not right yet among your own: {HELPER}. If SelfAttention calls that" in said


def test_a_right_helper_is_not_blamed(notebook, capsys):
    answer = notebook(exercise(HELPER).reference)
    answer.forward = lambda self, x, mask=None, need_weights=False: x
    assert check(answer) < 11
    said = capsys.readouterr().out
    assert "Fix first: " in said
    assert "among your own" not in said
    assert check(SelfAttention) == 11
