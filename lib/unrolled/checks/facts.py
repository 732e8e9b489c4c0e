"""Facts that several exercises are asked for, told as observations."""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.candidate.handles import AnswerError, Handle
from unrolled.checks.draw import tensor


def dropout_facts(kept: Handle, dropped: Handle, p: float) -> dict[str, bool]:
    """What dropout did to weights: exact facts, so that it does not matter which were dropped.

    The values are two identities side by side, so an output shows its row of weights twice: what
    was dropped from the weights is missing in both halves, what was dropped later in one.

    Args:
        kept: the output without dropout, ``(..., 2 Tk)``.
        dropped: the same with dropout; with 60 or more weights, all dropped or all kept has a
            chance below 1e-12 at p = 0.4 to 0.6.
        p: the probability of dropping.

    Raises:
        Unfit: if either is not a tensor.
    """
    before, after = tensor(kept), tensor(dropped)
    if before.shape != after.shape:
        return {"dropout keeps the shape": False}
    tolerance = {"rtol": 1e-3, "atol": 1e-6}
    scaled = torch.isclose(after, before / (1 - p), **tolerance)
    gone = after.abs() <= 1e-9
    left, right = after.chunk(2, dim=-1)
    return {
        "each weight is 0 or divided by 1 - p": bool((scaled | gone).all()),
        "some weights are dropped": bool(gone.any()),
        "some weights are kept": bool(scaled.any()),
        "a dropped weight is gone for all of its value": bool(((left == 0) == (right == 0)).all()),
        "the weights are as without dropout": bool(torch.isclose(after, before, **tolerance).all()),
    }


def same_device(out: Handle, given: Handle) -> bool:
    """Whether an output is where its input is."""
    here, there = out.candidate.resolved((out.attribute("device"), given.attribute("device")))
    return here == there


def error_type(handle: Handle) -> str:
    """The type of the error that making something raises, ``"no error"`` if none."""
    try:
        handle.attribute("__class__").value()
    except AnswerError as error:
        return error.type_name
    return "no error"


def one_hot_rows(size: int, times: int = 1) -> Tensor:
    """Rows of the identity, repeated side by side: as values they show the weights themselves."""
    return torch.eye(size).repeat(1, times)
