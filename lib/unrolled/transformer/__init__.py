"""The encoder-decoder Transformer of Vaswani et al. 2017, its stacks, and how it translates."""

from unrolled.transformer.decode import decode_transformer
from unrolled.transformer.model import Transformer
from unrolled.transformer.stacks import TransformerDecoder, TransformerEncoder

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder", "decode_transformer"]
