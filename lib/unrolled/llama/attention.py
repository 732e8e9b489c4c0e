"""Attention in which several heads of queries share one head of keys and values.

Shapes: ``B`` batch, ``T`` positions, ``D`` = d_model, ``H`` heads of queries, ``G`` heads of keys
and values, ``d_k`` width of a head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.arguments import llama as arguments
from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads
from unrolled.gpt.attention import Append, attend_to_the_past
from unrolled.parts import part
from unrolled.positions import apply_rope
from unrolled.views import views

__all__ = ["CausalGroupedQueryAttention", "GroupedQueryAttention"]


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

    @views(check=arguments.attend)
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
        attended = scaled_dot_product_attention(q, k, v, mask, dropout, need_weights)
        heads, weights = attended if need_weights else (attended, None)
        out = self.out_proj(merge_heads(heads))  # (B, T, D)
        return (out, weights) if need_weights else out


class CausalGroupedQueryAttention(GroupedQueryAttention):
    """The reference's :class:`GroupedQueryAttention` inside a Llama: its fast path.

    With ``mask=None`` a position sees itself and what is before it, by a kernel that needs no mask
    and no copies of keys and values; with ``append`` new positions see the cache too. A learner's
    attention in this place is given the causal mask instead, and no cache.
    """

    caches = True

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        need_weights: bool = False,
        append: Append | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend from every position of ``x`` to itself, those before it and the cache."""
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)  # (T,)
        q = self._rope(split_heads(self.q_proj(x), self.n_heads), positions, self.base)
        k = self._rope(split_heads(self.k_proj(x), self.n_kv_heads), positions, self.base)
        v = split_heads(self.v_proj(x), self.n_kv_heads)  # (B, G, T, d_k)
        if append is not None:
            k, v = append(k, v)  # (B, G, Tk, d_k)
        dropout = self.dropout if self.training else 0.0
        attended = attend_to_the_past(q, k, v, mask, dropout, need_weights)
        heads, weights = attended if need_weights else (attended, None)
        out = self.out_proj(merge_heads(heads))  # (B, T, D)
        return (out, weights) if need_weights else out
