"""Real pairs for chapter 4: captions translated word by word, and one sentence said four ways.

Without the files TinyWorld's sentences stand in, and ``origin`` says so.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import product

from unrolled.data import INSTEAD, multi30k, present, tatoeba, tinyworld
from unrolled.decoding import bleu

COUNTED = 6000  # training captions that the table of words is made from
ASKED = "My aunt made me a new skirt."
AUNTS = {
    "姑姑": "a sister of the father",
    "阿姨": "a sister of the mother",
    "婶婶": "the wife of a younger brother of the father",
    "舅母": "the wife of a brother of the mother",
}
Pair = tuple[list[str], list[str]]  # German words, English words


@dataclass(frozen=True)
class WordByWord:
    """What a table of words makes of real pairs.

    Attributes:
        origin: where the pairs are from.
        pairs: how many the table was counted on.
        equal: share of them with as many words on one side as on the other.
        right: share of them that the table translates without a mistake.
        bleu: of its translations of test sentences, in lower case and without punctuation.
    """

    origin: str
    pairs: int
    equal: float
    right: float
    bleu: float


def words(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    return re.findall(r"\w+", text.lower())


def count_table(pairs: list[Pair]) -> dict[str, str]:
    """German word to the English word whose sentences are most nearly the same (Dice)."""
    sources, targets, both = Counter(), Counter(), Counter()
    for german, english in pairs:
        sources.update(set(german))
        targets.update(set(english))
        both.update(product(sorted(set(german)), sorted(set(english))))
    best: dict[str, tuple[float, str]] = {}
    for (one, other), n in both.items():
        share = 2 * n / (sources[one] + targets[other])
        best[one] = max(best.get(one, (0.0, "")), (share, other))
    return {one: other for one, (_, other) in best.items()}


def apply_table(table: dict[str, str], pairs: list[Pair]) -> list[list[str]]:
    """Each German sentence word by word; words that the table lacks are left out."""
    return [[table[word] for word in german if word in table] for german, _ in pairs]


@cache
def word_by_word() -> WordByWord:
    """Count a table on captions, and ask it."""
    origin, train, test = _captions()
    table = count_table(train)
    said, meant = apply_table(table, train), [english for _, english in train]
    return WordByWord(
        origin,
        len(train),
        sum(len(german) == len(english) for german, english in train) / len(train),
        sum(a == b for a, b in zip(said, meant, strict=True)) / len(train),
        bleu(apply_table(table, test), [english for _, english in test]),
    )


def _captions() -> tuple[str, list[Pair], list[Pair]]:
    if "multi30k/train.de.gz" in present():
        train, test = multi30k("train")[:COUNTED], multi30k("test")
        origin = "Multi30k"
    else:
        drawn = (tinyworld.generate(n, 1, split=s) for n, s in ((COUNTED, "train"), (500, "test")))
        train, test = ([(s.german_text, s.english_text) for s in part] for part in drawn)
        origin = INSTEAD
    return origin, *([(words(a), words(b)) for a, b in part] for part in (train, test))


def aunts() -> tuple[str, list[list[str]]]:
    """Where the translations of ``ASKED`` are from, and rows: Chinese, who is meant, credit."""
    if tatoeba.NAME not in present():
        sentence = tinyworld.generate(1, 1)[0]
        return INSTEAD, [[sentence.chinese_text, sentence.english_text, "TinyWorld"]]
    found = [row for row in tatoeba.load_rows() if row.english == ASKED]
    return "Tatoeba", [
        [row.chinese, who, row.credit.removeprefix("CC-BY 2.0 (France) Attribution: ")]
        for aunt, who in AUNTS.items()
        for row in found
        if aunt in row.chinese
    ]
