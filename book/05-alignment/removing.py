"""What a step would have written, had it looked elsewhere: chapter 5's test of explanations."""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.alignment import AttentionSeq2Seq
from unrolled.seq2seq import shift_right

WAYS = ("without the heaviest word", "without another word", "weights shuffled")


@torch.no_grad()
def changed(
    model: AttentionSeq2Seq, source: Tensor, target: Tensor, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """How often a step's likeliest word is another one when its weights are tampered with.

    Each step is changed alone: the steps before it have looked as they did.

    Args:
        model: with Bahdanau's decoder.
        source: sentences ``(B, Ts)``, padded with ``model.pad_id``.
        target: what was written ``(B, Tt)``, each with its end, padded likewise.
        seed: draws the other word and the shuffles.

    Returns:
        For each of ``WAYS`` the share of steps with another likeliest word, and the mean weight
        that was taken away (0 for the shuffle).
    """
    generator, decoder = torch.Generator().manual_seed(seed), model.eval().decoder
    state, memory, mask = model.read(source)
    real = mask[:, 0, 0]  # (B, Ts)
    inputs = decoder.embedding(shift_right(target, model.bos_id))  # (B, Tt, E)
    counts = torch.zeros(len(WAYS), 2)
    for t, word in enumerate(inputs.unbind(dim=1)):  # (B, E)
        features, looked, after = decoder.advance(word, state, memory, mask)
        weights, written = looked[:, 0, 0], decoder.out(features).argmax(dim=-1)  # (B, Ts), (B,)
        counted = target[:, t] != model.pad_id  # (B,)
        for way, other in enumerate(_elsewhere(weights, real, generator)):
            context = (other[:, None] @ memory)[:, 0]  # (B, M)
            moved = decoder.cell(torch.cat([word, context], dim=1), state)  # (B, H)
            logits = decoder.out(torch.cat([moved, context, word], dim=1))  # (B, V)
            taken = (weights * (other == 0)).sum(dim=1) * (way < 2)  # (B,)
            counts[way, 0] += (logits.argmax(dim=-1) != written)[counted].sum()
            counts[way, 1] += taken[counted].sum()
        state = after
    shares = counts / (target != model.pad_id).sum()
    return {way: tuple(share.tolist()) for way, share in zip(WAYS, shares, strict=True)}


def _elsewhere(weights: Tensor, real: Tensor, generator: torch.Generator) -> list[Tensor]:
    """The weights without their greatest, without another one, and shuffled, ``(B, Ts)`` each."""
    heaviest = weights.argmax(dim=1, keepdim=True)  # (B, 1)
    drawn = torch.rand(weights.shape, generator=generator).masked_fill(~real, -1.0)
    another = drawn.scatter(1, heaviest, -0.5).argmax(dim=1, keepdim=True)  # (B, 1)
    without = [weights.scatter(1, place, 0.0) for place in (heaviest, another)]
    without = [each / each.sum(dim=1, keepdim=True).clamp(min=1e-9) for each in without]
    order = drawn.argsort(dim=1, descending=True)  # real words first, in a random order
    sorted_by_place = (~real).to(torch.int64).argsort(dim=1, stable=True)
    shuffled = torch.zeros_like(weights).scatter(1, sorted_by_place, weights.gather(1, order))
    return [*without, shuffled]
