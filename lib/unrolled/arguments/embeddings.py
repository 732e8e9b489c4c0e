"""What the functions of ``unrolled.embeddings`` refuse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common


def _text_ids(ids: Tensor, window: int) -> None:
    if ids.dtype not in (torch.long, torch.int32):
        raise TypeError(f"ids has dtype {ids.dtype}, torch.int64 or torch.int32 is wanted")
    common.shaped("ids", ids, "(T,)", None)
    common.at_least_one(window=window)


def _pairs_of_vectors(centre: Tensor, context: Tensor) -> None:
    common.floating(centre=centre, context=context)
    common.shaped("centre", centre, "(N, D)", None, None)
    common.shaped("context", context, str(tuple(centre.shape)), *centre.shape)


def skip_gram_pairs(ids: Tensor, window: int) -> None:
    """Refuse what ``skip_gram_pairs`` cannot use."""
    _text_ids(ids, window)


def cooccurrences(ids: Tensor, window: int) -> None:
    """Refuse what ``cooccurrences`` cannot use."""
    _text_ids(ids, window)


def negative_sampler(
    counts: Tensor, n_pairs: int, n_negatives: int, power: float = 0.75, generator: object = None
) -> None:
    """Refuse what ``negative_sampler`` cannot use."""
    if counts.dtype == torch.bool or counts.is_complex():
        raise TypeError(f"counts has dtype {counts.dtype}, integers or floats are wanted")
    common.shaped("counts", counts, "(V,)", None)
    if not ((counts >= 0) & (counts < math.inf)).all():
        raise ValueError("counts has a negative or non-finite value, counts from 0 on are wanted")
    if not counts.any():
        raise ValueError("counts is all zeros, at least one word that occurs is wanted")
    common.at_least_one(n_pairs=n_pairs, n_negatives=n_negatives)
    if not 0 <= power < math.inf:
        raise ValueError(f"power={power}, a number from 0 on is wanted")


def negative_sampling_loss(centre: Tensor, context: Tensor, negatives: Tensor) -> None:
    """Refuse what ``negative_sampling_loss`` cannot use."""
    _pairs_of_vectors(centre, context)
    common.floating(negatives=negatives)
    N, D = centre.shape
    common.shaped("negatives", negatives, f"({N}, K, {D})", N, None, D)


def glove_loss(
    centre: Tensor,
    context: Tensor,
    centre_bias: Tensor,
    context_bias: Tensor,
    counts: Tensor,
    x_max: float = 100.0,
    alpha: float = 0.75,
) -> None:
    """Refuse what ``glove_loss`` cannot use."""
    _pairs_of_vectors(centre, context)
    vectors = {"centre_bias": centre_bias, "context_bias": context_bias, "counts": counts}
    common.floating(**vectors)
    for name, given in vectors.items():
        common.shaped(name, given, f"({len(centre)},)", len(centre))
    if not (counts > 0).all():
        raise ValueError(f"counts has the value {float(counts.min())}, counts above 0 are wanted")
    if not x_max > 0:
        raise ValueError(f"x_max={x_max}, a number above 0 is wanted")
    if not alpha >= 0:
        raise ValueError(f"alpha={alpha}, a number from 0 on is wanted")


def glove_forward(self: Any, pairs: Tensor, counts: Tensor) -> None:
    """Refuse what ``GloVe`` cannot use."""
    common.shaped("pairs", pairs, "(N, 2)", None, 2)
    common.ids_below(self.context.num_embeddings, pairs=pairs)


def _word(name: str, word: object) -> None:
    if not isinstance(word, str):
        raise TypeError(f"{name} is a {type(word).__name__}, a str is wanted")
    if not word:
        raise ValueError(f"{name} is empty, at least one character is wanted")


def character_ngrams(word: str, n_min: int = 3, n_max: int = 6) -> None:
    """Refuse what ``character_ngrams`` cannot use."""
    _word("word", word)
    common.at_least_one(n_min=n_min, n_max=n_max)
    if not 2 <= n_min <= n_max:
        raise ValueError(f"n_min={n_min}, n_max={n_max}: 2 <= n_min <= n_max is wanted")


def ngram_bucket(ngram: str, buckets: int) -> None:
    """Refuse what ``ngram_bucket`` cannot use."""
    if not isinstance(ngram, str):
        raise TypeError(f"ngram is a {type(ngram).__name__}, a str is wanted")
    common.at_least_one(buckets=buckets)


def fasttext(words: Sequence[str], embedding_size: int, buckets: int) -> None:
    """Refuse what ``FastText`` cannot be made of."""
    common.at_least_one(embedding_size=embedding_size, buckets=buckets)
    if isinstance(words, str):
        raise TypeError("words is a str, a list of words is wanted")
    if not len(words):
        raise ValueError("words is empty, at least one word is wanted")
    seen: set[str] = set()
    for i, word in enumerate(words):
        _word(f"words[{i}]", word)
        if word in seen:
            raise ValueError(f"words has {word!r} twice, once is wanted")
        seen.add(word)


def fasttext_forward(self: Any, centre: Tensor, context: Tensor, negatives: Tensor) -> None:
    """Refuse what ``FastText`` cannot use."""
    common.shaped("centre", centre, "(N,)", None)
    common.ids_below(len(self.ids), centre=centre)


def fasttext_vector(self: Any, word: str) -> None:
    """Refuse what ``FastText.vector`` cannot use."""
    _word("word", word)


def _word_id(name: str, given: int, vocab_size: int) -> None:
    if not 0 <= given < vocab_size:
        raise ValueError(f"{name}={given}, an id from 0 to {vocab_size - 1} is wanted")


def nearest(vectors: Tensor, query: Tensor, k: int = 5, exclude: Sequence[int] = ()) -> None:
    """Refuse what ``nearest`` cannot use."""
    common.floating(vectors=vectors, query=query)
    common.shaped("vectors", vectors, "(V, D)", None, None)
    common.shaped("query", query, f"({vectors.size(1)},)", vectors.size(1))
    for i, given in enumerate(exclude):
        _word_id(f"exclude[{i}]", given, len(vectors))
    common.at_least_one(k=k)
    left = len(vectors) - len(set(exclude))
    if k > left:
        raise ValueError(f"k={k}, at most {left} is wanted: so many words are not excluded")


def analogy(vectors: Tensor, a: int, b: int, c: int, k: int = 5) -> None:
    """Refuse what ``analogy`` cannot use."""
    common.floating(vectors=vectors)
    common.shaped("vectors", vectors, "(V, D)", None, None)
    for name, given in (("a", a), ("b", b), ("c", c)):
        _word_id(name, given, len(vectors))
