"""What each function refuses: one place for argument checks, so that bodies stay readable.

Every message names the argument, what was given and what is wanted.
"""

from __future__ import annotations

import torch
from torch import Tensor


def softmax(logits: Tensor, dim: int = -1) -> None:
    """Refuse what ``softmax`` cannot use."""
    if not logits.is_floating_point():
        raise TypeError(f"logits has dtype {logits.dtype}, a floating-point tensor is wanted")
    if not -logits.dim() <= dim < logits.dim():
        raise ValueError(f"dim={dim} is not an axis of logits with shape {tuple(logits.shape)}")


def cross_entropy(logits: Tensor, targets: Tensor) -> None:
    """Refuse what ``cross_entropy`` cannot use."""
    if targets.dtype != torch.long:
        raise TypeError(f"targets has dtype {targets.dtype}, class ids of torch.int64 are wanted")
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)}, {tuple(logits.shape[:-1])} is wanted: "
            f"one class id for each row of logits {tuple(logits.shape)}"
        )
    if targets.numel() == 0:
        raise ValueError("targets is empty, at least one class id is wanted")
    if targets.min() < 0 or targets.max() >= logits.size(-1):
        raise ValueError(
            f"targets holds ids from {int(targets.min())} to {int(targets.max())}, "
            f"0 to {logits.size(-1) - 1} are wanted"
        )


def embedding_lookup(weight: Tensor, ids: Tensor) -> None:
    """Refuse what ``embedding_lookup`` cannot use."""
    if weight.dim() != 2:
        raise ValueError(f"weight has shape {tuple(weight.shape)}, (V, D) is wanted")
    if ids.dtype not in (torch.long, torch.int32):
        raise TypeError(f"ids has dtype {ids.dtype}, torch.int64 or torch.int32 is wanted")
    if ids.numel() and (ids.min() < 0 or ids.max() >= weight.size(0)):
        raise ValueError(
            f"ids holds values from {int(ids.min())} to {int(ids.max())}, "
            f"0 to {weight.size(0) - 1} are wanted"
        )


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
