"""Softmax, cross-entropy and lookup against torch, by value and by gradient."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from agreement import in_both_precisions, same
from unrolled.basics import cross_entropy, embedding_lookup, masked_softmax, softmax

B, T, V, D = 2, 3, 5, 7


def tensor(*shape, dtype=torch.float64, scale=3.0):
    return (scale * torch.randn(*shape).to(dtype)).requires_grad_()


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@in_both_precisions
@pytest.mark.parametrize("dim", [-1, -2, -3, 0, 1, 2])
def test_softmax_equals_torch(dtype, close, dim):
    logits = tensor(B, T, V, dtype=dtype)
    same(softmax(logits, dim), F.softmax(logits, dim), [logits], close)


def test_softmax_takes_the_last_axis_by_default():
    logits = tensor(B, T, V)
    torch.testing.assert_close(softmax(logits).sum(-1), torch.ones(B, T, dtype=torch.float64))


def test_softmax_of_huge_and_tiny_scores_is_finite():
    logits = torch.tensor([[1e30, 1e30, -1e30], [-3e38, -3e38, -3e38]])
    expected = torch.tensor([[0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    torch.testing.assert_close(softmax(logits), expected)


@given(shift=st.floats(-1e3, 1e3), seed=st.integers(0, 2**31))
def test_softmax_ignores_a_common_shift_and_follows_a_permutation(shift, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(T, V, dtype=torch.float64, generator=generator)
    order = torch.randperm(V, generator=generator)
    torch.testing.assert_close(softmax(logits + shift), softmax(logits), atol=1e-10, rtol=0)
    torch.testing.assert_close(softmax(logits[:, order]), softmax(logits)[:, order])


@in_both_precisions
@pytest.mark.parametrize("shape", [(), (V,), (T, 1), (B, 1, 1), (B, T, V), (1, 1, V)], ids=str)
def test_masked_softmax_equals_a_softmax_over_what_may_be_seen(dtype, close, shape):
    scores, mask = tensor(B, T, V, dtype=dtype), torch.rand(shape) < 0.6
    seen = mask.expand(B, T, V)
    expected = scores.masked_fill(~seen, -torch.inf).softmax(-1)
    expected = torch.where(seen.any(-1, keepdim=True), expected, 0.0)
    rows = seen.any(-1)
    same(masked_softmax(scores, mask)[rows], expected[rows], [scores], close)
    assert masked_softmax(scores, mask)[~seen].eq(0).all()
    torch.testing.assert_close(masked_softmax(scores), scores.softmax(-1))


def test_masked_softmax_gives_finite_zeros_and_gradients_where_nothing_may_be_seen():
    scores = torch.tensor([[1e4, -1e4], [3.0, 3.0]], requires_grad=True)
    weights = masked_softmax(scores, torch.tensor([[True, True], [False, False]]))
    (weights * torch.tensor([1.0, 2.0])).sum().backward()
    torch.testing.assert_close(weights, torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert scores.grad.isfinite().all()
    assert scores.grad[1].eq(0).all()


@in_both_precisions
@pytest.mark.parametrize("leading", [(), (B,), (B, T)], ids=str)
def test_cross_entropy_equals_torch(dtype, close, leading):
    logits, targets = tensor(*leading, V, dtype=dtype), torch.randint(V, leading)
    expected = F.cross_entropy(logits.reshape(-1, V), targets.reshape(-1))
    same(cross_entropy(logits, targets), expected, [logits], close)


def test_cross_entropy_of_an_impossible_class_is_large_and_finite():
    logits = torch.tensor([[0.0, 1e4]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([0]))
    loss.backward()
    assert loss.item() == 1e4
    assert logits.grad.tolist() == [[-1.0, 1.0]]


@in_both_precisions
@pytest.mark.parametrize("shape", [(), (T,), (B, T)], ids=str)
@pytest.mark.parametrize("id_type", [torch.int64, torch.int32], ids=["i64", "i32"])
def test_embedding_lookup_equals_torch_exactly(dtype, close, shape, id_type):
    weight, ids = tensor(V, D, dtype=dtype), torch.randint(V, shape, dtype=id_type)
    assert embedding_lookup(weight, ids).shape == (*shape, D)
    assert torch.equal(embedding_lookup(weight, ids), F.embedding(ids, weight))
    same(embedding_lookup(weight, ids), F.embedding(ids, weight), [weight], close)


def test_a_row_used_twice_receives_both_gradients():
    weight = tensor(V, D)
    embedding_lookup(weight, torch.tensor([4, 1, 4])).sum().backward()
    assert weight.grad[:, 0].tolist() == [0.0, 1.0, 0.0, 0.0, 2.0]


def ids(*values):
    return torch.tensor(values)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: softmax(ids(1, 2)), TypeError, "logits has dtype torch.int64, a floating"),
        (lambda: masked_softmax(ids(1, 2)), TypeError, "scores has dtype torch.int64, a floating"),
        (
            lambda: masked_softmax(torch.zeros(2, 0)),
            ValueError,
            r"scores has shape (2, 0), (..., Tk) with entries is wanted",
        ),
        (
            lambda: masked_softmax(torch.zeros(2, 3), torch.ones(2, 3)),
            TypeError,
            "mask has dtype torch.float32",
        ),
        (
            lambda: masked_softmax(torch.zeros(2, 3), torch.ones(3, 2) > 0),
            ValueError,
            "mask has shape (3, 2), one that broadcasts to (2, 3) is wanted",
        ),
        (
            lambda: softmax(torch.zeros(B, T), dim=2),
            ValueError,
            "dim=2 is not an axis of logits with shape (2, 3)",
        ),
        (
            lambda: softmax(torch.zeros(B, T), dim=-3),
            ValueError,
            "dim=-3 is not an axis of logits with shape (2, 3)",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, V), torch.zeros(2)),
            TypeError,
            "targets has dtype torch.float32, torch.int64 is wanted",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, V), ids(0, 1, 2)),
            ValueError,
            "targets has shape (3,), (2,) is wanted",
        ),
        (
            lambda: cross_entropy(torch.zeros(0, V), torch.zeros(0, dtype=torch.long)),
            ValueError,
            "targets has shape (0,), at least one id is wanted",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, V), ids(0, V)),
            ValueError,
            "targets holds values from 0 to 5, 0 to 4 are wanted",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, V), ids(-1, 2)),
            ValueError,
            "targets holds values from -1 to 2, 0 to 4 are wanted",
        ),
        (
            lambda: embedding_lookup(torch.zeros(V), ids(0)),
            ValueError,
            "weight has shape (5,), (V, D) is wanted",
        ),
        (
            lambda: embedding_lookup(torch.zeros(V, D), torch.zeros(2)),
            TypeError,
            "ids has dtype torch.float32, torch.int64 or torch.int32 is wanted",
        ),
        (
            lambda: embedding_lookup(torch.zeros(V, D), ids(0, V)),
            ValueError,
            "ids holds values from 0 to 5, 0 to 4 are wanted",
        ),
        (
            lambda: embedding_lookup(torch.zeros(V, D), ids(-1, 3)),
            ValueError,
            "ids holds values from -1 to 3, 0 to 4 are wanted",
        ),
        (
            lambda: softmax(torch.zeros(2, 0)),
            ValueError,
            "logits has shape (2, 0): axis -1 is empty",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, V).long(), ids(0, 1)),
            TypeError,
            "logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: embedding_lookup(torch.zeros(V, 0), ids(0)),
            ValueError,
            f"weight has shape ({V}, 0), (V, D), each at least 1, is wanted",
        ),
        (
            lambda: embedding_lookup(torch.zeros(V, D), ids(0)[:0]),
            ValueError,
            "ids has shape (0,), at least one id is wanted",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)
