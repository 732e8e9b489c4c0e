"""Chapter 0's model: one table, whose row for a character scores the character that follows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from unrolled.basics import cross_entropy, embedding_lookup, softmax

LENGTH, BATCH, STEPS, RATE = 32, 64, 2000, 50.0


def windows(ids: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cut pieces out of a text at random: inputs and targets, each ``(B, T)``."""
    starts = torch.randint(len(ids) - LENGTH, (BATCH, 1), generator=generator)  # (B, 1)
    pieces = ids[starts + torch.arange(LENGTH + 1)]  # (B, T + 1)
    return pieces[:, :-1], pieces[:, 1:]


def train(
    ids: Tensor,
    V: int,
    seed: int,
    rate: float = RATE,
) -> tuple[Tensor, list[float]]:
    """Learn the table, (V, V); also return the loss of each step."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.zeros(V, V, requires_grad=True)  # (V, V), no opinion yet
    losses = []
    for _ in range(STEPS):
        inputs, targets = windows(ids, generator)  # (B, T) each
        logits = embedding_lookup(W, inputs)  # (B, T, V)
        loss = cross_entropy(logits, targets)  # ()
        loss.backward()  # adds the slope of each number to W.grad
        with torch.no_grad():  # the step itself is not to be learned
            W -= rate * W.grad  # (V, V), against the slope
        W.grad = None  # else the next slope would be added to it
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
    pairs = ids[:-1] * V + ids[1:]  # (n - 1,)
    counts = torch.bincount(pairs, minlength=V * V).view(V, V) + 1.0  # (V, V)
    return counts / counts.sum(dim=-1, keepdim=True)


def bounds(training: Tensor, held_out: Tensor, V: int) -> dict[str, float]:
    """Held-out losses to compare with: nothing is learned, characters or pairs are counted."""
    before, after = held_out[:-1], held_out[1:]  # (n - 1,) each
    singles = torch.bincount(training, minlength=V) + 1.0  # (V,)
    log_singles = (singles / singles.sum()).log()  # (V,)
    log_pairs = count(training, V).log()  # (V, V)
    return {
        "knows nothing": math.log(V),
        "has counted characters": -log_singles[after].mean().item(),
        "has counted pairs": cross_entropy(log_pairs[before], after).item(),
    }


def never_seen(ids: Tensor, cut: int, lengths: Sequence[int]) -> list[float]:
    """Percentages of the contexts after ``cut`` that do not occur before it.

    A context gets a number of its own from the number of its first part and that of its last part;
    ``lengths`` begin with 1 and rise, each by no more than a length that stands before it.
    """
    shares, numbers = [], {1: ids}
    for before, n in zip([0, *lengths], lengths, strict=False):
        if n > 1:
            first, last = numbers[before], numbers[n - before]
            pairs = first[: len(ids) - n + 1] * len(ids) + last[before:]  # (len(ids) - n + 1,)
            numbers[n] = torch.unique(pairs, return_inverse=True)[1]  # (len(ids) - n + 1,)
        seen = torch.zeros(len(ids), dtype=torch.bool)  # (len(ids),)
        seen[numbers[n][: cut - n + 1]] = True
        shares.append(100 * (~seen[numbers[n][cut:]]).float().mean().item())
    return shares


def summary(record: dict) -> list[list[str]]:
    """Rows of a table from a record: each way to get a table, and its held-out loss."""
    groups: dict[str, list[float]] = {}
    for run in record["runs"]:
        how = f"learned, η = {run['rate']:,g}" + ("" if run["cleared"] else ", never cleared")
        groups.setdefault(how, []).append(run["loss"])
    known = [[name, f"{loss:.3f}", *_as(loss)] for name, loss in record["bounds"].items()]
    learned = []
    for how, losses in groups.items():
        runs = torch.tensor(losses, dtype=torch.float64)
        mean, spread = runs.mean().item(), runs.std().item()
        learned.append([how, f"{mean:.3f}\u00a0±\u00a0{spread:.3f}", *_as(mean)])
    return known + learned


def _as(nats: float) -> list[str]:
    digits = str(round(nats / math.log(10))).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    perplexity = f"{math.exp(nats):,.1f}" if nats < 10 else f"about 10{digits}"
    return [f"{nats / math.log(2):.2f}", perplexity]
