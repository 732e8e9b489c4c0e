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
    "a table of results": OWN + "results = {}\nresults['mine'] = softmax(x)\n"
    "results['torch'] = F.softmax(x, -1)\nresults.update(layer=nn.Softmax(-1)(x))",
    "a layer to compare with": OWN + "theirs = nn.Softmax(-1)\ntheirs.dim = -2\n"
    "setattr(theirs, 'training', False)\nvars(theirs.eval())['dim'] = 1",
    "in evaluation": OWN + "theirs = torch.compile(nn.Softmax(-1).eval())\nprint(theirs(x))",
    "a parameter set": OWN + "theirs = nn.MultiheadAttention(2, 1)\nwith torch.no_grad():\n"
    "    dict(theirs.named_parameters())['in_proj_bias'][:] = torch.softmax(x, -1)",
}  # fmt: skip
BELOW = {
    "a helper": "def helper(x): return F.softmax(x, -1)\ndef softmax(x): return helper(x)",
    "a name": "sm = F.softmax\ndef softmax(x): return sm(x, -1)",
    "a name of a name": "G = F\nsm = G.softmax\ndef softmax(x): return sm(x, -1)",
    "an import": "from torch import softmax as sm\ndef softmax(x): return sm(x, -1)",
    "a star": "from torch.nn.functional import *\ndef softmax(x): return log_softmax(x, -1).exp()",
    "executed": "exec('sm = F.softmax')\n" + OWN,
    "executed by builtins": "import builtins as b\nb.exec('sm = F.softmax')\n" + OWN,
    "put": "globals().update(sm=F.softmax)\ndef softmax(x): return sm(x, -1)",
    "put on a class": OWN + "softmax.__call__ = F.softmax",
    "put on a helper's class": "class H: pass\ndef softmax(x): return H().f(x)\nH.f = F.softmax",
    "put in a table": "d = {}\nd['f'] = F.softmax\ndef softmax(x): return d['f'](x)",
    "put in a deep table": "d = {}\nd.setdefault('a', {})['f'] = F.softmax\n"
    "def softmax(x): return d['a']['f'](x)",
    "put in a table by update": "d = {}\nd.update(f=F.softmax)\ndef softmax(x): return d['f'](x)",
    "put on a module": "import math as m\ntorch.relu = F.softmax\nm.f = F.softmax\n"
    "def softmax(x): return x.exp()",
    "set on a module": "setattr(nn, 'f', F.softmax)\n" + OWN,
    "set on a helper": "class H: pass\nsetattr(H, 'f', F.softmax)\ndef softmax(x): return H.f(x)",
    "put in the globals": "globals()['sm'] = F.softmax\ndef softmax(x): return sm(x, -1)",
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
