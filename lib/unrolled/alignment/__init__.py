"""Looking back at the source: Bahdanau's and Luong's attention, and the decoders that use it."""

from unrolled.alignment.decoders import AttentionDecoder, LuongDecoder
from unrolled.alignment.model import AttentionSeq2Seq
from unrolled.alignment.scores import AdditiveAttention, LuongAttention

__all__ = [
    "AdditiveAttention", "AttentionDecoder", "AttentionSeq2Seq", "LuongAttention", "LuongDecoder",
]  # fmt: skip
