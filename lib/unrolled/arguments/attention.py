"""What the functions and layers of ``unrolled.attention`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors


def padding_mask(ids: Tensor, pad_id: int) -> None:
    """Refuse what ``padding_mask`` cannot use."""
    tensors.shaped("ids", ids, "(B, T)", None, None)
    if ids.is_floating_point():
        raise TypeError(f"ids has dtype {ids.dtype}, integer token ids are wanted")


def causal_mask(Tq: int, Tk: int | None = None, device: object = None) -> None:
    """Refuse what ``causal_mask`` cannot use."""
    if Tq < 1 or (Tk is not None and Tk < Tq):
        raise ValueError(f"Tq={Tq}, Tk={Tk}: 1 <= Tq <= Tk is wanted")


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool = False,
) -> None:
    """Refuse what ``scaled_dot_product_attention`` cannot use."""
    tensors.floating(query=query, key=key, value=value)
    for name, x in {"query": query, "key": key, "value": value}.items():
        tensors.shaped(name, x, "(..., T, d)", ..., None, None)
    if query.size(-1) != key.size(-1):
        raise ValueError(
            f"query has d_k={query.size(-1)}, key has d_k={key.size(-1)}: equal widths are wanted"
        )
    if key.size(-2) != value.size(-2):
        raise ValueError(
            f"key has Tk={key.size(-2)}, value has Tk={value.size(-2)}: equal lengths are wanted"
        )
    common.probability(dropout=dropout)
    if not query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        tensors.broadcast_together(2, query=query, key=key, value=value)
    tensors.broadcasts((*query.shape[:-1], key.size(-2)), mask=mask)


def self_attention(
    self: Any, d_model: int, d_k: int | None = None, d_v: int | None = None, dropout: float = 0.0
) -> None:
    """Refuse what ``SelfAttention`` cannot be made of."""
    common.at_least_one(d_model=d_model, **common.given(d_k=d_k, d_v=d_v))
    common.probability(dropout=dropout)


def attend_to_self(
    self: Any, x: Tensor, mask: Tensor | None = None, need_weights: bool = False
) -> None:
    """Refuse what ``SelfAttention`` cannot read."""
    tensors.sequences(self.q_proj.in_features, x=x)


def split_heads(x: Tensor, n_heads: int) -> None:
    """Refuse what ``split_heads`` cannot use."""
    tensors.shaped("x", x, "(B, T, D)", None, None, None)
    common.divisible(d_model=x.size(-1), n_heads=n_heads)


def merge_heads(x: Tensor) -> None:
    """Refuse what ``merge_heads`` cannot use."""
    tensors.shaped("x", x, "(B, H, T, d_k)", None, None, None, None)


def multi_head(
    self: Any, d_model: int, n_heads: int, dropout: float = 0.0, bias: bool = True
) -> None:
    """Refuse what ``MultiHeadAttention`` cannot be made of."""
    common.at_least_one(d_model=d_model)
    common.probability(dropout=dropout)


def attend(
    self: Any,
    query: Tensor,
    key: Tensor | None = None,
    value: Tensor | None = None,
    mask: Tensor | None = None,
    need_weights: bool = False,
) -> None:
    """Refuse what ``MultiHeadAttention`` cannot read."""
    given = common.given(query=query, key=key, value=value)
    tensors.sequences(self.q_proj.in_features, **given)
    tensors.same_batch(**given)


def repaired(self: Any, embed_dim: int, num_heads: int) -> None:
    """Refuse what ``RepairedMultiHead`` cannot be made of."""
    common.at_least_one(embed_dim=embed_dim)
    common.divisible(embed_dim=embed_dim, num_heads=num_heads)


def attend_repaired(self: Any, x: Tensor, mask: Tensor | None = None) -> None:
    """Refuse what ``RepairedMultiHead`` cannot read."""
    tensors.sequences(self.query.in_features, x=x)
    B, T, _ = x.shape
    tensors.broadcasts((B, self.num_heads, T, T), mask=mask)


def attend_to_the_past(
    self: Any,
    query: Tensor,
    mask: Tensor | None = None,
    need_weights: bool = False,
    append: Any = None,
) -> None:
    """Refuse what ``CausalAttention`` cannot read; adapters may stand in its parts."""
    tensors.floating(query=query)
    tensors.shaped("query", query, "(B, T, D)", None, None, None)
    tensors.boolean(mask=mask)
