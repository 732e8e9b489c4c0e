"""What the functions and layers of ``unrolled.positions`` refuse."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common, tensors
from unrolled.arguments.attention import attend, attention, causal_mask


def sinusoidal_positions(T: int, d_model: int, base: float = 10000.0) -> None:
    """Refuse what ``sinusoidal_positions`` cannot use."""
    common.at_least_one(T=T, d_model=d_model)
    common.positive(base=base)


def position_table(self: Any, max_len: int, d_model: int) -> None:
    """Refuse what ``SinusoidalPositions`` and ``LearnedPositions`` cannot be made of."""
    common.at_least_one(max_len=max_len, d_model=d_model)


def sinusoidal(self: Any, x: Tensor, start: int = 0) -> None:
    """Refuse what ``SinusoidalPositions`` cannot be added to."""
    tensors.sequences(self.table.size(1), x=x)
    common.at_least(0, start=start)


def learned_positions(self: Any, x: Tensor, start: int = 0) -> None:
    """Refuse what ``LearnedPositions`` cannot be added to; the layer says how far it reaches."""
    tensors.sequences(self.weight.size(1), x=x)


def apply_rope(x: Tensor, positions: Tensor, base: float = 10000.0) -> None:
    """Refuse what ``apply_rope`` cannot rotate."""
    tensors.floating(x=x)
    tensors.shaped("x", x, "(B, H, T, d_k)", None, None, None, None)
    common.even(d_k=x.size(-1))
    _positions(positions, x.size(0), x.size(2))
    common.positive(base=base)


def alibi_bias(n_heads: int, Tq: int, Tk: int | None = None, device: object = None) -> None:
    """Refuse what ``alibi_bias`` cannot use."""
    common.at_least_one(n_heads=n_heads)
    causal_mask(Tq, Tk)


def biased_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    need_weights: bool = False,
) -> None:
    """Refuse what attention refuses; the bias is the layer's own."""
    attention(query, key, value, mask, dropout, need_weights)


def rotary_attention(
    self: Any,
    d_model: int,
    n_heads: int,
    dropout: float = 0.0,
    bias: bool = True,
    base: float = 10000.0,
) -> None:
    """Refuse what ``RotaryAttention`` cannot be made of."""
    if n_heads >= 1 and d_model % (2 * n_heads):
        raise ValueError(
            f"d_model={d_model} is not divisible by 2 * n_heads={2 * n_heads}: "
            f"each head rotates pairs of features"
        )
    common.positive(base=base)


def relative_attention(
    self: Any,
    query: Tensor,
    key: Tensor | None = None,
    value: Tensor | None = None,
    mask: Tensor | None = None,
    need_weights: bool = False,
) -> None:
    """Refuse what attention refuses, and queries that are not among the keys' positions."""
    attend(self, query, key, value, mask, need_weights)
    if key is not None and query.size(1) > key.size(1):
        raise ValueError(
            f"query has Tq={query.size(1)}, key has Tk={key.size(1)}: Tq <= Tk is wanted, "
            f"the queries are the last of the keys' positions"
        )


def _positions(positions: Tensor, B: int, T: int) -> None:
    if positions.dtype == torch.bool or positions.is_complex():
        raise TypeError(f"positions has dtype {positions.dtype}, numbers are wanted")
    if positions.shape not in ((T,), (B, T), (1, T)):
        raise ValueError(
            f"positions has shape {tuple(positions.shape)}, ({T},) or ({B}, {T}) is wanted"
        )
