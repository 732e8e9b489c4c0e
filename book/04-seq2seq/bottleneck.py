"""Chapter 4's translators of TinyWorld: English to German through one vector of some width.

The sentences asked have structures that were not trained on, as many long ones as short ones.
``benchmarks/chapter04.py`` trains over several seeds.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from unrolled import translation
from unrolled.data import tinyworld
from unrolled.seq2seq import Seq2Seq

EMBEDDED = 32  # features of a word
EDGES = (5, 7, 9, 11, 13, 16, 20)  # most English words of a group
EACH = 150  # sentences asked of each group
SENTENCES = 30_000  # to train on
PLACES = 14  # of the German sentence, where exposure is measured
MOST = 40  # German words


def make(width: int, seed: int = 0) -> Seq2Seq:
    """A translator whose one vector has so many features, not yet trained."""
    torch.manual_seed(seed)
    sizes = (len(tinyworld.vocabulary(each)) for each in ("english", "german"))
    return Seq2Seq(*sizes, EMBEDDED, width)


def turned(pairs: translation.Pairs) -> translation.Pairs:
    """The same pairs, each source sentence read from its end."""
    return [(source[::-1], target) for source, target in pairs]


@cache
def lessons(seed: int = 0) -> translation.Pairs:
    """The pairs to train on; each seed has sentences of its own."""
    return translation.tinyworld_pairs(tinyworld.generate(SENTENCES, 100 + seed, split="train"))


@cache
def exam() -> translation.Pairs:
    """The pairs asked."""
    return translation.tinyworld_pairs(translation.tinyworld_exam(EDGES, EACH, seed=7))


@torch.no_grad()
def loss_of(model: nn.Module, pairs: translation.Pairs) -> float:
    """Mean surprise in nats at each target token."""
    tokens = sum(len(target) for _, target in pairs)
    return -translation.log_probabilities(model, pairs).sum().item() / tokens


def right(model: nn.Module, pairs: translation.Pairs) -> list[bool]:
    """Whether each sentence is translated word for word as it should be, by greedy search."""
    said = translation.translate(model, [source for source, _ in pairs], MOST)
    return [ids == target[:-1] for ids, (_, target) in zip(said, pairs, strict=True)]


@torch.no_grad()
def words_right(model: nn.Module, pairs: translation.Pairs) -> tuple[Tensor, Tensor, Tensor]:
    """Which words are right when the truth is read, and when the model's own words are.

    Returns:
        ``(forced, free, real)``, boolean, each ``(N, Tt)``: a word counts as right if it is the
        true one at the same place; ``real`` is False at padding.
    """
    said = translation.translate(model, [source for source, _ in pairs], MOST)
    target = translation.padded([target for _, target in pairs])  # (N, Tt)
    real = target != translation.PAD  # (N, Tt)
    written = torch.full_like(target, -1)  # (N, Tt)
    for row, ids in zip(written, said, strict=True):
        ended = torch.tensor([*ids, translation.EOS])[: len(row)]
        row[: len(ended)] = ended
    source = translation.padded([source for source, _ in pairs])  # (N, Ts)
    parts = zip(source.split(256), target.split(256), strict=True)
    forced = torch.cat([model(s, t).argmax(dim=-1) for s, t in parts])  # (N, Tt)
    return forced == target, written == target, real


def exposure(model: nn.Module, pairs: translation.Pairs) -> dict:
    """Shares of right words by place, and after the first word that the model got wrong.

    Returns:
        ``forced`` and ``free`` by place; ``after``, the same two over all places that come after
        the first wrong word of the free translation.
    """
    forced, free, real = words_right(model, pairs)
    wrong = (~free & real).long().cumsum(dim=1)  # (N, Tt): wrong words so far
    after = real & (wrong - (~free & real).long() > 0)  # (N, Tt)

    def by_place(right: Tensor) -> list[float]:
        shares = (right & real).sum(dim=0) / real.sum(dim=0)  # (Tt,)
        return [round(share, 4) for share in shares[:PLACES].tolist()]

    return {
        "forced": by_place(forced),
        "free": by_place(free),
        "after": [round(x[after].double().mean().item(), 4) for x in (forced, free)],
    }
