"""Four ways to tell attention where a token stands: sinusoidal, learned, rotary and ALiBi."""

from unrolled.positions.alibi import AlibiAttention, alibi_bias
from unrolled.positions.relative import RelativeAttention
from unrolled.positions.rotary import RotaryAttention, apply_rope
from unrolled.positions.tables import (
    LearnedPositions,
    SinusoidalPositions,
    sinusoidal_positions,
)

__all__ = [
    "AlibiAttention", "LearnedPositions", "RelativeAttention", "RotaryAttention",
    "SinusoidalPositions", "alibi_bias", "apply_rope", "sinusoidal_positions",
]  # fmt: skip
