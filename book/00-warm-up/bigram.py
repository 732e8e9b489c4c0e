"""Chapter 0's model: one table, whose row for a character scores the character that follows."""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.basics import cross_entropy, embedding_lookup, softmax

LENGTH, BATCH, STEPS, RATE = 32, 64, 2000, 50.0


def windows(ids: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cut pieces out of a text at random: inputs and targets, each ``(B, T)``."""
    starts = torch.randint(len(ids) - LENGTH, (BATCH, 1), generator=generator)  # (B, 1)
    pieces = ids[starts + torch.arange(LENGTH + 1)]  # (B, T + 1)
    return pieces[:, :-1], pieces[:, 1:]


def train(ids: Tensor, V: int, seed: int) -> tuple[Tensor, list[float]]:
    """Learn the table, ``(V, V)``; also return the loss of each step."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.zeros(V, V, requires_grad=True)  # no opinion yet
    losses = []
    for _ in range(STEPS):
        inputs, targets = windows(ids, generator)
        logits = embedding_lookup(W, inputs)  # (B, T, V)
        loss = cross_entropy(logits, targets)  # ()
        loss.backward()  # fills W.grad: which way is up
        with torch.no_grad():
            W -= RATE * W.grad  # so we go down
        W.grad = None
        losses.append(loss.item())
    return W.detach(), losses


def write(W: Tensor, first: int, length: int, generator: torch.Generator) -> list[int]:
    """Draw one character after another, each from the row of the one before."""
    ids = [first]
    while len(ids) < length:
        shares = softmax(W[ids[-1]])  # (V,)
        ids.append(int(torch.multinomial(shares, 1, generator=generator)))
    return ids


def count(ids: Tensor, V: int) -> Tensor:
    """Shares by counting pairs, ``(V, V)``; one added to each, so that none is 0."""
    pairs = ids[:-1] * V + ids[1:]  # (N - 1,)
    counts = torch.bincount(pairs, minlength=V * V).view(V, V) + 1.0  # (V, V)
    return counts / counts.sum(dim=-1, keepdim=True)
