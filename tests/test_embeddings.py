"""word2vec, GloVe, fastText and neighbours: values, gradients and what training finds."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from unrolled.basics import embedding_lookup
from unrolled.embeddings import (
    FastText,
    GloVe,
    SkipGram,
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
from unrolled.parts import load_weights, use

N, K, D, V = 3, 4, 5, 11
DTYPES = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=["f64", "f32"]
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64, scale=2.0):
    return (scale * torch.randn(*shape, dtype=dtype)).requires_grad_()


def same(ours, theirs, inputs, tolerance):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)
    for got, wanted in zip(
        torch.autograd.grad(ours, inputs), torch.autograd.grad(theirs, inputs), strict=True
    ):
        torch.testing.assert_close(got, wanted, atol=tolerance, rtol=tolerance)


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


@DTYPES
def test_negative_sampling_loss_is_a_classifiers(dtype, tolerance):
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
    same(ours, expected, [centre, context, negatives], tolerance)


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


@DTYPES
@pytest.mark.parametrize("options", [{}, {"x_max": 7.0, "alpha": 0.4}], ids=["defaults", "other"])
def test_glove_loss_is_equation_8(dtype, tolerance, options):
    x_max, alpha = options.get("x_max", 100.0), options.get("alpha", 0.75)
    counts = torch.tensor([0.5, 3.0, 50.0, 100.0, 4000.0], dtype=dtype)
    n = len(counts)
    w, c = tensor(n, D, dtype=dtype), tensor(n, D, dtype=dtype)
    b, d = tensor(n, dtype=dtype), tensor(n, dtype=dtype)
    expected = 0
    for i, x in enumerate(counts.tolist()):
        f = (x / x_max) ** alpha if x < x_max else 1.0
        expected = expected + f * (w[i].dot(c[i]) + b[i] + d[i] - math.log(x)) ** 2 / n
    same(glove_loss(w, c, b, d, counts, **options), expected, [w, c, b, d], tolerance)


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


# Models


def batch():
    centre, context = torch.tensor([2, 0, 2]), torch.tensor([1, 10, 3])
    return centre, context, torch.randint(V, (N, K))


def words():
    return [f"w{i}" * (1 + i % 3) for i in range(V)]


def test_skip_gram_looks_centre_and_context_up_in_tables_of_their_own():
    model = SkipGram(V, D)
    assert {n: tuple(p.shape) for n, p in model.named_parameters()} == {
        "centre.weight": (V, D), "context.weight": (V, D),
    }  # fmt: skip
    torch.nn.init.normal_(model.context.weight)
    centre, context, negatives = batch()
    w, u = model.centre.weight, model.context.weight
    expected = negative_sampling_loss(w[centre], u[context], u[negatives])
    same(model(centre, context, negatives), expected, [w, u], 1e-7)
    assert torch.equal(model.vectors, w)
    assert not model.vectors.requires_grad


def test_skip_gram_begins_as_word2vec_does():
    model = SkipGram(1000, 4)
    assert (model.context.weight == 0).all()
    w = model.centre.weight
    assert (w.abs() <= 1 / 8).all()
    assert w.min() < -0.12
    assert w.max() > 0.12


def test_glove_adds_the_biases_and_publishes_the_sum_of_both_tables():
    model = GloVe(V, D, x_max=9.0, alpha=0.3)
    assert {n: tuple(p.shape) for n, p in model.named_parameters()} == {
        "centre.weight": (V, D), "context.weight": (V, D), "centre_bias": (V,),
        "context_bias": (V,),
    }  # fmt: skip
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    pairs, counts = torch.tensor([[2, 1], [0, 10], [2, 3]]), torch.tensor([1.0, 5.0, 12.0])
    i, j = pairs.T
    arguments = (model.centre.weight[i], model.context.weight[j])
    arguments += (model.centre_bias[i], model.context_bias[j], counts)
    expected = glove_loss(*arguments, x_max=9.0, alpha=0.3)
    same(model(pairs, counts), expected, list(model.parameters()), 1e-6)
    assert torch.equal(model.vectors, model.centre.weight + model.context.weight)
    assert not model.vectors.requires_grad


def test_glove_begins_small_and_has_the_papers_weights():
    model = GloVe(1000, 4)
    assert (model.x_max, model.alpha) == (100.0, 0.75)
    for parameter in model.parameters():
        assert (parameter.abs() <= 1 / 8).all()
        assert parameter.min() < -0.12
        assert parameter.max() > 0.12


def test_fasttext_averages_a_word_and_its_runs():
    model = FastText(["play", "a"], D, buckets=50, n_min=3, n_max=4)
    torch.nn.init.normal_(model.context.weight)
    table = model.centre.weight
    assert table.shape == (52, D)
    assert model.context.weight.shape == (2, D)
    runs = ["<pl", "pla", "lay", "ay>", "<pla", "play", "lay>"]
    play = [0, *(2 + ngram_bucket(run, 50) for run in runs)]
    expected = torch.stack((table[play].mean(0), table[1]))  # "<a>" is the word: its own row alone
    torch.testing.assert_close(model.vectors, expected)
    torch.testing.assert_close(model.vector("play"), expected[0])
    unknown = [2 + ngram_bucket(run, 50) for run in ("<la", "lay", "ay>", "<lay", "lay>")]
    torch.testing.assert_close(model.vector("lay"), table[unknown].mean(0))
    assert model.vector("b").tolist() == [0.0] * D
    assert not model.vector("lay").requires_grad
    assert not model.vectors.requires_grad
    ids = torch.tensor([1, 0, 0])
    negatives = torch.tensor([[0, 1], [1, 1], [0, 0]])
    u = model.context.weight
    loss = negative_sampling_loss(expected[ids], u[1 - ids], u[negatives])
    same(model(ids, 1 - ids, negatives), loss, [table, u], 1e-6)


def test_fasttext_begins_as_its_program_does():
    model = FastText(["play"], 4)
    assert (model.buckets, model.n_min, model.n_max) == (20_000, 3, 6)
    assert model.centre.weight.shape == (20_001, 4)
    assert (model.context.weight == 0).all()
    assert (model.centre.weight.abs() <= 1 / 4).all()
    assert model.centre.weight.max() > 0.24
    assert model.centre.weight.min() < -0.24
    assert set(model.state_dict()) == {"centre.weight", "context.weight"}


@pytest.mark.parametrize("build", [lambda: SkipGram(V, D), lambda: FastText(words(), D)])
def test_word2vec_models_compile_without_a_break(build):
    model = build()
    inputs = batch()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(*inputs), model(*inputs))


def test_glove_compiles_without_a_break():
    model = GloVe(V, D)
    inputs = torch.tensor([[2, 1], [0, 10]]), torch.tensor([1.0, 5.0])
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(*inputs), model(*inputs))


def test_models_are_made_of_the_learners_own_parts():
    called = []

    def mine(reference):
        def counted(*args):
            called.append(reference.__name__)
            return reference(*args)

        return counted

    parts = (negative_sampling_loss, glove_loss, embedding_lookup, character_ngrams)
    with use({reference.__name__: mine(reference) for reference in parts}):
        models = SkipGram(V, D), FastText(words(), D), GloVe(V, D)
    for model in models[:2]:
        model(*batch())
    models[2](torch.tensor([[0, 1]]), torch.tensor([2.0]))
    assert [called.count(r.__name__) for r in parts] == [2, 1, 8, V]
    fresh = SkipGram(V, D)
    load_weights(fresh, models[0].state_dict())
    assert torch.equal(fresh.vectors, models[0].vectors)


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
