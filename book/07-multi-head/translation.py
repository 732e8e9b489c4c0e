"""Chapter 7's cross-attention between two languages, from counts of what stands together.

A Chinese character and an English word get vectors whose dot product is close to their association:
how much more often than by chance they stand in translations of each other. Nothing is trained.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from unrolled.attention import split_heads
from unrolled.data import SentencePairs, sentence_pairs

WIDTH = 64
COMMON = 1500  # so many words and characters, at most, have a vector
HELD_OUT = 10  # every tenth pair is not counted


@dataclass(frozen=True)
class Text:
    """Sentence pairs as English words and Chinese characters."""

    pairs: SentencePairs
    english: list[list[str]]
    chinese: list[list[str]]

    def held_out(self) -> list[int]:
        """The pairs that are not counted, and whose English no counted pair has either."""
        counted = {tuple(self.english[i]) for i in self.counted()}
        numbers = range(0, len(self.english), HELD_OUT)
        return [i for i in numbers if tuple(self.english[i]) not in counted]

    def counted(self) -> list[int]:
        """The pairs whose associations are counted."""
        return [i for i in range(len(self.english)) if i % HELD_OUT]

    def credit(self, number: int) -> str:
        """Where a pair is from and who wrote it."""
        by = self.pairs.credits[number]
        return f"{self.pairs.origin}{f' ({by})' if by else ''}"


@dataclass(frozen=True)
class Vectors:
    """A vector of ``WIDTH`` features for each common token of both languages."""

    words: dict[str, Tensor]
    characters: dict[str, Tensor]

    def know(self, english: Sequence[str], chinese: Sequence[str]) -> bool:
        """Whether every token of a pair has a vector."""
        return all(t in self.words for t in english) and all(t in self.characters for t in chinese)

    def memory(self, english: Sequence[str]) -> Tensor:
        """The words' vectors, (1, Tk, D)."""
        return torch.stack([self.words[token] for token in english])[None]

    def query(self, chinese: Sequence[str]) -> Tensor:
        """The characters' vectors, (1, Tq, D)."""
        return torch.stack([self.characters[token] for token in chinese])[None]


def read(n_pairs: int = 20_000) -> Text:
    """Read sentence pairs and cut them into tokens."""
    pairs = sentence_pairs(n_pairs)
    english = [re.findall(r"[a-z']+", one.lower()) for one, _ in pairs.pairs]
    chinese = [re.findall(r"[\u4e00-\u9fff]", other) for _, other in pairs.pairs]
    return Text(pairs, english, chinese)


def count(text: Text) -> Vectors:
    """Factor the table of associations, as Levy and Goldberg (2014) do for words and contexts.

    An association is the logarithm of: pairs that hold both, over the pairs that would by chance.
    """
    counted = text.counted()
    in_zh, characters = _presence([text.chinese[i] for i in counted])  # (pairs, characters)
    in_en, words = _presence([text.english[i] for i in counted])  # (pairs, words)
    together = in_zh.T @ in_en  # (characters, words)
    chance = in_zh.sum(dim=0)[:, None] * in_en.sum(dim=0) / len(counted)
    association = (together / chance).log().clamp(min=0) * (together >= 3)
    torch.manual_seed(0)  # svd_lowrank draws
    left, singular, right = torch.svd_lowrank(association, q=WIDTH, niter=4)
    # Features come in order of size. Dealt in turn, two heads get as much of it each.
    deal = torch.cat([torch.arange(0, WIDTH, 2), torch.arange(1, WIDTH, 2)])
    zh, en = ((part * singular.sqrt())[:, deal] for part in (left, right))  # (tokens, D)
    return Vectors(
        dict(zip(words, en, strict=True)),
        dict(zip(characters, zh, strict=True)),
    )


def _presence(sentences: list[list[str]]) -> tuple[Tensor, list[str]]:
    """Which common tokens each sentence holds, and the token of each column."""
    counts = Counter(token for sentence in sentences for token in set(sentence))
    # Where counts tie, the order of a set differs from run to run; that of the alphabet does not.
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    common = [token for token, n in ranked[:COMMON] if n >= 5]
    column = {token: i for i, token in enumerate(common)}
    holds = torch.zeros(len(sentences), len(column))
    for row, sentence in zip(holds, sentences, strict=True):
        row[[column[token] for token in sentence if token in column]] = 1.0
    return holds, common


def example(text: Text, vectors: Vectors) -> int:
    """The number of a short pair that was not counted, no word twice, and all with vectors."""
    for number in text.held_out():
        en, zh = text.english[number], text.chinese[number]
        short = 5 <= len(en) <= 7 and 5 <= len(zh) <= 9 and len(en) != len(zh)
        if short and len(set(en)) == len(en) and vectors.know(en, zh):
            return number
    raise ValueError("no held-out pair is short and known; wanted at least one")


def found(text: Text, vectors: Vectors, others: int = 9, most: int = 300) -> tuple[dict, int]:
    """How often a held-out sentence's characters score its own translation highest.

    A sentence is compared with its translation and with those of the next ``others`` sentences;
    each character counts with its best score among the words.

    Returns:
        the shares in %, for one wide head and for either of two; of how many sentences.
    """
    pairs = [(text.english[i], text.chinese[i]) for i in text.held_out()]
    usable = [(en, zh) for en, zh in pairs if len(zh) >= 3 and en and vectors.know(en, zh)][:most]
    memories = [vectors.memory(en) for en, _ in usable]
    right = torch.zeros(3)
    for number, (_, zh) in enumerate(usable):
        rivals = [memories[(number + step) % len(usable)] for step in range(others + 1)]
        best = torch.stack([_match(vectors.query(zh), memory) for memory in rivals])
        right += best.argmax(dim=0) == 0
    names = ("one head", "head 0", "head 1")
    return dict(zip(names, (100 * right / len(usable)).tolist(), strict=True)), len(usable)


def _match(query: Tensor, memory: Tensor) -> Tensor:
    """Mean best score of the characters: one head of all features, head 0, head 1: (3,)."""
    q, k = split_heads(query, 2), split_heads(memory, 2)  # (1, 2, Tq, d_k), (1, 2, Tk, d_k)
    scores = (q @ k.transpose(-2, -1))[0]  # (2, Tq, Tk)
    scores = torch.cat([scores.sum(dim=0, keepdim=True), scores])  # (3, Tq, Tk)
    return scores.amax(dim=-1).mean(dim=-1)
