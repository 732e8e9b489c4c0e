"""The banks hold what they say: right answers are right, and each wrong one is wrong as named."""

from collections import Counter

import pytest

from banks import EXERCISES, answers, load
from banks.questions import ONLY_IN, Error, ask, same
from unrolled.checks import all_exercises, exercise

pytestmark = pytest.mark.sweep

RIGHT, WRONG = answers("right"), answers("wrong")
AT_LEAST = {
    "scaled_dot_product_attention": (6, 15),
    "SelfAttention": (6, 12),
    "MultiHeadAttention": (6, 14),
}


@pytest.fixture(scope="module")
def wanted():
    return {name: ask(name, exercise(name).reference) for name in EXERCISES}


def test_the_questions_of_the_banks_are_answered_by_the_reference(wanted):
    raised = {
        (name, label)
        for name, seen in wanted.items()
        for label, observation in seen.items()
        if isinstance(observation, Error)
    }
    assert raised <= {("MultiHeadAttention", "three heads of eight")}


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.id)
def test_a_right_answer_equals_the_reference(answer, wanted):
    seen = ask(answer.exercise, load(answer))
    assert differences(wanted[answer.exercise], seen) == []


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.id)
def test_a_wrong_answer_differs_where_its_mistake_says(answer, wanted):
    seen = ask(answer.exercise, load(answer))
    different = differences(wanted[answer.exercise], seen)
    assert different
    if len(answer.mistakes) == 1:
        words = ONLY_IN.get((answer.exercise, *answer.mistakes), ("",))
        assert [label for label in different if not any(word in label for word in words)] == []


@pytest.mark.parametrize("name", EXERCISES)
def test_the_banks_are_large_enough(name):
    right, wrong = AT_LEAST.get(name, (3, 3))
    single = [answer for answer in WRONG if len(answer.mistakes) == 1]
    assert sum(answer.exercise == name for answer in RIGHT) >= right
    assert sum(answer.exercise == name for answer in single) >= wrong


def test_there_are_answers_to_every_exercise():
    assert {found.id for found in all_exercises()} == set(EXERCISES)
    assert len(RIGHT) >= 200
    assert len(WRONG) >= 150


def test_no_two_answers_are_the_same_text():
    texts = Counter(answer.source for answer in RIGHT + WRONG)
    assert [text for text, count in texts.items() if count > 1] == []


def test_a_dozen_answers_hold_several_mistakes():
    assert sum(len(answer.mistakes) > 1 for answer in WRONG) >= 12


def differences(wanted, seen):
    return [label for label in wanted if not same(wanted[label], seen[label])]
