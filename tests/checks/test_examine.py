"""What a report says of an answer that is not there, and what it calls a layer's arguments."""

import inspect

import pytest

from unrolled.checks import examine, exercise
from unrolled.checks.exercise import Mistake, mistaken
from unrolled.checks.registry import all_exercises


def unwritten(*args, **kwargs):
    raise NotImplementedError("this answer is still to be written")


@pytest.mark.parametrize("found", all_exercises(), ids=lambda found: found.id)
def test_every_stub_is_called_one(found):
    stub = type(found.name, (), {"__init__": unwritten}) if is_layer(found) else unwritten
    report = examine(found.id, stub)
    assert report.points == 0
    assert report.fix_first.startswith("it is not written yet")
    assert report.facts() == []


def is_layer(found):
    return inspect.isclass(found.reference)


def test_a_layers_arguments_have_their_names():
    found = exercise("MultiHeadAttention")
    wrong = mistaken(found, (found.mistake("keys-values-swapped"),))
    ((_, shown),) = [row for row in examine(found.id, wrong).facts() if row[0] == "input"]
    assert shown.startswith("d_model ")
    assert ", n_heads " in shown


def test_what_is_shown_may_have_another_seed_than_the_marks():
    wrong = mistaken(exercise("softmax"), (exercise("softmax").mistakes[0],))
    hidden, public = examine("softmax", wrong, seed=918273), examine("softmax", wrong, seed=5)
    both = examine("softmax", wrong, seed=918273, shown=5)
    assert (both.points, both.mistakes) == (hidden.points, hidden.mistakes)
    assert both.facts() == public.facts()
    assert both.facts() != hidden.facts()


def test_a_mistake_that_only_the_hidden_seed_finds_is_shown_with_it():
    right = exercise("softmax").reference
    seen = []

    def now_and_then(logits, dim=-1):
        seen.append(logits)
        return right(logits, dim) * (1 if len(seen) > 1 else 2)

    report = examine("softmax", now_and_then, seed=918273, shown=5)
    assert not report.passed
    assert report.fix_first


def test_a_mistake_that_gives_what_is_wanted_explains_no_failure():
    """Float32 in between moves numbers by less than two ways of writing one mistake differ."""
    right = exercise("scaled_dot_product_attention").reference

    def attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
        given = (tensor.float() for tensor in (query, key, value))
        found = right(*given, mask, dropout, need_weights)
        if isinstance(found, tuple):
            return tuple(part.to(value.dtype) for part in found)
        return found.to(value.dtype)

    assert examine("scaled_dot_product_attention", attention).mistakes == ("cast-to-float32",)


def test_errors_that_follow_from_a_mistake_put_no_second_one_on_the_list():
    """Layers that read each other's (T, B, H) meet sizes that do not fit, as if they all read x."""
    found = exercise("RNN")
    turned = ("return torch.stack(states, dim=1), h", "return torch.stack(states), h")
    wrong = mistaken(found, (Mistake("", "", (turned,)),))
    assert examine("RNN", wrong).mistakes == ("states-time-first",)


@pytest.mark.parametrize(
    ("slug", "label"),
    [("lstm-candidate-sigmoid", "sec-03-lstm"), ("dropout-on-input", "sec-03-layer"),
     ("padding-read", "sec-03-both"), ("finals-by-direction", "sec-03-both")],
)  # fmt: skip
def test_a_layers_report_points_to_where_its_mistake_is_taught(slug, label):
    wrong = mistaken(exercise("LSTM"), (exercise("LSTM").mistake(slug),))
    assert examine("LSTM", wrong).section.label == label
