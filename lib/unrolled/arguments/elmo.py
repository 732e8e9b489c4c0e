"""What the functions and layers of ``unrolled.elmo`` refuse."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def elmo_targets(ids: Tensor, pad_id: int, ignore_id: int = -100) -> None:
    """Refuse what ``elmo_targets`` cannot use."""
    _sentences(ids, pad_id)


def elmo_mix(layers: Tensor, scores: Tensor, gamma: Tensor) -> None:
    """Refuse what ``elmo_mix`` cannot use."""
    for name, tensor in (("layers", layers), ("scores", scores), ("gamma", gamma)):
        if not tensor.is_floating_point():
            raise TypeError(f"{name} has dtype {tensor.dtype}, a floating-point tensor is wanted")
    if layers.dim() != 4 or 0 in layers.shape:
        raise ValueError(
            f"layers has shape {tuple(layers.shape)}, (L, B, T, D) without an empty axis is wanted"
        )
    if tuple(scores.shape) != (layers.size(0),):
        raise ValueError(f"scores has shape {tuple(scores.shape)}, ({layers.size(0)},) is wanted")
    if gamma.dim() != 0:
        raise ValueError(f"gamma has shape {tuple(gamma.shape)}, () is wanted")


def scalar_mix(self: Any, n_layers: int) -> None:
    """Refuse what ``ScalarMix`` cannot be made of."""
    _at_least_one(n_layers=n_layers)


def bilm(
    self: Any,
    vocab_size: int,
    hidden_size: int,
    num_layers: int = 2,
    dropout: float = 0.0,
    pad_id: int = 0,
) -> None:
    """Refuse what ``BiLM`` cannot be made of."""
    _at_least_one(vocab_size=vocab_size, hidden_size=hidden_size, num_layers=num_layers)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout={dropout} is outside [0, 1)")
    if not 0 <= pad_id < vocab_size:
        raise ValueError(f"pad_id={pad_id}: 0 to {vocab_size - 1} is wanted")


def read(self: Any, ids: Tensor) -> None:
    """Refuse sentences that ``BiLM`` cannot read."""
    _sentences(ids, self.pad_id)
    if ids.min() < 0 or ids.max() >= self.vocab_size:
        raise ValueError(
            f"ids holds values from {int(ids.min())} to {int(ids.max())}, "
            f"0 to {self.vocab_size - 1} are wanted"
        )
    real = ids != self.pad_id
    if (real[:, 1:] & ~real[:, :-1]).any():
        raise ValueError(
            f"ids has padding (pad_id={self.pad_id}) before a token, padding behind is wanted"
        )


def bilm_loss(logits: Any, ids: Tensor, pad_id: int) -> None:
    """Refuse what ``bilm_loss`` cannot use; the rest is for ``sequence_loss`` to refuse."""
    if not isinstance(logits, tuple | list) or len(logits) != 2:
        raise TypeError(
            f"logits is a {type(logits).__name__}, a pair (forward, backward) is wanted"
        )
    if ids.dtype != torch.long:
        raise TypeError(f"ids has dtype {ids.dtype}, torch.int64 is wanted: they are the targets")
    _sentences(ids, pad_id)


def _sentences(ids: Tensor, pad_id: int) -> None:
    if ids.dtype not in (torch.long, torch.int32):
        raise TypeError(f"ids has dtype {ids.dtype}, torch.int64 or torch.int32 is wanted")
    if ids.dim() != 2 or 0 in ids.shape:
        raise ValueError(
            f"ids has shape {tuple(ids.shape)}, (B, T) with B >= 1 and T >= 1 is wanted"
        )
    empty = (ids == pad_id).all(dim=1).nonzero().flatten().tolist()
    if empty:
        raise ValueError(f"ids has no token in row {empty[0]}, only padding (pad_id={pad_id})")


def _at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}={size}: at least 1 is wanted")
