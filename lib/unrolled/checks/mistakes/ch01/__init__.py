"""Known mistakes of chapter 1."""

from __future__ import annotations

from unrolled.checks.mistakes.ch01.bpe import TRAIN_BPE
from unrolled.checks.mistakes.ch01.losses import GLOVE_LOSS, NEGATIVE_SAMPLING_LOSS
from unrolled.checks.mistakes.ch01.pairs import NEGATIVE_SAMPLER, SKIP_GRAM_PAIRS
from unrolled.checks.mistakes.ch01.parts import CHARACTER_NGRAMS, WORDPIECE_TOKENIZE

__all__ = [
    "CHARACTER_NGRAMS", "GLOVE_LOSS", "NEGATIVE_SAMPLER", "NEGATIVE_SAMPLING_LOSS",
    "SKIP_GRAM_PAIRS", "TRAIN_BPE", "WORDPIECE_TOKENIZE",
]  # fmt: skip
