"""What the embeddings refuse, and the sentence each time."""

import pytest
import torch

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

N, K, D, V = 3, 4, 5, 11
ROW, PAIR, DRAWN = torch.ones(N), torch.ones(N, D), torch.ones(N, K, D)
SKIP, FAST, GLOVE = SkipGram(V, D), FastText(["ab", "cd"], D, buckets=7), GloVe(V, D)
VECTORS = torch.ones(V, D)


def ids(*values):
    return torch.tensor(values)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: skip_gram_pairs(torch.ones(3), 1),
            TypeError,
            "ids has dtype torch.float32, torch.int64 or torch.int32 is wanted",
        ),
        (
            lambda: skip_gram_pairs(torch.ones(2, 3, dtype=torch.long), 1),
            ValueError,
            "ids has shape (2, 3), (T,) is wanted",
        ),
        (
            lambda: skip_gram_pairs(torch.ones(0, dtype=torch.long), 1),
            ValueError,
            "ids has shape (0,), (T,), each at least 1, is wanted",
        ),
        (lambda: skip_gram_pairs(ids(1), 0), ValueError, "window=0: at least 1 is wanted"),
        (
            lambda: skip_gram_pairs(ids(1), 1.0),
            TypeError,
            "window=1.0 is a float, an integer is wanted",
        ),
        (
            lambda: cooccurrences(ids(1), True),
            TypeError,
            "window=True is a bool, an integer is wanted",
        ),
        (lambda: cooccurrences(ids([1]), 1), ValueError, "ids has shape (1, 1), (T,) is wanted"),
        (
            lambda: negative_sampler(torch.ones(2, dtype=torch.bool), 1, 1),
            TypeError,
            "counts has dtype torch.bool, integers or floats are wanted",
        ),
        (
            lambda: negative_sampler(torch.ones(2, dtype=torch.complex64), 1, 1),
            TypeError,
            "counts has dtype torch.complex64, integers or floats are wanted",
        ),
        (
            lambda: negative_sampler(torch.ones(2, 3), 1, 1),
            ValueError,
            "counts has shape (2, 3), (V,) is wanted",
        ),
        *(
            (
                lambda bad=bad: negative_sampler(torch.tensor([1.0, bad]), 1, 1),
                ValueError,
                "counts has a negative or non-finite value, counts from 0 on are wanted",
            )
            for bad in (-1.0, float("inf"), float("nan"))
        ),
        (
            lambda: negative_sampler(ids(0, 0), 1, 1),
            ValueError,
            "counts is all zeros, at least one word that occurs is wanted",
        ),
        (lambda: negative_sampler(ids(1), 0, 1), ValueError, "n_pairs=0: at least 1 is wanted"),
        (lambda: negative_sampler(ids(1), 1, 0), ValueError, "n_negatives=0: at least 1 is"),
        (
            lambda: negative_sampler(ids(1), 1, 1, power=-0.1),
            ValueError,
            "power=-0.1: a finite number of at least 0 is wanted",
        ),
        (
            lambda: negative_sampling_loss(PAIR.long(), PAIR, DRAWN),
            TypeError,
            "centre has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: negative_sampling_loss(PAIR, PAIR.long(), DRAWN),
            TypeError,
            "context has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: negative_sampling_loss(PAIR, PAIR, DRAWN.long()),
            TypeError,
            "negatives has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: negative_sampling_loss(ROW, ROW, DRAWN),
            ValueError,
            "centre has shape (3,), (N, D) is wanted",
        ),
        (
            lambda: negative_sampling_loss(PAIR[:0], PAIR[:0], DRAWN[:0]),
            ValueError,
            "centre has shape (0, 5), (N, D), each at least 1, is wanted",
        ),
        (
            lambda: negative_sampling_loss(PAIR, PAIR[:1], DRAWN),
            ValueError,
            "context has shape (1, 5), (3, 5) is wanted",
        ),
        *(
            (
                lambda bad=bad: negative_sampling_loss(PAIR, PAIR, bad),
                ValueError,
                f"negatives has shape {tuple(bad.shape)}, (3, K, 5) is wanted",
            )
            for bad in (PAIR, DRAWN[:1], DRAWN[..., :1])
        ),
        (
            lambda: negative_sampling_loss(PAIR, PAIR, DRAWN[:, :0]),
            ValueError,
            "negatives has shape (3, 0, 5), (3, K, 5), each at least 1, is wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, ROW, ROW, ROW.long()),
            TypeError,
            "counts has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, PAIR, ROW, ROW),
            ValueError,
            "centre_bias has shape (3, 5), (3,) is wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, ROW, ROW[:1], ROW),
            ValueError,
            "context_bias has shape (1,), (3,) is wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, ROW, ROW, ROW[:1]),
            ValueError,
            "counts has shape (1,), (3,) is wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, ROW, ROW, torch.tensor([1.0, 0.0, 2.0])),
            ValueError,
            "counts has the value 0.0, counts above 0 are wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, ROW, ROW, ROW, x_max=0.0),
            ValueError,
            "x_max=0.0: a finite number above 0 is wanted",
        ),
        (
            lambda: glove_loss(PAIR, PAIR, ROW, ROW, ROW, alpha=-0.5),
            ValueError,
            "alpha=-0.5: a finite number of at least 0 is wanted",
        ),
        (lambda: SkipGram(0, D), ValueError, "vocab_size=0: at least 1 is wanted"),
        (lambda: SkipGram(V, 0), ValueError, "embedding_size=0: at least 1 is wanted"),
        (
            lambda: SKIP(ids(0, V), ids(0, 1), torch.zeros(2, K, dtype=torch.long)),
            ValueError,
            "centre holds values from 0 to 11, 0 to 10 are wanted",
        ),
        (lambda: GloVe(V, 0), ValueError, "embedding_size=0: at least 1 is wanted"),
        (lambda: GLOVE(ids(0, 1), ROW), ValueError, "pairs has shape (2,), (N, 2) is wanted"),
        (
            lambda: GLOVE(torch.zeros(N, 3, dtype=torch.long), ROW),
            ValueError,
            "pairs has shape (3, 3), (N, 2) is wanted",
        ),
        (
            lambda: GLOVE(ids([0, V]), ROW[:1]),
            ValueError,
            "pairs holds values from 0 to 11, 0 to 10 are wanted",
        ),
        (
            lambda: GLOVE(ids([-1, 2]), ROW[:1]),
            ValueError,
            "pairs holds values from -1 to 2, 0 to 10 are wanted",
        ),
        (
            lambda: GLOVE(torch.zeros(N, 2), ROW),
            TypeError,
            "pairs has dtype torch.float32, torch.int64 or torch.int32 is wanted",
        ),
        (
            lambda: GLOVE(torch.zeros(0, 2, dtype=torch.long), ROW[:0]),
            ValueError,
            "pairs has shape (0, 2), (N, 2), each at least 1, is wanted",
        ),
        (lambda: character_ngrams(7), TypeError, "word is a int, a str is wanted"),
        (lambda: character_ngrams(""), ValueError, "word is empty, at least one character is"),
        (lambda: character_ngrams("ab", 1), ValueError, "n_min=1, n_max=6: 2 <= n_min <="),
        (lambda: character_ngrams("ab", 4, 3), ValueError, "n_min=4, n_max=3: 2 <= n_min"),
        (lambda: ngram_bucket(b"ab", 3), TypeError, "ngram is a bytes, a str is wanted"),
        (lambda: ngram_bucket("ab", 0), ValueError, "buckets=0: at least 1 is wanted"),
        (lambda: FastText("ab", D), TypeError, "words is a str, a list of words is wanted"),
        (lambda: FastText([], D), ValueError, "words is empty, at least one word is wanted"),
        (lambda: FastText(["ab", 7], D), TypeError, "words[1] is a int, a str is wanted"),
        (lambda: FastText(["a", "b", "a"], D), ValueError, "words has 'a' twice, once is wanted"),
        (lambda: FastText(["ab"], 0), ValueError, "embedding_size=0: at least 1 is wanted"),
        (lambda: FastText(["ab"], D, buckets=0), ValueError, "buckets=0: at least 1 is wanted"),
        (
            lambda: FAST(ids(2), ids(0), ids([0])),
            ValueError,
            "centre holds values from 2 to 2, 0 to 1 are wanted",
        ),
        (
            lambda: FAST(ids([0]), ids(0), ids([0])),
            ValueError,
            "centre has shape (1, 1), (N,) is wanted",
        ),
        (lambda: FAST.vector(""), ValueError, "word is empty, at least one character is wanted"),
        (
            lambda: nearest(VECTORS.long(), PAIR[0]),
            TypeError,
            "vectors has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: nearest(VECTORS, PAIR[0].long()),
            TypeError,
            "query has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: nearest(ROW, ROW), ValueError, "vectors has shape (3,), (V, D) is wanted"),
        (lambda: nearest(VECTORS, ROW), ValueError, "query has shape (3,), (5,) is wanted"),
        (lambda: nearest(VECTORS, PAIR[0], k=0), ValueError, "k=0: at least 1 is wanted"),
        (
            lambda: nearest(VECTORS, PAIR[0], k=V, exclude=[2, 2]),
            ValueError,
            "k=11: at most 10 is wanted: so many words are not excluded",
        ),
        (
            lambda: nearest(VECTORS, PAIR[0], exclude=[V]),
            ValueError,
            "exclude[0]=11: an id from 0 to 10 is wanted",
        ),
        (
            lambda: nearest(VECTORS, PAIR[0], exclude=[-1]),
            ValueError,
            "exclude[0]=-1: an id from 0 to 10 is wanted",
        ),
        (lambda: analogy(ROW, 0, 1, 2), ValueError, "vectors has shape (3,), (V, D) is wanted"),
        (lambda: analogy(VECTORS.long(), 0, 1, 2), TypeError, "vectors has dtype torch.int64, a"),
        (lambda: analogy(VECTORS, -1, 1, 2), ValueError, "a=-1: an id from 0 to 10 is wanted"),
        (lambda: analogy(VECTORS, 0, V, 2), ValueError, "b=11: an id from 0 to 10 is wanted"),
        (lambda: analogy(VECTORS, 0, 1, V), ValueError, "c=11: an id from 0 to 10 is wanted"),
        (
            lambda: analogy(VECTORS, 0, 1, 2, k=9),
            ValueError,
            "k=9: at most 8 is wanted: so many words are not excluded",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


def test_what_is_at_the_border_is_taken():
    assert nearest(VECTORS, PAIR[0], k=V - 1, exclude=[2, 2])[1].shape == (V - 1,)
    assert analogy(VECTORS, 0, 1, V - 1, k=V - 3)[1].shape == (V - 3,)
    assert character_ngrams("ab", 2, 2) == ["<a", "ab", "b>", "<ab>"]
    assert glove_loss(PAIR, PAIR, ROW, ROW, ROW, alpha=0.0) == 49.0
    assert GLOVE(ids([0, V - 1]), ROW[:1]).shape == ()
    assert FAST(ids(1), ids(0), ids([0])).shape == ()
    assert FastText(["ab"], 1, buckets=1).vector("bc").shape == (1,)
    assert SkipGram(1, 1).vectors.shape == (1, 1)
