"""What an answer stands on is read for what is to be written by hand, and nothing beside it."""

import pytest

from unrolled.checks.bans import banned
from unrolled.checks.capabilities import SOFTMAX
from unrolled.grading.asking.answers import stood_on
from unrolled.grading.asking.execution import CodeCell

OWN = "def softmax(x, dim=-1):\n    e = x.exp()\n    return e / e.sum(dim, keepdim=True)\n"
BESIDE = {
    "an assert": OWN + "assert torch.allclose(softmax(x), F.softmax(x, -1))",
    "a comparison": "x = torch.ones(3)\n" + OWN
    + "expected = F.softmax(x, -1)\ntorch.testing.assert_close(softmax(x), expected)",
    "printed": OWN + "with torch.no_grad():\n    print(softmax(x) - x.softmax(-1))",
    "a loop": OWN + "for n in range(3):\n    print(F.softmax(torch.ones(n), -1))",
    "a test": OWN + "def test_softmax():\n    assert softmax(1) == F.softmax(1)\ntest_softmax()",
    "under main": OWN + "if __name__ == '__main__':\n    print(nn.Softmax(-1)(x), softmax(x))",
    "an import that is not used": "from torch.nn.functional import softmax as sm, relu\n" + OWN
    + "print(sm(x, -1))",
}  # fmt: skip
BELOW = {
    "a helper": "def helper(x): return F.softmax(x, -1)\ndef softmax(x): return helper(x)",
    "a name": "sm = F.softmax\ndef softmax(x): return sm(x, -1)",
    "a name of a name": "G = F\nsm = G.softmax\ndef softmax(x): return sm(x, -1)",
    "an import": "from torch import softmax as sm\ndef softmax(x): return sm(x, -1)",
    "a star": "from torch.nn.functional import *\ndef softmax(x): return log_softmax(x, -1).exp()",
    "executed": "exec('sm = F.softmax')\n" + OWN,
    "put": "globals().update(sm=F.softmax)\ndef softmax(x): return sm(x, -1)",
    "put on a class": OWN + "softmax.__call__ = F.softmax",
    "a wrapper": "def by(f): return F.softmax\n@by\n" + OWN,
    "in a branch": "if True:\n    sm = F.softmax\n    def softmax(x): return sm(x, -1)",
    "the answer itself": "softmax = F.softmax",
    "a loop over functions": "for softmax in [F.softmax]: pass",
    "a global": "def once():\n    global sm\n    sm = F.softmax\nonce()\n"
    "def softmax(x): return sm(x, -1)",
}


def uses(*sources):
    cells = [CodeCell(str(number), source) for number, source in enumerate(sources)]
    return banned(stood_on(cells, "softmax"), (SOFTMAX,))


@pytest.mark.parametrize("source", BESIDE.values(), ids=BESIDE)
def test_a_comparison_in_the_answers_own_cell_is_honest(source):
    assert banned(source, (SOFTMAX,))
    assert not uses(source)
    assert not uses("%matplotlib inline\n" + source, "y = F.softmax(softmax(x), -1)")


@pytest.mark.parametrize("source", BELOW.values(), ids=BELOW)
def test_what_the_answer_stands_on_is_read(source):
    assert uses(source)
    assert uses("%matplotlib inline\n" + source)


def test_what_it_stands_on_is_read_in_other_cells():
    assert uses("sm = F.softmax\nassert sm", "def softmax(x):\n    return sm(x, -1)")


@pytest.mark.parametrize(
    "more",
    [
        "\n".join(f"a{n} = a{n + 1}" for n in range(9_000)),
        "x = " + "-".join(["y"] * 300) + ".a" * 300,
        "await softmax",
    ],
)
def test_where_it_is_hard_to_tell_all_is_read(more):
    """No hiding place comes of it; each statement of many could lead to another."""
    assert uses(f"sm = a0 = F.softmax\ndef softmax(x): return sm(a0)\n{more}")
