"""Masks, scaled dot-product attention and its multi-head form (Vaswani et al. 2017, section 3.2).

Shapes: ``B`` batch, ``T`` positions (``Tq`` of queries, ``Tk`` of keys), ``D`` = d_model, ``H``
heads, ``d_k`` and ``d_v`` widths of a key and a value. Every mask is boolean, **True = may
attend**, and broadcasts to ``(B, H, Tq, Tk)``; one head is a head axis of 1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import attention as arguments
from unrolled.basics import masked_softmax
from unrolled.views import views

__all__ = [
    "MultiHeadAttention", "SelfAttention", "causal_mask", "merge_heads",
    "padding_mask", "scaled_dot_product_attention", "split_heads",
]  # fmt: skip


@views(check=arguments.padding_mask)
def padding_mask(ids: Tensor, pad_id: int) -> Tensor:
    """Say which positions hold a real token, so that no query attends to padding.

    Args:
        ids: a batch of token ids, shorter sentences filled up with ``pad_id``.
        pad_id: the id that means "nothing here".

    Shape:
        ids ``(B, T)``, result ``(B, 1, 1, T)``: the same for every head and every query.

    Returns:
        A boolean mask, True where a query may attend.

    Raises:
        ValueError: if ``ids`` is not a matrix.
        TypeError: if ``ids`` is floating point.

    >>> padding_mask(torch.tensor([[7, 4, 0]]), pad_id=0)
    tensor([[[[ True,  True, False]]]])
    """
    return (ids != pad_id)[:, None, None, :]  # (B, 1, 1, T)


@views(check=arguments.causal_mask)
def causal_mask(
    Tq: int,
    Tk: int | None = None,
    device: torch.device | None = None,
) -> Tensor:
    """Let each query see the keys up to its own position and none after it.

    The queries are the *last* ``Tq`` of ``Tk`` positions (aligned bottom-right), so that the same
    mask serves a whole sequence (``Tq == Tk``) and a few new tokens after a cache of old ones.

    Args:
        Tq: number of queries, at least 1.
        Tk: number of keys, at least ``Tq``. Default: ``Tq``.
        device: where the mask is made. Default: the default device.

    Shape:
        result ``(Tq, Tk)``.

    Returns:
        A boolean mask, True where a query may attend.

    Raises:
        ValueError: unless ``1 <= Tq <= Tk``.

    >>> causal_mask(2, 4)
    tensor([[ True,  True,  True, False],
            [ True,  True,  True,  True]])
    """
    Tk = Tq if Tk is None else Tk
    every_pair = torch.ones(Tq, Tk, dtype=torch.bool, device=device)  # (Tq, Tk)
    return every_pair.tril(diagonal=Tk - Tq)  # (Tq, Tk)


def _fused_attention(query, key, value, mask=None, dropout=0.0, need_weights=False) -> Tensor:
    """Attention in one kernel, which never writes the (Tq, Tk) weights to memory."""
    if need_weights:
        return NotImplemented
    if mask is not None and mask.dim() < 2:  # the kernel wants an axis for the queries
        mask = torch.atleast_2d(mask)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)


@views(check=arguments.attention, fast=_fused_attention)
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    r"""Average the values, weighted by how well each key matches the query.

    .. math::
        \mathrm{Attention}(Q, K, V) = \mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right) V

    Vaswani et al. 2017, equation 1. A query whose row of the mask is all False gets zeros; the
    paper leaves that case open.

    Args:
        query: what each position looks for.
        key: what each position offers to be found by.
        value: what each position hands over.
        mask: boolean, True where a query may attend. Default: everywhere.
        dropout: probability of dropping a weight, in [0, 1). Default: 0; layers pass 0 in
            evaluation.
        need_weights: also return the weights, as they are before dropout.

    Shape:
        query ``(..., Tq, d_k)``, key ``(..., Tk, d_k)``, value ``(..., Tk, d_v)``, mask broadcasts
        to ``(..., Tq, Tk)``; out ``(..., Tq, d_v)``, weights ``(..., Tq, Tk)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``.

    Raises:
        ValueError: if widths, lengths or the mask's shape do not fit, an input is empty, or
            ``dropout`` is not in [0, 1).
        TypeError: if an input is not floating point or ``mask`` not boolean.

    Matches ``F.scaled_dot_product_attention`` within 1e-5 (float32) and 1e-10 (float64).

    >>> q = k = torch.eye(2)
    >>> scaled_dot_product_attention(q, k, torch.tensor([[1.0], [3.0]]))
    tensor([[1.6605],
            [2.3395]])
    """
    d_k = query.size(-1)
    scores = query @ key.transpose(-2, -1) / d_k**0.5  # (..., Tq, Tk)
    weights = masked_softmax(scores, mask)  # (..., Tq, Tk)
    dropped = F.dropout(weights, dropout) if dropout else weights
    out = dropped @ value  # (..., Tq, d_v)
    return (out, weights) if need_weights else out


def _self_attention_in_one_kernel(
    layer: SelfAttention, x: Tensor, mask: Tensor | None = None, need_weights: bool = False
) -> Tensor:
    """The layer by the kernel that makes no weights, where nobody needs them."""
    if need_weights:
        return NotImplemented
    q, k, v = (p(x).unsqueeze(1) for p in (layer.q_proj, layer.k_proj, layer.v_proj))
    dropout = layer.dropout if layer.training else 0.0
    return scaled_dot_product_attention(q, k, v, mask, dropout).squeeze(1)  # (B, T, d_v)


class SelfAttention(nn.Module):
    """One head of attention in which a sequence asks itself.

    Queries, keys and values are three linear views of the same input (Vaswani et al. 2017,
    section 3.2.2), without biases as in the paper.

    Args:
        d_model: width of the input.
        d_k: width of queries and keys. Default: ``d_model``.
        d_v: width of values and of the output. Default: ``d_k``.
        dropout: probability of dropping an attention weight while training. Default: 0.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, 1, T, T)``; out ``(B, T, d_v)``, weights
        ``(B, 1, T, T)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``.

    Raises:
        TypeError: if ``x`` is not floating point or ``mask`` not boolean.
        ValueError: if a size is below 1, ``dropout`` not in [0, 1), or a shape does not fit.

    Parameters: ``q_proj.weight`` (d_k, D), ``k_proj.weight`` (d_k, D), ``v_proj.weight`` (d_v, D).

    >>> SelfAttention(8, d_k=4)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 4])
    """

    @views(check=arguments.self_attention)
    def __init__(
        self,
        d_model: int,
        d_k: int | None = None,
        d_v: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        d_k = d_model if d_k is None else d_k
        d_v = d_k if d_v is None else d_v
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)

    @views(check=arguments.attend_to_self, fast=_self_attention_in_one_kernel)
    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every position of ``x`` gather from the positions it may attend to."""
        query = self.q_proj(x).unsqueeze(1)  # (B, 1, T, d_k)
        key = self.k_proj(x).unsqueeze(1)  # (B, 1, T, d_k)
        value = self.v_proj(x).unsqueeze(1)  # (B, 1, T, d_v)
        dropout = self.dropout if self.training else 0.0
        out, weights = scaled_dot_product_attention(
            query, key, value, mask, dropout, need_weights=True
        )  # (B, 1, T, d_v), (B, 1, T, T)
        out = out.squeeze(1)  # (B, T, d_v)
        return (out, weights) if need_weights else out


