"""The causal attention of a GPT block: multi-head attention that knows the past and a cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor

from unrolled.attention import (
    MultiHeadAttention,
    causal_mask,
    merge_heads,
    scaled_dot_product_attention,
    split_heads,
)

__all__ = ["CausalAttention", "attend_to_the_past"]

Append = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class CausalAttention(MultiHeadAttention):
    """The reference's :class:`MultiHeadAttention` inside a GPT: its fast path.

    With ``mask=None`` a position sees itself and what is before it, by a kernel that needs no mask;
    with ``append`` new positions see the cache too. A learner's attention in this place is given
    the causal mask instead, and no cache.
    """

    caches = True

    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        mask: Tensor | None = None,
        need_weights: bool = False,
        append: Append | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend from every position of ``query`` to itself, those before it and the cache."""
        if key is not None or value is not None:
            return super().forward(query, key, value, mask, need_weights)
        q = split_heads(self.q_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        k = split_heads(self.k_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        v = split_heads(self.v_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        if append is not None:
            k, v = append(k, v)  # (B, H, Tk, d_k)
        dropout = self.dropout if self.training else 0.0
        attended = attend_to_the_past(q, k, v, mask, dropout, need_weights)
        heads, weights = attended if need_weights else (attended, None)
        out = self.out_proj(merge_heads(heads))  # (B, Tq, D)
        return (out, weights) if need_weights else out


def attend_to_the_past(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout: float,
    need_weights: bool,
) -> Tensor | tuple[Tensor, Tensor]:
    """Attend causally from the last ``Tq`` of ``Tk`` positions; ``mask=None`` is the causal mask.

    The kernel's own ``is_causal`` is aligned top-left, so it serves whole texts alone. A single
    query is the last position and sees everything. Keys and values may have fewer heads (``G``)
    than queries; each then serves ``H / G`` of them.
    """
    Tq, Tk = query.size(-2), key.size(-2)
    grouped = key.size(1) != query.size(1)
    if mask is None and not need_weights and Tq in (1, Tk):
        attend = partial(
            F.scaled_dot_product_attention, query, key, value, dropout_p=dropout, enable_gqa=grouped
        )
        # In two branches: for torch.compile, `Tq > 1` need not be a plain bool.
        return attend() if Tq == 1 else attend(is_causal=True)
    if grouped:
        groups = query.size(1) // key.size(1)
        key = key.repeat_interleave(groups, dim=1)  # (B, H, Tk, d_k)
        value = value.repeat_interleave(groups, dim=1)  # (B, H, Tk, d_k)
    mask = causal_mask(Tq, Tk, query.device) if mask is None else mask
    return scaled_dot_product_attention(query, key, value, mask, dropout, need_weights)
