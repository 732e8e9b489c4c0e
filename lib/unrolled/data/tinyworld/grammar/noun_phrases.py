"""Rules of noun phrases, and of the relative clauses and places that follow a noun."""

from __future__ import annotations

from collections.abc import Iterator

from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.grammar.words import ANIMATE, NOUNS_OF, one_of
from unrolled.data.tinyworld.pcfg import Rule, rule

__all__ = ["BE", "DEPTH", "DO", "noun_phrase_rules", "object_rules"]

BE = {"sg": "is", "pl": "are"}
DO = {"sg": "does", "pl": "do"}
DEPTH = 2  # a relative clause may stand inside a relative clause


def noun_phrase_rules() -> Iterator[Rule]:
    """Yield the rules of definite noun phrases and of what modifies them."""
    for c in lex.CLASSES:
        yield from (each for who in ANIMATE for n in BE for each in _gaps(c, who, n))
        for n in BE:
            yield from _definite(f"THE.{n}.bare:{c}", c, n, "")
            yield from _definite(f"THE.{n}.elsewhere:{c}", c, n, f"<MOD.{n}.elsewhere:{c}>")
            yield from _modifiers(f"MOD.{n}.elsewhere:{c}", c, n, DEPTH, place=False)
            for depth in range(DEPTH + 1):
                modifier = f"<MOD.{n}.{depth}:{c}>"
                yield from _definite(f"THE.{n}.{depth}:{c}", c, n, modifier)
                yield from _modifiers(f"MOD.{n}.{depth}:{c}", c, n, depth)
                yield from _relative_clauses(c, n, depth) if depth else ()
                yield from _owners(c, n, depth) if c in ANIMATE and depth < DEPTH else ()
            for end in (f"{DEPTH}", f"{DEPTH - 1}", "elsewhere"):
                yield rule(f"SUBJECT.{n}.{end}:{c}", 1, f"<THE.{n}.{end}:{c}>")
                if (c, n) == ("person", "sg"):
                    yield rule(f"SUBJECT.{n}.{end}:{c}", 1, "<NAME>")


def _definite(left: str, c: str, n: str, modifier: str) -> Iterator[Rule]:
    """ "the three old teachers" and a modifier; without number and adjective more often."""
    numbers = [("", 1)] if n == "sg" else [("", 4), ("<NUMBER>/number", 1)]
    for number, share in numbers:
        for adjective, times in (("", 3), (f"<ADJ:{c}>/adj", 1)):
            right = f"<DET.{n}>/det {number} {adjective} <NOUN.{n}:{c}>/noun {modifier}"
            yield rule(left, share * times, right, "np")


def _modifiers(left: str, c: str, n: str, depth: int, place: bool = True) -> Iterator[Rule]:
    yield rule(left, 60, "")
    if place:
        yield rule(left, 12, f"<AT:{c}>/modifier")
    if c == "person":
        yield rule(left, 6, "<ORIGIN>/modifier")
    if depth:
        yield rule(left, 25, f"<RELATIVE.{n}.{depth}:{c}>/modifier")


def _owners(c: str, n: str, depth: int) -> Iterator[Rule]:
    """The subject of a relative clause: "the girl that ..." or a name."""
    right = f"the/det <NOUN.{n}:{c}>/noun <MOD.{n}.{depth}:{c}>"
    yield rule(f"OWNER.{n}.{depth}:{c}", 3, right, "bare" if c == "person" else "np")
    if (c, n) == ("person", "sg"):
        yield rule(f"OWNER.{n}.{depth}:{c}", 2, "<NAME>")


def _relative_clauses(c: str, n: str, depth: int) -> Iterator[Rule]:
    """ "that likes Anna" and "that the teacher is looking for"."""
    left = f"RELATIVE.{n}.{depth}:{c}"
    if c in ANIMATE:
        yield rule(left, 5, f"that/that <VERBAL.{n}.{depth - 1}:{c}>/predicate", "relative")
    for who in ANIMATE:
        if any(c in verb.objects and who in verb.subjects for verb in lex.VERBS):
            for m, share in (("sg", 3), ("pl", 2)):
                owner = f"<OWNER.{m}.{depth - 1}:{who}>/subject"
                right = f"that/that {owner} <GAP.{m}:{c}.{who}>/predicate"
                yield rule(left, share * (3 if who == "person" else 1), right, "relative")


def _gaps(c: str, who: str, n: str) -> Iterator[Rule]:
    """The verb of a clause whose object, of class ``c``, stands before "that"."""
    left, verb, base = f"GAP.{n}:{c}.{who}", f"VERB.{n}:gap.{c}.{who}", f"VERB:gap.{c}.{who}"
    states = [v for v in lex.STATES if c in v.objects and who in v.subjects]
    deeds = [v for v in lex.DEEDS if c in v.objects and who in v.subjects]
    if states:
        yield from one_of(verb, [v.forms[n == "pl"] for v in states])
        yield rule(left, 3, f"<{verb}>/verb", "state")
        yield rule(left, 1, f"{DO[n]}/do not/not <{base}>/verb", "state")
    if deeds:
        yield rule(left, 3, f"{BE[n]}/be <DOING:gap.{c}.{who}>/verb", "deed")
        yield rule(left, 1, f"{BE[n]}/be not/not <DOING:gap.{c}.{who}>/verb", "deed")
    if n == "sg":  # these two are the same in both numbers
        yield from one_of(base, [v.forms[1] for v in states])
        yield from one_of(f"DOING:gap.{c}.{who}", [v.forms[0] for v in deeds])


def object_rules(name: str, classes: tuple[str, ...], indefinite: bool) -> Iterator[Rule]:
    """Yield the rules of what a group of verbs takes; negated, it is never modified."""
    for c in classes:
        weight = len(NOUNS_OF[c])
        denied = f"OBJECT.not:{name}"
        for depth in range(DEPTH + 1):
            yield from _objects(f"OBJECT.{depth}:{name}", c, depth, weight, indefinite)
        for n in BE:
            yield rule(denied, weight, f"<THE.{n}.bare:{c}>")
        if c == "person":
            yield rule(denied, weight, "<NAME>")
        if indefinite:
            yield rule(denied, 2 * weight, f"<A:{c}>")


def _objects(left: str, c: str, depth: int, weight: int, indefinite: bool) -> Iterator[Rule]:
    for n in BE:
        yield rule(left, 2 * weight, f"<THE.{n}.{depth}:{c}>")
    if c == "person":
        yield rule(left, 2 * weight, "<NAME>")
    if indefinite:
        yield rule(left, 2 * weight, f"<A:{c}>")
        yield rule(left, weight, f"<NUMBER>/number <NOUN.pl:{c}>/noun", "np")
        yield rule(left, weight, f"<NUMBER>/number <ADJ:{c}>/adj <NOUN.pl:{c}>/noun", "np")
