"""What a Llama is made of: the sizes of a model, under Hugging Face's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from unrolled.arguments import llama as arguments

__all__ = ["LlamaConfig"]


@dataclass(frozen=True)
class LlamaConfig:
    """Sizes and rates of a Llama, with the field names and defaults of HF's ``LlamaConfig``.

    Args:
        vocab_size: V, at least 1. Default: 32000, as are all defaults Llama's with 7B parameters.
        hidden_size: D, width of the residual stream. Default: 4096.
        intermediate_size: width inside the feed-forward networks. Default: 11008.
        num_hidden_layers: number of blocks. Default: 32.
        num_attention_heads: H, heads of queries. Default: 32.
        num_key_value_heads: G, heads of keys and values; divides H. Default: H.
        head_dim: d_k, even. Default: D / H.
        max_position_embeddings: the longest text that can be read. Default: 2048.
        rms_norm_eps: of the norms, above 0. Default: 1e-6.
        rope_theta: base of the rotary angles, above 0. Default: 10000.
        tie_word_embeddings: the output layer is the token embedding. Default: False.
        attention_bias: biases in the four projections of attention. Default: False.
        mlp_bias: biases in the feed-forward networks. Default: False.
        attention_dropout: dropout of attention weights, in [0, 1). Default: 0.
        initializer_range: standard deviation of fresh weights, at least 0. Default: 0.02.

    Raises:
        TypeError: if a size is not an integer.
        ValueError: if a field is out of range, or sizes do not divide each other.

    >>> LlamaConfig(hidden_size=48, num_attention_heads=6, num_key_value_heads=2).d_k
    8
    """

    vocab_size: int = 32000
    hidden_size: int = 4096
    intermediate_size: int = 11008
    num_hidden_layers: int = 32
    num_attention_heads: int = 32
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    max_position_embeddings: int = 2048
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000.0
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    mlp_bias: bool = False
    attention_dropout: float = 0.0
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        arguments.llama_config(self)

    @property
    def n_kv_heads(self) -> int:
        """Heads of keys and values."""
        return self.num_key_value_heads or self.num_attention_heads

    @property
    def d_k(self) -> int:
        """Width of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> LlamaConfig:
        """Read a Hugging Face ``config.json`` of a Llama, of old or new form.

        Args:
            config: its fields. What does not change the result, such as ``use_cache``, is left
                aside.

        Returns:
            The same sizes and rates.

        Raises:
            ValueError: if a field asks for what this model does not do.

        >>> LlamaConfig.from_hf({"hidden_act": "silu", "rope_theta": 5000.0}).rope_theta
        5000.0
        """
        arguments.from_hf_llama(config)
        known = {field.name for field in fields(cls)}
        chosen = {name: value for name, value in config.items() if name in known}
        rope = config.get("rope_parameters") or {}  # where transformers 5 keeps it
        if "rope_theta" in rope:
            chosen["rope_theta"] = rope["rope_theta"]
        return cls(**chosen)
