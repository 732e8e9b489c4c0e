"""ALiBi: what is far away is scored lower (Press et al. 2022).

Shapes: ``B`` batch, ``H`` heads, ``Tq`` queries, ``Tk`` keys, ``d_k`` width of a key.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.arguments import positions as arguments
from unrolled.basics import masked_softmax
from unrolled.parts import part
from unrolled.positions.relative import RelativeAttention
from unrolled.views import views

__all__ = ["AlibiAttention", "alibi_bias"]


@views(check=arguments.alibi_bias)
def alibi_bias(
    n_heads: int, Tq: int, Tk: int | None = None, device: torch.device | None = None
) -> Tensor:
    r"""Lower a score in proportion to the distance between query and key.

    .. math:: \mathrm{softmax}(q_i K^\top + m \cdot [-(i-1), \dots, -2, -1, 0]), \quad
        m = 2^{-8/H}, 2^{-16/H}, \dots, 2^{-8}

    Press et al. 2022, section 3. Each head has its slope ``m``. For a number of heads that is no
    power of two the authors take the slopes of the next lower power, and then every second slope
    of the next higher one. The paper is about causal attention; here the distance counts in both
    directions, which is the same behind a causal mask and serves an encoder too. An encoder cannot
    tell a text from its mirror image by distances alone: a token of its own at one end, such as
    ``<eos>``, does that.

    Args:
        n_heads: number of heads, at least 1.
        Tq: number of queries, at least 1; they are the *last* ``Tq`` of the positions.
        Tk: number of keys, at least ``Tq``. Default: ``Tq``.
        device: where the bias is made. Default: the default device.

    Shape:
        result ``(H, Tq, Tk)``.

    Returns:
        What is to be added to the scaled scores, ``-m * |i - j|``, in the default dtype.

    Raises:
        ValueError: if ``n_heads`` is below 1, or unless ``1 <= Tq <= Tk``.

    Matches the slopes of the authors' code exactly.

    >>> alibi_bias(2, 1, 4)[:, 0]
    tensor([[-0.1875, -0.1250, -0.0625,  0.0000],
            [-0.0117, -0.0078, -0.0039,  0.0000]])
    """
    Tk = Tq if Tk is None else Tk
    j = torch.arange(Tk, device=device)  # (Tk,)
    i = j[Tk - Tq :].unsqueeze(1)  # (Tq, 1)
    power = 2 ** (n_heads.bit_length() - 1)  # the largest power of two up to H
    exponents = [8 * (h + 1) / power for h in range(power)]
    exponents += [4 * (h + 1) / power for h in range(0, 2 * (n_heads - power), 2)]
    slopes = torch.tensor([2.0**-exponent for exponent in exponents], device=device)  # (H,)
    return slopes[:, None, None] * -(i - j).abs()  # (H, Tq, Tk)


def _fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool = False,
) -> Tensor:
    """Attention in one kernel, which takes bias and mask as one tensor of numbers."""
    if need_weights:
        return NotImplemented
    if mask is not None:
        bias = torch.where(mask, bias, -torch.inf)  # (B, H, Tq, Tk)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=dropout)


@views(check=arguments.biased_attention, fast=_fused_attention)
def _biased_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Attend as ``scaled_dot_product_attention`` does, with numbers added to the scores."""
    scores = query @ key.transpose(-2, -1) / query.size(-1) ** 0.5 + bias  # (B, H, Tq, Tk)
    weights = masked_softmax(scores, mask)  # (B, H, Tq, Tk)
    dropped = F.dropout(weights, dropout) if dropout else weights
    out = dropped @ value  # (B, H, Tq, d_k)
    return (out, weights) if need_weights else out


class AlibiAttention(RelativeAttention):
    """Multi-head attention that scores what is far away lower, each head by its own slope.

    Press et al. 2022, section 3: see :func:`alibi_bias`. It replaces position embeddings.

    Args:
        d_model: width of the input and of the output.
        n_heads: number of heads; divides ``d_model``.
        dropout: probability of dropping an attention weight while training. Default: 0.
        bias: add a bias in the four projections. Default: True.

    Shape:
        query ``(B, Tq, D)``, key and value ``(B, Tk, D)`` with ``Tq <= Tk``: the queries are the
        last ``Tq`` positions, as in :func:`causal_mask`. Mask broadcasts to ``(B, H, Tq, Tk)``; out
        ``(B, Tq, D)``, weights ``(B, H, Tq, Tk)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``. A query that may attend nowhere gets
        zeros before the output projection.

    Raises:
        ValueError: if ``n_heads`` does not divide ``d_model`` or there are more queries than keys.

    Parameters: those of :class:`MultiHeadAttention`; the slopes are not learned.

    >>> AlibiAttention(8, n_heads=2)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0, bias: bool = True):
        super().__init__(d_model, n_heads, dropout, bias)
        self._alibi = part(alibi_bias)

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, need_weights: bool
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend with the bias added to the scores."""
        bias = self._alibi(self.n_heads, q.size(2), k.size(2), device=q.device)  # (H, Tq, Tk)
        dropout = self.dropout if self.training else 0.0
        return _biased_attention(q, k, v, bias.to(q.dtype), mask, dropout, need_weights)
