"""Chapter 4: one sequence to another; training, searching and judging."""

from unrolled.checks.ch04_seq2seq.scores import BLEU
from unrolled.checks.ch04_seq2seq.search import BEAM_SEARCH, GREEDY_DECODE
from unrolled.checks.ch04_seq2seq.training import CHAPTER, LAST_STATE, SEQUENCE_LOSS, SHIFT_RIGHT

EXERCISES = (LAST_STATE, SHIFT_RIGHT, SEQUENCE_LOSS, GREEDY_DECODE, BEAM_SEARCH, BLEU)

__all__ = ["CHAPTER", "EXERCISES"]
