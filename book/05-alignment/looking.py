"""Chapter 5's translators of TinyWorld: the same lessons and exam as in chapter 4, with attention.

Also what their weights are worth as links between words: TinyWorld knows the true ones.
``benchmarks/chapter05.py`` trains over several seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor, nn

from unrolled import translation
from unrolled.alignment import AttentionSeq2Seq
from unrolled.data import tinyworld

EMBEDDED, WIDTH = 32, 64  # features of a word, of a state
EDGES = (5, 7, 9, 11, 13, 16, 20)  # most English words of a group, as in chapter 4
EACH = 150  # sentences asked of each group
SENTENCES = 30_000  # to train on
MOST = 40  # German words
# What differs: decoder, score, and whether the encoder also reads from right to left.
KINDS = {
    "additive": ("bahdanau", "additive", True),
    "general": ("bahdanau", "general", True),
    "concat": ("bahdanau", "concat", True),
    "general, one direction": ("bahdanau", "general", False),
    "dot, one direction": ("bahdanau", "dot", False),
    "Luong, general": ("luong", "general", True),
}


def make(kind: str, seed: int = 0, width: int = WIDTH) -> AttentionSeq2Seq:
    """A translator that looks back, not yet trained."""
    torch.manual_seed(seed)
    decoder, score, both = KINDS[kind]
    sizes = (len(tinyworld.vocabulary(each)) for each in ("english", "german"))
    return AttentionSeq2Seq(*sizes, EMBEDDED, width, decoder, score, bidirectional=both)


@cache
def lessons(seed: int = 0) -> translation.Pairs:
    """The pairs to train on; each seed has sentences of its own."""
    return translation.tinyworld_pairs(tinyworld.generate(SENTENCES, 100 + seed, split="train"))


@cache
def exam() -> list[tinyworld.Sentence]:
    """The sentences asked."""
    return translation.tinyworld_exam(EDGES, EACH, seed=7)


def right(model: nn.Module, sentences: Sequence[tinyworld.Sentence]) -> list[bool]:
    """Whether each sentence is translated word for word as it should be, by greedy search."""
    pairs = translation.tinyworld_pairs(sentences)
    said = translation.translate(model, [source for source, _ in pairs], MOST)
    return [ids == target[:-1] for ids, (_, target) in zip(said, pairs, strict=True)]


@torch.no_grad()
def weights(model: nn.Module, sentences: Sequence[tinyworld.Sentence]) -> list[Tensor]:
    """Where the model looks while it is read the true German: ``(German words, English words)``."""
    model.eval()
    pairs, found = translation.tinyworld_pairs(sentences), []
    for at in range(0, len(pairs), 256):
        part = pairs[at : at + 256]
        source = translation.padded([one for one, _ in part])  # (B, Ts)
        target = translation.padded([other for _, other in part])  # (B, Tt)
        _, looked = model(source, target, need_weights=True)  # (B, 1, Tt, Ts)
        for rows, (one, other) in zip(looked[:, 0], part, strict=True):
            found.append(rows[: len(other) - 1, : len(one)])  # without the end's row
    return found


def links(rows: Tensor) -> set[tuple[int, int]]:
    """For every German word the English word with the largest weight, as (English, German)."""
    return {(i, j) for j, i in enumerate(rows.argmax(dim=1).tolist())}


def has_clause(sentence: tinyworld.Sentence) -> bool:
    """Whether it has a relative clause, whose German verb stands at its end."""
    return "," in sentence.german


def clause_verb(sentence: tinyworld.Sentence) -> int | None:
    """Place of the German verb that ends a clause; None where clauses are none or several.

    It stands before the second comma, or before the full stop if the clause ends the sentence.
    """
    commas = [j for j, word in enumerate(sentence.german) if word == ","]
    return {1: len(sentence.german) - 2, 2: commas[-1] - 1}.get(len(commas)) if commas else None


def score(found: Sequence[set], sentences: Sequence[tinyworld.Sentence]) -> dict:
    """How good links are: error rates, and the shares of words whose link is a true one."""
    true = [set(sentence.german_alignment) for sentence in sentences]
    clauses = [k for k, sentence in enumerate(sentences) if has_clause(sentence)]
    plain = [k for k in range(len(sentences)) if k not in set(clauses)]

    def rate(chosen: Sequence[int]) -> float:
        parts = [found[k] for k in chosen], [true[k] for k in chosen]
        return round(translation.alignment_error_rate(*parts), 4)

    verbs = [
        link in true[k]
        for k in clauses
        for link in found[k]
        if link[1] == clause_verb(sentences[k])
    ]
    return {
        "error": rate(range(len(sentences))),
        "error_plain": rate(plain),
        "error_clause": rate(clauses),
        "verbs_right": round(sum(verbs) / len(verbs), 4),
    }


def least(sentences: Sequence[tinyworld.Sentence]) -> dict:
    """The score of links that are all true, with one for each German word, as ``links`` has."""
    first = [
        {(min(i for i, k in s.german_alignment if k == j), j) for j in range(len(s.german))
         if any(k == j for _, k in s.german_alignment)}
        for s in sentences
    ]  # fmt: skip
    return score(first, sentences)


def straight(sentences: Sequence[tinyworld.Sentence]) -> dict:
    """The score of a rule that has learned nothing: the word at the same share of the way."""
    found = [
        {(min(len(s.english) - 1, round(j * (len(s.english) - 1) / (len(s.german) - 1))), j)
         for j in range(len(s.german))}
        for s in sentences
    ]  # fmt: skip
    return score(found, sentences)
