"""What the functions of ``unrolled.basics`` refuse."""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.arguments import common


def softmax(logits: Tensor, dim: int = -1) -> None:
    """Refuse what ``softmax`` cannot use."""
    common.floating(logits=logits)
    if not -logits.dim() <= dim < logits.dim():
        raise ValueError(f"dim={dim} is not an axis of logits with shape {tuple(logits.shape)}")
    if logits.size(dim) == 0:
        raise ValueError(f"logits has shape {tuple(logits.shape)}: axis {dim} is empty")


def cross_entropy(logits: Tensor, targets: Tensor) -> None:
    """Refuse what ``cross_entropy`` cannot use."""
    common.floating(logits=logits)
    if targets.dtype != torch.long:
        raise TypeError(f"targets has dtype {targets.dtype}, class ids of torch.int64 are wanted")
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)}, {tuple(logits.shape[:-1])} is wanted: "
            f"one class id for each row of logits {tuple(logits.shape)}"
        )
    common.ids_below(logits.size(-1), targets=targets)


def embedding_lookup(weight: Tensor, ids: Tensor) -> None:
    """Refuse what ``embedding_lookup`` cannot use."""
    common.shaped("weight", weight, "(V, D)", None, None)
    common.ids_below(weight.size(0), ids=ids)
