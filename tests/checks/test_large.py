"""What is far too much: nothing is made of it here, and what is said of it is short."""

import tracemalloc

import pytest
import torch

from unrolled.candidate.handles import Candidate, LocalTransport, Parameter, State
from unrolled.candidate.host import Host
from unrolled.checks import examine
from unrolled.checks.ch01_words.words import told
from unrolled.checks.ch14_beyond.retrieval import _lines
from unrolled.checks.compare import Raised, mismatch
from unrolled.checks.transplant import Unfit, transplanted


def answer_of(value):
    return Candidate(LocalTransport(Host({"answer": lambda: value})), "answer").answer()


@pytest.mark.parametrize("dimensions", [9, 16, 17, 100_000])
def test_a_tensor_of_many_dimensions_has_a_short_report(dimensions):
    report = examine("softmax", lambda *args, **kwargs: torch.ones([1] * dimensions))
    assert report.points == 0
    assert len(report.text()) + len(report._repr_html_()) < 10_000
    assert f"a tensor of {dimensions:,} dimensions" in report.text()


def test_a_long_error_is_said_shortly():
    error = Raised("E" * 100, "m" * 2_000, "l" * 200)
    assert len(mismatch(torch.ones(1), error, torch.float32).how) < 1_000


def test_words_are_written_and_tensors_are_not():
    assert told(answer_of((["a", {"b": ("c",)}], None))) == "(['a', {'b': ('c',)}], None)"
    assert told(answer_of(torch.zeros([7] * 7))) == "a Tensor"
    assert told(answer_of([["a", torch.zeros([7] * 7)]])) == "a list"
    assert told(answer_of(iter([torch.zeros([7] * 7)]))) == "an Iterated"
    assert told(answer_of({1: torch.zeros(1).numpy()})) == "a dict"


def test_a_prompt_of_many_lines_becomes_no_long_table():
    assert len(_lines(answer_of("\n" * 100_000))["lines"]) <= 201


@pytest.mark.parametrize("form", ["cat", "sum"])
def test_a_map_cannot_blow_weights_up(form):
    wanted = {"w": torch.ones(1_000, 100)}
    shape = (100_000, 100) if form == "cat" else (1_000, 100)
    parameters = {f"p{n}": Parameter(shape, None, None, True, f"p{n}") for n in range(100)}
    maps = {"": {name: {form: ["w"] * 100} for name in parameters}}
    tracemalloc.start()
    with pytest.raises(Unfit, match="more than 4 times"):
        transplanted(wanted, State(parameters, {}, maps))
    assert tracemalloc.get_traced_memory()[1] < 2**24  # beside torch's own: one of them at a time
    tracemalloc.stop()
