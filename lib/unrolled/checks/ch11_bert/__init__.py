"""Chapter 11: what BERT is trained on, BERT itself, and answers as spans."""

from __future__ import annotations

from unrolled.checks.ch11_bert.model import BERT_MODEL
from unrolled.checks.ch11_bert.objectives import MASK_TOKENS, NSP_PAIRS
from unrolled.checks.ch11_bert.scores import CHAPTER, MLM_LOSS, SPAN_ANSWER

EXERCISES = (MASK_TOKENS, NSP_PAIRS, MLM_LOSS, BERT_MODEL, SPAN_ANSWER)

__all__ = ["CHAPTER", "EXERCISES"]
