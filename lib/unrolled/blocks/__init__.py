"""Layer normalisation, the feed-forward network and the layers a Transformer is a stack of."""

from unrolled.blocks.feed_forward import FeedForward
from unrolled.blocks.layers import TransformerDecoderLayer, TransformerEncoderLayer
from unrolled.blocks.norms import LayerNorm

__all__ = ["FeedForward", "LayerNorm", "TransformerDecoderLayer", "TransformerEncoderLayer"]
