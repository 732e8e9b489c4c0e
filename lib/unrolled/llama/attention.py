"""Attention in which several heads of queries share one head of keys and values.

Shapes: ``B`` batch, ``T`` positions, ``D`` = d_model, ``H`` heads of queries, ``G`` heads of keys
and values, ``d_k`` width of a head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.arguments import llama as arguments
from unrolled.attention import (
    causal_mask,
    merge_heads,
    scaled_dot_product_attention,
    split_heads,
)
from unrolled.gpt.attention import Append, CachedAttention, attend_to_the_past
from unrolled.parts import part
from unrolled.positions import apply_rope
from unrolled.views import views

__all__ = ["CausalGroupedQueryAttention", "GroupedQueryAttention"]


def _turned(
    layer: GroupedQueryAttention, x: Tensor, positions: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of ``x``, the first two turned to where they stand."""
    if positions is None:
        positions = torch.arange(x.size(1), device=x.device)  # (T,)
    q = split_heads(layer.q_proj(x), layer.n_heads)  # (B, H, T, d_k)
    k = split_heads(layer.k_proj(x), layer.n_kv_heads)  # (B, G, T, d_k)
    v = split_heads(layer.v_proj(x), layer.n_kv_heads)  # (B, G, T, d_k)
    return layer._rope(q, positions, layer.base), layer._rope(k, positions, layer.base), v


def _grouped_in_one_kernel(
    layer: GroupedQueryAttention,
    x: Tensor,
    mask: Tensor | None = None,
    positions: Tensor | None = None,
    need_weights: bool = False,
) -> Tensor:
    """The layer by the kernel that makes no weights, where nobody needs them."""
    if need_weights:
        return NotImplemented
    q, k, v = _turned(layer, x, positions)
    groups = layer.n_heads // layer.n_kv_heads
    k = k.repeat_interleave(groups, dim=1)  # (B, H, T, d_k)
    v = v.repeat_interleave(groups, dim=1)  # (B, H, T, d_k)
    dropout = layer.dropout if layer.training else 0.0
    heads = scaled_dot_product_attention(q, k, v, mask, dropout)  # (B, H, T, d_k)
    return layer.out_proj(merge_heads(heads))  # (B, T, D)


