"""Whatever an answer returns or sends: a report and no points for it, never an error of ours."""

import itertools
import os
import random
import sys
import threading
import time
import warnings

import pytest
import torch

from unrolled.candidate.handles import AnswerDied, Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.checks import check, examine, exercise
from unrolled.checks.registry import all_exercises

pytestmark = pytest.mark.sweep

# Hostile ones, returned to all exercises together; `make bench` returns 10,000.
VALUES = int(os.environ.get("UNROLLED_HOSTILE_VALUES", "500"))
DTYPES = (torch.complex64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool,
          torch.float8_e4m3fn, torch.float64, torch.float32)  # fmt: skip
SCALARS = ("", "x" * 50_000, "\ud800", "\x1b[2J<script>", None, True, 0, -1, 10**400, 1e308,
           float("nan"), float("inf"), b"\xff", 1j, ..., range(10**9), slice(None),
           torch.float32, torch.device("cpu"))  # fmt: skip
TREES = ({"tensor": 0}, {"tensor": 10**30}, {"ref": 0}, {"float": "inf"}, {"opaque": "x" * 9_999},
         {"dict": [["out", 1]]}, {"dict": 3}, {"set": [[1]]}, {"iterator": [], "more": 1},
         {"device_of": "nonsense"}, {"dtype": "float3"}, {"array": 0}, {"int": "9" * 5_000},
         {"range": [0, 10**18, 1]}, {}, {"dict": [["out", {"tensor": 0}], ["other", 1]]}, {"": 0},
         [], [[]] * 50, "text", 7, None, 1e999)  # fmt: skip


LOUD = {"type": "x" * 10**6, "message": "<b>\x1b[2J" * 10**5, "line": "y" * 10**6}


def hostile(rng, depth=0):
    """Some value that no exercise asks for."""
    sort = rng.randrange(5 if depth < 3 else 2)
    if sort == 0:
        return rng.choice(SCALARS)
    if sort == 1:
        shape = [rng.randrange(4) for _ in range(rng.randrange(5))]
        made = torch.full(shape, rng.choice([0.0, 1.0, 7.0])).to(rng.choice(DTYPES))
        return made.numpy() if made.dtype == torch.int64 and rng.random() < 0.3 else made
    parts = [hostile(rng, depth + 1) for _ in range(rng.randrange(4))]
    if sort == 2:
        return dict(zip(("out", "weights", 3, None), parts, strict=False))
    return parts if sort == 3 else tuple(parts)


def forged(rng, depth=0):
    """Some JSON in place of a value."""
    if depth > 2 or rng.random() < 0.6:
        return rng.choice(TREES)
    parts = [forged(rng, depth + 1) for _ in range(rng.randrange(4))]
    keys = ("parameters", "buffers", "maps", "shape")
    pairs = [[key, part] for key, part in zip(keys, parts, strict=False)]
    return rng.choice([parts, {"tuple": parts}, {"dict": pairs}])


class Forger(LocalTransport):
    """A worker that replies with anything, now and then as if its host were honest."""

    def __init__(self, exercise, rng):
        super().__init__(Host({exercise.name: lambda *args, **kwargs: hostile(rng)}))
        self.rng = rng

    def request(self, message, tensors, callback):
        if self.rng.random() < 0.3:
            return super().request(message, tensors, callback)
        fields = {"values": [forged(self.rng)], "error": None, "printed": "", "warned": [],
                  "changed": []}  # fmt: skip
        if self.rng.random() < 0.3:
            fields[self.rng.choice(list(fields))] = forged(self.rng)
        elif self.rng.random() < 0.2:
            fields |= {"error": LOUD, "warned": ["w" * 10**6] * 9, "changed": ["c" * 10**6]}
        return fields, [torch.ones(2, 2, dtype=self.rng.choice(DTYPES))] * self.rng.randrange(3)


@pytest.mark.parametrize("asked", all_exercises(), ids=lambda e: e.id)
def test_hostile_values_earn_nothing_and_break_nothing(asked):
    rng = random.Random(asked.id)
    returned = []

    def answer(*args, **kwargs):
        returned.append(hostile(rng))
        return returned[-1]

    for seed in itertools.count():
        report = examine(asked.id, answer, seed)
        assert report.points == 0
        assert len(report.text()) + len(report._repr_html_()) < 100_000
        if len(returned) >= VALUES / len(all_exercises()):
            return