@views(check=arguments.split_heads)
def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """Cut the features into ``n_heads`` equal runs, and give each run a batch axis of its own.

    Args:
        x: projected queries, keys or values.
        n_heads: number of heads; divides D.

    Shape:
        x ``(B, T, D)``, result ``(B, H, T, d_k)`` with ``d_k = D / H``.

    Returns:
        Head ``h`` holds features ``h * d_k`` to ``(h + 1) * d_k - 1`` of every position.

    Raises:
        ValueError: if ``x`` is not ``(B, T, D)`` or ``n_heads`` does not divide D.

    >>> split_heads(torch.arange(4.0).view(1, 1, 4), 2)[0, :, 0]
    tensor([[0., 1.],
            [2., 3.]])
    """
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)  # (B, H, T, d_k)


@views(check=arguments.merge_heads)
def merge_heads(x: Tensor) -> Tensor:
    """Lay the heads' features side by side again: the inverse of :func:`split_heads`.

    Args:
        x: the output of every head.

    Shape:
        x ``(B, H, T, d_k)``, result ``(B, T, D)`` with ``D = H * d_k``.

    Returns:
        For every position, head 0's features, then head 1's, and so on.

    Raises:
        ValueError: if ``x`` is not ``(B, H, T, d_k)``.

    >>> x = torch.randn(2, 3, 8)
    >>> torch.equal(merge_heads(split_heads(x, 4)), x)
    True
    """
    return x.transpose(1, 2).flatten(start_dim=2)  # (B, T, D)


