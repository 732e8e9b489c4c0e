"""What rotary and ALiBi attention have in common: positions enter where queries meet keys.

Shapes: ``B`` batch, ``H`` heads, ``Tq`` queries, ``Tk`` keys, ``D`` = d_model, ``d_k`` = D / H.
"""

from __future__ import annotations

from torch import Tensor

from unrolled.arguments import positions as arguments
from unrolled.attention import MultiHeadAttention, merge_heads, split_heads
from unrolled.views import views

__all__ = ["RelativeAttention"]


class RelativeAttention(MultiHeadAttention):
    """Multi-head attention that knows where its queries and keys stand.

    Queries are the last ``Tq`` of the ``Tk`` positions, as in :func:`causal_mask`. A subclass says
    in ``attend`` what it makes of that.

    Args:
        d_model: width of the input and of the output.
        n_heads: number of heads; divides ``d_model``.
        dropout: probability of dropping an attention weight while training. Default: 0.
        bias: add a bias in the four projections. Default: True.

    Shape:
        query ``(B, Tq, D)``, key and value ``(B, Tk, D)`` with ``Tq <= Tk``, mask broadcasts to
        ``(B, H, Tq, Tk)``; out ``(B, Tq, D)``, weights ``(B, H, Tq, Tk)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``.

    Raises:
        ValueError: if ``n_heads`` does not divide ``d_model`` or there are more queries than keys.

    Parameters: those of :class:`MultiHeadAttention`.

    >>> issubclass(RelativeAttention, MultiHeadAttention)
    True
    """

    @views(check=arguments.relative_attention)
    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        mask: Tensor | None = None,
        need_weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend from ``query`` to ``key`` (default: itself) and ``value`` (default: ``key``)."""
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)  # (B, H, Tq, d_k)
        k = split_heads(self.k_proj(key), self.n_heads)  # (B, H, Tk, d_k)
        v = split_heads(self.v_proj(value), self.n_heads)  # (B, H, Tk, d_k)
        attended = self.attend(q, k, v, mask, need_weights)
        heads, weights = attended if need_weights else (attended, None)
        out = self.out_proj(merge_heads(heads))  # (B, Tq, D)
        return (out, weights) if need_weights else out

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, need_weights: bool
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend with queries ``(B, H, Tq, d_k)`` to keys and values ``(B, H, Tk, d_k)``."""
        raise NotImplementedError
