"""What the functions and layers of ``unrolled.attention`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common


def padding_mask(ids: Tensor, pad_id: int) -> None:
    """Refuse what ``padding_mask`` cannot use."""
    common.shaped("ids", ids, "(B, T)", None, None)
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
    common.floating(query=query, key=key, value=value)
    for name, x in {"query": query, "key": key, "value": value}.items():
        if x.dim() < 2 or 0 in x.shape:
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}, (..., T, d), each at least 1, is wanted"
            )
    if query.size(-1) != key.size(-1):
        raise ValueError(
            f"query has d_k={query.size(-1)}, key has d_k={key.size(-1)}: equal widths are wanted"
        )
    if key.size(-2) != value.size(-2):
        raise ValueError(
            f"key has Tk={key.size(-2)}, value has Tk={value.size(-2)}: equal lengths are wanted"
        )
    common.probability(dropout=dropout)
    _fits(mask, (*query.shape[:-1], key.size(-2)))


def _fits(mask: Tensor | None, scores: tuple[int, ...]) -> None:
    """Refuse a mask that does not broadcast to the scores."""
    if mask is None:
        return
    common.boolean(mask=mask)
    fits = mask.dim() <= len(scores) and all(
        m in (1, s) for m, s in zip(reversed(mask.shape), reversed(scores), strict=False)
    )
    if not fits:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}, one that broadcasts to {scores} is wanted"
        )


def self_attention(
    self: Any, d_model: int, d_k: int | None = None, d_v: int | None = None, dropout: float = 0.0
) -> None:
    """Refuse what ``SelfAttention`` cannot be made of."""
    common.at_least_one(d_model=d_model)
    common.at_least_one(**{n: size for n, size in (("d_k", d_k), ("d_v", d_v)) if size is not None})
    common.probability(dropout=dropout)


def attend_to_self(
    self: Any, x: Tensor, mask: Tensor | None = None, need_weights: bool = False
) -> None:
    """Refuse what ``SelfAttention`` cannot read."""
    common.sequences(self.q_proj.in_features, x=x)


def split_heads(x: Tensor, n_heads: int) -> None:
    """Refuse what ``split_heads`` cannot use."""
    common.shaped("x", x, "(B, T, D)", None, None, None)
    if n_heads < 1 or x.size(-1) % n_heads:
        raise ValueError(f"d_model={x.size(-1)} is not divisible by n_heads={n_heads}")


def merge_heads(x: Tensor) -> None:
    """Refuse what ``merge_heads`` cannot use."""
    common.shaped("x", x, "(B, H, T, d_k)", None, None, None, None)


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
    given = {"query": query, "key": key, "value": value}
    given = {name: x for name, x in given.items() if x is not None}
    common.sequences(self.q_proj.in_features, **given)
    for name, x in given.items():
        if x.size(0) != query.size(0):
            raise ValueError(
                f"{name} has B={x.size(0)}, query has B={query.size(0)}: equal batches are wanted"
            )


def repaired(self: Any, embed_dim: int, num_heads: int) -> None:
    """Refuse what ``RepairedMultiHead`` cannot be made of."""
    common.at_least_one(embed_dim=embed_dim)
    if num_heads < 1 or embed_dim % num_heads:
        raise ValueError(f"embed_dim={embed_dim} is not divisible by num_heads={num_heads}")


def attend_repaired(self: Any, x: Tensor, mask: Tensor | None = None) -> None:
    """Refuse what ``RepairedMultiHead`` cannot read."""
    common.sequences(self.query.in_features, x=x)
    common.boolean(mask=mask)
