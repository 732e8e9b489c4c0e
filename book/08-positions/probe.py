"""How much of a position can be read, by a straight line, out of a trained reader's vectors."""

from __future__ import annotations

import texts
import torch
from torch import Tensor

from unrolled.attention import causal_mask


@torch.no_grad()
def vectors(kind: str, text: str) -> list[Tensor]:
    """The vectors before the first layer and after each, ``(windows, CONTEXT, D)``."""
    model, ids = texts.read_weights(texts.weights_of(kind))
    n = len(text) // texts.CONTEXT
    windows = torch.tensor([ids[c] for c in text[: n * texts.CONTEXT]]).view(n, -1)  # (B, T)
    x = model.embedding(windows)  # (B, T, D)
    x = model.positions(x) if model.has_table else x
    found, mask = [x], causal_mask(texts.CONTEXT)  # (T, T)
    for layer in model.layers:
        x = x + layer(x, mask=mask)  # (B, T, D)
        found.append(x)
    return found


def positions_known(kind: str, text: str) -> list[float]:
    """Share of the positions' variance that a linear probe explains, on windows it has not seen.

    Args:
        kind: of the kept reader.
        text: what it reads, in windows of ``CONTEXT`` characters; the first half is fitted.

    Returns:
        one share before the first layer and one after each; 0 is no better than the mean.
    """
    return [_explained(x) for x in vectors(kind, text)]


def _explained(x: Tensor) -> float:
    place = torch.arange(x.size(1), dtype=torch.float64) - (x.size(1) - 1) / 2  # (T,)
    x = torch.cat([x, torch.ones_like(x[:, :, :1])], dim=2).double()  # (B, T, D + 1)
    fitted, tested = (half.flatten(0, 1) for half in x.chunk(2))  # (N, D + 1)
    wanted = [place.repeat(len(half) // len(place)) for half in (fitted, tested)]  # (N,)
    gram = fitted.T @ fitted + 1e-3 * torch.eye(x.size(2), dtype=torch.float64)
    line = torch.linalg.solve(gram, fitted.T @ wanted[0])  # (D + 1,)
    left = (tested @ line - wanted[1]).square().mean()
    return max(0.0, 1 - (left / wanted[1].square().mean()).item())
