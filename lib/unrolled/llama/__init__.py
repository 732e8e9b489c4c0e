"""Llama: what a decade of small changes made of GPT (Touvron et al. 2023).

RMSNorm for LayerNorm, SwiGLU for the feed-forward network, rotary positions for learned ones, fewer
heads of keys and values than of queries, and almost no biases.

Shapes: ``B`` batch, ``T`` positions, ``D`` = hidden_size, ``H`` heads of queries, ``G`` heads of
keys and values, ``d_k`` width of a head, ``V`` vocabulary.
"""

from unrolled.llama.attention import GroupedQueryAttention
from unrolled.llama.config import LlamaConfig
from unrolled.llama.layers import RMSNorm, SwiGLU
from unrolled.llama.model import Llama, LlamaBlock

__all__ = ["GroupedQueryAttention", "Llama", "LlamaBlock", "LlamaConfig", "RMSNorm", "SwiGLU"]
