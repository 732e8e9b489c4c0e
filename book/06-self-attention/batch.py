"""Chapter 6's batch: real sentences of four lengths, as words and as ids."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from unrolled.data import sentence_pairs

LENGTHS = (4, 6, 8, 10)


def four_sentences() -> tuple[list[list[str]], Tensor, str]:
    """Four English sentences of ``LENGTHS`` words.

    Returns:
        their words; their ids ``(4, 10)``, filled up with 0; a caption that says what they are,
        where they are from and who wrote them.
    """
    corpus = sentence_pairs(300, seed=6)
    by_length: dict[int, tuple[list[str], str]] = {}
    for (english, _), credit in zip(corpus.pairs, corpus.credits, strict=True):
        words = re.findall(r"[\w']+|[^\w\s]", english.lower())
        by_length.setdefault(len(words), (words, credit))
    sentences = [by_length[length][0] for length in LENGTHS]
    vocabulary = ["<pad>", *sorted({word for words in sentences for word in words})]
    ids = torch.zeros(len(sentences), max(LENGTHS), dtype=torch.int64)  # (B, T)
    for row, words in zip(ids, sentences, strict=True):
        row[: len(words)] = torch.tensor([vocabulary.index(word) for word in words])
    credits = [by_length[length][1].split(": ")[-1] for length in LENGTHS]
    by = f", CC-BY 2.0 FR: {'; '.join(credits)}" if all(credits) else ""
    return sentences, ids, f"Four sentences as a batch. From {corpus.origin}{by}."
