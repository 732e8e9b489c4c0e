"""Inside chapter 8's kept readers: where their heads look, and how much room their codes take."""

from __future__ import annotations

import reach
import torch
from models import LABELS
from torch import Tensor

from unrolled.attention import causal_mask

KEPT = ("sinusoidal", "learned", "rotary", "alibi")
BINS = {"itself": (0, 1), "1 back": (1, 2), "2 or 3": (2, 4), "4 to 7": (4, 8), "8 to 31": (8, 32)}


@torch.no_grad()
def by_distance(kind: str, text: str) -> Tensor:
    """Share of each head's attention on the distances of ``BINS``, ``(layers, H, bins)``.

    Averaged over the positions that have at least 31 before them, in windows of ``CONTEXT``
    characters.
    """
    model, known = reach.kept(kind)
    T, first = reach.CONTEXT, max(end for _, end in BINS.values()) - 1
    n = len(text) // T
    x = model.embedding(torch.tensor([known[c] for c in text[: n * T]]).view(n, T))  # (B, T, D)
    x = model.positions(x) if model.has_table else x
    place = torch.arange(T)  # (T,)
    back = place[:, None] - place  # (T, T)
    found = []
    for layer in model.layers:
        out, weights = layer(x, mask=causal_mask(T), need_weights=True)  # (B, H, T, T)
        x = x + out  # (B, T, D)
        mean = weights.mean(dim=0)[:, first:]  # (H, queries, T)
        inside = [(back >= low) & (back < high) for low, high in BINS.values()]
        found.append(torch.stack([(mean * b[first:]).sum(-1).mean(-1) for b in inside], dim=1))
    return torch.stack(found)  # (layers, H, bins)


def looks_back(kind: str, text: str) -> list[float]:
    """The largest share that a head of each layer has on the character before the current one."""
    one_back = list(BINS).index("1 back")
    return by_distance(kind, text)[:, :, one_back].amax(dim=1).tolist()


def rows(text: str) -> list[list[str]]:
    """Rows of a table: kind and layer, and in % where the head looks that looks most one back."""
    one_back = list(BINS).index("1 back")
    found = []
    for kind in KEPT:
        for number, heads in enumerate(by_distance(kind, text), 1):
            head = heads[heads[:, one_back].argmax()]  # (bins,)
            found.append([f"{LABELS[kind]}, layer {number}", *(f"{100 * x:.0f}" for x in head)])
    return found


def codes(kind: str) -> Tensor:
    """What is added at each position, ``(CONTEXT, D)``."""
    model, _ = reach.kept(kind)
    nothing = torch.zeros(1, reach.CONTEXT, model.scores.in_features)  # (1, T, D)
    with torch.no_grad():
        return model.positions(nothing)[0]  # (T, D)


def directions(rows: Tensor, share: float = 0.95) -> Tensor:
    """The fewest directions that hold this share of the variance of rows, ``(k, D)``."""
    _, sizes, turned = torch.linalg.svd(rows - rows.mean(dim=0), full_matrices=False)
    held = sizes.square().cumsum(dim=0) / sizes.square().sum()  # (D,)
    return turned[: int((held < share).sum()) + 1]  # (k, D)


def room(kind: str) -> dict[str, float]:
    """How many directions the codes take, and what share of the characters' variance is in them."""
    taken = directions(codes(kind))  # (k, D)
    words = reach.kept(kind)[0].embedding.weight.detach()  # (V, D)
    words = words - words.mean(dim=0)
    inside = (words @ taken.T).square().sum() / words.square().sum()
    return {"directions": len(taken), "by chance": len(taken) / words.size(1), "inside": inside}
