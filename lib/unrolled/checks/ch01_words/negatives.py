"""Negative sampling: the words that are drawn to be told from the true context."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.ch01_words.words import CHAPTER, shuffled
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch01 as mistakes
from unrolled.checks.sections import section
from unrolled.checks.transplant import Unfit

# Draws of a statistical fact, and how far a word's number of draws may be off: nine standard
# deviations and twelve draws. For right answers that has a chance below 1e-12; the listed wrong
# ones are five standard deviations beyond it, or more.
N, K, SIGMAS, FEW = 100, 100, 9.0, 12


def _counts(draw: Draw) -> Tensor:
    """Draw counts that are far apart, one of them 0, in any order."""
    steps = [0, 1, 5, 30, 120, 400]
    counts = [step + draw.integer(0, step // 4) for step in steps]
    return draw.show("counts", torch.tensor(shuffled(draw, counts)))


def _ids(handle: Handle, *shape: int) -> Tensor:
    """The drawn ids, which must have that shape."""
    drawn = tensor(handle)
    if drawn.shape != shape:
        raise Unfit(f"shape {shape} is wanted, {tuple(drawn.shape)} was returned")
    if drawn.dtype != torch.int64:
        raise Unfit(f"ids of dtype int64 are wanted, {drawn.dtype} was returned")
    return drawn


def _shares(drawn: Tensor, size: int) -> Tensor:
    """How large a part of the draws each word is, (V,)."""
    if not bool(((drawn >= 0) & (drawn < size)).all()):
        raise Unfit(f"ids from 0 to {size - 1} are wanted, {int(drawn.max())} was drawn")
    return drawn.flatten().bincount(minlength=size) / drawn.numel()


def _follows(drawn: Tensor, weights: Tensor) -> bool:
    """Whether words were drawn as often as weights say, within what chance allows."""
    expected = weights.double() / weights.sum()
    sigma = (expected * (1 - expected) / drawn.numel()).sqrt()
    # A few draws more, for words so rare that a normal distribution says too little of them.
    allowed = (SIGMAS * sigma + FEW / drawn.numel()) * (expected > 0)
    return bool(((_shares(drawn, len(weights)) - expected).abs() <= allowed).all())


def _raised(counts: Tensor, power: float) -> Tensor:
    return counts.double() ** power * (counts > 0)


def _shape(answer: Handle, draw: Draw) -> Any:
    n_pairs, n_negatives = draw.sizes("n_pairs n_negatives")
    counts = _counts(draw)
    drawn = answer(counts, n_pairs, n_negatives, seed=draw.noise)
    shared = _ids(drawn, draw.show("n_pairs", n_pairs), draw.show("n_negatives", n_negatives))
    inside = (shared >= 0) & (shared < len(counts))
    lonely = torch.zeros(7, dtype=torch.int64)
    lonely[draw.integer(0, 6)] = draw.integer(1, 9)
    return {
        "every id is a word's": bool(inside.all()),
        "the one word that occurs": answer(draw.show("counts", lonely), 3, 5, seed=draw.noise),
    }


def _three_quarters(answer: Handle, draw: Draw) -> Any:
    counts = _counts(draw)
    drawn = _ids(answer(counts, N, K, seed=draw.noise), N, K)
    shares = _shares(drawn, len(counts))
    most, rarest = int(counts.argmax()), int(counts.where(counts > 0, counts.max()).argmin())
    raised = _raised(counts, 0.75)
    flatter = (counts[most] / counts.sum() + raised[most] / raised.sum()) / 2
    return {
        "words come as often as counts to the power 0.75 say":
            _follows(drawn, raised),
        "words come as often as their counts say": _follows(drawn, _raised(counts, 1.0)),
        "all words that occur come equally often": _follows(drawn, _raised(counts, 0.0)),
        "a word that never occurs is drawn": bool(shares[counts == 0].sum() > 0),
        "frequent words are preferred": bool(shares[most] > 0.28),
        "frequent words are preferred less than their counts say": bool(shares[most] < flatter),
        "the rarest word is drawn": bool(shares[rarest] > 0),
    }  # fmt: skip


def _other_powers(answer: Handle, draw: Draw) -> Any:
    counts = _counts(draw)
    facts = {}
    for power in (1.0, 0.0, 0.5):
        drawn = _ids(answer(counts, N, K, power, seed=draw.noise), N, K)
        occur = counts[drawn.clamp(0, len(counts) - 1)] > 0
        facts |= {
            f"power {power}: as often as the powers say": _follows(drawn, _raised(counts, power)),
            f"power {power}: all words that occur alike": _follows(drawn, _raised(counts, 0.0)),
            f"power {power}: all words alike": _follows(drawn, torch.ones(len(counts))),
            f"power {power}: only words that occur": bool(occur.all()),
        }
    return facts


def _independent(answer: Handle, draw: Draw) -> Any:
    counts = draw.show("counts", torch.tensor([draw.integer(5, 9) for _ in range(4)]))
    drawn = _ids(answer(counts, 40, 50, seed=draw.noise), 40, 50)
    return {
        "the pairs have draws of their own": bool((drawn != drawn[0]).any()),
        "a pair's draws are not all one word": bool((drawn != drawn[:, :1]).any()),
        "a pair's draws are in no order": bool((drawn.diff(dim=1) < 0).any()),
    }


def _chance(answer: Handle, draw: Draw) -> Any:
    counts = draw.show("counts", torch.tensor([draw.integer(5, 9) for _ in range(6)]))
    make = answer.candidate.library("torch.Generator")
    one, same, other = (
        make(answer.candidate.device).call("manual_seed", draw.noise + n) for n in (0, 0, 1)
    )
    # torch's own source starts elsewhere each time: what it gives must not matter.
    generators = (one, same, other, one)
    given = [answer(counts, 9, 11, generator=g, seed=n) for n, g in enumerate(generators)]
    own = [answer(counts, 9, 11, seed=draw.noise + n) for n in (0, 0, 1)]
    first, again, else_, next_ = (_ids(ids, 9, 11) for ids in given)
    mine, mine_again, mine_else = (_ids(ids, 9, 11) for ids in own)
    return {
        "generators with one seed give the same draws": torch.equal(first, again),
        "generators with two seeds give the same draws": torch.equal(first, else_),
        "a generator gives the same draws twice": torch.equal(first, next_),
        "torch's own source, seeded alike, gives the same draws": torch.equal(mine, mine_again),
        "torch's own source, seeded anew, gives the same draws": torch.equal(mine, mine_else),
    }


def _kept(answer: Handle, draw: Draw) -> Any:
    counts = answer.candidate.put(_counts(draw).to(draw.dtype))
    return {"drawn": tuple(tensor(answer(counts, 3, 4)).shape), "counts": counts}


NEGATIVE_SAMPLER = Exercise(
    id="negative_sampler",
    chapter=CHAPTER,
    module="unrolled.embeddings.word2vec",
    section=section("sec-01-sampler"),
    probes=(
        Probe("one row a pair, ids of words", _shape, 1),
        Probe("frequencies: counts to the power 0.75", _three_quarters, 2),
        Probe("another power; 0 is for all that occur alike", _other_powers, 1),
        Probe("independent draws, with replacement", _independent, 1),
        Probe("chance comes from the generator, else from torch", _chance, 1),
        Probe("counts left unmodified", _kept, 1, values=False),
    ),
    mistakes=mistakes.NEGATIVE_SAMPLER,
    hints=(
        "Two steps: from counts to weights, and from weights to draws. The weights need not sum to "
        "1. What does 0 to the power 0 give, and what should a word that never occurs get?",
        "torch.multinomial(weights, how_many, replacement=True, generator=generator) draws ids.",
        "weights = counts.float() ** power * (counts > 0); draw n_pairs * n_negatives ids at once, "
        "and view them as (n_pairs, n_negatives).",
    ),
    difficulty=3,
    minutes=20,
)
