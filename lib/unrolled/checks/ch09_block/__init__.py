"""Chapter 9: layer normalisation, the feed-forward network, encoder and decoder layers."""

from unrolled.checks.ch09_block.decoder import TRANSFORMER_DECODER_LAYER
from unrolled.checks.ch09_block.encoder import TRANSFORMER_ENCODER_LAYER
from unrolled.checks.ch09_block.feed_forward import FEED_FORWARD
from unrolled.checks.ch09_block.norms import CHAPTER, LAYER_NORM

EXERCISES = (LAYER_NORM, FEED_FORWARD, TRANSFORMER_ENCODER_LAYER, TRANSFORMER_DECODER_LAYER)

__all__ = ["CHAPTER", "EXERCISES"]
