"""Losses over sequences against torch's cross-entropy, by value and by gradient, in both views."""

import math

import pytest
import torch
import torch.nn.functional as F

from agreement import in_both_precisions, same
from unrolled.training import label_smoothing_loss, language_model_loss, sequence_loss

B, T, V = 2, 5, 7
PAD = 3


def both(function):
    """The fast view and the readable one."""
    return pytest.mark.parametrize(
        "loss", [function, function.__wrapped__], ids=["fast", "readable"]
    )


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def ids():
    """Row 0 ends in padding, row 1 has a -100 in its middle; id 0 is a real token."""
    return torch.tensor([[1, 0, 6, PAD, PAD], [5, 2, -100, 0, 4]])


def logits(dtype=torch.float64):
    return (3 * torch.randn(B, T, V).to(dtype)).requires_grad_()


def by_hand(scores, targets, skip, smoothing=0.0):
    """One token at a time, in Python numbers: the definition."""
    total, count = 0.0, 0
    for row, target in zip(scores.reshape(-1, V).tolist(), targets.flatten().tolist(), strict=True):
        if target in skip:
            continue
        log_sum = math.log(sum(math.exp(z) for z in row))
        log_probs = [z - log_sum for z in row]
        count += 1
        total -= (1 - smoothing) * log_probs[target] + smoothing * sum(log_probs) / V
    return total / count


@both(sequence_loss)
@in_both_precisions
def test_sequence_loss_equals_torch(loss, dtype, close, ids):
    scores = logits(dtype)
    targets = ids.masked_fill(ids == PAD, -100)
    expected = F.cross_entropy(scores.flatten(0, 1), targets.flatten())
    same(loss(scores, ids, PAD), expected, scores, close)
    assert loss(scores, ids, PAD).item() == pytest.approx(by_hand(scores, ids, {PAD, -100}))


@both(sequence_loss)
def test_without_a_pad_id_only_minus_100_is_left_out(loss, ids):
    scores = logits()
    assert loss(scores, ids, None).item() == pytest.approx(by_hand(scores, ids, {-100}))


@both(sequence_loss)
@pytest.mark.parametrize("pad_id", [-1, V, 99])
def test_padding_may_lie_outside_the_vocabulary(loss, pad_id, ids):
    scores = logits()
    padded = ids.masked_fill(ids == PAD, pad_id)
    assert loss(scores, padded, pad_id).item() == pytest.approx(by_hand(scores, ids, {PAD, -100}))


@both(sequence_loss)
def test_every_token_counts_the_same_however_long_its_row(loss):
    """Not the mean of the rows' means: three tokens cost log 2, one costs 0."""
    scores = torch.zeros(2, 3, 2)
    scores[1, 0, 1] = 1e4
    targets = torch.tensor([[1, 1, 1], [1, -100, -100]])
    assert loss(scores, targets, None).item() == pytest.approx(0.75 * math.log(2))


@both(sequence_loss)
def test_what_stands_at_padding_has_no_effect_and_no_gradient(loss, ids):
    scores = logits()
    wild = scores.detach().clone()
    wild[0, 3] = torch.tensor([1e30, *[-1e30] * (V - 1)])
    wild.requires_grad_()
    value = loss(wild, ids, PAD)
    assert value.item() == pytest.approx(loss(scores, ids, PAD).item())
    gradient = torch.autograd.grad(value, wild)[0]
    assert gradient[0, 3:].abs().max() == 0
    assert gradient[0, :3].abs().min() > 0


@both(sequence_loss)
def test_any_leading_axes_will_do(loss):
    scores = torch.randn(B, T, V)
    targets = torch.randint(V, (B, T))
    flat = loss(scores.flatten(0, 1), targets.flatten(), None)
    torch.testing.assert_close(loss(scores, targets, None), flat)
    torch.testing.assert_close(loss(scores[None], targets[None], None), flat)


@both(language_model_loss)
@in_both_precisions
def test_language_model_loss_equals_torch(loss, dtype, close, ids):
    scores = logits(dtype)
    targets = ids.masked_fill(ids == PAD, -100)[:, 1:]
    expected = F.cross_entropy(scores[:, :-1].flatten(0, 1), targets.flatten())
    same(loss(scores, ids, pad_id=PAD), expected, scores, close)


@both(language_model_loss)
def test_language_model_loss_has_no_padding_by_default(loss, ids):
    scores = logits()
    expected = by_hand(scores[:, :-1], ids[:, 1:], {-100})
    assert loss(scores, ids).item() == pytest.approx(expected)


@both(language_model_loss)
def test_the_first_token_is_no_target_and_the_last_logits_have_none(loss):
    scores = logits()
    ids = torch.randint(V, (B, T))
    value = loss(scores, ids)
    gradient = torch.autograd.grad(value, scores)[0]
    assert gradient[:, -1].abs().max() == 0
    assert gradient[:, :-1].abs().min() > 0
    other = ids.clone()
    other[:, 0] = (ids[:, 0] + 1) % V
    assert loss(scores, other).item() == value.item()


@both(label_smoothing_loss)
@in_both_precisions
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_label_smoothing_equals_torch(loss, dtype, close, smoothing, ids):
    scores = logits(dtype)
    targets = ids.masked_fill(ids == PAD, -100)
    expected = F.cross_entropy(scores.flatten(0, 1), targets.flatten(), label_smoothing=smoothing)
    same(loss(scores, ids, smoothing, PAD), expected, scores, close)
    by_definition = by_hand(scores, ids, {PAD, -100}, smoothing)
    assert loss(scores, ids, smoothing, PAD).item() == pytest.approx(by_definition)


