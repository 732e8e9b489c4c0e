"""A small world whose word counts have a known structure, and skip-gram vectors trained on it.

Who somebody is decides what stands near: the owner's word (his, her, its) follows from the sex, the
verbs and the things from the rank. The two are drawn independently, so that the logarithms of the
counts are sums of a part for each: if vectors can hold that, they can do analogies.
"""

from __future__ import annotations

import random

import torch
from torch import Tensor

from unrolled.embeddings import SkipGram, cooccurrences, negative_sampler, skip_gram_pairs

BEINGS = {  # rank: who, of each sex
    "royal": (("king",), ("queen",)),
    "adult": (("man",), ("woman",)),
    "child": (("boy",), ("girl",)),
    "animal": (("dog", "cat"), ()),
}
ACTS = {  # rank: what they do, and with what
    "royal": ("ruled crowned", "throne crown palace"),
    "adult": ("drove mended", "car house bench"),
    "child": ("kicked drew", "ball toy kite"),
    "animal": ("hid buried", "bone stick mouse"),
}
SHARED = (("saw", "found", "lost"), ("garden", "letter", "river"))
OWNERS = ("his", "her")


def sentences(count: int, seed: int = 0) -> list[list[str]]:
    """Write sentences such as *the queen ruled her palace*."""
    draw = random.Random(seed)
    ranks = [(rank, sex) for rank, kinds in BEINGS.items() for sex in (0, 1) if kinds[sex]]
    written = []
    for _ in range(count):
        rank, sex = draw.choice(ranks)
        verbs, things = (part.split() for part in ACTS[rank])
        owner = "its" if rank == "animal" else OWNERS[sex]
        verb = draw.choice([*verbs, *SHARED[0]])
        thing = draw.choice([*things, *SHARED[1]])
        written.append(["the", draw.choice(BEINGS[rank][sex]), verb, owner, thing])
    return written


def numbered(written: list[list[str]]) -> tuple[dict[str, int], Tensor]:
    """Give each word an id, and the text as ids, ``(sentences, words)``."""
    id_of = {w: i for i, w in enumerate(sorted({w for line in written for w in line}))}
    return id_of, torch.tensor([[id_of[w] for w in line] for line in written])


def pairs_of(ids: Tensor, window: int = 4) -> Tensor:
    """All pairs (centre, context) of all sentences, ``(N, 2)``; none crosses a sentence."""
    T = ids.size(1)
    places = skip_gram_pairs(torch.arange(T), window)  # (n, 2), the same in each sentence
    return ids[:, places].flatten(0, 1)  # (N, 2)


def train(
    ids: Tensor, vocab_size: int, width: int = 16, negatives: int = 5, steps: int = 600,
    batch: int = 1024, seed: int = 0,
) -> SkipGram:  # fmt: skip
    """Train skip-gram with negative sampling, and return it."""
    torch.manual_seed(seed)
    pairs = pairs_of(ids)
    counts = pairs[:, 1].bincount(minlength=vocab_size)  # (V,)
    model = SkipGram(vocab_size, width)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1, 0.02, total_iters=steps)
    for _ in range(steps):
        chosen = pairs[torch.randint(len(pairs), (batch,))]  # (batch, 2)
        drawn = negative_sampler(counts, batch, negatives)  # (batch, K)
        optimiser.zero_grad()
        model(chosen[:, 0], chosen[:, 1], drawn).backward()
        optimiser.step(), schedule.step()
    return model


def counts(ids: Tensor, vocab_size: int, window: int = 4) -> Tensor:
    """GloVe's counts over all sentences, ``(V, V)``: a pair d places apart counts 1/d."""
    places, weights = cooccurrences(torch.arange(ids.size(1)), window)  # (n, 2), (n,)
    pairs = ids[:, places].flatten(0, 1)  # (N, 2)
    X = torch.zeros(vocab_size, vocab_size)
    return X.index_put_(tuple(pairs.T), weights.repeat(len(ids)), accumulate=True)  # (V, V)


def optimum(ids: Tensor, vocab_size: int, negatives: int = 5, power: float = 0.75) -> Tensor:
    """The best score of each pair that occurs, ``(V, V)``; -inf where none does."""
    pairs = pairs_of(ids)  # (N, 2)
    together = torch.zeros(vocab_size, vocab_size)
    together.index_put_(tuple(pairs.T), torch.ones(len(pairs)), accumulate=True)  # (V, V)
    drawn = together.sum(dim=0) ** power  # (V,)
    expected = negatives * together.sum(dim=1, keepdim=True) * drawn / drawn.sum()  # (V, V)
    return (together / expected).log()
