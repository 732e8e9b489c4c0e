"""What many functions refuse in the same words."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_one(**sizes: int) -> None:
    """Refuse a size that is not a whole number of at least 1."""
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"{name}={size!r} is a {type(size).__name__}, an integer is wanted")
        if size < 1:
            raise ValueError(f"{name}={size}: at least 1 is wanted")


def probability(**rates: float) -> None:
    """Refuse a rate of dropping that is not in [0, 1)."""
    for name, rate in rates.items():
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"{name}={rate} is outside [0, 1)")


def one_of(name: str, given: str, wanted: tuple[str, ...]) -> None:
    """Refuse a word that is none of those that mean something."""
    if given not in wanted:
        raise ValueError(f"{name}={given!r}: one of {', '.join(wanted)} is wanted")


def floating(**tensors: Tensor) -> None:
    """Refuse a tensor that does not hold floating-point numbers."""
    for name, x in tensors.items():
        if not x.is_floating_point():
            raise TypeError(f"{name} has dtype {x.dtype}, a floating-point tensor is wanted")


def shaped(name: str, x: Tensor, wanted: str, *sizes: int | None) -> None:
    """Refuse a tensor with another number of axes, other sizes, or nothing in it.

    Args:
        name: of the argument.
        x: what was given.
        wanted: the shape in words, such as ``"(B, T, 8)"``.
        sizes: of each axis; None where any size of at least 1 will do.
    """
    fits = x.dim() == len(sizes) and all(
        given == size if size is not None else given >= 1
        for given, size in zip(x.shape, sizes, strict=True)
    )
    if not fits:
        empty = ", each at least 1," if 0 in x.shape else ""
        raise ValueError(f"{name} has shape {tuple(x.shape)}, {wanted}{empty} is wanted")


def sequences(width: int, **tensors: Tensor) -> None:
    """Refuse what is not a batch of sequences of vectors with this width."""
    floating(**tensors)
    for name, x in tensors.items():
        shaped(name, x, f"(B, T, {width})", None, None, width)


def ids_below(size: int, **tensors: Tensor) -> None:
    """Refuse ids that are not integers from 0 to ``size - 1``, or none at all."""
    for name, ids in tensors.items():
        if ids.dtype not in (torch.long, torch.int32):
            raise TypeError(f"{name} has dtype {ids.dtype}, torch.int64 or torch.int32 is wanted")
        if ids.numel() == 0:
            raise ValueError(f"{name} has shape {tuple(ids.shape)}, at least one id is wanted")
        if ids.min() < 0 or ids.max() >= size:
            raise ValueError(
                f"{name} holds values from {int(ids.min())} to {int(ids.max())}, "
                f"0 to {size - 1} are wanted"
            )


def boolean(**masks: Tensor | None) -> None:
    """Refuse a mask of another dtype; None is no mask."""
    for name, mask in masks.items():
        if mask is not None and mask.dtype != torch.bool:
            raise TypeError(
                f"{name} has dtype {mask.dtype}, torch.bool is wanted (True = may attend)"
            )
