"""What the functions of ``unrolled.scaling`` refuse."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from unrolled.arguments import common


def scaling_law(sizes: Tensor, E: float, A: float, alpha: float) -> None:
    """Refuse what ``scaling_law`` cannot use."""
    common.not_empty("sizes", torch.as_tensor(sizes).flatten(), "number")
    _check_numbers("sizes", torch.as_tensor(sizes))


def fit_scaling_law(sizes: Sequence[float] | Tensor, losses: Sequence[float] | Tensor) -> None:
    """Refuse what ``fit_scaling_law`` cannot use."""
    given = {"sizes": torch.as_tensor(sizes), "losses": torch.as_tensor(losses)}
    for name, values in given.items():
        if values.dim() != 1:
            raise ValueError(f"{name} has shape {tuple(values.shape)}, (n,) is wanted")
        _check_numbers(name, values)
    n, values = given["sizes"], given["losses"].double()
    if len(n) != len(values):
        raise ValueError(f"sizes has {len(n)} numbers, losses {len(values)}: as many are wanted")
    different = len(n.unique())
    if different < 4:
        raise ValueError(
            f"sizes has {different} different numbers, at least 4 are wanted: the curve has 3 "
            f"parameters"
        )
    first, last = values[n == n.min()].mean(), values[n == n.max()].mean()
    if not last < first:
        raise ValueError(
            f"losses goes from {first:.4g} at the smallest size to {last:.4g} at the largest, "
            f"a lower loss at the largest is wanted"
        )


def _check_numbers(name: str, values: Tensor) -> None:
    wrong = ~(values.isfinite() & (values > 0))
    if wrong.any():
        raise ValueError(
            f"{name} holds {values[wrong][0].item():.4g}, finite numbers above 0 are wanted"
        )
