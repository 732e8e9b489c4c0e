"""The causal attention of a GPT block: multi-head attention that knows the past and a cache.

Shapes: ``B`` batch, ``Tq`` new positions, ``Tk`` with those in the cache, ``D`` = d_model, ``H``
heads, ``d_k`` width of a head.
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import attention as arguments
from unrolled.attention import (
    MultiHeadAttention,
    causal_mask,
    merge_heads,
    scaled_dot_product_attention,
    split_heads,
)
from unrolled.views import views

__all__ = ["CachedAttention", "CausalAttention", "attend_to_the_past"]

#: Puts new keys and values behind those in a layer's cache, and returns all of them.
Append = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class CachedAttention(nn.Module):
    """An attention that looks only back and can keep a cache: its ``forward`` takes ``append``."""


def _in_one_kernel(
    layer: CausalAttention,
    query: Tensor,
    mask: Tensor | None = None,
    need_weights: bool = False,
    append: Append | None = None,
) -> Tensor:
    """The same by a kernel that makes no weights, and needs no mask to be causal."""
    if need_weights:
        return NotImplemented
    projections = (layer.q_proj, layer.k_proj, layer.v_proj)
    q, k, v = (split_heads(project(query), layer.n_heads) for project in projections)
    if append is not None:
        k, v = append(k, v)  # (B, H, Tk, d_k)
    heads = attend_to_the_past(q, k, v, mask, layer.dropout if layer.training else 0.0)
    return layer.out_proj(merge_heads(heads))  # (B, Tq, D)


class CausalAttention(MultiHeadAttention, CachedAttention):
    """Multi-head attention from every position to itself, those before it and a cache.

    What a GPT has where nobody put another attention; a learner's is given the causal mask, and no
    cache. Arguments and parameters are those of :class:`MultiHeadAttention`.

    Shape:
        query ``(B, Tq, D)``, mask broadcasts to ``(B, H, Tq, Tk)``; out ``(B, Tq, D)``, weights
        ``(B, H, Tq, Tk)``.
    """

    @views(check=arguments.attend_to_the_past, fast=_in_one_kernel)
    def forward(
        self,
        query: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = False,
        append: Append | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every position of ``query`` gather from the past.

        Args:
            query: the new positions, the last ``Tq`` of ``Tk``.
            mask: True where a position may attend. Default: to itself and all before it.
            need_weights: also return the weights. Default: False.
            append: puts keys and values into a cache and returns all of them. Default: no cache.
        """
        q = split_heads(self.q_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        k = split_heads(self.k_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        v = split_heads(self.v_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        if append is not None:
            k, v = append(k, v)  # (B, H, Tk, d_k)
        if mask is None:
            mask = causal_mask(q.size(2), k.size(2), q.device)  # (Tq, Tk)
        dropout = self.dropout if self.training else 0.0
        heads, weights = scaled_dot_product_attention(
            q, k, v, mask, dropout, need_weights=True
        )  # (B, H, Tq, d_k), (B, H, Tq, Tk)
        out = self.out_proj(merge_heads(heads))  # (B, Tq, D)
        return (out, weights) if need_weights else out


def attend_to_the_past(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout: float
) -> Tensor:
    """Attend from the last ``Tq`` of ``Tk`` positions in one kernel; without a mask causally.

    The kernel's own ``is_causal`` is aligned top-left, so it serves whole texts alone. A single
    query is the last position and sees everything. Keys and values may have fewer heads (``G``)
    than queries; each then serves ``H / G`` of them.
    """
    Tq, Tk = query.size(-2), key.size(-2)
    groups = query.size(1) // key.size(1)
    if mask is None and Tq in (1, Tk):
        how = {"dropout_p": dropout, "enable_gqa": groups > 1}
        # In two branches: for torch.compile, `Tq > 1` need not be a plain bool.
        if Tq == 1:
            return F.scaled_dot_product_attention(query, key, value, **how)
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, **how)
    if groups > 1:
        key = key.repeat_interleave(groups, dim=1)  # (B, H, Tk, d_k)
        value = value.repeat_interleave(groups, dim=1)  # (B, H, Tk, d_k)
    mask = causal_mask(Tq, Tk, query.device) if mask is None else mask
    return scaled_dot_product_attention(query, key, value, mask, dropout)
