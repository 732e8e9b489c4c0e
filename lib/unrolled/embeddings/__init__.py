"""Word vectors from the company that words keep: word2vec, GloVe, fastText, and their neighbours.

Shapes: ``T`` positions of a text, ``N`` pairs of words, ``K`` negatives for each pair, ``V``
vocabulary, ``D`` width of a vector.
"""

from unrolled.embeddings.fasttext import FastText, character_ngrams, ngram_bucket
from unrolled.embeddings.glove import GloVe, cooccurrences, glove_loss
from unrolled.embeddings.neighbours import analogy, nearest
from unrolled.embeddings.word2vec import (
    SkipGram,
    negative_sampler,
    negative_sampling_loss,
    skip_gram_pairs,
)

__all__ = [
    "FastText", "GloVe", "SkipGram", "analogy", "character_ngrams", "cooccurrences", "glove_loss",
    "nearest", "negative_sampler", "negative_sampling_loss", "ngram_bucket", "skip_gram_pairs",
]  # fmt: skip
