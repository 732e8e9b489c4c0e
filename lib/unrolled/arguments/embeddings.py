"""What the functions of ``unrolled.embeddings`` refuse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common, tensors


def _text_ids(ids: Tensor, window: int) -> None:
    tensors.integers(ids=ids)
    tensors.shaped("ids", ids, "(T,)", None)
    common.at_least_one(window=window)


def _pairs_of_vectors(centre: Tensor, context: Tensor) -> None:
    tensors.floating(centre=centre, context=context)
    tensors.shaped("centre", centre, "(N, D)", None, None)
    tensors.alike(centre=centre, context=context)


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
    tensors.shaped("counts", counts, "(V,)", None)
    if not ((counts >= 0) & (counts < math.inf)).all():
        raise ValueError("counts has a negative or non-finite value, counts from 0 on are wanted")
    if not counts.any():
        raise ValueError("counts is all zeros, at least one word that occurs is wanted")
    common.at_least_one(n_pairs=n_pairs, n_negatives=n_negatives)
    common.not_negative(power=power)


def negative_sampling_loss(centre: Tensor, context: Tensor, negatives: Tensor) -> None:
    """Refuse what ``negative_sampling_loss`` cannot use."""
    _pairs_of_vectors(centre, context)
    tensors.floating(negatives=negatives)
    N, D = centre.shape
    tensors.shaped("negatives", negatives, f"({N}, K, {D})", N, None, D)


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
    tensors.floating(**vectors)
    for name, given in vectors.items():
        tensors.exactly(name, given, len(centre))
    if not (counts > 0).all():
        raise ValueError(f"counts has the value {float(counts.min())}, counts above 0 are wanted")
    glove_numbers(x_max, alpha)


def triples(centre: Tensor, context: Tensor, negatives: Tensor, size: int) -> None:
    """Refuse ids of pairs and drawn words that do not belong together."""
    tensors.shaped("centre", centre, "(N,)", None)
    tensors.exactly("context", context, len(centre))
    tensors.shaped("negatives", negatives, f"({len(centre)}, K)", len(centre), None)
    tensors.ids_below(size, centre=centre, context=context, negatives=negatives)


def skip_gram_forward(self: Any, centre: Tensor, context: Tensor, negatives: Tensor) -> None:
    """Refuse what ``SkipGram`` cannot use."""
    triples(centre, context, negatives, self.context.num_embeddings)


def glove_numbers(x_max: float, alpha: float) -> None:
    """Refuse what gives a count no weight."""
    common.positive(x_max=x_max)
    common.not_negative(alpha=alpha)


def glove_forward(self: Any, pairs: Tensor, counts: Tensor) -> None:
    """Refuse what ``GloVe`` cannot use."""
    tensors.shaped("pairs", pairs, "(N, 2)", None, 2)
    tensors.ids_below(self.context.num_embeddings, pairs=pairs)


def _word(name: str, word: str) -> None:
    common.instance(name, word, str, "a str")
    common.not_empty(name, word, "character")


def character_ngrams(word: str, n_min: int = 3, n_max: int = 6) -> None:
    """Refuse what ``character_ngrams`` cannot use."""
    _word("word", word)
    common.at_least_one(n_min=n_min, n_max=n_max)
    if not 2 <= n_min <= n_max:
        raise ValueError(f"n_min={n_min}, n_max={n_max}: 2 <= n_min <= n_max is wanted")


def ngram_bucket(ngram: str, buckets: int) -> None:
    """Refuse what ``ngram_bucket`` cannot use."""
    common.instance("ngram", ngram, str, "a str")
    common.at_least_one(buckets=buckets)


def fasttext(words: Sequence[str], embedding_size: int, buckets: int) -> None:
    """Refuse what ``FastText`` cannot be made of."""
    common.at_least_one(embedding_size=embedding_size, buckets=buckets)
    common.several("words", words, "a list of words")
    common.not_empty("words", words, "word")
    seen: set[str] = set()
    for i, word in enumerate(words):
        _word(f"words[{i}]", word)
        if word in seen:
            raise ValueError(f"words has {word!r} twice, once is wanted")
        seen.add(word)


def fasttext_forward(self: Any, centre: Tensor, context: Tensor, negatives: Tensor) -> None:
    """Refuse what ``FastText`` cannot use."""
    triples(centre, context, negatives, len(self.ids))


def fasttext_vector(self: Any, word: str) -> None:
    """Refuse what ``FastText.vector`` cannot use."""
    _word("word", word)


def nearest(vectors: Tensor, query: Tensor, k: int = 5, exclude: Sequence[int] = ()) -> None:
    """Refuse what ``nearest`` cannot use."""
    tensors.floating(vectors=vectors, query=query)
    tensors.shaped("vectors", vectors, "(V, D)", None, None)
    tensors.exactly("query", query, vectors.size(1))
    common.one_id(len(vectors), **{f"exclude[{i}]": given for i, given in enumerate(exclude)})
    common.at_least_one(k=k)
    left = len(vectors) - len(set(exclude))
    if k > left:
        raise ValueError(f"k={k}: at most {left} is wanted: so many words are not excluded")


def analogy(vectors: Tensor, a: int, b: int, c: int, k: int = 5) -> None:
    """Refuse what ``analogy`` cannot use."""
    tensors.floating(vectors=vectors)
    tensors.shaped("vectors", vectors, "(V, D)", None, None)
    common.one_id(len(vectors), a=a, b=b, c=c)
