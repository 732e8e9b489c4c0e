"""What the functions of ``unrolled.basics`` refuse."""

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
