"""Chapter 4, judging: BLEU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, kind
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch04 as mistakes
from unrolled.checks.sections import section
from unrolled.checks.transplant import Unfit

CHAPTER = "04-seq2seq"
WORDS = (
    "the", "a", "old", "young", "dog", "cat", "bird", "horse", "sat", "slept", "ran", "sang", "on",
    "under", "near", "behind", "red", "green", "roof", "tree", "house", "river", "today", "again",
)  # fmt: skip


def _words(draw: Draw, count: int) -> list[str]:
    """Different words, in a drawn order."""
    left = list(WORDS)
    return [left.pop(draw.integer(0, len(left) - 1)) for _ in range(count)]


def _score(answer: Handle, draw: Draw, hypotheses: Any, references: Any, *options: Any) -> Tensor:
    """The answer's score as a tensor, so that it is compared with a tolerance."""
    draw.show("hypotheses", _text(hypotheses))
    draw.show("references", _text(references))
    score = answer(hypotheses, references, *options).value()
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise Unfit(f"a float is wanted, {kind(score)} was returned")
    return torch.tensor(float(score), dtype=draw.dtype)


def _text(sentences: Any) -> Any:
    """Sentences as a reader likes them: words joined by spaces."""
    if sentences and isinstance(sentences[0], list):
        return [_text(sentence) for sentence in sentences]
    return " ".join(map(str, sentences))


def _one(answer: Handle, draw: Draw) -> Any:
    """As long as its reference, with one other word and two neighbours exchanged."""
    *right, other = _words(draw, 11)
    at = draw.integer(5, 6)
    made = [*right[:at], other, *right[at + 1 :]]
    made[-1], made[-2] = made[-2], made[-1]
    return _score(answer, draw, [made], [right])


def _corpus(answer: Handle, draw: Draw) -> Any:
    """Three sentences: one perfect, one without a run of four, one too long; too short together."""
    one, two, three = (_words(draw, n) for n in (8, 9, 12))
    cut = draw.integer(4, 5)
    hypotheses = [[*one, one[0]], [*two[:2], *two[4:6]], [*three[:cut], *three[cut + 1 :]]]
    return _score(answer, draw, hypotheses, [one, two, three])


def _clipped(answer: Handle, draw: Draw) -> Any:
    """A word that the reference has twice comes four times, and a pair that it has once twice."""
    a, b, c, d, e, f = _words(draw, 6)
    right = [a, b, c, d, a, e, f, f]
    made = [a, b, c, d, a, b, a, a]
    return _score(answer, draw, [made], [right])


def _short(answer: Handle, draw: Draw) -> Any:
    right = _words(draw, 10)
    return _score(answer, draw, [right[: draw.integer(5, 7)]], [right])


def _long(answer: Handle, draw: Draw) -> Any:
    *right, more, most = _words(draw, 8)
    return _score(answer, draw, [[more, *right, most][: draw.integer(7, 8)]], [right])


def _several(answer: Handle, draw: Draw) -> Any:
    """Two references of one length: each has a word once that the hypothesis has three times."""
    a, b, c, d, e, f, g, h = _words(draw, 8)
    made = [a, b, c, d, a, e, f, a]
    references = [[a, b, c, d, g, h, g, h], [g, h, g, c, d, a, e, f]]
    other = _words(draw, 6)
    return _score(answer, draw, [made, other], [references, [[*other[1:], g], other]])


def _closest(answer: Handle, draw: Draw) -> Any:
    """13, 8 and 12 tokens for 7, and 4, 10 and 3 for 9: closest are 8 and 10."""
    one, two = _words(draw, 13), _words(draw, 10)
    references = [[one, one[:8], one[:12]], [two[:4], two, two[:3]]]
    return _score(answer, draw, [one[:7], two[:9]], references)


def _tie(answer: Handle, draw: Draw) -> Any:
    """References of 6 and 8 tokens for 7: the shorter counts, whichever comes first."""
    words = _words(draw, 8)
    references = [words[:6], words] if draw.integer(0, 1) else [words, words[:6]]
    return _score(answer, draw, [words[:7]], [references])


