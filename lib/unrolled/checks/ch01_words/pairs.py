"""Pairs of a word and a word near it."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks.ch01_words.words import CHAPTER, shuffled
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch01 as mistakes
from unrolled.checks.sections import section


def _distinct(draw: Draw, T: int) -> torch.Tensor:
    """Draw a text of T different ids, from 10 on: an id is not to be taken for a place."""
    return draw.show("ids", torch.tensor(shuffled(draw, list(range(10, 30)))[:T]))


def _neighbours(answer: Handle, draw: Draw) -> Any:
    return answer(_distinct(draw, 3 if draw.small else draw.integer(5, 8)), draw.show("window", 1))


def _window(answer: Handle, draw: Draw) -> Any:
    ids = answer.candidate.put(_distinct(draw, 5 if draw.small else draw.integer(8, 10)))
    return {"pairs": answer(ids, draw.show("window", 2 if draw.small else 3)), "ids": ids}


def _beyond(answer: Handle, draw: Draw) -> Any:
    T = 2 if draw.small else draw.integer(3, 4)
    return answer(_distinct(draw, T), draw.show("window", T + draw.integer(1, 3)))


def _repeated(answer: Handle, draw: Draw) -> Any:
    a, b, c = shuffled(draw, list(range(10, 20)))[:3]
    ids = [a, a, b, a] if draw.small else [a, a, b, a, c, c, b, b]
    return answer(draw.show("ids", torch.tensor(ids)), draw.show("window", 2))


def _alone(answer: Handle, draw: Draw) -> Any:
    return answer(_distinct(draw, 1), draw.show("window", draw.integer(1, 3)))


SKIP_GRAM_PAIRS = Exercise(
    id="skip_gram_pairs",
    chapter=CHAPTER,
    module="unrolled.embeddings.word2vec",
    section=section("sec-01-skip-gram"),
    probes=(
        Probe("a window of one place", _neighbours, 1),
        Probe("a wider window, ids left unmodified", _window, 2),
        Probe("a window wider than the text", _beyond, 1),
        Probe("a text in which words repeat", _repeated, 1),
        Probe("a text of one word has no pairs: (0, 2)", _alone, 1),
    ),
    mistakes=mistakes.SKIP_GRAM_PAIRS,
    hints=(
        "Go through the places i of the text. Which places j belong to i, and which j never does?",
        "max(0, ...) and min(len(ids), ...) keep j inside the text; a range stops before its end.",
        "Collect ids[i], ids[j] for j in range(max(0, i - window), min(T, i + window + 1)) except "
        "i. torch.stack refuses an empty list: ids.new_empty(0, 2) has the right shape and dtype.",
    ),
    difficulty=2,
    minutes=15,
)
