"""Known mistakes of chapter 9."""

from unrolled.checks.mistakes.ch09.decoder import TRANSFORMER_DECODER_LAYER
from unrolled.checks.mistakes.ch09.encoder import TRANSFORMER_ENCODER_LAYER
from unrolled.checks.mistakes.ch09.feed_forward import FEED_FORWARD
from unrolled.checks.mistakes.ch09.norms import LAYER_NORM

__all__ = [
    "FEED_FORWARD", "LAYER_NORM", "TRANSFORMER_DECODER_LAYER", "TRANSFORMER_ENCODER_LAYER",
]  # fmt: skip
