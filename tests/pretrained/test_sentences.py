"""Sentences as vectors, with a small model."""

import re

import pytest
import torch

from unrolled.bert import BertConfig, BertModel
from unrolled.pretrained import SentenceEncoder
from unrolled.retrieval import PassageIndex
from unrolled.tokenizers import WordPiece

from .small import WORDS

SENTENCES = ["The cat sat.", "cats", "the the the the the the the the", "Sat."]


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    config = BertConfig(
        len(WORDS), 6, 1, 2, 7, max_position_embeddings=10, initializer_range=0.5
    )  # fmt: skip
    words = WordPiece({word: i for i, word in enumerate(WORDS)})
    return SentenceEncoder(BertModel(config).double().eval(), words, max_len=8)


def test_the_mean_over_real_tokens_with_length_1(encoder):
    for sentence, vector in zip(SENTENCES, encoder.embed(SENTENCES), strict=True):
        ids = encoder.tokenizer.encode(sentence, 8)
        mean = encoder.model(torch.tensor([ids]))[0][0].mean(dim=0)
        torch.testing.assert_close(vector, mean / mean.norm(), atol=1e-12, rtol=0)
    assert len(encoder.tokenizer.encode(SENTENCES[2])) == 10


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 5])
def test_how_many_are_read_at_once_changes_nothing(encoder, batch_size):
    read = []
    encoder.model.register_forward_pre_hook(lambda _, inputs: read.append(len(inputs[0])))
    vectors = encoder.embed(SENTENCES, batch_size)
    assert vectors.shape == (4, 6)
    assert not vectors.requires_grad
    assert max(read) == min(batch_size, 4)
    torch.testing.assert_close(vectors, encoder.embed(SENTENCES), atol=1e-12, rtol=0)


def test_an_index_of_sentences(encoder):
    index = PassageIndex(encoder.embed)
    index.add(SENTENCES)
    found = index.search("Cats", k=1)[0]
    assert found.text == "cats"
    assert found.score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda e: e.embed("text"), TypeError, "sentences is one str, a list of them is wanted"),
        (lambda e: e.embed([]), ValueError, "sentences is empty, at least one is wanted"),
        (lambda e: e.embed(["a"], 0), ValueError, "batch_size=0: at least 1 is wanted"),
        (
            lambda e: SentenceEncoder(e.model, e.tokenizer, 11),
            ValueError,
            "max_len=11: at most 10, what the model can read",
        ),
        (
            lambda e: SentenceEncoder(e.model, e.tokenizer),
            ValueError,
            "max_len=256: at most 10, what the model can read",
        ),
    ],
)
def test_what_is_refused(encoder, call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(encoder)
