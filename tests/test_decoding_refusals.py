"""What the functions of ``unrolled.decoding`` refuse, and the edge of what they take."""

import math

import pytest
import torch

from unrolled.decoding import (
    apply_temperature,
    bleu,
    corpus_bleu,
    first_ids,
    reorder,
    sample,
    take_step,
    top_k_filter,
    top_p_filter,
)

B, V = 2, 5
EOS = 1
CAT = ["the", "cat", "sat"]
LOGITS = torch.zeros(B, V)
IDS = torch.tensor([0, 1])


def stepping(result):
    return lambda: take_step(lambda ids, state: result, IDS, None, EOS)


def halves(last, state):
    return torch.zeros(len(last), 2), state


def sampling(**options):
    given = {"step": halves, "state": LOGITS, "bos_id": 0, "eos_id": 1, "max_len": 2}
    return lambda: sample(**(given | options))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: reorder(LOGITS, [0]),
            TypeError,
            "index is a list, a tensor of torch.int64 is wanted",
        ),
        (
            lambda: reorder(LOGITS, IDS.int()),
            TypeError,
            "index has dtype torch.int32, torch.int64 is wanted",
        ),
        (lambda: reorder(LOGITS, IDS[None]), ValueError, "index has shape (1, 2), (M,) is wanted"),
        (
            lambda: reorder(LOGITS, IDS[:0]),
            ValueError,
            "index has shape (0,), (M,), each at least 1, is wanted",
        ),
        (
            lambda: reorder((LOGITS,), IDS + 1),
            ValueError,
            "index holds values from 1 to 2, 0 to 1 are wanted",
        ),
        (
            lambda: reorder(LOGITS, IDS - 1),
            ValueError,
            "index holds values from -1 to 0, 0 to 1 are wanted",
        ),
        (
            lambda: reorder([{1}], IDS),
            TypeError,
            "state holds a set, tensors, tuples, lists, dicts",
        ),
        (lambda: first_ids(0, (None, 3)), ValueError, "state holds no tensor that tells"),
        (lambda: first_ids(0, torch.tensor(3)), ValueError, "state holds no tensor that tells"),
        (
            lambda: first_ids(None, LOGITS),
            TypeError,
            "bos_id=None is a NoneType, an integer is wanted",
        ),
        (
            lambda: first_ids(IDS.int(), None),
            TypeError,
            "bos_id has dtype torch.int32, torch.int64 is wanted",
        ),
        (lambda: first_ids(IDS[None], None), ValueError, "bos_id has shape (1, 2), (B,) is wanted"),
        (
            lambda: first_ids(IDS[:0], None),
            ValueError,
            "bos_id has shape (0,), (B,), each at least 1, is wanted",
        ),
        (lambda: first_ids(IDS - 1, None), ValueError, "bos_id=-1: at least 0 is wanted"),
        (
            stepping(LOGITS),
            TypeError,
            "what step gave is a tensor of torch.float32, a pair (logits, state) is wanted",
        ),
        (
            stepping((LOGITS,)),
            TypeError,
            "what step gave is a tuple of 1, a pair (logits, state) is wanted",
        ),
        (
            stepping((LOGITS.long(), 0)),
            TypeError,
            "logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (stepping((None, 0)), TypeError, "logits is a NoneType, a floating-point tensor is wanted"),
        (
            stepping((LOGITS[:1], 0)),
            ValueError,
            "step gave logits of shape (1, 5), (2, V) is wanted",
        ),
        (stepping((LOGITS[None], 0)), ValueError, "step gave logits of shape (1, 2, 5), (2, V) is"),
        (stepping((LOGITS[:, :1], 0)), ValueError, "eos_id=1: an id from 0 to 0 is wanted"),
        (
            lambda: apply_temperature(LOGITS, 0.0),
            ValueError,
            "temperature=0.0: a finite number above",
        ),
        (lambda: apply_temperature(LOGITS, -1.0), ValueError, "temperature=-1.0: a finite number"),
        (
            lambda: apply_temperature(LOGITS, math.inf),
            ValueError,
            "temperature=inf: a finite number",
        ),
        (
            lambda: apply_temperature(IDS, 1.0),
            TypeError,
            "logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: apply_temperature(LOGITS[:0], 1.0),
            ValueError,
            "logits has shape (0, 5), (..., V)",
        ),
        (lambda: apply_temperature(LOGITS[0, 0], 1.0), ValueError, "logits has shape (), (..., V)"),
        (lambda: top_k_filter(LOGITS, 0), ValueError, "k=0: at least 1 is wanted"),
        (lambda: top_k_filter(LOGITS, 1.5), TypeError, "k=1.5 is a float, an integer is wanted"),
        (
            lambda: top_k_filter(IDS, 1),
            TypeError,
            "logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: top_p_filter(LOGITS, 0.0), ValueError, "p=0.0 is outside (0, 1]"),
        (lambda: top_p_filter(LOGITS, 1.01), ValueError, "p=1.01 is outside (0, 1]"),
        (
            lambda: top_p_filter(IDS, 0.5),
            TypeError,
            "logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (sampling(step=None), TypeError, "step is a NoneType, step(last_ids, state)"),
        (sampling(max_len=0), ValueError, "max_len=0: at least 1 is wanted"),
        (
            sampling(temperature=0.0),
            ValueError,
            "temperature=0.0: a finite number above 0 is wanted",
        ),
        (sampling(top_k=0), ValueError, "top_k=0: at least 1 is wanted"),
        (sampling(top_p=0.0), ValueError, "top_p=0.0 is outside (0, 1]"),
        (sampling(top_p=1.01), ValueError, "top_p=1.01 is outside (0, 1]"),
        (sampling(eos_id=2), ValueError, "eos_id=2: an id from 0 to 1 is wanted"),
        (lambda: bleu([], []), ValueError, "hypotheses is empty, at least one sentence is wanted"),
        (lambda: bleu([CAT], []), ValueError, "references has 0 entries, 1 are wanted"),
        (lambda: bleu("cat", [CAT]), TypeError, "hypotheses is a str, a list with one entry a sen"),
        (lambda: bleu([CAT], "c"), TypeError, "references is a str, a list with one entry a sent"),
        (
            lambda: bleu(["cat"], [CAT]),
            TypeError,
            "hypotheses[0] is a str, a list of tokens is wanted",
        ),
        (
            lambda: bleu([CAT], ["cat"]),
            TypeError,
            "references[0] is a str, a list of tokens is wanted",
        ),
        (lambda: bleu([CAT], [CAT], 0), ValueError, "max_n=0: at least 1 is wanted"),
        (
            lambda: bleu([CAT], [CAT], 4, "add"),
            ValueError,
            "smooth='add': one of exp, none is wanted",
        ),
        (lambda: corpus_bleu([], []), ValueError, "hypotheses is empty, at least one sentence is"),
        (
            lambda: corpus_bleu([CAT], ["a"]),
            TypeError,
            "hypotheses[0] is a list, a str is wanted",
        ),
        (
            lambda: corpus_bleu(["a"], [[]]),
            TypeError,
            "references[0] is a list, a str or a list of them is wanted",
        ),
        (
            lambda: corpus_bleu(["a"], [["a", 1]]),
            TypeError,
            "references[0] is a list, a str or a list of them is wanted",
        ),
        (
            lambda: corpus_bleu(["a"], [7]),
            TypeError,
            "references[0] is a int, a str or a list of them is wanted",
        ),
        (
            lambda: corpus_bleu(["a"], ["a"], "ja"),
            ValueError,
            "tokenize='ja': one of 13a, zh, char, none is wanted",
        ),
        (lambda: corpus_bleu(["a"], ["a"], smooth="x"), ValueError, "smooth='x': one of exp, none"),
    ],
)
def test_what_cannot_be_used_is_refused(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)


def test_what_is_just_allowed_is_not_refused():
    assert top_k_filter(LOGITS, 1).shape == (B, V)
    assert top_p_filter(LOGITS, 1.0).shape == (B, V)
    assert sampling(top_k=1, top_p=1.0, max_len=1)().shape == (B, 1)
