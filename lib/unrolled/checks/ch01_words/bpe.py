"""Byte-pair encoding: merges learned from counts."""

from __future__ import annotations

from typing import Any

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.ch01_words.words import CHAPTER, letters, listed, shown, shuffled, told
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch01 as mistakes
from unrolled.checks.sections import section


def _merges(answer: Handle, draw: Draw, text: str, n_merges: int) -> dict[str, str]:
    return listed(answer(*shown(draw, text=text, n_merges=n_merges)), "merge", n_merges)


def _step(draw: Draw) -> int:
    return 1 if draw.small else draw.integer(1, 2)


def _few_words(answer: Handle, draw: Draw) -> Any:
    # Lines and not spaces, so that a word stands alone; all counts differ, so that no tie decides.
    a, b, c, d, e, f, g = letters(draw, 7)
    abcd = 1 + _step(draw)
    fg = abcd + _step(draw)
    ab = fg + _step(draw)
    cd = ab + _step(draw)
    ef = cd + _step(draw)
    times = {a + b + c + d: abcd, a + b: ab - abcd, c + d: cd - abcd, e + f: ef - 1, f + g: fg,
             e + f + g: 1}  # fmt: skip
    lines = shuffled(draw, [word for word, n in times.items() for _ in range(n)])
    return _merges(answer, draw, "\n".join(lines), 6)


def _ties(answer: Handle, draw: Draw) -> Any:
    a, b, c, d, e, f, g, h, i, j = sorted(letters(draw, 10))
    # cd, then ab; then all that is left occurs once. The order of the lines is not that of the ids.
    lines = [c + d, b + h, a + b + e, f" {i}{j}", b + g, c + d + f, a + b, c + d]
    return _merges(answer, draw, "\n".join(lines), 8)


def _overlap(answer: Handle, draw: Draw) -> Any:
    # A run of four has three pairs, of which two can be joined. The others' counts lie between what
    # the run counts with overlaps, without them, and once a word; none are equal.
    a, b, c, d, e = letters(draw, 5)
    n = 1 if draw.small else 1 + 2 * draw.integer(0, 1)
    times = {a * 3: n, a * 4: 2, b + c: n + 5, d + e: n + 3}
    lines = shuffled(draw, [word for word, m in times.items() for _ in range(m)])
    return _merges(answer, draw, "\n".join(lines), 5)


def _words(answer: Handle, draw: Draw) -> Any:
    # Digits end a word though no space follows, and a space belongs to the word after it.
    a, b, c, d = letters(draw, 4)
    digit = draw.integer(0, 9)
    n = 2 + _step(draw)
    more = shuffled(draw, [f" {a}{b}{digit}"] * n + [f" {c}{d}"] * (n - 1))
    text = f"{a}{b}{digit}" + "".join(more) + f"\n{c}{d}"
    return _merges(answer, draw, text, 4)


def _bytes(answer: Handle, draw: Draw) -> Any:
    (wide,) = letters(draw, 1, "äåæçèéêñöøüßжλ中猫")
    (x,) = letters(draw, 1)
    lines = shuffled(draw, [wide + x] * (2 + _step(draw)) + [wide] * 2)
    return _merges(answer, draw, "\n".join(lines), len(wide.encode()))


def _ends(answer: Handle, draw: Draw) -> Any:
    a, b = letters(draw, 2)
    text, _ = shown(draw, text=f"{a}{b} {a}{b}", n_merges="0 and 9")
    return {
        "none asked for": told(answer(text, 0)),
        "until every word is one token": told(answer(text, 9)),
        "a text of one letter": told(answer(a, 9)),
    }


def _longer(answer: Handle, draw: Draw) -> Any:
    alphabet = letters(draw, 4) + letters(draw, 1, "éñжλ中")
    ends = [" ", " ", " ", "\n", ", ", "  ", f"{draw.integer(0, 9)} "]
    words = []
    for _ in range(12 if draw.small else 50):
        spelled = [alphabet[draw.integer(0, 4)] for _ in range(draw.integer(1, 5))]
        words.append("".join(spelled) + ends[draw.integer(0, len(ends) - 1)])
    return _merges(answer, draw, "".join(words), 6 if draw.small else 15)


TRAIN_BPE = Exercise(
    id="train_bpe",
    chapter=CHAPTER,
    module="unrolled.tokenizers.bpe",
    section=section("sec-01-bpe"),
    probes=(
        Probe("a few words, a line each", _few_words, 2,
              says="each round counts the pairs of all words anew, takes the most frequent one and "
              "joins it wherever it stands; here another merge comes out."),
        Probe("pairs that occur equally often", _ties, 1,
              says="where pairs occur equally often, the one with the lowest ids is taken, the "
              "left token's id first; here it is another."),
        Probe("a pair that overlaps itself, as in aaa", _overlap, 1,
              says="in aaa the pair (a, a) counts twice, once for each place where it stands, and "
              "joining goes from left to right: aa, a."),
        Probe("no merge crosses a word; a space starts one", _words, 1,
              says="words are those of pre_tokenize(text): no merge crosses from one to the next, "
              "and a space belongs to the word after it."),
        Probe("letters of several bytes", _bytes, 1,
              says="a letter such as é is two bytes at first, which a merge can join like any "
              "others."),
        Probe("no merge asked for; more asked for than there are", _ends, 1,
              says="return as many merges as were asked for, and fewer where every word has become "
              "one token."),
        Probe("a longer text", _longer, 1,
              says="on a longer text a later merge is another one: check that the counts are taken "
              "anew after every merge, in every word, as often as the word occurs."),
    ),
    mistakes=mistakes.TRAIN_BPE,
    hints=(
        "Each round does three things: count the pairs of neighbours in all words, choose one "
        "pair, join it wherever it stands. Which of them needs to know how often a word occurs?",
        "Counter(pre_tokenize(text)) gives the words and how often each occurs, pairwise(tokens) "
        "a word's pairs, and min with a key (-count, id of left, id of right) the pair to join.",
        "Number the tokens in a dict that starts with BYTE_TOKENS. Join from left to right with "
        "tokens[i : i + 2] = [left + right], give left + right the next number, and count again.",
    ),
    difficulty=4,
    minutes=45,
    bans=(capabilities.TOKENIZER, capabilities.course("ByteBPE")),
)  # fmt: skip
