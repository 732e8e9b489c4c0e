"""Known mistakes of chapter 8."""

from unrolled.checks.mistakes.ch08.relative import ALIBI_BIAS, APPLY_ROPE
from unrolled.checks.mistakes.ch08.tables import LEARNED_POSITIONS, SINUSOIDAL_POSITIONS

__all__ = ["ALIBI_BIAS", "APPLY_ROPE", "LEARNED_POSITIONS", "SINUSOIDAL_POSITIONS"]
