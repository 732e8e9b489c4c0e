"""What the layers of ``unrolled.llama`` refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from unrolled.arguments import blocks, common, configs, tensors

# Fields of a Llama config that change what the model computes, and the value that we compute.
LLAMA_FIXED = {"model_type": "llama", "hidden_act": "silu", "rope_scaling": None}
ROPE_FIXED = {"rope_type": "default", "partial_rotary_factor": 1.0}


def llama_config(config: Any) -> None:
    """Refuse what a ``LlamaConfig`` cannot be."""
    sizes = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"]
    sizes += ["num_attention_heads", "max_position_embeddings"]
    common.at_least_one(**configs.fields(config, *sizes))
    optional = configs.fields(config, "num_key_value_heads", "head_dim")
    common.at_least_one(**common.given(**optional))
    if config.head_dim is None:
        common.divisible(**configs.fields(config, "hidden_size", "num_attention_heads"))
    common.divisible(
        num_attention_heads=config.num_attention_heads, num_key_value_heads=config.n_kv_heads
    )
    common.even(head_dim=config.d_k)
    common.probability(attention_dropout=config.attention_dropout)
    common.positive(**configs.fields(config, "rms_norm_eps", "rope_theta"))
    common.not_negative(initializer_range=config.initializer_range)


def from_hf_llama(config: Mapping[str, Any]) -> None:
    """Refuse a Llama config that asks for what ``Llama`` does not do."""
    configs.fixed(config, LLAMA_FIXED)
    configs.fixed(config.get("rope_parameters") or {}, ROPE_FIXED)


def rms_norm(self: Any, d_model: int, eps: float = 1e-6) -> None:
    """Refuse what ``RMSNorm`` cannot be made of."""
    blocks.layer_norm(self, d_model, eps)


def normalise(self: Any, x: Tensor) -> None:
    """Refuse what ``RMSNorm`` cannot normalise."""
    blocks.normalise(self, x)


def swiglu(self: Any, d_model: int, d_ff: int, bias: bool = False) -> None:
    """Refuse what ``SwiGLU`` cannot be made of."""
    blocks.feed_forward(self, d_model, d_ff)


def transform(self: Any, x: Tensor) -> None:
    """Refuse what ``SwiGLU`` cannot transform."""
    blocks.transform(self, x)


def grouped_query_attention(
    self: Any,
    d_model: int,
    n_heads: int,
    n_kv_heads: int,
    d_k: int | None = None,
    dropout: float = 0.0,
    bias: bool = False,
    base: float = 10000.0,
) -> None:
    """Refuse what ``GroupedQueryAttention`` cannot be made of."""
    sizes = {"d_model": d_model, "n_heads": n_heads, "n_kv_heads": n_kv_heads}
    common.at_least_one(**sizes, **common.given(d_k=d_k))
    common.divisible(n_heads=n_heads, n_kv_heads=n_kv_heads)
    if d_k is None:
        common.divisible(d_model=d_model, n_heads=n_heads)
    common.even(d_k=d_model // n_heads if d_k is None else d_k)
    common.probability(dropout=dropout)
    common.positive(base=base)


def attend(
    self: Any,
    x: Tensor,
    mask: Tensor | None = None,
    positions: Tensor | None = None,
    need_weights: bool = False,
) -> None:
    """Refuse what ``GroupedQueryAttention`` cannot attend to."""
    tensors.sequences(self.q_proj.in_features, x=x)
    tensors.boolean(mask=mask)


def attend_to_the_past(
    self: Any,
    x: Tensor,
    mask: Tensor | None = None,
    positions: Tensor | None = None,
    need_weights: bool = False,
    append: Any = None,
) -> None:
    """Refuse what ``CausalGroupedQueryAttention`` cannot read; adapters may stand in its parts."""
    tensors.floating(x=x)
    tensors.shaped("x", x, "(B, T, D)", None, None, None)
    tensors.boolean(mask=mask)
