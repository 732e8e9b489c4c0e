"""GPT: a causal Transformer that writes (Radford et al. 2019), and its cache.

Shapes: ``B`` batch, ``T`` positions, ``D`` = n_embd, ``H`` heads, ``d_k`` width of a head, ``V``
vocabulary.
"""

from unrolled.gpt.cache import KVCache
from unrolled.gpt.model import GPT, GPTBlock, GPTConfig
from unrolled.gpt.optimisation import decay_groups

__all__ = ["GPT", "GPTBlock", "GPTConfig", "KVCache", "decay_groups"]
