"""Known mistakes of chapter 5."""

from unrolled.checks.mistakes.ch05.decoder import DECODER
from unrolled.checks.mistakes.ch05.scores import ADDITIVE, LUONG

__all__ = ["ADDITIVE", "DECODER", "LUONG"]