def _little(draw: Draw) -> tuple[list[str], list[str]]:
    """Words and pairs in common, but no run of three and none of four."""
    right = _words(draw, 7)
    a, b, c, d, e, f, g = right
    return [d, e, a, b, f, g, c], right


def _smoothed(answer: Handle, draw: Draw) -> Any:
    made, right = _little(draw)
    return _score(answer, draw, [made], [right])


def _unsmoothed(answer: Handle, draw: Draw) -> Any:
    """The paper's score is 0 where an order has no match; where all have one, smoothing is idle."""
    made, right = _little(draw)
    draw.show("max_n, smooth", (4, "none"))
    zero = _score(answer, draw, [made], [right], 4, "none")
    some = _score(answer, draw, [[*right[:5], *made[:2]]], [right], 4, "none")
    return {"no run of four": zero, "some": some}


def _orders(answer: Handle, draw: Draw) -> Any:
    made, right = _little(draw)
    one, two, five = (
        _score(answer, draw, [[*right[:-1], made[0]]], [right], draw.show("max_n", n))
        for n in (1, 2, 5)
    )
    return {"max_n=1": one, "max_n=2": two, "max_n=5": five}


def _nothing(answer: Handle, draw: Draw) -> Any:
    """No word in common; right, but shorter than four tokens; nothing at all."""
    words = _words(draw, 12)
    none = _score(answer, draw, [words[:6]], [words[6:]])
    short = _score(answer, draw, [words[:3]], [words[:3]])
    return {"no word": none, "three tokens": short, "empty": _score(answer, draw, [[]], [words])}


def _ids(answer: Handle, draw: Draw) -> Any:
    right = draw.ids("ids", 90, 9).tolist()
    made = answer.candidate.put([[*right[:6], 91, 92]])
    given = answer.candidate.put([[right, right[:7]]])
    score = answer(made, given).value()
    close = isinstance(score, float) and 0 < score < 100
    return {"a score between 0 and 100": close, "hypotheses": made, "references": given}


BLEU = Exercise(
    id="bleu",
    chapter=CHAPTER,
    module="unrolled.decoding.bleu",
    section=section("sec-04-bleu"),
    probes=(
        Probe("one sentence, one reference", _one, 2, dtype=torch.float64),
        Probe("a corpus of three sentences", _corpus, 2, dtype=torch.float64),
        Probe("words that come too often", _clipped, 1, dtype=torch.float64),
        Probe("a hypothesis that is too short", _short, 1, dtype=torch.float64),
        Probe("a hypothesis that is too long", _long, 1, dtype=torch.float64),
        Probe("several references", _several, 1, dtype=torch.float64),
        Probe("the reference with the closest length", _closest, 1, dtype=torch.float64),
        Probe("two references as close", _tie, 1, dtype=torch.float64),
        Probe("smoothing where two orders have no match", _smoothed, 1, dtype=torch.float64),
        Probe("no smoothing", _unsmoothed, 1, dtype=torch.float64),
        Probe("another longest n-gram", _orders, 1, dtype=torch.float64),
        Probe("a score of 0", _nothing, 1, dtype=torch.float64),
        Probe("ids as tokens, inputs unmodified", _ids, 1, values=False, dtype=torch.float64),
    ),
    mistakes=mistakes.BLEU,
    hints=(
        "Count first, for the whole corpus: matches and totals of each n, and two lengths. All "
        "the formula's logarithms and divisions come after the loop.",
        "A Counter of tuples holds the n-grams. `a | b` keeps the larger count of each, `a & b` "
        "the smaller: one joins references, the other clips.",
        "Of references with length r and a hypothesis with c, min((abs(r - c), r)) is the closest. "
        "For each n: matches += (counts & most).total(), totals += counts.total().",
    ),
    difficulty=4,
    minutes=60,
    bans=(capabilities.BLEU,),
)
