"""Labelled examples: praise or blame, entities, and whether one sentence follows another."""

from __future__ import annotations

from typing import NamedTuple

from unrolled.data.choice import Choice
from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.generation import draw
from unrolled.data.tinyworld.grammar import GRAMMAR, PARSER, START
from unrolled.data.tinyworld.meaning import Node
from unrolled.data.tinyworld.sentence import Sentence
from unrolled.data.tinyworld.splits import check_split

__all__ = [
    "EntityExample",
    "NextSentenceExample",
    "SentimentExample",
    "entity_examples",
    "entity_tags",
    "next_sentence_examples",
    "sentiment_examples",
]


class SentimentExample(NamedTuple):
    """A sentence that praises (label 1) or blames (label 0)."""

    words: tuple[str, ...]
    label: int


class EntityExample(NamedTuple):
    """A sentence and, for each word, a tag: O, or B- or I- with PER, LOC or ORG."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


class NextSentenceExample(NamedTuple):
    """Two sentences, and whether the second goes on about something in the first."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    is_next: bool


def check_count(n: int, split: str | None) -> None:
    """Refuse a negative number of examples and an unknown split."""
    if n < 0:
        raise ValueError(f"n={n} is given, at least 0 is wanted")
    check_split(split)


def sentiment_examples(n: int, seed: int = 0, split: str | None = None) -> list[SentimentExample]:
    """Return sentences that praise or blame their subject.

    "Not" turns the meaning round in four of ten, and an adjective inside the subject may point the
    other way: counting good and bad words is not enough.

    Args:
        n: how many, at least 0.
        seed: any integer.
        split: which structures; None for all.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``n`` is negative or ``split`` unknown.

    >>> words, label = sentiment_examples(1, seed=4)[0]
    >>> " ".join(words), label
    ('the pilot that the bear is watching is clever .', 1)
    """
    check_count(n, split)
    choice = Choice(seed)
    examples = []
    for _ in range(n):
        sentence = draw(choice, "OPINION", split)
        said = sentence.meaning.node("predicate")
        is_praise = lex.ADJECTIVE_OF[said.word("adj")].polarity == lex.POSITIVE
        examples.append(SentimentExample(sentence.english, int(is_praise != said.has("not"))))
    return examples


def entity_examples(n: int, seed: int = 0, split: str | None = None) -> list[EntityExample]:
    """Return sentences with their entities marked; not every sentence has one.

    Args:
        n: how many, at least 0.
        seed: any integer.
        split: which structures; None for all.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``n`` is negative or ``split`` unknown.
    """
    check_count(n, split)
    choice = Choice(seed)
    drawn = [draw(choice, START, split) for _ in range(n)]
    return [EntityExample(sentence.english, entity_tags(sentence)) for sentence in drawn]


def entity_tags(sentence: Sentence) -> tuple[str, ...]:
    """Return a BIO tag for each English word; a title ("Mr") is no part of the name.

    >>> from unrolled.data.tinyworld import parse
    >>> entity_tags(parse("Anna Novak lives in Rome .".split()))
    ('B-PER', 'I-PER', 'O', 'O', 'B-LOC', 'O')
    """
    tags, before = [], ""
    for word, (key,) in sentence.keyed_english:
        path, _, role = key.rpartition(".")
        kind = _kind(role, word)
        inside = kind and before == path + kind
        tags.append(f"{'I' if inside else 'B'}-{kind}" if kind else "O")
        before = path + kind if kind else ""
    return tuple(tags)


_IN_CITIES = {word for name in lex.CITIES for word in name.english.split()}


def _kind(role: str, word: str) -> str:
    if role in ("first", "family"):
        return "PER"
    if role == "name":
        return "LOC" if word in _IN_CITIES else "ORG"
    return ""


def next_sentence_examples(
    n: int, seed: int = 0, split: str | None = None
) -> list[NextSentenceExample]:
    """Return pairs of sentences; in every second one, on average, the second follows the first.

    A sentence that follows is about somebody or something in the first ("Anna is feeding a dog ."
    "the dog is hungry ."). One that does not is about something else.

    Args:
        n: how many, at least 0.
        seed: any integer.
        split: which structures the first sentence may have; None for all.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``n`` is negative or ``split`` unknown.
    """
    check_count(n, split)
    choice = Choice(seed)
    examples = []
    for _ in range(n):
        first, is_next = draw(choice, START, split), choice.below(2) == 1
        mentioned = _mentioned(first.meaning)
        chosen = choice.one(mentioned) if is_next else _unmentioned(choice, mentioned)
        examples.append(NextSentenceExample(first.english, _follow(choice, chosen), is_next))
    return examples


Known = tuple[str, tuple[str, ...]]  # class and number, and the words that name it


def _mentioned(node: Node) -> list[Known]:
    """Everything a sentence speaks of, in the order of its words; places left out."""
    found: list[Known] = []
    if node.tag == "name":
        roles = [role for role in ("title", "first", "family") if node.has(role)]
        found.append(("sg:person", tuple(node.word(role) for role in roles)))
    elif node.tag in ("np", "bare"):
        noun = lex.NOUN_OF[node.word("noun")]
        n = "pl" if noun.plural == node.word("noun") else "sg"
        found.append((f"{n}:{noun.kind}", ("the", node.word("noun"))))
    for part in node.parts.values():
        found += _mentioned(part) if isinstance(part, Node) else []
    return found


def _unmentioned(choice: Choice, mentioned: list[Known]) -> Known:
    """Something that shares no word with what was mentioned, in either number."""
    said = {word for _, named in mentioned for word in named} - {"the"}
    said |= {
        w
        for noun in lex.NOUNS
        if {noun.singular, noun.plural} & said
        for w in (noun.singular, noun.plural)
    }
    while True:
        known = choice.one(_mentioned(draw(choice).meaning))
        if said.isdisjoint(known[1]):
            return known


def _follow(choice: Choice, known: Known) -> tuple[str, ...]:
    """Say something about what is known."""
    features, named = known
    rule = GRAMMAR.draw_rule(choice, f"FOLLOW.{features}")
    subject = PARSER.derivations(named, f"KNOWN.{features}")[0]
    said = GRAMMAR.rules[rule].items[1].symbol
    return GRAMMAR.words((rule, *subject, *GRAMMAR.draw(choice, said)))
