"""Chapter 10: the Transformer, label smoothing, the learning rate, translating."""

from __future__ import annotations

from unrolled.checks.ch10_transformer.decoding import DECODE_TRANSFORMER
from unrolled.checks.ch10_transformer.model import CHAPTER, TRANSFORMER
from unrolled.checks.ch10_transformer.training import LABEL_SMOOTHING_LOSS, NOAM_SCHEDULE

EXERCISES = (TRANSFORMER, LABEL_SMOOTHING_LOSS, NOAM_SCHEDULE, DECODE_TRANSFORMER)

__all__ = ["CHAPTER", "EXERCISES"]
