"""What a few seconds on TinyWorld teach: words of one kind come to lie together."""

from collections import Counter

import pytest
import torch
import torch.nn.functional as F

from unrolled.data import tinyworld
from unrolled.embeddings import (
    FastText,
    GloVe,
    SkipGram,
    cooccurrences,
    nearest,
    negative_sampler,
    skip_gram_pairs,
)

KINDS = [
    ["Paris", "London", "Berlin", "Tokyo", "Rome", "Madrid"],
    ["Anna", "Tom", "Lily", "Peter", "Lucy", "Emma"],
    ["new", "old", "big", "small", "red", "heavy"],
    ["dog", "cat", "horse", "bird", "lion", "cow"],
]
UNSEEN = {"teachers": "teacher", "students": "student", "lions": "lion", "doctors": "doctor"}


@pytest.fixture(scope="module")
def corpus():
    """A text as ids, its words in the order of their ids, and how often each occurs."""
    sentences = [s.english for s in tinyworld.generate(4000, seed=1)]
    counts = Counter(word for s in sentences if not UNSEEN.keys() & set(s) for word in s)
    words = sorted(counts)
    ids = {word: i for i, word in enumerate(words)}
    text = [ids[word] for s in sentences if not UNSEEN.keys() & set(s) for word in s]
    return torch.tensor(text), words, torch.tensor([counts[word] for word in words])


def train_with_negatives(model, corpus, rate=0.02):
    text, _, counts = corpus
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    pairs = skip_gram_pairs(text, window=2)
    for _ in range(2):
        for batch in torch.randperm(len(pairs), generator=generator).split(2048):
            negatives = negative_sampler(counts, len(batch), 5, generator=generator)
            optimizer.zero_grad()
            model(*pairs[batch].T, negatives).backward()
            optimizer.step()


def train_on_counts(model, corpus):
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1)
    pairs, counts = cooccurrences(corpus[0], window=5)
    for _ in range(12):
        for batch in torch.randperm(len(pairs), generator=generator).split(512):
            optimizer.zero_grad()
            model(pairs[batch], counts[batch]).backward()
            optimizer.step()


def closer_inside(vectors, words):
    """For each kind: mean cosine of two of its words, less that of one with another kind's."""
    ids = {word: i for i, word in enumerate(words)}
    unit = F.normalize(vectors - vectors.mean(dim=0), dim=-1)
    found = []
    for kind in KINDS:
        own = unit[[ids[word] for word in kind]]
        other = unit[[ids[word] for others in KINDS if others != kind for word in others]]
        inside = (own @ own.T)[~torch.eye(len(kind), dtype=torch.bool)]
        found.append((inside.mean() - (own @ other.T).mean()).item())
    return found


@pytest.mark.parametrize("name", ["skip-gram", "GloVe", "fastText"])
def test_words_of_a_kind_come_to_lie_together(corpus, name):
    torch.manual_seed(0)
    words = corpus[1]
    if name == "GloVe":
        model = GloVe(len(words), 24, x_max=20.0)
        before = closer_inside(model.vectors, words)
        train_on_counts(model, corpus)
    else:
        fast = name == "fastText"
        model = FastText(words, 24, buckets=2000) if fast else SkipGram(len(words), 24)
        before = closer_inside(model.vectors, words)
        train_with_negatives(model, corpus)
    assert max(before) < 0.2
    assert min(closer_inside(model.vectors, words)) > 0.25
    if name == "fastText":
        for plural, singular in UNSEEN.items():
            assert plural not in model.ids
            close = nearest(model.vectors, model.vector(plural), k=len(words) // 10)[1]
            assert words.index(singular) in close.tolist()
