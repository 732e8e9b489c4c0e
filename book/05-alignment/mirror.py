"""Chapter 5's experiment: write a row of letters backwards, with one vector or with all of them.

As in a translation each letter written has one letter of the source that it belongs to, and the
first comes from the end. Nobody tells the models which.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from unrolled.alignment import AttentionSeq2Seq
from unrolled.decoding import greedy_decode
from unrolled.seq2seq import Seq2Seq
from unrolled.training import fit, sequence_loss

LETTERS = "abcdefghijklmnop"
PAD, BOS, EOS, FIRST = 0, 1, 2, 3
SHORTEST, LONGEST = 2, 10  # in training


def draw(n: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows of letters, and the same backwards with an end.

    Args:
        n: how many rows.
        length: letters of each, 1 or more.
        generator: source of randomness.

    Returns:
        source ``(n, length)`` and target ``(n, length + 1)``, as ids.
    """
    source = torch.randint(FIRST, FIRST + len(LETTERS), (n, length), generator=generator)
    end = torch.full((n, 1), EOS)
    return source, torch.cat([source.flip(1), end], dim=1)


def spell(ids: Tensor) -> list[str]:
    """The letters of a row of ids, with ``<eos>`` for the end."""
    names = {PAD: "<pad>", BOS: "<bos>", EOS: "<eos>"}
    return [names.get(i) or LETTERS[i - FIRST] for i in ids.tolist()]


def make(attends: bool, hidden: int) -> nn.Module:
    """A translator of chapter 4, or one that looks back."""
    V = FIRST + len(LETTERS)
    if attends:
        return AttentionSeq2Seq(V, V, 24, hidden)
    return Seq2Seq(V, V, 24, hidden, read_context=True)


def train(model: nn.Module, steps: int, seed: int = 0, batch: int = 64) -> list[float]:
    """Train on fresh rows of 2 to 10 letters; return the losses."""
    generator = torch.Generator().manual_seed(seed)

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(steps):
            length = int(torch.randint(SHORTEST, LONGEST + 1, (), generator=generator))
            yield draw(batch, length, generator)

    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    run = fit(model, batches, lambda m, b: sequence_loss(m(*b), b[1], PAD), optimizer,
              steps=steps, max_norm=1.0, progress=False)  # fmt: skip
    return run.losses


@torch.no_grad()
def percent(model: nn.Module, lengths: list[int], rows: int = 200) -> list[float]:
    """Per cent of the letters written right, the end among them, at each length."""
    generator, found = torch.Generator().manual_seed(10_000), []
    for length in lengths:
        source, target = draw(rows, length, generator)
        written = greedy_decode(model.step, model.start(source), BOS, EOS, length + 1)  # (n, <= T)
        room = torch.zeros_like(target)
        room[:, : written.size(1)] = written
        found.append(100 * (room == target).double().mean().item())
    return found
