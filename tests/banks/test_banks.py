"""The banks hold what they say: right answers are right, and each wrong one is wrong as named."""

from collections import Counter

import pytest

import unrolled.attention
import unrolled.basics
from banks import EXERCISES, NAMES, answers, load
from banks.questions import ask, same

RIGHT, WRONG = answers("right"), answers("wrong")
AT_LEAST = {
    "scaled_dot_product_attention": (6, 15),
    "SelfAttention": (6, 12),
    "MultiHeadAttention": (6, 14),
}
# Where an answer with this one mistake may differ from the reference: in questions whose label has
# the word. Everywhere else it must be right.
ONLY_IN = {
    "softmax-no-shift": "large",
    "ce-log-of-softmax": "large",
    "embed-detached": "gradient",
    "pad-zero-only": "another pad_id",
    "causal-top-left": ("chunk", "one"),
    "mask-ignored": "mask",
    "mask-inverted": "mask",
    "mask-multiplied": "mask",
    "mask-tiny-fill": "mask",
    "mask-minus-one": "mask",
    "mask-after-softmax": "mask",
    "mask-transposed": "mask",
    "nan-rows": "nowhere",
    "uniform-rows": "nowhere",
    "logits-returned": ("weights", "nowhere", "dropout"),
    "dropout-missing": "dropout",
    "dropout-on-scores": "dropout",
    "weights-after-dropout": "dropout",
    "softmax-overflow": "large",
    "weights-detached": "gradient",
    "self-mask-not-passed": "mask",
    "self-dropout-in-eval": "dropout",
    "self-dropout-missing": "dropout",
    "self-input-detached": "gradient",
    "self-weights-not-returned": ("weights", "nowhere", "dropout"),
    "keys-from-query": "cross",
    "queries-from-memory": "cross",
    "value-from-query": "cross",
    "padding-on-query-rows": "mask, padding",
    "mask-not-passed": "mask",
    "weights-averaged": "weights",
    "mha-bias-ignored": "without bias",
    "mha-dropout-in-eval": "dropout",
    "ce-batch-mean-only": ("sentences", "large", "gradient"),
    "ce-detached": "gradient",
    "softmax-last-axis-only": "axis",
    "weights-not-returned": ("weights", "nowhere", "dropout"),
    "mask-added": "mask",
    "dropout-on-output": "dropout",
    "split-detached": "gradient",
    "merge-detached": "gradient",
    "self-mask-inverted": "mask",
    "self-mask-after-softmax": "mask",
    "self-nan-rows": "nowhere",
    "self-uniform-rows": "nowhere",
    "self-d_v-from-d_model": "d_k alone",
    "mha-mask-inverted": "mask",
    "mha-mask-after-softmax": "mask",
    "mha-nan-rows": "nowhere",
    "mha-uniform-rows": "nowhere",
    "mha-weights-not-returned": ("weights", "dropout"),
    "mha-dropout-missing": "dropout",
    "mha-dropout-on-output": "dropout",
    "mha-not-refused": "three heads of eight",
    "value-from-key": "cross, three",
    "repair-mask-zero": "mask",
    "repair-mask": "mask",
    "repair-mask-inverted": "mask",
}


@pytest.fixture(scope="module")
def wanted():
    modules = (unrolled.basics, unrolled.attention)
    found = {}
    for exercise in EXERCISES:
        name = NAMES.get(exercise, exercise)
        module = next(m for m in modules if hasattr(m, name))
        found[exercise] = ask(exercise, getattr(module, name))
    return found


def test_the_questions_of_the_banks_are_answered_by_the_reference(wanted):
    raised = {e: [k for k, v in seen.items() if isinstance(v, str)] for e, seen in wanted.items()}
    assert raised.pop("MultiHeadAttention") == ["three heads of eight"]
    assert not any(raised.values())


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
        words = ONLY_IN.get(answer.mistakes[0], "")
        words = (words,) if isinstance(words, str) else words
        assert [label for label in different if not any(word in label for word in words)] == []


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_banks_are_large_enough(exercise):
    right, wrong = AT_LEAST.get(exercise, (3, 5))
    assert sum(answer.exercise == exercise for answer in RIGHT) >= right
    assert (
        sum(answer.exercise == exercise and len(answer.mistakes) == 1 for answer in WRONG) >= wrong
    )


def test_no_two_answers_are_the_same_text():
    texts = Counter(answer.source for answer in RIGHT + WRONG)
    assert [text for text, count in texts.items() if count > 1] == []


def test_a_dozen_answers_hold_several_mistakes():
    assert sum(len(answer.mistakes) > 1 for answer in WRONG) >= 12


def differences(wanted, seen):
    return [label for label in wanted if not same(wanted[label], seen[label])]