@pytest.mark.parametrize("asked", all_exercises(), ids=lambda e: e.id)
def test_forged_replies_earn_nothing_and_break_nothing(asked):
    rng = random.Random(asked.id)
    for seed in range(VALUES // 500):
        try:
            report = examine(asked.id, Candidate(Forger(asked, rng), asked.name), seed)
        except AnswerDied:
            continue
        assert report.points == 0
        assert len(report.text()) + len(report._repr_html_()) < 100_000


class Facts(LocalTransport):
    """A worker that turns every fact it is sent about itself into the fact that is wanted."""

    def request(self, message, tensors, callback):
        reply, tensors = super().request(message, tensors, callback)
        wanted = {"the weights are as without dropout": False}
        for pairs in (tree["dict"] for tree in reply["values"] if "dict" in tree):
            pairs[:] = [[k, wanted.get(k, True) if v in (True, False) else v] for k, v in pairs]
        return reply, tensors


class Trusting(Candidate):
    """The defence off: what the asking side found out is sent to the answer and back."""

    def resolved(self, tree):
        return self.ask("value", target=tree)


@pytest.mark.parametrize(("kind", "gained"), [(Candidate, 0), (Trusting, 1)])
def test_an_answer_cannot_change_what_was_found_out_about_it(kind, gained):
    found = exercise("scaled_dot_product_attention")

    def answer(query, key, value, mask=None, dropout=0.0, need_weights=False):
        return found.reference(query, key, value, mask, 0.0, need_weights)

    honest = examine(found.id, answer).points
    forger = kind(Facts(Host({found.name: answer})), found.name)
    assert honest == found.points - 1
    assert examine(found.id, forger).points == honest + gained


class Raises(BaseException):
    def __str__(self):
        raise ValueError("no message")


def closes_stdout(*args, **kwargs):
    sys.stdout.close()


def raises_what_is_no_exception(*args, **kwargs):
    raise Raises


def ends_like_a_generator(*args, **kwargs):
    raise GeneratorExit


def returns_itself(*args, **kwargs):
    found = []
    found.append(found)
    return found


def never_ends(*args, **kwargs):
    return itertools.count()


def changes_everything(*args, **kwargs):
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    for arg in args:
        if isinstance(arg, torch.Tensor):
            arg.zero_()


def makes_a_module(*args, **kwargs):
    return torch.nn.Linear(2, 2)


def seeds_everything(query, *args, **kwargs):
    torch.manual_seed(7)
    return query


def makes_a_generator(*args, **kwargs):
    yield from args


def prints_and_warns(*args, **kwargs):
    print("x" * 10**6)
    warnings.warn("y" * 10**6, stacklevel=1)


def ends_the_program(*args, **kwargs):
    sys.exit(0)


HABITS = [
    seeds_everything, makes_a_generator, prints_and_warns, ends_the_program, closes_stdout,
    raises_what_is_no_exception, ends_like_a_generator, returns_itself, never_ends,
    changes_everything, makes_a_module,
]  # fmt: skip


@pytest.mark.parametrize("habit", HABITS, ids=lambda h: h.__name__)
def test_check_survives_an_answer(habit, capsys):
    habit.__name__, name = "scaled_dot_product_attention", habit.__name__
    torch.manual_seed(3)
    generator = torch.get_rng_state()
    try:
        assert check(habit) == 0
    finally:
        habit.__name__ = name
    assert torch.equal(torch.get_rng_state(), generator)
    assert torch.get_default_dtype() == torch.float32
    assert torch.zeros(1).device.type == "cpu"
    said = capsys.readouterr()
    assert said.err == ""
    assert "of 11 points" in said.out


def loops(logits, dim=-1):
    while True:
        pass


def sleeps(logits, dim=-1):
    time.sleep(600)


def loops_and_catches(logits, dim=-1):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


@pytest.mark.parametrize("answer", [loops, sleeps, loops_and_catches], ids=lambda f: f.__name__)
def test_an_answer_that_does_not_end_is_stopped(answer):
    report = limited(answer)
    assert report.points == 0
    assert "your code does not end: it was stopped after 0.2 seconds" in report.fix_first


@pytest.mark.parametrize("answer", [loops, loops_and_catches], ids=lambda f: f.__name__)
def test_also_outside_the_main_thread(answer):
    reports = []
    thread = threading.Thread(target=lambda: reports.append(limited(answer)))
    thread.start()
    thread.join(60)
    assert "your code does not end" in reports[0].fix_first


def limited(answer):
    host = Host({"softmax": answer})
    return examine("softmax", Candidate(LocalTransport(host, seconds=0.2), "softmax"))


def test_a_seed_that_an_answer_sets_is_told():
    def softmax(logits, dim=-1):
        torch.manual_seed(0)
        return torch.softmax(logits, dim)

    report = examine("softmax", softmax)
    assert report.passed
    assert "Your code changes torch's random seed." in report.notes
