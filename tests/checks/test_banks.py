"""The checker against the banks: what is right earns full points, what is wrong is named.

Each answer meets a seed of its own, so that one run of the tests sees many. Its mistakes are named
as those of a class are, with a seed that all answers to an exercise share: known mistakes run once
then. More seeds and draws are asked in ``benchmarks/checker.py``, which records what it sees.
"""

import functools

import pytest

from banks import EXERCISES, answers, load
from banks.edges import nearest
from unrolled.checks import examine, exercise

pytestmark = pytest.mark.sweep

DRAWS = 1
NAMED_FIRST = 0.9
RIGHT, WRONG = answers("right"), answers("wrong")
NUMBER = {answer: number for number, answer in enumerate(RIGHT + WRONG)}
SINGLE = [answer for answer in WRONG if len(answer.mistakes) == 1]
SEVERAL = [answer for answer in WRONG if len(answer.mistakes) > 1]
OUTSIDE = [answer for answer in WRONG if not answer.mistakes]


def seed_of(answer):
    """A seed of its own, so that a run covers many."""
    return NUMBER[answer] % 50


def naming_seed(exercise_id):
    """The seed that names the mistakes of all answers to an exercise."""
    return 50 + EXERCISES.index(exercise_id)


@functools.cache
def report(answer):
    seeds = {"seed": seed_of(answer), "shown": naming_seed(answer.exercise)}
    return examine(answer.exercise, load(answer), source=answer.source, **seeds)


def told(answer):
    names = ", ".join(report(answer).mistakes) or "no name"
    return f"{answer.id}, seeds {seed_of(answer)}, {naming_seed(answer.exercise)}: {names}"


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_a_right_answer_gets_full_points(answer):
    got = report(answer)
    failed = [probe.probe.name for probe in got.probes if not probe.passed]
    assert (got.points, failed, got.fix_first) == (got.max_points, [], "")


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_a_right_answer_is_far_from_the_edge_in_every_dtype_and_layout(answer):
    """Whatever the dtype and the layout in memory: a tenth of the tolerance is not used up."""
    for draw in range(DRAWS):
        edge = nearest(answer, draw)
        assert edge.share <= 0.1, edge.told


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.id)
def test_a_wrong_answer_does_not(answer):
    assert report(answer).points < report(answer).max_points


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_labels_of_the_bank_are_in_the_catalogue(exercise_id):
    known = {mistake.slug for mistake in exercise(exercise_id).mistakes}
    used = {m for answer in WRONG if answer.exercise == exercise_id for m in answer.mistakes}
    assert used - known == set()


def test_nine_of_ten_single_mistakes_are_named_first():
    misnamed = [told(a) for a in SINGLE if report(a).mistakes[:1] != a.mistakes]
    assert len(misnamed) <= (1 - NAMED_FIRST) * len(SINGLE), "\n".join(misnamed)


def test_of_several_mistakes_the_first_named_is_one():
    assert [told(a) for a in SEVERAL if not set(report(a).mistakes[:1]) <= set(a.mistakes)] == []


def test_three_quarters_of_the_answers_with_several_mistakes_get_all_named(record_property):
    complete = sum(set(report(a).mistakes) == set(a.mistakes) for a in SEVERAL)
    record_property("all mistakes named", f"{complete} of {len(SEVERAL)}")
    assert complete >= 0.75 * len(SEVERAL)


def test_what_is_outside_the_catalogue_gets_no_name():
    assert [told(answer) for answer in OUTSIDE if report(answer).mistakes] == []
