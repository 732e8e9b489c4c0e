"""What the layers of ``unrolled.llama`` refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from unrolled.arguments import blocks, common
from unrolled.arguments.gpt import fixed, not_negative, positive

# Fields of a Llama config that change what the model computes, and the value that we compute.
LLAMA_FIXED = {"model_type": "llama", "hidden_act": "silu", "rope_scaling": None}
ROPE_FIXED = {"rope_type": "default", "partial_rotary_factor": 1.0}


def llama_config(config: Any) -> None:
    """Refuse what a ``LlamaConfig`` cannot be."""
    sizes = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"]
    sizes += ["num_attention_heads", "max_position_embeddings"]
    optional = ("num_key_value_heads", "head_dim")
    sizes += [name for name in optional if getattr(config, name) is not None]
    common.at_least_one(**{name: getattr(config, name) for name in sizes})
    if config.head_dim is None and config.hidden_size % config.num_attention_heads:
        raise ValueError(
            f"hidden_size={config.hidden_size} is not divisible by "
            f"num_attention_heads={config.num_attention_heads}"
        )
    if config.num_attention_heads % config.n_kv_heads:
        raise ValueError(
            f"num_attention_heads={config.num_attention_heads} is not divisible by "
            f"num_key_value_heads={config.num_key_value_heads}"
        )
    if config.d_k % 2:
        raise ValueError(f"head_dim={config.d_k} is odd, rotary positions turn pairs of features")
    common.probability(attention_dropout=config.attention_dropout)
    positive(config, "rms_norm_eps")
    positive(config, "rope_theta")
    not_negative(config, "initializer_range")


def from_hf_llama(config: Mapping[str, Any]) -> None:
    """Refuse a Llama config that asks for what ``Llama`` does not do."""
    fixed(config, LLAMA_FIXED)
    fixed(config.get("rope_parameters") or {}, ROPE_FIXED)


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
    width = {} if d_k is None else {"d_k": d_k}
    common.at_least_one(d_model=d_model, n_heads=n_heads, n_kv_heads=n_kv_heads, **width)
    if n_heads % n_kv_heads:
        raise ValueError(f"n_heads={n_heads} is not divisible by n_kv_heads={n_kv_heads}")
    if d_k is None and d_model % n_heads:
        raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
    d_k = d_model // n_heads if d_k is None else d_k
    if d_k % 2:
        raise ValueError(f"d_k={d_k} is odd, rotary positions turn pairs of features")
    common.probability(dropout=dropout)
    if not base > 0.0:
        raise ValueError(f"base={base}: a number above 0 is wanted")


def attend(
    self: Any,
    x: Tensor,
    mask: Tensor | None = None,
    positions: Tensor | None = None,
    need_weights: bool = False,
    append: Any = None,
) -> None:
    """Refuse what ``GroupedQueryAttention`` cannot attend to."""
    common.sequences(self.q_proj.in_features, x=x)
    common.boolean(mask=mask)
