"""Chapter 7's experiment: two look-ups at once, and nothing else to be learned.

Eight guests sit at a round table. Each holds a card of random numbers, and each must report the
card to the left and the card to the right. Who asks whom depends on the seat alone, so queries and
keys are made from the seats, and values from seats and cards.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.attention import MultiHeadAttention

GUESTS = CARD = 8


def seat_guests(
    batch: int, generator: torch.Generator, card: int = CARD, width: int = 16
) -> tuple[Tensor, Tensor, Tensor]:
    """Fill some tables.

    Returns:
        seats alone and seats with cards, ``(batch, GUESTS, width)``, filled up with zeros; the
        right reports, left card then right card, ``(batch, GUESTS, 2 * card)``.
    """
    cards = torch.randn(batch, GUESTS, card, generator=generator)
    seats = F.pad(torch.eye(GUESTS), (0, width - GUESTS)).expand(batch, -1, -1)
    everything = seats + F.pad(cards, (GUESTS, width - GUESTS - card))
    reports = torch.cat([cards.roll(1, dims=1), cards.roll(-1, dims=1)], dim=-1)
    return seats, everything, reports


def train(
    n_heads: int,
    steps: int = 500,
    seed: int = 0,
    peek: bool = False,
    card: int = CARD,
    width: int = 16,
) -> tuple[MultiHeadAttention, list[float]]:
    """Train a layer on fresh tables, 64 a step; the same ones for the same seed.

    Args:
        n_heads: divides ``width``.
        peek: let queries and keys see the cards too.
        card: numbers on a card.
        width: of the layer, at least ``GUESTS + card`` and ``2 * card``.

    Returns:
        the layer and the loss of each step: the variance that a report leaves unknown, 1 for a
        layer that says nothing.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model, losses = MultiHeadAttention(width, n_heads), []
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(steps):
        loss = _loss(model, *seat_guests(64, generator, card, width), peek)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return model, losses


@torch.no_grad()
def unknown(model: MultiHeadAttention, peek: bool = False, card: int = CARD) -> float:
    """The variance left unknown on 2,000 tables that no training seed has drawn."""
    tables = seat_guests(
        2000, torch.Generator().manual_seed(1_000_003), card, model.q_proj.in_features
    )
    return _loss(model, *tables, peek).item()


@torch.no_grad()
def weights(model: MultiHeadAttention) -> Tensor:
    """Who attends to whom, ``(H, GUESTS, GUESTS)``, for a layer that does not peek."""
    seats, everything, _ = seat_guests(
        1, torch.Generator().manual_seed(0), width=model.q_proj.in_features
    )
    return model(seats, seats, everything, need_weights=True)[1][0]


def neighbours(model: MultiHeadAttention) -> Tensor:
    """How much each head attends to the left and to the right, ``(H, 2)``: means over guests.

    A head that is pure has a 1 and a 0; a head that attends to other guests sums to less than 1.
    """
    seen = weights(model)  # (H, GUESTS, GUESTS)
    guests = torch.arange(GUESTS)
    left, right = (guests - 1) % GUESTS, (guests + 1) % GUESTS
    both = torch.stack([seen[:, guests, left], seen[:, guests, right]], dim=-1)
    return both.mean(dim=1)  # (H, 2)


def _loss(
    model: MultiHeadAttention, seats: Tensor, everything: Tensor, reports: Tensor, peek: bool
) -> Tensor:
    asks = everything if peek else seats
    told = model(asks, asks, everything)[..., : reports.size(-1)]  # (B, GUESTS, 2 * card)
    return F.mse_loss(told, reports)


def two_heads(record: dict, steps: int) -> list[dict]:
    """A record's runs with two heads and so many steps, a seed each."""
    runs = [run for run in record["table"] if run["n_heads"] == 2 and run["steps"] == steps]
    return sorted(runs, key=lambda run: run["seed"])


def purity_table(record: dict, steps: int) -> list[list[str]]:
    """Rows of a table: what each of two heads attends to, and what the layer leaves unknown."""
    rows = []
    for run in two_heads(record, steps):
        shares = [f"{share:.2f}" for head in run["left_and_right"] for share in head]
        rows.append([f"{run['seed']}", *shares, f"{run['unknown']:.6f}"])
    return rows