class GroupedQueryAttention(nn.Module):
    r"""Multi-head attention with fewer heads of keys and values, and rotary positions.

    .. math:: \mathrm{head}_i = \mathrm{Attention}(R\, Q W_i^Q, R\, K W_{g(i)}^K, V W_{g(i)}^V),
        \quad g(i) = \lfloor i\, G / H \rfloor

    Ainslie et al. 2023, section 2.2. With ``n_kv_heads = n_heads`` this is multi-head attention,
    with 1 it is multi-query attention (Shazeer 2019). A cache of keys and values shrinks to G / H
    of its size. :math:`R` rotates queries and keys by their positions
    (``unrolled.positions.apply_rope``), which the paper leaves to the model.

    Args:
        d_model: width of the input and of the output.
        n_heads: heads of queries, at least 1.
        n_kv_heads: heads of keys and values; divides ``n_heads``.
        d_k: width of a head, even. Default: ``d_model / n_heads``.
        dropout: probability of dropping an attention weight while training, in [0, 1). Default: 0.
        bias: add a bias in the four projections. Default: False.
        base: of the rotary angles, above 0. Default: 10000.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, H, T, T)``, positions ``(T,)`` or ``(B, T)``; out
        ``(B, T, D)``, weights ``(B, H, T, T)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``, weights per head and before dropout.

    Raises:
        TypeError: if ``x`` is not floating point or ``mask`` not boolean.
        ValueError: if sizes do not divide each other, are out of range, or a shape does not fit.

    Parameters: ``q_proj``, a Linear (H * d_k, D); ``k_proj`` and ``v_proj``, each a Linear
    (G * d_k, D); ``out_proj``, a Linear (D, H * d_k).

    Matches Hugging Face's ``LlamaAttention`` with the weights transplanted, within 1e-5 (float32)
    and 1e-10 (float64).

    >>> GroupedQueryAttention(12, n_heads=6, n_kv_heads=2)(torch.zeros(1, 3, 12)).shape
    torch.Size([1, 3, 12])
    """

    @views(check=arguments.grouped_query_attention)
    def __init__(
        self,
        d_model: int,
        n_heads: int,
        n_kv_heads: int,
        d_k: int | None = None,
        dropout: float = 0.0,
        bias: bool = False,
        base: float = 10000.0,
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.n_heads = n_heads
        self.n_kv_heads = n_kv_heads
        self.dropout = dropout
        self.base = base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)
        self._rope = part(apply_rope)

    @views(check=arguments.attend, fast=_grouped_in_one_kernel)
    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        need_weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every position of ``x`` gather from those it may attend to.

        Args:
            x: the input.
            mask: True where a position may attend. Default: everywhere.
            positions: where each token stands. Default: 0, 1, 2, ...
            need_weights: also return the weights. Default: False.
        """
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)  # (T,)
        q = split_heads(self.q_proj(x), self.n_heads)  # (B, H, T, d_k)
        k = split_heads(self.k_proj(x), self.n_kv_heads)  # (B, G, T, d_k)
        v = split_heads(self.v_proj(x), self.n_kv_heads)  # (B, G, T, d_k)
        q = self._rope(q, positions, self.base)
        k = self._rope(k, positions, self.base)
        groups = self.n_heads // self.n_kv_heads
        k = k.repeat_interleave(groups, dim=1)  # (B, H, T, d_k)
        v = v.repeat_interleave(groups, dim=1)  # (B, H, T, d_k)
        dropout = self.dropout if self.training else 0.0
        heads, weights = scaled_dot_product_attention(
            q, k, v, mask, dropout, need_weights=True
        )  # (B, H, T, d_k), (B, H, T, Tk)
        out = self.out_proj(merge_heads(heads))  # (B, T, D)
        return (out, weights) if need_weights else out


def _in_one_kernel(
    layer: CausalGroupedQueryAttention,
    x: Tensor,
    mask: Tensor | None = None,
    positions: Tensor | None = None,
    need_weights: bool = False,
    append: Append | None = None,
) -> Tensor:
    """A kernel that makes no weights, and no copies of keys and values."""
    if need_weights:
        return NotImplemented
    q, k, v = _turned(layer, x, positions)
    if append is not None:
        k, v = append(k, v)  # (B, G, Tk, d_k)
    heads = attend_to_the_past(q, k, v, mask, layer.dropout if layer.training else 0.0)
    return layer.out_proj(merge_heads(heads))  # (B, T, D)


class CausalGroupedQueryAttention(GroupedQueryAttention, CachedAttention):
    """Grouped-query attention from every position to itself, those before it and a cache.

    What a Llama has where nobody put another attention; a learner's is given the causal mask, and
    no cache. Arguments and parameters are those of :class:`GroupedQueryAttention`.
    """

    @views(check=arguments.attend_to_the_past, fast=_in_one_kernel)
    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        need_weights: bool = False,
        append: Append | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every position of ``x`` gather from the past.

        Args:
            x: the new positions, the last of all.
            mask: True where a position may attend. Default: to itself and all before it.
            positions: where each token stands. Default: 0, 1, 2, ...
            need_weights: also return the weights. Default: False.
            append: puts keys and values into a cache and returns all of them. Default: no cache.
        """
        q, k, v = _turned(self, x, positions)
        if append is not None:
            k, v = append(k, v)  # (B, G, Tk, d_k)
        if mask is None:
            mask = causal_mask(q.size(2), k.size(2), x.device)  # (T, Tk)
        groups = self.n_heads // self.n_kv_heads
        k = k.repeat_interleave(groups, dim=1)  # (B, H, Tk, d_k)
        v = v.repeat_interleave(groups, dim=1)  # (B, H, Tk, d_k)
        dropout = self.dropout if self.training else 0.0
        heads, weights = scaled_dot_product_attention(
            q, k, v, mask, dropout, need_weights=True
        )  # (B, H, T, d_k), (B, H, T, Tk)
        out = self.out_proj(merge_heads(heads))  # (B, T, D)
        return (out, weights) if need_weights else out
