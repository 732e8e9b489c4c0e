"""What BERT is trained on: masking, pairs of sentences, and the loss of the hidden tokens."""

import math
import re
from collections import Counter

import pytest
import torch
import torch.nn.functional as F

from agreement import in_both_precisions
from unrolled.bert import mask_tokens, mlm_loss, nsp_pairs, pack_pair

B, T, V = 3, 5, 11
CLS, SEP, PAD, MASK = 1, 2, 0, 3
MANY = 200_000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def many_tokens():
    """A row of ordinary tokens, 4 to V - 1, with special ones at every tenth place."""
    ids = torch.randint(4, V, (1, MANY), generator=generator(1))
    for special in (CLS, SEP, PAD):
        ids[0, special::10] = special
    return ids


def near(count, n, probability):
    """A right share lies outside with a probability below 1e-12 (7.2 standard deviations)."""
    return abs(count - n * probability) < 7.2 * math.sqrt(n * probability * (1 - probability)) + 1


@pytest.mark.parametrize("rate", [None, 0.15, 0.4, 1.0])
def test_80_10_10_of_the_chosen_tokens(rate):
    ids = many_tokens()
    options = {} if rate is None else {"rate": rate}
    inputs, labels = mask_tokens(ids, MASK, V, [CLS, SEP, PAD], generator=generator(), **options)
    rate = 0.15 if rate is None else rate
    ordinary = ids >= 4
    chosen = labels != -100
    assert (labels[chosen] == ids[chosen]).all()
    assert (inputs[~chosen] == ids[~chosen]).all()
    assert not (chosen & ~ordinary).any()
    n = int(chosen.sum())
    assert n == int(ordinary.sum()) if rate == 1.0 else near(n, int(ordinary.sum()), rate)
    # A random token is [MASK] once in V and the token itself once in V.
    assert near(int((inputs[chosen] == MASK).sum()), n, 0.8 + 0.1 / V)
    assert near(int((inputs[chosen] == ids[chosen]).sum()), n, 0.1 + 0.1 / V)
    changed = inputs[chosen & (inputs != ids) & (inputs != MASK)]
    assert set(changed.tolist()) == set(range(V)) - {MASK}
    for count in Counter(changed.tolist()).values():
        assert 0.05 * len(changed) < count < 0.2 * len(changed)


def test_the_fate_of_a_token_does_not_depend_on_whether_it_was_nearly_chosen():
    """Choosing and what then happens are two draws: with one, a low rate would only ever mask."""
    ids = many_tokens()
    inputs, labels = mask_tokens(ids, MASK, V, [CLS, SEP, PAD], rate=0.05, generator=generator())
    chosen = labels != -100
    assert near(int((inputs[chosen] == MASK).sum()), int(chosen.sum()), 0.8 + 0.1 / V)


def test_nothing_is_chosen_at_rate_0_and_no_special_token_at_rate_1():
    ids = torch.tensor([[CLS, 5, 6, SEP, PAD], [CLS, 7, SEP, PAD, PAD]])
    inputs, labels = mask_tokens(ids, MASK, V, [CLS, SEP, PAD], rate=0.0)
    assert torch.equal(inputs, ids)
    assert (labels == -100).all()
    _, labels = mask_tokens(ids, MASK, V, [CLS, SEP, PAD], rate=1.0)
    assert labels.tolist() == [[-100, 5, 6, -100, -100], [-100, 7, -100, -100, -100]]
    _, labels = mask_tokens(ids, MASK, V, [], rate=1.0)
    assert torch.equal(labels, ids)


def test_the_same_seed_hides_the_same_tokens_and_the_input_is_kept():
    ids = many_tokens()
    before = ids.clone()
    first = mask_tokens(ids, MASK, V, [PAD], generator=generator(7))
    again = mask_tokens(ids, MASK, V, [PAD], generator=generator(7))
    other = mask_tokens(ids, MASK, V, [PAD], generator=generator(8))
    assert torch.equal(ids, before)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])
    torch.manual_seed(3)
    default = mask_tokens(ids, MASK, V, [PAD])
    torch.manual_seed(3)
    assert torch.equal(default[0], mask_tokens(ids, MASK, V, [PAD])[0])


@in_both_precisions
def test_the_loss_is_the_mean_over_hidden_tokens(dtype, close):
    torch.manual_seed(0)
    logits = torch.randn(B, T, V).to(dtype).requires_grad_()
    labels = torch.randint(V, (B, T))
    labels[0] = -100
    labels[1, 2:] = -100
    labels[2, 4] = 0  # an id like any other
    ours = mlm_loss(logits, labels)
    theirs = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
    close(ours, theirs)
    gradients = [torch.autograd.grad(loss, logits)[0] for loss in (ours, theirs)]
    close(*gradients)
    assert gradients[0][0].abs().max() == 0


