"""The best span of all, against a look at every pair."""

import re

import pytest
import torch

from unrolled.bert import span_answer

B, T = 2, 5


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def best_span(start, end, allowed, max_len):
    """Look at every pair, in order; a later one must be better to win."""
    found = None
    for i in range(len(start)):
        for j in range(i, min(i + max_len, len(start))):
            if allowed[i] and allowed[j]:
                score = start[i] + end[j]
                if found is None or score > found[0]:
                    found = (score, i, j)
    return found[1:]


@pytest.mark.parametrize("max_len", [1, 2, 3, 30])
@pytest.mark.parametrize("masked", [False, True])
def test_the_best_span_of_all(max_len, masked):
    rows, length = 40, 7
    start = torch.randn(rows, length, dtype=torch.float64)
    end = torch.randn(rows, length, dtype=torch.float64)
    mask = torch.rand(rows, length) < 0.6
    mask[:, 3] = True
    allowed = mask if masked else torch.ones_like(mask)
    scores = zip(start.tolist(), end.tolist(), allowed.tolist(), strict=True)
    expected = [best_span(*row, max_len) for row in scores]
    found = torch.stack(span_answer(start, end, mask if masked else None, max_len), dim=1)
    assert [tuple(row) for row in found.tolist()] == expected


def test_of_equal_spans_the_first_and_then_the_shorter():
    flat = torch.zeros(1, 4)
    assert [int(x) for x in span_answer(flat, flat)] == [0, 0]
    end = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    assert [int(x) for x in span_answer(flat, end)] == [0, 2]


def test_a_span_has_at_most_30_tokens_by_default():
    start, end = torch.zeros(1, 40), torch.zeros(1, 40)
    start[0, 2] = 5.0
    end[0, 31] = 5.0
    assert [int(x) for x in span_answer(start, end)] == [2, 31]
    end = end.roll(1, dims=1)
    assert [int(x) for x in span_answer(start, end)] == [2, 2]


def span(start=(B, T), end=(B, T), **options):
    return lambda: span_answer(torch.zeros(start), torch.zeros(end), **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: span_answer(torch.zeros(B, T).long(), torch.zeros(B, T)),
            TypeError,
            "start_logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: span_answer(torch.zeros(B, T), torch.zeros(B, T).long()),
            TypeError,
            "end_logits has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (span(start=(T,)), ValueError, "start_logits has shape (5,), (B, T) is wanted"),
        (span(start=(0, T)), ValueError, "start_logits has shape (0, 5), (B, T)"),
        (span(end=(B, 4)), ValueError, "end_logits has shape (2, 4), (2, 5) is wanted, as start_"),
        (span(mask=torch.ones(B, 4).bool()), ValueError, "mask has shape (2, 4), (2, 5) is wanted"),
        (
            span(mask=torch.ones(B, T)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is want",
        ),
        (
            span(mask=torch.tensor([[True] * T, [False] * T])),
            ValueError,
            "mask[1] is False everywhere, a position for the answer is wanted",
        ),
        (span(max_len=0), ValueError, "max_len=0: at least 1 is wanted"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
