"""Known mistakes of chapter 4."""

from unrolled.checks.mistakes.ch04.scores import BLEU
from unrolled.checks.mistakes.ch04.search import BEAM_SEARCH, GREEDY_DECODE
from unrolled.checks.mistakes.ch04.training import LAST_STATE, SEQUENCE_LOSS, SHIFT_RIGHT

__all__ = [
    "BEAM_SEARCH", "BLEU", "GREEDY_DECODE", "LAST_STATE", "SEQUENCE_LOSS", "SHIFT_RIGHT",
]  # fmt: skip
