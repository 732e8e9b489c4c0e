"""The checker against the banks: what is right earns full points, what is wrong is named.

Each answer meets a seed of its own, so that one run of the tests sees many. With
``UNROLLED_EVERY_SEED=1``, as in ``make bench``, every answer meets seeds 0 to 49.
"""

import functools
import os
from dataclasses import replace

import pytest
import torch

from banks import EXERCISES, answers, load
from unrolled.candidate.handles import Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.checks import examine, exercise
from unrolled.checks.compare import TOLERANCE, distance
from unrolled.checks.probing import ask

SEEDS = 50 if os.environ.get("UNROLLED_EVERY_SEED") else 1
DRAWS = 200 if os.environ.get("UNROLLED_EVERY_SEED") else 3
NAMED_FIRST = 0.9
RIGHT, WRONG = answers("right"), answers("wrong")
SINGLE = [answer for answer in WRONG if len(answer.mistakes) == 1]
SEVERAL = [answer for answer in WRONG if len(answer.mistakes) > 1]
OUTSIDE = [answer for answer in WRONG if not answer.mistakes]


def seeds(answer, at_least=SEEDS):
    """Seeds for an answer: its own first one, so that a run covers many, and those after it."""
    start = (RIGHT + WRONG).index(answer) % 50
    return [(start + step) % 50 for step in range(max(SEEDS, at_least))]


@functools.cache
def report(answer, seed):
    return examine(answer.exercise, load(answer), seed=seed, source=answer.source)


def misnamed(bank):
    return [
        f"{answer.id}, seed {seed}: {', '.join(report(answer, seed).mistakes) or 'no name'}"
        for answer in bank
        for seed in seeds(answer)
        if report(answer, seed).mistakes[:1] != answer.mistakes
    ]


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_a_right_answer_gets_full_points(answer):
    for seed in seeds(answer, at_least=2):
        got = report(answer, seed)
        failed = [probe.probe.name for probe in got.probes if not probe.passed]
        assert (got.points, failed, got.fix_first) == (got.max_points, [], ""), f"seed {seed}"


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_a_right_answer_is_far_from_the_edge_in_every_dtype_and_layout(answer):
    """Whatever the dtype and the layout in memory: a tenth of the tolerance is not used up."""
    found = exercise(answer.exercise)
    for draw in range(DRAWS):
        transport = LocalTransport(Host({found.name: load(answer)}))
        candidate = Candidate(transport, found.name, strided=draw % 4 >= 2)
        for probe in found.probes:
            dtype = torch.float64 if draw % 2 else probe.dtype
            result = ask(found, replace(probe, dtype=dtype), candidate, draw)
            told = f"draw {draw}, {probe.name}: {result.difference}"
            assert result.passed, told
            error = distance(result.wanted, result.observed, dtypes=False)
            assert error <= TOLERANCE[dtype] / 10, f"{told} {error}"


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.id)
def test_a_wrong_answer_does_not(answer):
    for seed in seeds(answer):
        assert report(answer, seed).points < report(answer, seed).max_points, f"seed {seed}"


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_labels_of_the_bank_are_in_the_catalogue(exercise_id):
    known = {mistake.slug for mistake in exercise(exercise_id).mistakes}
    used = {m for answer in WRONG if answer.exercise == exercise_id for m in answer.mistakes}
    assert used - known == set()


def test_nine_of_ten_single_mistakes_are_named_first():
    asked = sum(len(seeds(answer)) for answer in SINGLE)
    wrong_names = misnamed(SINGLE)
    assert len(wrong_names) <= (1 - NAMED_FIRST) * asked, "\n".join(wrong_names)


def test_of_several_mistakes_the_first_named_is_one():
    asked = [(answer, seed) for answer in SEVERAL for seed in seeds(answer)]
    other = [
        f"{answer.id}, seed {seed}: {report(answer, seed).mistakes[0]}"
        for answer, seed in asked
        if report(answer, seed).mistakes and report(answer, seed).mistakes[0] not in answer.mistakes
    ]
    assert other == []


def test_three_quarters_of_the_answers_with_several_mistakes_get_all_named(record_property):
    asked = [(answer, seed) for answer in SEVERAL for seed in seeds(answer)]
    complete = sum(set(report(a, seed).mistakes) == set(a.mistakes) for a, seed in asked)
    record_property("all mistakes named", f"{complete} of {len(asked)}")
    assert complete >= 0.75 * len(asked)


def test_what_is_outside_the_catalogue_gets_no_name():
    named = [
        f"{answer.id}, seed {seed}: {', '.join(report(answer, seed).mistakes)}"
        for answer in OUTSIDE
        for seed in seeds(answer)
        if report(answer, seed).mistakes
    ]
    assert named == []
