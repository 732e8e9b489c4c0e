"""Rules that end in words: nouns, adjectives, names, small words and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.pcfg import Rule, rule

__all__ = ["ANIMATE", "NOUNS_OF", "one_of", "word_rules"]

ANIMATE = ("person", "animal")
NOUNS_OF = {c: [noun for noun in lex.NOUNS if noun.kind == c] for c in lex.CLASSES}
CONTAINERS = ("box", "drawer", "cupboard", "shelf")  # only something small fits there
SAID_WITH_A = ("uniform", "useful")  # the first vowel is spoken as a consonant
SAID_WITH_AN = ("honest",)


def one_of(left: str, phrases: Iterable[str]) -> Iterator[Rule]:
    """A symbol that stands for one of several words or groups of words, each equally likely."""
    for phrase in phrases:
        yield rule(left, 1, phrase)


def word_rules() -> Iterator[Rule]:
    """Yield every rule below the phrases that do not depend on a verb."""
    yield from _small_words()
    yield from _names()
    for c in lex.CLASSES:
        fitting = [a for a in lex.ADJECTIVES if c in a.kinds]
        yield from one_of(f"NOUN.sg:{c}", [noun.singular for noun in NOUNS_OF[c]])
        yield from one_of(f"NOUN.pl:{c}", [noun.plural for noun in NOUNS_OF[c]])
        yield from _adjectives(c, fitting)
        yield from _indefinite(c, [n.singular for n in NOUNS_OF[c]], [a.english for a in fitting])
        yield from _places(c)


def _small_words() -> Iterator[Rule]:
    yield from (rule("DET.sg", 4, "the"), rule("DET.sg", 1, "this"))
    yield from (rule("DET.pl", 4, "the"), rule("DET.pl", 1, "these"))
    yield from one_of("NUMBER", lex.NUMBERS)
    yield from one_of("TIME", lex.TIMES)
    yield from one_of("DEGREE", lex.DEGREES)


def _names() -> Iterator[Rule]:
    yield from one_of("TITLE", lex.TITLES)
    yield from one_of("FIRST", [name.english for name in lex.FIRST_NAMES])
    yield from one_of("FAMILY", [name.english for name in lex.FAMILY_NAMES])
    yield from one_of("CITY", [name.english for name in lex.CITIES])
    yield from one_of("ORGANISATION", [name.english for name in lex.ORGANISATIONS])
    yield rule("NAME", 6, "<FIRST>/first", "name")
    yield rule("NAME", 2, "<FIRST>/first <FAMILY>/family", "name")
    yield rule("NAME", 2, "<TITLE>/title <FAMILY>/family", "name")
    yield rule("ORIGIN", 1, "from/prep <CITY>/name", "origin")


def _adjectives(c: str, fitting: list[lex.Adjective]) -> Iterator[Rule]:
    yield from one_of(f"ADJ:{c}", [a.english for a in fitting])
    yield from one_of(f"ADJ:{c}.degree", [a.english for a in fitting if not a.is_colour])
    yield from one_of(f"COLOUR:{c}", [a.english for a in fitting if a.is_colour])
    for name, polarity in (("praise", lex.POSITIVE), ("blame", lex.NEGATIVE)):
        yield from one_of(f"ADJ:{c}.{name}", [a.english for a in fitting if a.polarity == polarity])


def _article(word: str) -> str:
    if word in SAID_WITH_A or word in SAID_WITH_AN:
        return "a" if word in SAID_WITH_A else "an"
    return "an" if word[0] in "aeiou" else "a"


def _indefinite(c: str, nouns: list[str], adjectives: list[str]) -> Iterator[Rule]:
    """ "a dog", "an old dog": the article goes by the word that follows."""
    for article in ("a", "an"):
        heads = [word for word in nouns if _article(word) == article]
        describing = [word for word in adjectives if _article(word) == article]
        yield from one_of(f"NOUN.sg:{c}.{article}", heads)
        yield from one_of(f"ADJ:{c}.{article}", describing)
        if heads:  # three times as likely as with an adjective
            right = f"{article}/det <NOUN.sg:{c}.{article}>/noun"
            yield rule(f"A:{c}", 3 * len(heads) * len(adjectives), right, "np")
        if describing:
            right = f"{article}/det <ADJ:{c}.{article}>/adj <NOUN.sg:{c}>/noun"
            yield rule(f"A:{c}", len(describing) * len(nouns), right, "np")


def _places(c: str) -> Iterator[Rule]:
    """Where something of a class can be: "under the tables"."""
    for preposition in lex.PREPOSITIONS:
        places = [p for p in lex.PLACES if _fits(c, preposition, p)]
        for n, share in (("sg", 3), ("pl", 1)) if places else ():
            symbol = f"PLACE.{n}:{c}.{preposition}"
            yield from one_of(symbol, [p.singular if n == "sg" else p.plural for p in places])
            right = f"{preposition}/prep the/det <{symbol}>/noun"
            yield rule(f"AT:{c}", share * len(places), right, "at")


def _fits(c: str, preposition: str, place: lex.Noun) -> bool:
    if preposition not in place.prepositions:
        return False
    if c not in (*ANIMATE, "machine"):
        return True
    if c == "machine" and preposition in ("on", "under"):
        return False
    bad_manners = c == "person" and place.singular == "table" and preposition != "beside"
    return place.singular not in CONTAINERS and not bad_manners
