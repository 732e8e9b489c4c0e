"""What the functions of ``unrolled.basics`` refuse."""

from __future__ import annotations

from torch import Tensor

from unrolled.arguments import tensors


def softmax(logits: Tensor, dim: int = -1) -> None:
    """Refuse what ``softmax`` cannot use."""
    tensors.floating(logits=logits)
    if not -logits.dim() <= dim < logits.dim():
        raise ValueError(f"dim={dim} is not an axis of logits with shape {tuple(logits.shape)}")
    if logits.size(dim) == 0:
        raise ValueError(f"logits has shape {tuple(logits.shape)}: axis {dim} is empty")
    if logits.numel() == 0:
        raise ValueError(f"logits has shape {tuple(logits.shape)}, one with entries is wanted")


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> None:
    """Refuse what ``masked_softmax`` cannot use."""
    tensors.floating(scores=scores)
    if scores.dim() == 0 or scores.numel() == 0:
        raise ValueError(
            f"scores has shape {tuple(scores.shape)}, (..., Tk) with entries is wanted"
        )
    tensors.broadcasts(tuple(scores.shape), mask=mask)


def cross_entropy(logits: Tensor, targets: Tensor) -> None:
    """Refuse what ``cross_entropy`` cannot use."""
    tensors.floating(logits=logits)
    tensors.longs(targets=targets)
    tensors.one_a_row(logits, targets=targets)
    tensors.ids_below(logits.size(-1), targets=targets)


def embedding_lookup(weight: Tensor, ids: Tensor) -> None:
    """Refuse what ``embedding_lookup`` cannot use."""
    tensors.shaped("weight", weight, "(V, D)", None, None)
    tensors.ids_below(weight.size(0), ids=ids)
