"""Every public name refuses what it cannot use, in a sentence that names the argument.

From the valid calls of ``public_calls`` one argument at a time is made wrong. What may stay valid
is said there: by the shapes (a letter that stands once is any size), or with a reason.
"""

import inspect
import math
import re

import pytest
import torch
from tests.public_calls import CALLS, MODULES, WITHOUT
from torch import Tensor

from unrolled import attention, basics, bert, gpt, lora, seq2seq, tokenizers, training

WANTED = re.compile(
    r"wanted|wants|outside|divisible|not an axis|is empty|are there|already|missing keys|pairs"
)
CHOICES = {
    "activation", "activation_function", "attention", "cell", "decoder", "hidden_act", "positions",
    "precision", "score", "similarity", "smooth", "tied", "tokenize",
}  # fmt: skip


def changes_of_tensor(call, name, x):
    shape = call.shapes.get(name, "any").split()
    yield "dtype", x.float() if not x.is_floating_point() else x.long(), False
    yield "more", x.unsqueeze(0), shape[:1] == ["..."]
    if x.dim():
        yield "fewer", x[0], shape[:1] == ["..."] and x.dim() > len(shape)
    for axis, size in enumerate(x.shape):
        free = is_free(call, shape, x.dim(), axis)
        longer = torch.cat([x, x.narrow(axis, 0, 1)], dim=axis)
        yield f"axis{axis}+1", longer, free
        if size > 1:
            yield f"axis{axis}-1", x.narrow(axis, 0, size - 1), free
        yield f"axis{axis}=0", x.narrow(axis, 0, 0), False
    if name in call.ids:
        for wrong in (-1, call.ids[name]):
            yield f"id {wrong}", x.flatten().index_fill(0, torch.tensor(0), wrong).view_as(x), False


def is_free(call, shape, n_axes, axis):
    """Whether an axis may have any size of at least 1: its letter stands once in the row."""
    if "..." in shape:
        before = shape.index("...")
        after = n_axes - (len(shape) - before - 1)
        if before <= axis < after:
            return True
        letter = shape[axis] if axis < before else shape[axis - n_axes]
    else:
        letter = shape[axis] if axis < len(shape) else "1"
    everywhere = " ".join(call.shapes.values()).split()
    return not letter.isdigit() and everywhere.count(letter) == 1


def changes_of_number(name, value):
    if isinstance(value, int):
        yield from (("-1", -1, False), ("0", 0, False), ("half", value + 0.5, False))
    else:
        yield from (("-0.1", -0.1, False), ("nan", math.nan, False))
        if "drop" in name or name == "smoothing":
            yield "1.0", 1.0, False


def changes(call, name, value):
    """Yield what an argument is changed to: a word for it, the value, and if that is valid."""
    if isinstance(value, bool):
        return
    if isinstance(value, Tensor):
        yield from changes_of_tensor(call, name, value)
    elif isinstance(value, int | float):
        yield from changes_of_number(name, value)
    elif isinstance(value, str):
        yield ("nonsense", "nonsense", False) if name in CHOICES else ("number", 3, False)
    elif isinstance(value, list | dict):
        yield "empty", type(value)(), False
        yield "number", 3, False
    elif value is not None:
        yield "number", 3, False
    if not optional(call, name):
        yield "None", None, False


def optional(call, name):
    function = call.function
    if not inspect.isclass(function):
        function = getattr(function, "forward", function)
    parameter = inspect.signature(function).parameters.get(name)
    return parameter is not None and parameter.default is None


def fine(call, name, change):
    allowed = call.fine.get(name, "").split(":")[0].split()
    return change in allowed or "any" in allowed


def outcome(call, name, value, valid):
    """What is wrong with the answer to a changed call; None if nothing is."""
    try:
        call.function(**{**call.given, name: value})
    except (TypeError, ValueError) as error:
        if value is None and isinstance(error, TypeError):
            return None
        # Of two arguments that do not fit together either may be named.
        named = (*call.given, "d_k") if name in call.shapes else (name,)
        said = any(n in str(error) for n in named) and WANTED.search(str(error))
        return None if said else f"refuses without naming or wanting: {error}"
    except Exception as error:  # whatever torch raises
        return f"{type(error).__name__}: {str(error)[:160]}"
    return None if valid else "takes it in silence"