def test_pairs_are_half_next_and_half_random_from_another_document():
    documents = [[(d, s) for s in range(length)] for d, length in enumerate([4000, 3, 2000, 1])]
    pairs = nsp_pairs(documents, generator())
    firsts = [sentence for document in documents for sentence in document[:-1]]
    assert [first for first, _, _ in pairs] == firsts
    n_next = 0
    others = Counter()
    for first, second, label in pairs:
        if label == 0:
            n_next += 1
            assert second == (first[0], first[1] + 1)
        else:
            assert label == 1
            assert second[0] != first[0]
            others[first[0], second[0]] += 1
    assert near(n_next, len(pairs), 0.5)
    n_random = sum(count for (d, _), count in others.items() if d == 0)
    for other in (1, 2, 3):
        assert near(others[0, other], n_random, 1 / 3)
    seen = {second for first, second, label in pairs if label == 1}
    assert {(1, 0), (1, 1), (1, 2), (3, 0)} <= seen


@pytest.mark.parametrize(("drawn", "label"), [(0.0, 0), (0.4999, 0), (0.5, 1), (0.9999, 1)])
def test_the_lower_half_of_the_draws_keeps_the_next_sentence(monkeypatch, drawn, label):
    monkeypatch.setattr(torch, "rand", lambda *size, generator: torch.full(*size, drawn))
    assert nsp_pairs([["a", "b"], ["c"]])[0] == ("a", "bc"[label], label)


def test_pairs_repeat_with_the_seed_and_hold_any_kind_of_sentence():
    documents = [["a", "b", "c"], ["d", "e"]]
    assert nsp_pairs(documents, generator(1)) == nsp_pairs(documents, generator(1))
    assert len(nsp_pairs(documents)) == 3
    drawn = {tuple(nsp_pairs(documents, generator(seed))) for seed in range(40)}
    assert len(drawn) > 10


def test_a_pair_is_packed_with_its_segments():
    assert pack_pair([7], [8, 9], CLS, SEP) == ([CLS, 7, SEP, 8, 9, SEP], [0, 0, 0, 1, 1, 1])
    ids, segments = pack_pair(torch.tensor([7, 6]), (8,), CLS, SEP)
    assert [int(i) for i in ids] == [CLS, 7, 6, SEP, 8, SEP]
    assert segments == [0, 0, 0, 0, 1, 1]


def hide(ids=None, mask_id=MASK, special=(PAD,), rate=0.15):
    ids = torch.ones(B, T).long() if ids is None else ids
    return lambda: mask_tokens(ids, mask_id, V, special, rate)


def loss(logits=(B, T, V), labels=None):
    labels = torch.ones(B, T).long() if labels is None else labels
    return lambda: mlm_loss(torch.zeros(logits), labels)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (hide(torch.ones(B, T).int()), TypeError, "ids has dtype torch.int32, torch.int64 is want"),
        (hide(torch.ones(T).long()), ValueError, "ids has shape (5,), (B, T) is wanted"),
        (
            hide(torch.ones(0, T).long()),
            ValueError,
            "ids has shape (0, 5), (B, T), each at least 1, is wanted",
        ),
        (hide(torch.full((1, 2), V)), ValueError, "ids holds values from 11 to 11, 0 to 10 are"),
        (hide(mask_id=V), ValueError, "mask_id=11: an id from 0 to 10 is wanted"),
        (hide(mask_id=-1), ValueError, "mask_id=-1: an id from 0 to 10 is wanted"),
        (hide(special=[2, V]), ValueError, "special_ids[1]=11: an id from 0 to 10 is wanted"),
        (hide(special=[-1]), ValueError, "special_ids[0]=-1: an id from 0 to 10 is wanted"),
        (hide(rate=1.01), ValueError, "rate=1.01 is outside [0, 1]"),
        (hide(rate=-0.01), ValueError, "rate=-0.01 is outside [0, 1]"),
        (
            loss(labels=torch.ones(B, T)),
            TypeError,
            "labels has dtype torch.float32, torch.int64 is",
        ),
        (loss(logits=(B, V)), ValueError, "logits has shape (3, 11), (B, T, V) is wanted"),
        (
            loss(labels=torch.ones(B, 4).long()),
            ValueError,
            "labels has shape (3, 4), (3, 5) is wanted: one id for each row of logits (3, 5, 11)",
        ),
        (
            loss(labels=torch.full((B, T), -100)),
            ValueError,
            "labels predicts nothing: at least one label other than -100 is wanted",
        ),
        (
            loss(labels=torch.full((B, T), V)),
            ValueError,
            "labels holds values from 11 to 11, 0 to 10 are wanted",
        ),
        (
            loss(labels=torch.full((B, T), -1)),
            ValueError,
            "labels holds values from -1 to -1, 0 to 10 are wanted",
        ),
        (lambda: nsp_pairs([["a", "b"]]), ValueError, "documents has length 1, at least 2 are"),
        (lambda: nsp_pairs([["a", "b"], []]), ValueError, "documents[1] is empty, sentences are"),
        (lambda: nsp_pairs([["a"], ["b"]]), ValueError, "documents have one sentence each, one wi"),
        (lambda: pack_pair([], [1], CLS, SEP), ValueError, "first is empty, at least one token is"),
        (lambda: pack_pair([1], [], CLS, SEP), ValueError, "second is empty, at least one token"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_what_is_just_allowed():
    mask_tokens(torch.tensor([[0, V - 1]]), V - 1, V, [0, V - 1], rate=1)
    mask_tokens(torch.tensor([[0]]), 0, V, [], rate=0)
    mlm_loss(torch.zeros(1, 1, V), torch.tensor([[V - 1]]))
    mlm_loss(torch.zeros(1, 1, V), torch.tensor([[0]]))