def _multi_head_in_one_kernel(
    layer: MultiHeadAttention,
    query: Tensor,
    key: Tensor | None = None,
    value: Tensor | None = None,
    mask: Tensor | None = None,
    need_weights: bool = False,
) -> Tensor:
    """The layer by the kernel that makes no weights, where nobody needs them."""
    if need_weights:
        return NotImplemented
    key = query if key is None else key
    value = key if value is None else value
    q = split_heads(layer.q_proj(query), layer.n_heads)  # (B, H, Tq, d_k)
    k = split_heads(layer.k_proj(key), layer.n_heads)  # (B, H, Tk, d_k)
    v = split_heads(layer.v_proj(value), layer.n_heads)  # (B, H, Tk, d_k)
    dropout = layer.dropout if layer.training else 0.0
    heads = scaled_dot_product_attention(q, k, v, mask, dropout)  # (B, H, Tq, d_k)
    return layer.out_proj(merge_heads(heads))  # (B, Tq, D)


class MultiHeadAttention(nn.Module):
    r"""Several attentions at once, each on its own slice of the features.

    .. math:: \mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_h)
        W^O, \quad \mathrm{head}_i = \mathrm{Attention}(Q W_i^Q, K W_i^K, V W_i^V)

    Vaswani et al. 2017, section 3.2.2. The paper has no biases; ``bias=True``, the default, is
    what ``nn.MultiheadAttention``, BERT and GPT-2 do.

    Args:
        d_model: width of the input and of the output.
        n_heads: number of heads; divides ``d_model``.
        dropout: probability of dropping an attention weight while training. Default: 0.
        bias: add a bias in the four projections. Default: True.

    Shape:
        query ``(B, Tq, D)``, key and value ``(B, Tk, D)``, mask broadcasts to ``(B, H, Tq, Tk)``;
        out ``(B, Tq, D)``, weights ``(B, H, Tq, Tk)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``, weights per head and before dropout.

    Raises:
        ValueError: if ``n_heads`` does not divide ``d_model``.

    Parameters: ``q_proj``, ``k_proj``, ``v_proj``, ``out_proj``, each a Linear (D, D).

    Matches ``nn.MultiheadAttention(batch_first=True)`` with the weights transplanted, within 1e-5
    (float32) and 1e-10 (float64).

    >>> MultiHeadAttention(8, n_heads=2)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=arguments.multi_head)
    def __init__(
        self,
        d_model: int,
        n_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
    ):
        super().__init__()
        if n_heads < 1 or d_model % n_heads:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    @views(check=arguments.attend, fast=_multi_head_in_one_kernel)
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
        dropout = self.dropout if self.training else 0.0
        heads, weights = scaled_dot_product_attention(
            q, k, v, mask, dropout, need_weights=True
        )  # (B, H, Tq, d_k), (B, H, Tq, Tk)
        out = self.out_proj(merge_heads(heads))  # (B, Tq, D)
        return (out, weights) if need_weights else out