@pytest.mark.parametrize("row", CALLS)
def test_a_wrong_argument_is_refused_by_name(row):
    call = CALLS[row]
    torch.manual_seed(0)
    call.function(**call.given)
    found = {}
    for name, value in call.given.items():
        for change, changed, valid in changes(call, name, value):
            allowed = fine(call, name, change)
            wrong = outcome(call, name, changed, valid)
            if wrong and not (allowed and wrong == "takes it in silence"):
                found[f"{name} {change}"] = wrong
    assert not found, "\n" + "\n".join(f"{row}: {what}: {wrong}" for what, wrong in found.items())


def public_names():
    return {name for module in MODULES for name in module.__all__}


def test_every_public_name_has_a_valid_call():
    rows = {row.split(".")[0] for row in CALLS}
    assert public_names() - WITHOUT.keys() == rows
    assert WITHOUT.keys() <= public_names()
    layers = {n for m in MODULES for n in m.__all__ if hasattr(getattr(m, n), "forward")}
    assert {name for name in layers if f"{name}.forward" not in CALLS} == {"RelativeAttention"}


def test_every_tensor_has_its_shape_and_every_letter_a_size_of_its_own():
    for row, call in CALLS.items():
        tensors = {n: x for n, x in call.given.items() if isinstance(x, Tensor)}
        assert set(call.shapes) <= set(tensors), row
        sizes = {}
        for name, shape in call.shapes.items():
            if "..." in shape:
                continue
            assert len(shape.split()) == tensors[name].dim(), (row, name)
            for letter, size in zip(shape.split(), tensors[name].shape, strict=True):
                wanted = int(letter) if letter.isdigit() else sizes.setdefault(letter, size)
                assert size == wanted, (row, name, letter)
        if row != "rnn_step":  # there G is H
            assert len(set(sizes.values())) == len(sizes), row


def test_what_is_allowed_is_needed():
    """An exception that no change asks for is an exception too many."""
    for row, call in CALLS.items():
        for name in call.fine:
            assert name in call.given, (row, name)
            known = {change for change, _, _ in changes(call, name, call.given[name])}
            allowed = set(call.fine[name].split(":")[0].split()) - {"any"}
            assert allowed <= known, (row, name)


# --- the kinds of arguments -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: basics.softmax([1.0]), "logits is a list, a floating-point tensor is wanted"),
        (
            lambda: training.sequence_loss([1.0], torch.zeros(1), None),
            "logits=[1.0] is a list, a tensor is wanted",
        ),
        (lambda: attention.causal_mask(2.0), "Tq=2.0 is a float, an integer is wanted"),
        (lambda: attention.causal_mask(True), "Tq=True is a bool, an integer is wanted"),
        (lambda: attention.causal_mask(2, Tk=3.0), "Tk=3.0 is a float, an integer is wanted"),
        (lambda: tokenizers.bert_words(b"a"), "text"),
        (lambda: lora.merge_lora(3), "model=3 is a int, an nn.Module is wanted"),
        (
            lambda: gpt.decay_groups(list(range(99)), 0.1),
            "model=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11... is a list, an nn.Module is wanted",
        ),
        (lambda: bert.nsp_pairs(3), "documents=3 is a int, a list or a tensor is wanted"),
    ],
)
def test_a_thing_of_another_kind_is_named(make, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        make()


def test_none_stays_fine_where_it_may_be_left_out():
    assert attention.causal_mask(2, None).shape == (2, 2)
    assert attention.causal_mask(Tq=2, Tk=None).shape == (2, 2)


def test_a_checks_own_sentence_is_not_replaced():
    with pytest.raises(TypeError, match=r"^ids has dtype torch\.float32, torch\.int64"):
        seq2seq.shift_right(torch.zeros(2, 3), 1.5)


def test_leading_axes_that_broadcast_are_used_and_others_named():
    query, key = torch.zeros(2, 3, 4, 5), torch.zeros(1, 3, 6, 5)
    assert attention.scaled_dot_product_attention(query, key, key).shape == query.shape
    message = "value has shape (7, 3, 6, 5): equal axes before the last 2 are wanted"
    with pytest.raises(ValueError, match=re.escape(message)):
        attention.scaled_dot_product_attention(query, key, key.expand(7, 3, 6, 5))
