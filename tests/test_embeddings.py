"""Pairs, negatives, losses, n-grams and neighbours: values and gradients."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from agreement import in_both_precisions, same
from unrolled.embeddings import (
    analogy,
    character_ngrams,
    cooccurrences,
    glove_loss,
    nearest,
    negative_sampler,
    negative_sampling_loss,
    ngram_bucket,
    skip_gram_pairs,
)

N, K, D, V = 3, 4, 5, 11


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64, scale=2.0):
    return (scale * torch.randn(*shape).to(dtype)).requires_grad_()


# Pairs


@pytest.mark.parametrize("pairs_of", [skip_gram_pairs, skip_gram_pairs.__wrapped__])
def test_pairs_are_all_within_the_window(pairs_of):
    ids = torch.tensor([10, 11, 12, 13])
    assert pairs_of(ids, 1).tolist() == [
        [10, 11], [11, 10], [11, 12], [12, 11], [12, 13], [13, 12],
    ]  # fmt: skip
    assert pairs_of(ids, 2).tolist() == [
        [10, 11], [10, 12], [11, 10], [11, 12], [11, 13],
        [12, 10], [12, 11], [12, 13], [13, 11], [13, 12],
    ]  # fmt: skip
    assert pairs_of(ids, 99).tolist() == [[i, j] for i in ids for j in ids if i != j]
    assert pairs_of(torch.tensor([5, 5]), 1).tolist() == [[5, 5], [5, 5]]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_one_word_has_no_pair(dtype):
    pairs = skip_gram_pairs(torch.tensor([3], dtype=dtype), 2)
    assert pairs.shape == skip_gram_pairs.__wrapped__(torch.tensor([3]), 2).shape == (0, 2)
    assert pairs.dtype == dtype
    assert skip_gram_pairs(torch.tensor([3, 4], dtype=dtype), 2).dtype == dtype


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(1, 14))
def test_the_fast_path_lists_the_same_pairs(ids, window):
    ids = torch.tensor(ids)
    assert torch.equal(skip_gram_pairs(ids, window), skip_gram_pairs.__wrapped__(ids, window))


# Negatives


def test_negatives_follow_the_counts_to_the_three_quarters():
    counts = torch.tensor([0, 1, 16, 81, 625])  # to the power: 0, 1, 8, 27, 125
    n = 200_000
    drawn = negative_sampler(counts, n // 8, 8)
    assert drawn.shape == (n // 8, 8)
    assert drawn.dtype == torch.int64
    shares = drawn.flatten().bincount(minlength=5) / n
    expected = torch.tensor([0, 1, 8, 27, 125]) / 161
    # Six standard deviations of a share are below 0.007; unigram counts would give 0.112, 0.865.
    assert shares[0] == 0
    torch.testing.assert_close(shares, expected, atol=0.007, rtol=0)


@pytest.mark.parametrize(
    ("power", "expected"),
    [(1.0, [0.0, 0.1, 0.9]), (0.0, [0.0, 0.5, 0.5]), (0.5, [0.0, 0.25, 0.75])],
)
def test_the_power_may_be_another(power, expected):
    drawn = negative_sampler(torch.tensor([0.0, 1.0, 9.0]), 500, 80, power=power)
    shares = drawn.flatten().bincount(minlength=3) / 40_000
    torch.testing.assert_close(shares, torch.tensor(expected), atol=0.015, rtol=0)


def test_negatives_come_again_with_the_same_generator():
    counts = torch.arange(1, V + 1)
    first, second, other = (
        negative_sampler(counts, N, K, generator=torch.Generator().manual_seed(s))
        for s in (1, 1, 2)
    )
    assert first.shape == (N, K)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert first.unique().numel() > 1
    many = negative_sampler(torch.tensor([1]), 2, 3)  # more draws than words: with replacement
    assert many.tolist() == [[0, 0, 0], [0, 0, 0]]


@in_both_precisions
def test_negative_sampling_loss_is_a_classifiers(dtype, close):
    centre, context = tensor(N, D, dtype=dtype), tensor(N, D, dtype=dtype)
    negatives = tensor(N, K, D, dtype=dtype)
    scores = torch.cat(
        (torch.einsum("nd,nd->n", centre, context)[:, None],
         torch.einsum("nd,nkd->nk", centre, negatives)), dim=1
    )  # fmt: skip
    labels = torch.zeros(N, 1 + K, dtype=dtype)
    labels[:, 0] = 1
    expected = F.binary_cross_entropy_with_logits(scores, labels, reduction="sum") / N
    ours = negative_sampling_loss(centre, context, negatives)
    assert ours.dtype == dtype
    same(ours, expected, [centre, context, negatives], close)


def test_negative_sampling_loss_by_hand():
    centre, context = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.5, 7.0]])
    negatives = torch.tensor([[[1.0, 0.0], [-1.5, 3.0]]])
    scores = [1.0, -2.0, 3.0]  # the true one, and the negatives' with their sign turned
    expected = sum(math.log(1 + math.exp(-s)) for s in scores)
    assert negative_sampling_loss(centre, context, negatives).item() == pytest.approx(expected)


def test_hopeless_scores_give_a_finite_loss_and_gradient():
    centre = torch.tensor([[1.0]], requires_grad=True)
    loss = negative_sampling_loss(centre, torch.tensor([[-1e4]]), torch.tensor([[[1e3]]]))
    loss.backward()
    assert loss.item() == 11_000
    assert centre.grad.item() == 11_000


# GloVe


def test_cooccurrences_by_hand():
    pairs, counts = cooccurrences(torch.tensor([7, 8, 9, 8]), window=3)
    found = dict(zip(map(tuple, pairs.tolist()), counts.tolist(), strict=True))
    assert list(found) == sorted(found)
    # 7 8: 1 + 1/3 apart; 7 9: 1/2; 8 9: 1 + 1; 8 8: 1/2 from either side.
    expected = {(7, 8): 4 / 3, (7, 9): 0.5, (8, 9): 2.0, (8, 8): 1.0}
    expected |= {(j, i): x for (i, j), x in expected.items()}
    assert found == pytest.approx(expected)
    assert counts.dtype == torch.float32


def test_the_window_ends_cooccurrence():
    pairs, counts = cooccurrences(torch.tensor([1, 2, 3], dtype=torch.int32), window=1)
    assert pairs.tolist() == [[1, 2], [2, 1], [2, 3], [3, 2]]
    assert counts.tolist() == [1.0] * 4
    assert pairs.dtype == torch.int32
    alone, nothing = cooccurrences(torch.tensor([4]), window=2)
    assert (alone.shape, nothing.shape) == ((0, 2), (0,))
    wide = [cooccurrences(torch.tensor([1, 2, 3]), window=w)[1].tolist() for w in (2, 3, 50)]
    assert wide[0] == wide[1] == wide[2]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=15), st.integers(1, 6))
def test_cooccurrences_are_the_weighted_pairs_of_skip_gram(ids, window):
    expected = torch.zeros(6, 6)
    for s, i in enumerate(ids):
        for t, j in enumerate(ids):
            if 0 < abs(s - t) <= window:
                expected[i, j] += 1 / abs(s - t)
    pairs, counts = cooccurrences(torch.tensor(ids), window)
    got = torch.zeros(6, 6)
    got[pairs[:, 0], pairs[:, 1]] = counts
    torch.testing.assert_close(got, expected)
    assert (counts > 0).all()


@in_both_precisions
@pytest.mark.parametrize("options", [{}, {"x_max": 7.0, "alpha": 0.4}], ids=["defaults", "other"])
def test_glove_loss_is_equation_8(dtype, close, options):
    x_max, alpha = options.get("x_max", 100.0), options.get("alpha", 0.75)
    counts = torch.tensor([0.5, 3.0, 50.0, 100.0, 4000.0], dtype=dtype)
    n = len(counts)
    w, c = tensor(n, D, dtype=dtype), tensor(n, D, dtype=dtype)
    b, d = tensor(n, dtype=dtype), tensor(n, dtype=dtype)
    expected = 0
    for i, x in enumerate(counts.tolist()):
        f = (x / x_max) ** alpha if x < x_max else 1.0
        expected = expected + f * (w[i].dot(c[i]) + b[i] + d[i] - math.log(x)) ** 2 / n
    same(glove_loss(w, c, b, d, counts, **options), expected, [w, c, b, d], close)


def test_glove_weights_are_capped_at_one():
    zeros = torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(1), torch.zeros(1)
    for x, weight in ((100.0, 1.0), (1e4, 1.0), (50.0, 0.5**0.75)):
        loss = glove_loss(*zeros, torch.tensor([x]))
        assert loss.item() == pytest.approx(weight * math.log(x) ** 2, rel=1e-6)


# fastText


def test_ngrams_of_the_papers_example():
    runs = character_ngrams("where", 3, 3)
    assert runs == ["<wh", "whe", "her", "ere", "re>", "<where>"]


def test_ngrams_have_three_to_six_characters_and_the_word_comes_last():
    assert character_ngrams("cats") == [
        "<ca", "cat", "ats", "ts>", "<cat", "cats", "ats>", "<cats", "cats>", "<cats>",
    ]  # fmt: skip
    assert character_ngrams("catsx")[-3:] == ["<catsx"[:6], "catsx>", "<catsx>"]
    assert max(map(len, character_ngrams("unbelievable")[:-1])) == 6
    assert character_ngrams("banana", 4, 4).count("anan") == 1
    assert character_ngrams("banana", 3, 3).count("ana") == 2


@pytest.mark.parametrize(
    ("word", "n_min", "n_max", "runs"),
    [
        ("a", 3, 6, ["<a>"]),  # the word is a run itself: once
        ("a", 2, 6, ["<a", "a>", "<a>"]),
        ("a", 4, 6, ["<a>"]),
        ("学生", 2, 2, ["<学", "学生", "生>", "<学生>"]),
        ("ab", 2, 3, ["<a", "ab", "b>", "<ab", "ab>", "<ab>"]),
    ],
)
def test_ngrams_of_short_words(word, n_min, n_max, runs):
    assert character_ngrams(word, n_min, n_max) == runs


@pytest.mark.parametrize(
    ("text", "value"),
    [  # the published test vectors of FNV-1a, 32 bits
        ("", 0x811C9DC5), ("a", 0xE40C292C), ("b", 0xE70C2DE5), ("foobar", 0xBF9CF968),
    ],
)  # fmt: skip
def test_the_hash_is_fnv_1a(text, value):
    assert ngram_bucket(text, 2**32) == value
    assert ngram_bucket(text, 1000) == value % 1000
    assert ngram_bucket(text, 1) == 0


def test_the_hash_extends_the_sign_of_a_byte_as_fasttext_does():
    value = 0x811C9DC5
    for byte in "é".encode():  # int8_t(0xC3) is -61, as uint32_t 0xFFFFFFC3
        value = ((value ^ ((byte - 256) & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
    assert ngram_bucket("é", 2**32) == value
    # 127 is the last byte without a sign, 128 the first with one.
    assert ngram_bucket("\x7f", 2**32) == ((0x811C9DC5 ^ 0x7F) * 16777619) % 2**32
    first = ((0x811C9DC5 ^ 0xFFFFFFC2) * 16777619) % 2**32
    assert ngram_bucket("\x80", 2**32) == ((first ^ 0xFFFFFF80) * 16777619) % 2**32


# Neighbours


def test_the_nearest_by_angle_and_not_by_length():
    vectors = torch.tensor([[1.0, 0.0], [0.1, 0.1], [9.0, 9.5], [-3.0, 0.0], [0.0, 0.0]])
    scores, ids = nearest(vectors, torch.tensor([2.0, 2.0]), k=5)
    assert ids.tolist() == [1, 2, 0, 4, 3]
    expected = [1.0, F.cosine_similarity(vectors[2:3], torch.tensor([[2.0, 2.0]])).item()]
    expected += [0.5**0.5, 0.0, -(0.5**0.5)]
    torch.testing.assert_close(scores, torch.tensor(expected))
    assert nearest(vectors, vectors[0], k=2, exclude=[0, 2, 0])[1].tolist() == [1, 4]
    assert nearest(torch.randn(7, 3), torch.ones(3))[1].shape == (5,)
    assert vectors[0].tolist() == [1.0, 0.0]


def test_an_analogy_leaves_the_given_words_out():
    # Gender on axis 0, royalty on axis 1; the sums point at b or c unless they are left out.
    vectors = torch.tensor(
        [[1.0, 0.1], [1.0, 1.0], [-1.0, 0.1], [-0.6, 1.4], [-0.2, -1.0], [0.9, 0.0]]
    )
    man, king, woman, queen = range(4)
    assert analogy(vectors, man, king, woman, k=1)[1].tolist() == [queen]
    scores, ids = analogy(vectors, man, king, woman, k=3)
    assert set(ids.tolist()) == {3, 4, 5}
    unit = F.normalize(vectors, dim=-1)
    target = unit[king] - unit[man] + unit[woman]
    torch.testing.assert_close(scores, F.cosine_similarity(vectors[ids], target[None]))
    assert torch.equal(analogy(10 * vectors, man, king, woman, k=3)[1], ids)
    assert analogy(torch.randn(9, 3), 0, 1, 2)[1].shape == (5,)


def test_an_analogy_takes_words_of_length_one():
    # Without that, king's length 100 would decide alone.
    vectors = torch.tensor([[1.0, 0.0], [0.0, 100.0], [-1.0, 0.0], [0.0, 1.0], [-2.0, 1.0]])
    assert analogy(vectors, a=0, b=1, c=2, k=1)[1].tolist() == [4]
