"""Chapter 0's measurement over five seeds: a table of character pairs on Tiny Shakespeare.

    python benchmarks/chapter00.py          # writes benchmarks/results/chapter00.json

Reads Tiny Shakespeare (1.1 MB of plays) from the folder UNROLLED_DATA, or downloads it once. The
table is learned by gradient descent at several learning rates, and once without clearing the
gradients; beside it stand three bounds that nobody has to learn. Every run that has ended is kept
in build/chapter00.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from unrolled.basics import cross_entropy, embedding_lookup
from unrolled.data import fetch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "00-warm-up"), str(ROOT / "benchmarks")]
import bigram  # noqa: E402  (the chapter's own file, next to the page that shows it)

import chapters  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
RATES = (0.5, 5.0, 50.0, 500.0)
SETTINGS = {
    "seeds": SEEDS, "steps": bigram.STEPS, "batch": bigram.BATCH, "length": bigram.LENGTH,
}  # fmt: skip


def characters() -> tuple[Tensor, Tensor, int]:
    """Training and held-out ids (90 % and 10 %), and how many different characters there are."""
    text = fetch("tinyshakespeare.txt").read_text(encoding="utf-8")
    vocabulary = sorted(set(text))
    id_of = {character: i for i, character in enumerate(vocabulary)}
    ids = torch.tensor([id_of[character] for character in text])
    cut = int(0.9 * len(ids))
    return ids[:cut], ids[cut:], len(vocabulary)


def train_uncleared(ids: Tensor, V: int, seed: int, rate: float) -> Tensor:
    """The chapter's loop without its ``W.grad = None``: each step takes the sum of all slopes."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.zeros(V, V, requires_grad=True)
    for _ in range(bigram.STEPS):
        inputs, targets = bigram.windows(ids, generator)
        cross_entropy(embedding_lookup(W, inputs), targets).backward()
        with torch.no_grad():
            W -= rate * W.grad
    return W.detach()


def measure(rate: float, cleared: bool, seed: int) -> dict:
    """One row of the record: the held-out loss, in nats a character."""
    training, held_out, V = characters()
    if cleared:
        W = bigram.train(training, V, seed, rate)[0]
    else:
        W = train_uncleared(training, V, seed, rate)
    return {"loss": round(cross_entropy(W[held_out[:-1]], held_out[1:]).item(), 4)}


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the table they belong to, what measures one, and its settings."""
    for rate, cleared in [*((rate, True) for rate in RATES), (bigram.RATE, False)]:
        for seed in SEEDS:
            yield "runs", measure, {"rate": rate, "cleared": cleared, "seed": seed}


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    training, held_out, V = characters()
    bounds = {k: round(v, 4) for k, v in bigram.bounds(training, held_out, V).items()}
    chapters.write("chapter00", chapters.measured("chapter00", runs), SETTINGS, bounds=bounds)


if __name__ == "__main__":
    main()
