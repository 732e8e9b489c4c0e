"""Words in parts: WordPiece, and fastText's runs of characters."""

from __future__ import annotations

import string
from typing import Any

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.ch01_words.words import CHAPTER, letters, listed, shown, told
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch01 as mistakes
from unrolled.checks.sections import section


def _cut(answer: Handle, draw: Draw, word: str, vocab: Any, **more: Any) -> str:
    word, vocab = shown(draw, word=word, vocab=vocab)
    shown(draw, **more)
    return told(answer(word, vocab, **more))


def _drawn(draw: Draw, *lengths: int) -> list[str]:
    """Draw strings of those lengths, no letter twice; the first begins with a capital."""
    capital = letters(draw, 1, string.ascii_uppercase)
    rest = capital + letters(draw, sum(lengths), string.ascii_lowercase + "äçéñöß")
    return ["".join(rest.pop(0) for _ in range(length)) for length in lengths]


def _longest(answer: Handle, draw: Draw) -> Any:
    p, q, r = _drawn(draw, *((2, 2, 2) if draw.small else [draw.integer(2, 4) for _ in range(3)]))
    word = p + q + r
    # What tempts: shorter pieces, fewer pieces, longer ones that belong to another place in a word.
    vocab = {p, f"##{q}", f"##{r}", word[0], p[:-1], f"##{p[-1]}{q}{r}", f"##{p}{q[0]}", q + r[0]}
    vocab |= {word[0].lower(), *(f"##{letter}" for letter in word)}
    return _cut(answer, draw, word, vocab)


