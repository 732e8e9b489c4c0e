"""The models word2vec, GloVe and fastText: tables, first values, parts, compilation."""

import pytest
import torch

from agreement import same
from unrolled.basics import embedding_lookup
from unrolled.embeddings import (
    FastText,
    GloVe,
    SkipGram,
    character_ngrams,
    glove_loss,
    negative_sampling_loss,
    ngram_bucket,
)
from unrolled.parts import load_weights, use

N, K, D, V = 3, 4, 5, 11


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def batch():
    centre, context = torch.tensor([2, 0, 2]), torch.tensor([1, 10, 3])
    return centre, context, torch.randint(V, (N, K))


def words():
    return [f"w{i}" * (1 + i % 3) for i in range(V)]


def test_skip_gram_looks_centre_and_context_up_in_tables_of_their_own():
    model = SkipGram(V, D).double()
    assert {n: tuple(p.shape) for n, p in model.named_parameters()} == {
        "centre.weight": (V, D), "context.weight": (V, D),
    }  # fmt: skip
    torch.nn.init.normal_(model.context.weight)
    centre, context, negatives = batch()
    w, u = model.centre.weight, model.context.weight
    expected = negative_sampling_loss(w[centre], u[context], u[negatives])
    same(model(centre, context, negatives), expected, [w, u])
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
    model = GloVe(V, D, x_max=9.0, alpha=0.3).double()
    assert {n: tuple(p.shape) for n, p in model.named_parameters()} == {
        "centre.weight": (V, D), "context.weight": (V, D), "centre_bias": (V,),
        "context_bias": (V,),
    }  # fmt: skip
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    pairs, counts = torch.tensor([[2, 1], [0, 10], [2, 3]]), torch.tensor([1.0, 5.0, 12.0]).double()
    i, j = pairs.T
    arguments = (model.centre.weight[i], model.context.weight[j])
    arguments += (model.centre_bias[i], model.context_bias[j], counts)
    expected = glove_loss(*arguments, x_max=9.0, alpha=0.3)
    same(model(pairs, counts), expected, list(model.parameters()))
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
    model = FastText(["play", "a"], D, buckets=50, n_min=3, n_max=4).double()
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
    same(model(ids, 1 - ids, negatives), loss, [table, u])


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
