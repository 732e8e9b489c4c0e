"""What many functions refuse of tensors in the same words: dtypes, shapes, ids and padding."""

from __future__ import annotations

from types import EllipsisType

import torch
from torch import Tensor

from unrolled.arguments import common


def floating(**tensors: Tensor) -> None:
    """Refuse what is not a tensor of floating-point numbers."""
    for name, x in tensors.items():
        common.instance(name, x, Tensor, "a floating-point tensor")
        if not x.is_floating_point():
            raise TypeError(f"{name} has dtype {x.dtype}, a floating-point tensor is wanted")


def integers(**tensors: Tensor) -> None:
    """Refuse what is not a tensor of integers."""
    for name, x in tensors.items():
        common.instance(name, x, Tensor, "a tensor of integers")
        if x.dtype not in (torch.long, torch.int32):
            raise TypeError(f"{name} has dtype {x.dtype}, torch.int64 or torch.int32 is wanted")


def longs(**tensors: Tensor) -> None:
    """Refuse what is not a tensor of ``torch.int64``, where torch takes no other integers."""
    for name, x in tensors.items():
        common.instance(name, x, Tensor, "a tensor of torch.int64")
        if x.dtype != torch.long:
            raise TypeError(f"{name} has dtype {x.dtype}, torch.int64 is wanted")


def boolean(**masks: Tensor | None) -> None:
    """Refuse a mask of another dtype; None is no mask."""
    for name, mask in common.given(**masks).items():
        if mask.dtype != torch.bool:
            raise TypeError(
                f"{name} has dtype {mask.dtype}, torch.bool is wanted (True = may attend)"
            )


def shaped(name: str, x: Tensor, wanted: str, *sizes: int | EllipsisType | None) -> None:
    """Refuse a tensor with another number of axes, other sizes, or nothing in it.

    Args:
        name: of the argument.
        x: what was given.
        wanted: the shape in words, such as ``"(B, T, 8)"``.
        sizes: of each axis; None where any size of at least 1 will do. ``...`` as the first
            stands for any number of such axes.
    """
    shape = x.shape
    if sizes and sizes[0] is ...:
        sizes = (*[None] * (len(shape) - len(sizes) + 1), *sizes[1:])
    # On the path of every layer: a comparison of tuples costs less than a look at each axis.
    wanted_sizes = tuple([g if s is None else s for g, s in zip(shape, sizes, strict=False)])
    fits = len(shape) == len(sizes) and shape == wanted_sizes and 0 not in shape
    if not fits:
        empty = ", each at least 1," if 0 in x.shape else ""
        raise ValueError(f"{name} has shape {tuple(x.shape)}, {wanted}{empty} is wanted")


def exactly(name: str, x: Tensor, *sizes: int) -> None:
    """Refuse a tensor of any other shape."""
    if tuple(x.shape) != sizes:
        raise ValueError(f"{name} has shape {tuple(x.shape)}, {sizes} is wanted")


def alike(**tensors: Tensor) -> None:
    """Refuse a tensor that has not the shape of the first."""
    first, model = next(iter(tensors.items()))
    for name, x in tensors.items():
        if x.shape != model.shape:
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}, {tuple(model.shape)} is wanted, as {first}"
            )


def same_batch(**tensors: Tensor) -> None:
    """Refuse a tensor with as many axes as the first and another number of rows."""
    first, model = next(iter(tensors.items()))
    for name, x in tensors.items():
        if x.dim() == model.dim() >= 2 and x.size(0) != model.size(0):
            raise ValueError(
                f"{name} has B={x.size(0)}, {first} has B={model.size(0)}: equal batches are wanted"
            )


def one_a_row(logits: Tensor, **ids: Tensor) -> None:
    """Refuse ids that are not one for each row of scores."""
    for name, x in ids.items():
        if x.shape != logits.shape[:-1]:
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}, {tuple(logits.shape[:-1])} is wanted: "
                f"one id for each row of logits {tuple(logits.shape)}"
            )


def sequences(width: int, **tensors: Tensor) -> None:
    """Refuse what is not a batch of sequences of vectors with this width."""
    floating(**tensors)
    for name, x in tensors.items():
        shaped(name, x, f"(B, T, {width})", None, None, width)


def broadcasts(scores: tuple[int, ...], **masks: Tensor | None) -> None:
    """Refuse a mask that does not broadcast to scores of this shape; None is no mask."""
    boolean(**masks)
    for name, mask in common.given(**masks).items():
        sizes = zip(reversed(mask.shape), reversed(scores), strict=False)
        if mask.dim() > len(scores) or any(given not in (1, size) for given, size in sizes):
            raise ValueError(
                f"{name} has shape {tuple(mask.shape)}, one that broadcasts to {scores} is wanted"
            )


def broadcast_together(inner: int, **tensors: Tensor) -> None:
    """Refuse tensors whose axes before the last ``inner`` ones do not broadcast to each other."""
    try:
        torch.broadcast_shapes(*(x.shape[:-inner] for x in tensors.values()))
    except RuntimeError:
        shapes = ", ".join(f"{name} has shape {tuple(x.shape)}" for name, x in tensors.items())
        raise ValueError(f"{shapes}: equal axes before the last {inner} are wanted") from None


def between(low: int, high: int, **tensors: Tensor) -> None:
    """Refuse a tensor with a value below ``low`` or above ``high``."""
    for name, x in tensors.items():
        if x.min() < low or x.max() > high:
            raise ValueError(
                f"{name} holds values from {int(x.min())} to {int(x.max())}, "
                f"{low} to {high} are wanted"
            )


def ids_below(size: int, **tensors: Tensor) -> None:
    """Refuse ids that are not integers from 0 to ``size - 1``, or none at all."""
    for name, ids in tensors.items():
        integers(**{name: ids})
        if ids.numel() == 0:
            raise ValueError(f"{name} has shape {tuple(ids.shape)}, at least one id is wanted")
        between(0, size - 1, **{name: ids})


def token_ids(size: int, **tensors: Tensor) -> None:
    """Refuse what is not a batch of rows of ids, each from 0 to ``size - 1``."""
    for name, ids in tensors.items():
        integers(**{name: ids})
        shaped(name, ids, "(B, T)", None, None)
        between(0, size - 1, **{name: ids})


def real_lengths(lengths: Tensor, B: int, T: int) -> None:
    """Refuse lengths that are not one a row, each from 1 to T."""
    integers(lengths=lengths)
    exactly("lengths", lengths, B)
    between(1, T, lengths=lengths)


def some_token(pad_id: int, **tensors: Tensor) -> None:
    """Refuse a row that is nothing but padding."""
    for name, ids in tensors.items():
        empty = (ids == pad_id).all(dim=1)  # (B,)
        if empty.any():
            raise ValueError(
                f"{name}[{int(empty.nonzero()[0])}] holds pad_id={pad_id} alone, "
                f"at least one token is wanted"
            )


def padding_last(pad_id: int, **tensors: Tensor) -> None:
    """Refuse a row with padding before a token, and one of nothing but padding."""
    some_token(pad_id, **tensors)
    for name, ids in tensors.items():
        real = ids != pad_id  # (B, T)
        early = (real[:, 1:] & ~real[:, :-1]).any(dim=1)  # (B,)
        if early.any():
            raise ValueError(
                f"{name}[{int(early.nonzero()[0])}] holds pad_id={pad_id} before a token, "
                f"padding after the last token alone is wanted"
            )
