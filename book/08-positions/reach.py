"""Chapter 8's kept readers on texts longer than any they were trained on: what is to blame.

Each function gives scores of a reader that is read in another way: from another first position,
with a shorter sight, or with its rotary angles changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import texts
import torch
import torch.nn.functional as F
from models import Reader
from torch import Tensor

from unrolled.attention import causal_mask, scaled_dot_product_attention
from unrolled.positions import RotaryAttention, apply_rope

CONTEXT, BEYOND = texts.CONTEXT, texts.BEYOND


class SqueezedAttention(RotaryAttention):
    """Rotary attention that counts in quarters: ``BEYOND`` positions turn as ``CONTEXT`` did."""

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, need_weights: bool
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Turn queries and keys by a quarter of their places, then attend."""
        quarters = torch.arange(k.size(2)) * (CONTEXT / BEYOND)  # (T,)
        q, k = (apply_rope(x, quarters, self.base) for x in (q, k))  # (B, H, T, d_k)
        return scaled_dot_product_attention(q, k, v, mask, 0.0, need_weights)


def kept(kind: str) -> tuple[Reader, dict[str, int]]:
    """The reader of a kind that lies beside the page, and the id of each character."""
    return texts.read_weights(texts.weights_of(kind))


def near(T: int, sight: int) -> Tensor:
    """Mask (T, T): a position may attend to itself and the ``sight - 1`` before it."""
    place = torch.arange(T)  # (T,)
    return causal_mask(T) & (place[:, None] - place < sight)  # (T, T)


def scores(model: Reader, ids: Tensor, start: int = 0, sight: int = BEYOND) -> Tensor:
    """ids (B, T), the first at position ``start``, to scores (B, T, V) of what comes next."""
    mask = near(ids.size(1), sight)  # (T, T)
    x = model.embedding(ids)  # (B, T, D)
    x = model.positions(x, start) if model.has_table else x
    for layer in model.layers:
        x = x + layer(x, mask=mask)  # (B, T, D)
    return model.scores(x)  # (B, T, V)


@torch.no_grad()
def last_loss(read: Callable[[Tensor], Tensor], ids: Tensor, seen: int = BEYOND) -> float:
    """Mean loss at the last ``CONTEXT`` characters of each window of ``BEYOND``.

    Args:
        read: from ids (B, seen) to scores (B, seen, V).
        ids: a text.
        seen: how many of a window's last characters are read.
    """
    n = (len(ids) - 1) // BEYOND * BEYOND
    inputs, targets = ids[:n].view(-1, BEYOND), ids[1 : n + 1].view(-1, BEYOND)
    guessed = read(inputs[:, -seen:])[:, -CONTEXT:].transpose(1, 2)  # (B, V, CONTEXT)
    return F.cross_entropy(guessed, targets[:, -CONTEXT:]).item()


def blame(kind: str, text: str) -> list[float]:
    """Losses at the same characters: as trained, new places, near only, new distances too."""
    model, known = kept(kind)
    ids = torch.tensor([known[c] for c in text])
    return [
        last_loss(lambda x: scores(model, x), ids, CONTEXT),
        last_loss(lambda x: scores(model, x, start=BEYOND - CONTEXT), ids, CONTEXT),
        last_loss(lambda x: scores(model, x, sight=CONTEXT), ids),
        last_loss(lambda x: scores(model, x), ids),
    ]


def turned(base: float = 10_000.0, squeezed: bool = False) -> Reader:
    """The rotary reader with other angles than it was trained with."""
    model, _ = kept("rotary")
    for i, layer in enumerate(model.layers):
        attention = SqueezedAttention if squeezed else RotaryAttention
        other = attention(model.scores.in_features, layer.n_heads, base=base).eval()
        other.load_state_dict(layer.state_dict())
        model.layers[i] = other
    return model


def beyond_shown(base: float = 10_000.0, squeezed: bool = False, d_k: int = 24) -> int:
    """How many pairs turn further on ``BEYOND`` characters than they did in training.

    A pair that made a whole turn within ``CONTEXT`` has shown every angle.
    """
    i = torch.arange(0, d_k, 2, dtype=torch.float64)  # (d_k / 2,)
    shown = CONTEXT * 10_000.0 ** (-i / d_k)  # radians, in training
    length = CONTEXT if squeezed else BEYOND
    wanted = length * base ** (-i / d_k)
    return int(((shown < 2 * math.pi) & (wanted > shown)).sum())
