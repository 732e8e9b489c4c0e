"""What chapter 1's page builds on: the small world's best scores, and the tree of merges."""

import pytest
import torch

from unrolled.tokenizers import bpe_merge, train_bpe

from .conftest import ROOT
from .rooms import beside

court, diagrams = (beside(ROOT / "book/01-words", name) for name in ("court", "diagrams"))


def test_the_best_score_has_no_slope():
    id_of, ids = court.numbered(court.sentences(60))
    V, K = len(id_of), 3
    best = court.optimum(ids, V, negatives=K)
    pairs = court.pairs_of(ids)
    together = torch.zeros(V, V)
    for w, c in pairs.tolist():
        together[w, c] += 1
    power = together.sum(dim=0) ** 0.75
    chance = K * together.sum(dim=1)[:, None] * power / power.sum()
    met = together > 0
    assert torch.equal(met, best.isfinite())
    x = best[met]
    slope = chance[met] * x.sigmoid() - together[met] * (-x).sigmoid()
    assert slope.abs().max() < 1e-4 * together.max()


def test_rank_and_sex_decide_what_stands_near():
    for line in court.sentences(300):
        being, verb, owner, thing = line[1:]
        assert owner == {"king": "his", "man": "his", "boy": "his", "dog": "its", "cat": "its"}.get(
            being, "her"
        )
        assert not (being in ("man", "boy") and (verb == "ruled" or thing == "crown"))


def test_gloves_counts_of_a_sentence():
    X = court.counts(torch.tensor([[0, 1, 2], [0, 1, 2]]), vocab_size=4, window=2)
    assert X[:3, :3].tolist() == [[0, 2, 1], [2, 0, 2], [1, 2, 0]]
    assert not X[3].any()


@pytest.mark.parametrize("word", [" bones", "aaa", " dogs"])
def test_the_tree_ends_in_what_encoding_gives(word):
    merges = train_bpe("the dog hid its bone the dogs hid their bones aaa aaaa", 14)
    nodes, joined = diagrams._grow(word, merges)
    ranks = {pair: i for i, pair in enumerate(merges)}
    tokens = bpe_merge([bytes([b]) for b in word.encode()], ranks)
    assert [name.replace("␣", " ").encode() for name, *_ in nodes] == tokens
    assert [rank for rank, *_ in joined] == sorted(rank for rank, *_ in joined)
