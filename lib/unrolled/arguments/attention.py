"""What the functions of ``unrolled.attention`` refuse."""

from __future__ import annotations

import torch
from torch import Tensor


def padding_mask(ids: Tensor, pad_id: int) -> None:
    """Refuse what ``padding_mask`` cannot use."""
    if ids.dim() != 2:
        raise ValueError(f"ids has shape {tuple(ids.shape)}, (B, T) is wanted")
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
    if query.size(-1) != key.size(-1):
        raise ValueError(
            f"query has d_k={query.size(-1)}, key has d_k={key.size(-1)}: equal widths are wanted"
        )
    if key.size(-2) != value.size(-2):
        raise ValueError(
            f"key has Tk={key.size(-2)}, value has Tk={value.size(-2)}: equal lengths are wanted"
        )
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout={dropout} is outside [0, 1)")
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise TypeError(f"mask has dtype {mask.dtype}, torch.bool is wanted (True = may attend)")
    scores = (*query.shape[:-1], key.size(-2))
    fits = mask.dim() <= len(scores) and all(
        m in (1, s) for m, s in zip(reversed(mask.shape), reversed(scores), strict=False)
    )
    if not fits:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}, one that broadcasts to {scores} is wanted"
        )


def split_heads(x: Tensor, n_heads: int) -> None:
    """Refuse what ``split_heads`` cannot use."""
    if x.dim() != 3:
        raise ValueError(f"x has shape {tuple(x.shape)}, (B, T, D) is wanted")
    if n_heads < 1 or x.size(-1) % n_heads:
        raise ValueError(f"d_model={x.size(-1)} is not divisible by n_heads={n_heads}")


def merge_heads(x: Tensor) -> None:
    """Refuse what ``merge_heads`` cannot use."""
    if x.dim() != 4:
        raise ValueError(f"x has shape {tuple(x.shape)}, (B, H, T, d_k) is wanted")