@both(label_smoothing_loss)
def test_label_smoothing_is_a_tenth_and_knows_no_padding_by_default(loss, ids):
    scores = logits()
    expected = by_hand(scores, ids, {-100}, smoothing=0.1)
    assert loss(scores, ids).item() == pytest.approx(expected)


@both(label_smoothing_loss)
def test_label_smoothing_is_lowest_at_the_smoothed_targets(loss):
    """The best possible loss is the entropy of the target distribution, not 0."""
    share = torch.full((1, V), 0.3 / V, dtype=torch.float64)
    share[0, 4] += 0.7
    entropy = -(share * share.log()).sum()
    best = loss(share.log(), torch.tensor([4]), 0.3)
    torch.testing.assert_close(best, entropy)
    surer = share.log()
    surer[0, 4] += 1
    assert loss(surer, torch.tensor([4]), 0.3) > entropy


@both(label_smoothing_loss)
def test_label_smoothing_never_sees_padding(loss):
    scores = torch.zeros(1, 2, V, dtype=torch.float64)
    scores[0, 1, 0] = -torch.inf  # spread over the vocabulary, this would be an infinite loss
    assert loss(scores, torch.tensor([[2, PAD]]), 0.1, PAD).item() == pytest.approx(math.log(V))


def test_losses_keep_dtype_and_compile():
    scores = torch.randn(B, T, V, requires_grad=True)
    ids = torch.randint(V, (B, T))
    for call in (
        lambda s: language_model_loss(s, ids, PAD),
        lambda s: sequence_loss(s, ids, PAD),
        lambda s: label_smoothing_loss(s, ids, 0.1, PAD),
    ):
        compiled = torch.compile(call, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(scores), call(scores))
        assert call(scores.bfloat16()).dtype == torch.bfloat16


def zeros(*shape):
    return torch.zeros(shape)


IDS = torch.zeros(B, T, dtype=torch.long)
REFUSALS = [
    (lambda: sequence_loss(zeros(V), IDS[0, 0], 0), ValueError,
     "logits has shape (7,), (..., N, V) is wanted"),
    (lambda: sequence_loss(zeros(B, T, V).long(), IDS, None), TypeError,
     "logits has dtype torch.int64, a floating-point tensor is wanted"),
    (lambda: sequence_loss(zeros(B, T, V), IDS.int(), None), TypeError,
     "targets has dtype torch.int32, torch.int64 is wanted"),
    (lambda: sequence_loss(zeros(B, T, V), IDS.T, None), ValueError,
     "targets has shape (5, 2), (2, 5) is wanted: one id for each row of logits (2, 5, 7)"),
    (lambda: sequence_loss(zeros(B, T, V), IDS, 0), ValueError,
     "targets has no real token to predict (shape (2, 5), pad_id=0), at least one is wanted"),
    (lambda: sequence_loss(zeros(B, T, V), IDS - 100, None), ValueError,
     "targets has no real token to predict (shape (2, 5), pad_id=None)"),
    (lambda: sequence_loss(zeros(0, T, V), IDS[:0], None), ValueError,
     "logits has shape (0, 5, 7), (..., N, V), each at least 1, is wanted"),
    (lambda: sequence_loss(zeros(B, T, V), IDS + V, None), ValueError,
     "targets holds values from 7 to 7, 0 to 6 are wanted"),
    (lambda: sequence_loss(zeros(B, T, V), IDS - 1, None), ValueError,
     "targets holds values from -1 to -1, 0 to 6 are wanted"),
    (lambda: label_smoothing_loss(zeros(B, T, V), IDS, 0.1, 0), ValueError,
     "targets has no real token to predict (shape (2, 5), pad_id=0)"),
    (lambda: label_smoothing_loss(zeros(B, T, V), IDS, 1.0), ValueError,
     "smoothing=1.0 is outside [0, 1)"),
    (lambda: label_smoothing_loss(zeros(B, T, V), IDS, -0.1), ValueError,
     "smoothing=-0.1 is outside [0, 1)"),
    (lambda: label_smoothing_loss(zeros(V), IDS[0, 0]), ValueError,
     "logits has shape (7,), (..., N, V) is wanted"),
    (lambda: language_model_loss(zeros(T, V), IDS[0]), ValueError,
     "logits has shape (5, 7), (B, T, V) is wanted"),
    (lambda: language_model_loss(zeros(B, 1, V), IDS[:, :1]), ValueError,
     "ids has T=1 tokens a row, at least 2 are wanted"),
    (lambda: language_model_loss(zeros(B, T, V), IDS[0]), ValueError,
     "ids has shape (5,), (2, 5) is wanted"),
    (lambda: language_model_loss(zeros(B, T, V), IDS.float()), TypeError,
     "ids has dtype torch.float32, torch.int64 is wanted"),
    (lambda: language_model_loss(zeros(B, T, V), IDS, 0), ValueError,
     "ids has no real token to predict (shape (2, 5), pad_id=0)"),
    (lambda: language_model_loss(zeros(B, T, V), IDS + V), ValueError,
     "ids holds values from 7 to 7, 0 to 6 are wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "exception", "message"), REFUSALS, ids=lambda value: "")
def test_what_is_refused_and_how(call, exception, message):
    with pytest.raises(exception) as refused:
        call()
    assert message in str(refused.value)


def test_the_highest_id_and_a_row_of_two_are_welcome():
    torch.testing.assert_close(
        language_model_loss(zeros(1, 2, V), torch.tensor([[99, V - 1]])), torch.tensor(V).log()
    )
