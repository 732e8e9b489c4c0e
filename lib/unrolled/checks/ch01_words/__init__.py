"""Chapter 1: from text to tokens and pairs, and the losses that turn words into vectors."""

from __future__ import annotations

from unrolled.checks.ch01_words.bpe import TRAIN_BPE
from unrolled.checks.ch01_words.losses import GLOVE_LOSS, NEGATIVE_SAMPLING_LOSS
from unrolled.checks.ch01_words.negatives import NEGATIVE_SAMPLER
from unrolled.checks.ch01_words.pairs import SKIP_GRAM_PAIRS
from unrolled.checks.ch01_words.parts import CHARACTER_NGRAMS, WORDPIECE_TOKENIZE
from unrolled.checks.ch01_words.words import CHAPTER

EXERCISES = (
    TRAIN_BPE, WORDPIECE_TOKENIZE, SKIP_GRAM_PAIRS, NEGATIVE_SAMPLER, NEGATIVE_SAMPLING_LOSS,
    GLOVE_LOSS, CHARACTER_NGRAMS,
)  # fmt: skip

__all__ = ["CHAPTER", "EXERCISES"]
