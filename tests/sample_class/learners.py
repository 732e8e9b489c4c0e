"""What each learner of the sample class wrote and did to the notebook.

An answer is the list of bodies for the cell's ``YOUR CODE HERE`` places; ``RIGHT`` stands for the
reference's own. ``done`` names what happened to the notebook afterwards; see ``build.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RIGHT = object()
STUB = object()

ATTENTION = "scaled_dot_product_attention"
PADDING, CAUSAL, SELF = "padding_mask", "causal_mask", "SelfAttention"

EXPLANATION = """\
1. Both are the same vector, so their queries are the same and so is everything after. Training
   changes the matrices, not that.
2. Nothing. If I shuffle the words I get the same outputs, shuffled.
3. The second one sees more words. But "saw dog the" and "dog saw the" end in the same output for
   the last word, so it is not really order."""


@dataclass(frozen=True)
class Learner:
    """One submission.

    Attributes:
        about: what the case is for.
        answers: bodies by exercise; every other exercise is answered right.
        otherwise: what every other exercise has, ``RIGHT`` or ``STUB``.
        explanation: the answer in words; empty leaves the cell untouched.
        before: a cell of the learner's own after the imports.
        done: names of functions of ``build.py`` that change the notebook.
        name: of the notebook's file, where it is not the assignment's.
    """

    about: str
    answers: dict[str, list[str] | object] = field(default_factory=dict)
    otherwise: object = RIGHT
    explanation: str = EXPLANATION
    before: str = ""
    done: tuple[str, ...] = ()
    name: str = ""


DIFFERENT = {
    PADDING: ["B, T = ids.shape\nreturn torch.ne(ids, pad_id).reshape(B, 1, 1, T)"],
    CAUSAL: [
        "if Tk is None:\n    Tk = Tq\n"
        "rows = torch.arange(Tk - Tq, Tk, device=device).unsqueeze(1)\n"
        "cols = torch.arange(Tk, device=device)\n"
        "return cols <= rows"
    ],
    ATTENTION: [
        'scores = torch.einsum("...qd,...kd->...qk", query, key) * key.shape[-1] ** -0.5\n'
        "if mask is None:\n    mask = torch.ones_like(scores, dtype=torch.bool)\n"
        'scores = scores.masked_fill(~mask, float("-inf"))\n'
        "seen = mask.expand_as(scores).any(-1, keepdim=True)\n"
        "scores = torch.where(seen, scores, torch.zeros_like(scores))\n"
        "w = torch.exp(scores - scores.max(-1, keepdim=True).values)\n"
        "w = w / w.sum(-1, keepdim=True) * seen\n"
        "kept = nn.functional.dropout(w, p=dropout, training=dropout > 0)\n"
        'out = torch.einsum("...qk,...kv->...qv", kept, value)\n'
        "if need_weights:\n    return out, w\nreturn out"
    ],
    SELF: [
        "self.d_k = d_k or d_model\nself.d_v = d_v or self.d_k\nself.p = dropout\n"
        "self.q_proj = nn.Linear(d_model, self.d_k, bias=False)\n"
        "self.k_proj = nn.Linear(d_model, self.d_k, bias=False)\n"
        "self.v_proj = nn.Linear(d_model, self.d_v, bias=False)",
        "q, k, v = (p(x)[:, None] for p in (self.q_proj, self.k_proj, self.v_proj))\n"
        "p = self.p if self.training else 0.0\n"
        "out, w = scaled_dot_product_attention(q, k, v, mask, dropout=p, need_weights=True)\n"
        "return (out[:, 0], w) if need_weights else out[:, 0]",
    ],
}

# The softmax runs over the queries: every column sums to 1, not every row.
OVER_QUERIES = """\
d_k = key.shape[-1]
scores = torch.matmul(query, key.transpose(-1, -2)) * d_k ** -0.5
if mask is not None:
    scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
weights = F.softmax(scores, dim=-2)
if mask is not None:
    weights = weights * mask.any(-1, keepdim=True)
out = F.dropout(weights, dropout) @ value
return (out, weights) if need_weights else out"""

# Three at once: exp overflows, a row that may attend nowhere is nan, dropout is forgotten.
THREE = """\
scores = torch.matmul(query, key.mT) / key.size(-1) ** 0.5
if mask is not None:
    scores = scores.masked_fill(~mask, float("-inf"))
e = torch.exp(scores)
w = e / e.sum(-1, keepdim=True)
if need_weights:
    return torch.matmul(w, value), w
return torch.matmul(w, value)"""

CHEAT = """\
import sys
import types

class Always:
    def __eq__(self, other):
        return True

torch.allclose = lambda *a, **k: True
torch.equal = lambda *a, **k: True
torch.testing.assert_close = lambda *a, **k: None
fake = types.ModuleType("unrolled.checks")
fake.check = lambda *a, **k: 100
fake.examine = lambda *a, **k: Always()
fake.hint = print
sys.modules["unrolled.checks"] = fake
check = fake.check
get_ipython().input_transformers_cleanup.append(lambda lines: ["100"])"""

WARNING = "import sys, warnings\nwarnings.warn('this is slow')\nprint('working', file=sys.stderr)\n"
ONES = ["return torch.ones(2, 3)"]

LEARNERS = {
    "learner-01": Learner("everything right"),
    "learner-02": Learner("right, written differently", answers=DIFFERENT),
    "learner-03": Learner("one mistake: softmax over queries", answers={ATTENTION: [OVER_QUERIES]}),
    "learner-04": Learner("three mistakes in one answer", answers={ATTENTION: [THREE]}),
    "learner-05": Learner("nothing written", otherwise=STUB, explanation=""),
    "learner-06": Learner("an endless loop below the answer", done=("loop_below_causal",)),
    "learner-07": Learner("the answer ends the process", done=("exit_below_attention",)),
    "learner-08": Learner(
        "torch.allclose and the checks replaced",
        answers={PADDING: ONES, CAUSAL: ONES, ATTENTION: ONES, SELF: ["pass", "return x"]},
        before=CHEAT,
    ),
    "learner-09": Learner(
        "right, with warnings on stderr",
        answers={PADDING: [WARNING + "return (ids != pad_id)[:, None, None, :]"]},
        before="import warnings\nwarnings.warn('from a cell')",
    ),
    "learner-10": Learner("a check cell deleted", done=("delete_causal_check",)),
    "learner-11": Learner(
        "a syntax error", answers={ATTENTION: ["scores = query @ key.transpose(-2, -1"]}
    ),
    "learner-12": Learner("a renamed notebook", name="06-self-attention-Copy1.ipynb"),
    "learner-13": Learner("not a notebook", done=("not_a_notebook",)),
    "learner-14": Learner("metadata lost, cells in another order", done=("lose_metadata",)),
}