def _whole(answer: Handle, draw: Draw) -> Any:
    (word,) = _drawn(draw, 3 if draw.small else draw.integer(4, 6))
    pieces = [word, word[0], word[:-1], f"##{word[-1]}", f"##{word[1:]}", f"##{word}"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    return {
        "a word that is a piece": _cut(answer, draw, word, vocab),
        "a word of one letter": told(answer(word[0], vocab)),
    }


def _places(answer: Handle, draw: Draw) -> Any:
    p, q = _drawn(draw, *((1, 2) if draw.small else (2, 3)))
    word, unknown = shown(draw, word=p + q, unk_token="<unk>")
    draw.show("vocab", "of beginnings, of insides, of both")
    return {
        "vocab of beginnings alone": told(answer(word, {p, q}, unknown)),
        "vocab of insides alone": told(answer(word, {f"##{p}", f"##{q}"}, unknown)),
        "vocab of both": told(answer(word, {p, f"##{q}"}, unknown)),
    }


def _unknown(answer: Handle, draw: Draw) -> Any:
    p, q, r = _drawn(draw, *((1, 1, 1) if draw.small else (2, 2, 3)))
    unknown = f"<{letters(draw, 1)[0]}>"
    vocab = {p, q, f"##{p}", f"##{q}", unknown}
    return {
        "known, then unknown": _cut(answer, draw, p + q + r, vocab, unk_token=unknown),
        "unknown, then known": told(answer(r + p + q, vocab, unk_token=unknown)),
        "unknown between known": told(answer(p + r + q, vocab, unk_token=unknown)),
    }


def _dead_end(answer: Handle, draw: Draw) -> Any:
    p, q, r, s = _drawn(draw, *((5, 1, 1, 1) if draw.small else (6, 2, 1, 2)))
    # The longest piece pq leaves a rest that no piece begins. Going back would find p, qr, s; two
    # pieces would do in one way; and so would three from the end, the longest ones.
    vocab = {p + q, p, f"##{q}", f"##{q}{r}", f"##{s}"}
    vocab |= {p[:-1], f"##{p[-1]}{q}{r}{s}"}
    vocab |= {p[0], p[:2], f"##{p[2:-2]}", f"##{p[-2:]}{q}{r}{s}"}
    return _cut(answer, draw, p + q + r + s, vocab)


def _too_long(answer: Handle, draw: Draw) -> Any:
    (word,) = _drawn(draw, 4 if draw.small else draw.integer(6, 9))
    vocab = {word[0], *(f"##{letter}" for letter in word)}
    shown(draw, word=word, vocab=vocab, max_chars=(len(word), len(word) - 1))
    return {
        "as long as may be": told(answer(word, vocab, max_chars=len(word))),
        "one letter longer": told(answer(word, vocab, max_chars=len(word) - 1, unk_token="<?>")),
    }


WORDPIECE_TOKENIZE = Exercise(
    id="wordpiece_tokenize",
    chapter=CHAPTER,
    module="unrolled.tokenizers.wordpiece",
    section=section("sec-01-wordpiece"),
    probes=(
        Probe("the longest piece that fits, from left to right", _longest, 2,
              says="from left to right, the longest piece of vocab that fits is taken at each "
              "place; here another comes out."),
        Probe("a word that is itself a piece", _whole, 1,
              says="a word that is itself in vocab is one piece, however short it is."),
        Probe("## tells a word's inside from its beginning", _places, 1,
              says="a piece inside a word is in vocab with ##, one at its beginning without, and "
              "neither stands in for the other."),
        Probe("one unknown part makes the whole word unknown", _unknown, 1,
              says="where no piece fits, the whole word is [unk_token]."),
        Probe("no way back after the longest piece", _dead_end, 1,
              says="the longest piece is taken also where the rest then cannot be cut, and the "
              "word is unknown."),
        Probe("a word of max_chars, and a longer one", _too_long, 1,
              says="a word of up to max_chars characters is cut, a longer one is [unk_token]."),
    ),
    mistakes=mistakes.WORDPIECE_TOKENIZE,
    hints=(
        "Keep one number, where the next piece starts. What must be true of a piece that starts "
        "there, and of the number after it has been taken?",
        "range(len(word), start, -1) tries the ends from the far one to the near one. Python's for "
        "has an else, which runs if no break was met.",
        'Look up ("##" if start else "") + word[start:end]; append the first that is in vocab, and '
        "go on at its end. If none is, return [unk_token] for the whole word.",
    ),
    difficulty=3,
    minutes=25,
    bans=(capabilities.TOKENIZER,),
)  # fmt: skip

MOST = 40  # runs that a report tells apart; no probe's word has more


def _runs(answer: Handle, draw: Draw, word: str, *lengths: int) -> dict[str, str]:
    shown(draw, word=word, **dict(zip(("n_min", "n_max"), lengths, strict=False)))
    return listed(answer(word, *lengths), "run", MOST)


def _default(answer: Handle, draw: Draw) -> Any:
    (word,) = _drawn(draw, 5 if draw.small else draw.integer(7, 9))
    return _runs(answer, draw, word)


def _one_length(answer: Handle, draw: Draw) -> Any:
    n = 2 if draw.small else draw.integer(2, 4)
    (word,) = _drawn(draw, n + (1 if draw.small else draw.integer(2, 4)))
    return _runs(answer, draw, word, n, n)


def _short(answer: Handle, draw: Draw) -> Any:
    (word,) = _drawn(draw, 2 if draw.small else draw.integer(2, 4))
    return {
        "the marked word is the longest run": _runs(answer, draw, word, 2, len(word) + 2),
        "runs could be longer than the word": listed(answer(word, 2, len(word) + 4), "run", MOST),
    }


def _again(answer: Handle, draw: Draw) -> Any:
    p, q = letters(draw, 2)
    return _runs(answer, draw, (p + q) * 3 + p, 2, 3)


def _shorter(answer: Handle, draw: Draw) -> Any:
    (word,) = _drawn(draw, 1 if draw.small else draw.integer(1, 2))
    return _runs(answer, draw, word, 5, 6)


CHARACTER_NGRAMS = Exercise(
    id="character_ngrams",
    chapter=CHAPTER,
    module="unrolled.embeddings.fasttext",
    section=section("sec-01-fasttext"),
    probes=(
        Probe("runs of 3 to 6 characters, then the word", _default, 2),
        Probe("runs of one length", _one_length, 1),
        Probe("a word short enough to be a run itself", _short, 1,
              says="the marked word stands in the list once, also where it is a run itself."),
        Probe("a run that occurs several times", _again, 1,
              says="every occurrence of a run is listed, short runs first and from left to right."),
        Probe("a word too short to have a run", _shorter, 1,
              says="a word too short for any run still has itself: the list is [marked word]."),
    ),
    mistakes=mistakes.CHARACTER_NGRAMS,
    hints=(
        "Put the marks on first; from then on the marked word is a string like any other.",
        "Two loops: over the length n, from n_min to n_max, and over the places where a run of n "
        "characters can start. How many such places has a string of length L?",
        "marked[start : start + n] for start in range(len(marked) - n + 1). Then append marked, "
        "unless it is among the runs.",
    ),
    difficulty=1,
    minutes=10,
)  # fmt: skip
