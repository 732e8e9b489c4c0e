"""Chapter 1's real vectors: the rows of MiniLM's input table that are whole words.

A BERT begins with a table, one row a piece of its vocabulary, and its layers then mix the rows of a
sentence. Before they have, a row is a word vector like those of word2vec: one for each spelling.
"""

from __future__ import annotations

from collections.abc import Sequence

import analogies
import bias
import torch.nn.functional as F
from torch import Tensor

KEPT = 2000  # rows beside the page: 2,000 x 384 numbers of 16 bits
# "a b c": a is to b as c is to what?
ASKED = (
    "man king woman", "france paris italy", "big bigger small", "walk walking swim",
    "man actor woman", "man programmer woman", "man doctor woman",
)  # fmt: skip
SENSES = {
    "bank": ("money loan finance teller", "river shore water flood"),
    "spring": ("summer autumn april", "jump coil metal", "water stream well"),
    "bat": ("batting cricket baseball", "cave wings mouse"),
    "left": ("right side hand", "departed leave gone"),
    "light": ("lamp bright dark", "heavy weight thin"),
}
# Words that a page may want to ask about, if they are not among the first.
WANTED = (
    "bank river shore money loan loans finance financial banking banks banker water flood teller "
    "king queen prince princess monarch kings throne royal crown paris france italy rome berlin "
    "germany london england madrid spain tokyo japan bigger smaller larger small big swim swimming "
    "walk walking spring autumn summer winter coil jump bat bats batting cave wings cricket "
    "light lamp bright heavy dark right left departed dog dogs puppy cat cats canine bone hid "
    "programmer programmers actor actress uncle aunt nephew niece bright coffee tea bread cheese"
)


def whole_words(vocab: dict[str, int]) -> list[str]:
    """Pieces that are words of two Latin letters or more, in the order of their ids."""
    return [word for word in vocab if word.isascii() and word.isalpha() and len(word) > 1]


def chosen(words: Sequence[str]) -> list[str]:
    """The words whose rows are kept: those that pages ask about, then the first in the table."""
    asked = " ".join([*ASKED, *(text for texts in SENSES.values() for text in texts), *SENSES])
    pairs = " ".join(analogies.PAIRS.values()).replace(",", "")
    asked = [*asked.split(), *pairs.split(), *WANTED.split(), *bias.OCCUPATIONS, *bias.MEANT]
    asked += [*bias.CAREER, *bias.FAMILY, *bias.MALE, *bias.FEMALE]
    wanted = set(asked) & set(words)
    first = [word for word in words if word not in wanted][: KEPT - len(wanted)]
    wanted |= set(first)
    return [word for word in words if word in wanted]


def ranked(table: Tensor, words: Sequence[str], query: Tensor, n: int = 8) -> list[list]:
    """The nearest words to a direction, each with its cosine."""
    scores, ids = (F.normalize(table, dim=-1) @ F.normalize(query, dim=0)).topk(n)
    return [[words[i], round(s, 3)] for i, s in zip(ids.tolist(), scores.tolist(), strict=True)]


def asked(table: Tensor, words: Sequence[str]) -> list[dict]:
    """Each question of ``ASKED`` with the nearest words, the three inputs not left out."""
    id_of = {word: i for i, word in enumerate(words)}
    rows = []
    for text in ASKED:
        a, b, c = F.normalize(table[[id_of[word] for word in text.split()]], dim=-1)  # (D,) each
        rows.append({"asked": text, "nearest": ranked(table, words, b - a + c)})
    return rows


def senses(table: Tensor, words: Sequence[str]) -> list[dict]:
    """For words of several senses: the nearest words, and cosine and place of words of each."""
    id_of = {word: i for i, word in enumerate(words)}
    unit = F.normalize(table, dim=-1)  # (V, D)
    rows = []
    for word, told in SENSES.items():
        cosines = unit @ unit[id_of[word]]  # (V,)
        places = cosines.argsort(descending=True).argsort()  # the word itself has place 0
        of = [
            [[w, round(cosines[id_of[w]].item(), 3), places[id_of[w]].item()] for w in text.split()]
            for text in told
        ]
        nearest = ranked(table, words, unit[id_of[word]], 11)[1:]
        rows.append({"word": word, "nearest": nearest, "senses": of})
    return rows


def measure(table: Tensor, words: Sequence[str]) -> dict:
    """All that the record says of the table."""
    id_of = {word: i for i, word in enumerate(words)}
    lean = bias.leanings(table, id_of)
    first = 5000
    part = {word: i for word, i in id_of.items() if i < first}
    return {
        "words": len(words),
        "scores": analogies.scores(table, id_of),
        "asked": asked(table, words),
        "senses": senses(table, words),
        "occupations": {
            word: round(lean[id_of[word]].item(), 4)
            for word in sorted(bias.OCCUPATIONS, key=lambda w: lean[id_of[w]].item())
        },
        "typical_leaning": round(lean.abs().median().item(), 4),
        "association": bias.association(table, id_of),
        "told_apart": {"among_first": first, **bias.told_apart(table[:first], part)},
        "any_direction": bias.any_direction(table[:first], part),
    }
