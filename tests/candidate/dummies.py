"""One dummy exercise for each kind of question: the learner's cell, the question, what is wanted.

They are asked here in one process and over a socket, and in tests/grading in the real sandbox.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from unrolled.candidate.handles import AnswerError, Candidate, Opaque
from unrolled.candidate.values import NO_GRADIENT, Iterated


@dataclass(frozen=True)
class Dummy:
    source: str
    ask: Callable[[Candidate], Any]
    wanted: Any


COUNTER = """
class answer:
    def __init__(self, start):
        self.count = start
    def add(self, other):
        self.count += other.count if hasattr(other, "count") else other
        return self
"""

LINEAR = """
import torch
from torch import nn
class answer(nn.Module):
    PARAM_MAP = {"w": {"cat": ["a", "b"], "dim": 0}}
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(2, 3))
        self.tied = self.w
        self.frozen = nn.Parameter(torch.zeros(1), requires_grad=False)
        self.register_buffer("steps", torch.tensor([7]))
    def forward(self, x):
        return x @ self.w.T
"""

ECHO = "def answer(value):\n    return value"

TREE = (
    1,
    2**70,
    -0.5,
    math.inf,
    [True, None, "text ünï"],
    {"a": (1, 2), 3: [4], None: b"bytes", (1, 2): "tuple key"},
    frozenset({1, 2}),
    3 + 4j,
    range(1, 9, 2),
    slice(None, 3),
    ...,
    torch.float64,
    torch.tensor([[1.5, 2.5]], dtype=torch.float64),
    torch.tensor([], dtype=torch.bool),
)


def _handles(c):
    one, two = c.answer(1), c.answer(10)
    return one.call("add", two).call("add", 100).attribute("count").value()


def _mutated(c):
    x = c.put(torch.zeros(3))
    c.answer(x)
    return x.value()


def _aliases(c):
    x = torch.arange(3.0)
    pair = c.answer([x, x])
    pair[0].call("add_", 1.0)
    return pair.value()


def _state(c):
    state = c.answer().state()
    return (
        {n: (p.shape, p.requires_grad, p.tied_to) for n, p in state.parameters.items()},
        state.parameters["w"].value,
        state.parameters["w"].grad,
        state.buffers,
        state.maps,
    )


def _load(c):
    layer = c.answer()
    layer.load({"w": torch.full((2, 3), 2.0), "steps": torch.tensor([8])})
    return layer(torch.ones(1, 3)).value(), layer.state().buffers["steps"]


def _vjp(c):
    layer = c.answer()
    x = c.put(torch.tensor([[1.0, 2.0, 3.0]]), requires_grad=True)
    out = layer(x)
    return c.vjp([out], [torch.tensor([[1.0, 10.0]])], [x, (layer, "w"), c.put(torch.ones(1))])


def _unused(c):
    x = c.put(torch.ones(2), requires_grad=True)
    return c.vjp([c.answer(x)], [torch.ones(2)], [x])


def _table(c):
    step = c.table(torch.eye(4), last=True)
    return c.answer(step, torch.tensor([[0, 2], [1, 3]])).value()


def _callback(c):
    double, callee = c.function(lambda x, plus=0: x * 2 + plus)
    out = c.answer(double, torch.ones(2)).value()
    return out, len(callee.calls), callee.calls[1][1]


def _seeded(c):
    one, two = c.answer(seed=5).value(), c.answer(seed=5).value()
    return [
        a.equal(b) if isinstance(a, torch.Tensor) else a == b for a, b in zip(one, two, strict=True)
    ]


def _restored(c):
    before = torch.get_rng_state()
    value = c.answer().value()
    kept = torch.equal(before, torch.get_rng_state())
    return value, sorted(c.changed), kept, c.environment()["default_dtype"]


def _printed(c):
    c.answer().value()
    return c.printed, c.warned


def _error(c):
    try:
        c.answer(1, key="x").value()
    except AnswerError as error:
        return error.type_name, error.message


def _after_error(c):
    _error(c)
    return c.answer(0).value()


DUMMIES = {
    "handles: construct, pass on, call methods": Dummy(COUNTER, _handles, 111),
    "values: every tag there and back": Dummy(ECHO, lambda c: c.answer(TREE).value(), TREE),
    "values: numpy": Dummy(
        "import numpy as np\ndef answer(n):\n"
        "    return np.arange(n, dtype=np.int16), np.float64(0.5)",
        lambda c: c.answer(3).value(),
        (np.arange(3, dtype=np.int16), 0.5),
    ),
    "values: iterators are capped": Dummy(
        "import itertools\ndef answer():\n    return itertools.count(), iter('ab')",
        lambda c: c.answer().value(),
        (Iterated(tuple(range(1000)), True), Iterated(("a", "b"), False)),
    ),
    "values: what has no plain form is named": Dummy(
        "class Thing: pass\ndef answer():\n    return Thing()",
        lambda c: c.answer().value(),
        Opaque("Thing"),
    ),
    "values: views, sparse and subclasses become plain tensors": Dummy(
        "import torch\nclass Mine(torch.Tensor): pass\ndef answer(x):\n"
        "    return x.T, x.to_sparse(), x.as_subclass(Mine), x.expand(2, 2, 2)",
        lambda c: c.answer(torch.eye(2)).value(),
        (torch.eye(2), torch.eye(2), torch.eye(2), torch.eye(2).expand(2, 2, 2)),
    ),
    "values: aliases stay one": Dummy(
        ECHO, _aliases, [torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 3.0])]
    ),
    "inputs come back: mutation shows": Dummy(
        "def answer(x):\n    x += 1", _mutated, torch.ones(3)
    ),
    "parameters, ties, buffers, map": Dummy(
        LINEAR,
        _state,
        (
            {
                "w": ((2, 3), True, "w"),
                "tied": ((2, 3), True, "w"),
                "frozen": ((1,), False, "frozen"),
            },
            torch.ones(2, 3),
            None,
            {"steps": torch.tensor([7])},
            {"": {"w": {"cat": ["a", "b"], "dim": 0}}},
        ),
    ),
    "parameters and buffers can be loaded": Dummy(
        LINEAR, _load, (torch.full((1, 2), 6.0), torch.tensor([8]))
    ),
    "vector-Jacobian products": Dummy(
        LINEAR.replace("x @ self.w.T", "x @ self.w.T + 0"),
        _vjp,
        [
            torch.full((1, 3), 11.0),
            torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]),
            NO_GRADIENT,
        ],
    ),
    "vector-Jacobian products: no path": Dummy(
        "def answer(x):\n    return x.detach()", _unused, [NO_GRADIENT]
    ),
    "callbacks: a table of tensors": Dummy(
        "def answer(step, ids):\n    return step(ids)", _table, torch.eye(4)[[2, 3]]
    ),
    "callbacks: counted reverse calls": Dummy(
        "def answer(double, x):\n    return double(double(x), plus=1)",
        _callback,
        (torch.full((2,), 5.0), 2, {"plus": 1}),
    ),
    "seeds: every source of randomness": Dummy(
        "import torch, random, numpy as np\ndef answer():\n"
        "    return torch.rand(2), random.random(), float(np.random.rand())",
        _seeded,
        [True, True, True],
    ),
    "state: reported and restored": Dummy(
        "import torch\ndef answer():\n    torch.manual_seed(1)\n"
        "    torch.set_default_dtype(torch.float64)\n    torch.set_grad_enabled(False)",
        _restored,
        (None, ["default dtype", "gradient mode", "random seed"], True, torch.float32),
    ),
    "stdout, stderr and warnings are caught": Dummy(
        "import sys, warnings\ndef answer():\n    print('out')\n    print('err', file=sys.stderr)\n"
        "    warnings.warn('careful')",
        _printed,
        ("out\nerr\n", ["careful"]),
    ),
    "errors have a type and a message": Dummy(
        "def answer(x, key):\n    raise KeyError('nothing here')",
        _error,
        ("KeyError", "'nothing here'"),
    ),
    "an error does not end the session": Dummy(
        "def answer(x, key=None):\n    return 1 // x if key else 'still here'",
        _after_error,
        "still here",
    ),
}  # fmt: skip
