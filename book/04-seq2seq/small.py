"""Chapter 4's smallest translator: a few of TinyWorld's words, trained while the page is built."""

from __future__ import annotations

import itertools
from functools import cache

import torch

from unrolled import translation
from unrolled.data import tinyworld
from unrolled.data.choice import Choice
from unrolled.seq2seq import Seq2Seq

NOUNS = ("king", "queen", "girl", "boy", "teacher", "doctor", "lion", "elephant")
VERBS = ("watching", "visiting", "praising", "thanking")
QUALITIES = ("tired", "hungry", "clever", "brave")
# N a noun, V a verb, Q a quality.
PATTERNS = (
    "the N is Q .",
    "the N is not Q .",
    "the N is V the N .",
    "the N is not V the N .",
    "the N that is V the N is Q .",
    "the N that the N is V is Q .",
    "the N is V the N that is Q .",
)
EACH = 220  # sentences of a pattern, at most
EMBEDDED = 32  # features of a word
MOST = 20  # German words


@cache
def sentences() -> tuple[tinyworld.Sentence, ...]:
    """Sentences of the patterns, in a fixed order."""
    found = []
    for number, pattern in enumerate(PATTERNS):
        kinds = {"N": NOUNS, "V": VERBS, "Q": QUALITIES}
        every = list(itertools.product(*(kinds.get(w, (w,)) for w in pattern.split())))
        for words in Choice(number).sample(every, min(EACH, len(every))):
            try:
                found.append(tinyworld.parse(words))
            except ValueError:
                continue  # nobody watches himself; such a sentence is not TinyWorld's
    return tuple(found)


@cache
def vocabularies() -> tuple[tinyworld.Vocabulary, tinyworld.Vocabulary]:
    """The English and the German words of these sentences."""
    return tuple(
        tinyworld.Vocabulary(sorted({w for s in sentences() for w in getattr(s, language)}))
        for language in ("english", "german")
    )


@cache
def parts() -> tuple[translation.Pairs, translation.Pairs]:
    """Pairs to train on, and every sixth sentence, which is not among them, to be asked."""
    asked = sentences()[::6]
    kept = set(asked)
    chosen = [s for s in sentences() if s not in kept]
    return tuple(
        translation.encode_pairs([(s.english, s.german) for s in part], *vocabularies())
        for part in (chosen, asked)
    )


def make(width: int, seed: int = 0) -> Seq2Seq:
    """A translator whose one vector has so many features, not yet trained."""
    torch.manual_seed(seed)
    return Seq2Seq(*map(len, vocabularies()), EMBEDDED, width)


def text(ids: list[int]) -> str:
    """German words, the end left out."""
    return " ".join(vocabularies()[1].words[i] for i in ids if i != translation.EOS)
