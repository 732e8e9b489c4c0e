"""Which dropouts act in a layer: each one doubles what it keeps, so the values themselves tell.

At p = 0.5 a number that passes two dropouts is 0 or four times as large. The fixed weights make
every sublayer add the same few values, each to eight features of its own: with one key a weight of
attention is 1, the values are 1, and a small bias comes on top, which the first of the two dropouts
does not touch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import tensor

SHOWN = 8  # features in which each sublayer shows itself


def attention_adds(name: str, number: int, of: int, bias: float) -> dict[str, Tensor]:
    """Weights with which an attention adds 1 + bias, to the eight features of its number.

    Args:
        name: of the attention in the layer.
        number: which of the sublayers it is, from 0.
        of: how many there are.
        bias: of the output projection, small and another one for each sublayer.
    """
    D = SHOWN * of
    own = torch.arange(SHOWN)
    weight, added = torch.zeros(D, D), torch.zeros(D)
    weight[SHOWN * number + own, of * own] = 1.0  # features of every head
    added[SHOWN * number + own] = bias
    return {
        f"{name}.v_proj.weight": torch.zeros(D, D),
        f"{name}.v_proj.bias": torch.ones(D),
        f"{name}.out_proj.weight": weight,
        f"{name}.out_proj.bias": added,
    }


def feed_forward_adds(number: int, of: int, bias: float) -> dict[str, Tensor]:
    """The same for a feed-forward network of eight hidden features, all 1."""
    D = SHOWN * of
    own = torch.arange(SHOWN)
    weight, added = torch.zeros(D, SHOWN), torch.zeros(D)
    weight[SHOWN * number + own, own] = 1.0
    added[SHOWN * number + own] = bias
    return {
        "feed_forward.linear1.weight": torch.zeros(SHOWN, D),
        "feed_forward.linear1.bias": torch.ones(SHOWN),
        "feed_forward.linear2.weight": weight,
        "feed_forward.linear2.bias": added,
    }


def biases_alone(fixed: dict[str, Tensor], norms: int) -> dict[str, Tensor]:
    """The same, but every sublayer adds its bias and nothing else, and norms only normalise."""
    D = next(value.size(0) for name, value in fixed.items() if name.endswith("linear2.bias"))
    added = "out_proj.bias", "linear2.bias"
    kept = {n: v if n.endswith(added) else torch.zeros_like(v) for n, v in fixed.items()}
    kept |= {f"norm{n + 1}.weight": torch.ones(D) for n in range(norms)}
    return kept | {f"norm{n + 1}.bias": torch.zeros(D) for n in range(norms)}


def values_added(out: Handle, x: Tensor, names: tuple[str, ...]) -> dict[str, Tensor]:
    """The different values that each sublayer adds to x, in order.

    With 30 sentences or more a right answer misses one of them with a chance below 1e-12.
    """
    added = (tensor(out) - x).unflatten(-1, (len(names), SHOWN))
    rounded = (added.double() * 100).round() / 100
    each = [torch.unique(part) for part in rounded.unbind(-2)]
    return {f"{name} adds": values.to(x.dtype) for name, values in zip(names, each, strict=True)}


def uneven(out: Handle, names: tuple[str, ...]) -> dict[str, bool]:
    """Whether eight equal biases come out unequal: some were dropped. A norm keeps that.

    With 8 sentences a right answer looks even with a chance below 1e-16.
    """
    parts = tensor(out).unflatten(-1, (len(names), SHOWN))
    spread = (parts.amax(dim=-1) - parts.amin(dim=-1)).flatten(0, -2).amax(dim=0)
    return {f"{n}: dropped": bool(s > 1e-3) for n, s in zip(names, spread, strict=True)}
