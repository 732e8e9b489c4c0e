"""Sentences drawn from the grammar, and what the grammar knows of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cache

from unrolled.data.choice import Choice
from unrolled.data.tinyworld.grammar import GRAMMAR, PARSER, START
from unrolled.data.tinyworld.sentence import Sentence
from unrolled.data.tinyworld.splits import check_split, split_of, structure

__all__ = [
    "draw",
    "entropy_per_token",
    "expected_length",
    "generate",
    "log_prob",
    "next_words",
    "parse",
    "sentence_count",
    "sentence_entropy",
    "sentences",
    "surprisals",
]


def draw(choice: Choice, start: str = START, split: str | None = None) -> Sentence:
    """Draw one sentence, again and again until it is in the split."""
    while True:
        derivation = GRAMMAR.draw(choice, start)
        if split is None or split_of(structure(derivation)) == split:
            return Sentence(derivation)


def sentences(seed: int = 0, split: str | None = None) -> Iterator[Sentence]:
    """Yield sentences without end; the same seed gives the same ones on every machine.

    Args:
        seed: any integer.
        split: ``"train"``, ``"valid"``, ``"test"``, or None for all of the language.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``split`` is unknown.

    >>> next(sentences(seed=8)).english_text
    'Nina is eating four delicious potatoes.'
    """
    check_split(split)
    choice = Choice(seed)
    return (draw(choice, START, split) for _ in itertools.count())


def generate(n: int, seed: int = 0, split: str | None = None) -> list[Sentence]:
    """Return the first ``n`` of :func:`sentences`.

    Args:
        n: how many, at least 0. A longer list starts with the shorter one.
        seed: any integer.
        split: ``"train"``, ``"valid"``, ``"test"``, or None for all of the language.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``n`` is negative or ``split`` unknown.

    >>> sentence = generate(1, seed=8)[0]
    >>> print(*sentence.english)
    Nina is eating four delicious potatoes .
    >>> print(*sentence.chinese)
    妮娜 在 吃 四 个 好吃 的 土豆 。
    >>> print(*sentence.german)
    Nina isst vier leckere Kartoffeln .
    """
    if n < 0:
        raise ValueError(f"n={n} is given, at least 0 is wanted")
    return list(itertools.islice(sentences(seed, split), n))


def parse(words: Sequence[str]) -> Sentence:
    """Return the one sentence that consists of these English words.

    Args:
        words: lower-case but for names, the full stop a word of its own.

    Raises:
        ValueError: if the grammar cannot say it; the message tells where it fails.

    >>> print(*parse("the keys that Anna needs are new .".split()).german)
    die Schlüssel , die Anna braucht , sind neu .
    """
    if isinstance(words, str):
        raise TypeError("words is a str, a sequence of words is wanted: split it first")
    found = PARSER.derivations(tuple(words), START)
    if not found:
        raise ValueError(_complaint(words))
    return Sentence(found[0])


def _complaint(words: Sequence[str]) -> str:
    state = PARSER.begin(START)
    for i, word in enumerate(words):
        after = PARSER.advance(state, word)
        if not after:
            wanted = list(PARSER.next_words(state))[:3]
            before = " ".join(words[:i])
            return f"no sentence goes on with {word!r} after {before!r}; {wanted} are likely there"
        state = after
    return f"{' '.join(words)!r} is the beginning of a sentence, a whole one is wanted"


def log_prob(words: Sequence[str]) -> float:
    """Return the natural logarithm of how probable the grammar makes a sentence.

    Args:
        words: the English words, the full stop included.

    Raises:
        ValueError: if the grammar cannot say it.

    >>> round(log_prob("Anna is tired .".split()), 3)
    -10.965
    """
    return parse(words).log_probability


def next_words(prefix: Sequence[str]) -> dict[str, float]:
    """Return the exact probability of each next word: what the best possible model would say.

    Args:
        prefix: the English words so far; none gives the first word's distribution.

    Returns:
        Word to probability, most probable first; they sum to 1. Empty after the full stop.

    Raises:
        ValueError: if no sentence begins like that.

    >>> next_words("the keys that the teacher has".split()).keys() >= {"are"}
    True
    """
    state = PARSER.begin(START)
    for word in prefix:
        state = PARSER.advance(state, word)
    if not state:
        raise ValueError(_complaint(prefix))
    return PARSER.next_words(state)


def surprisals(words: Sequence[str]) -> list[float]:
    r"""Return, word by word, how surprising each is after those before it.

    .. math:: s_t = -\log p(w_t \mid w_1, \dots, w_{t-1}), \qquad \sum_t s_t = -\log p(w)

    Args:
        words: the English words of a whole sentence.

    Returns:
        One number a word, in nats.

    Raises:
        ValueError: if the grammar cannot say it.

    >>> said = "the keys that the teacher has are new .".split()
    >>> dict(zip(said[5:], (round(s, 1) for s in surprisals(said)[5:])))   # "is" was impossible
    {'has': 2.9, 'are': 0.0, 'new': 4.1, '.': 0.0}
    """
    parse(words)
    state, found = PARSER.begin(START), []
    for word in words:
        total = math.fsum(state.values())
        state = PARSER.advance(state, word)
        found.append(math.log(total / math.fsum(state.values())))
    return found


@cache
def sentence_count() -> int:
    """Return how many sentences there are; each has one derivation."""
    return GRAMMAR.count(START)


@cache
def sentence_entropy() -> float:
    """Return the entropy of a sentence in nats, exact: no model's mean loss can be below it."""
    return GRAMMAR.entropy(START)


@cache
def expected_length() -> float:
    """Return the mean number of words in a sentence, the full stop counted."""
    return GRAMMAR.expected_length(START)


def entropy_per_token() -> float:
    r"""Return the entropy rate, in nats per word, of sentences said one after another.

    .. math:: h = H(\text{sentence}) \,/\, \mathrm{E}[\text{length}]

    The full stop ends every sentence and nothing else, so the text falls apart into independent
    sentences in one way only, and this is the least mean loss per word of any language model.

    >>> round(entropy_per_token(), 4)
    2.2752
    """
    return sentence_entropy() / expected_length()
