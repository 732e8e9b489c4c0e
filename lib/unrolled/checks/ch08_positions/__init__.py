"""Chapter 8: sinusoidal, learned, rotary and ALiBi positions."""

from unrolled.checks.ch08_positions.relative import ALIBI_BIAS, APPLY_ROPE
from unrolled.checks.ch08_positions.tables import (
    CHAPTER,
    LEARNED_POSITIONS,
    SINUSOIDAL_POSITIONS,
)

EXERCISES = (SINUSOIDAL_POSITIONS, LEARNED_POSITIONS, APPLY_ROPE, ALIBI_BIAS)

__all__ = ["CHAPTER", "EXERCISES"]
