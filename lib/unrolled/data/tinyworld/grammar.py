"""The meanings TinyWorld can express, and how often it draws each: a grammar of no language."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.data.choice import Choice
from unrolled.data.tinyworld.lexicon import (
    ADJECTIVES,
    NOUNS,
    NUMBERS,
    PLACES,
    VERBS,
    Adjective,
    Noun,
    Place,
    Verb,
)

__all__ = ["AtPlace", "NounPhrase", "Predicate", "Relative", "Words", "clause"]

Words = list[tuple[str, str]]  # each word with the node of the meaning that it expresses

# How often each rule of the grammar is used, of a hundred. Everything else is equally likely.
MODIFIERS = {"none": 25, "place": 25, "object relative": 30, "subject relative": 20}
PREDICATES = {"adjective": 40, "place": 15, "verb": 45}
DEFINITE = {"the": 80, "this": 20}
OBJECTS = {"definite": 50, "one": 30, "several": 20}
YES = {True: 50, False: 50}
SOMETIMES = {True: 25, False: 75}


@dataclass(frozen=True)
class AtPlace:
    """A position: "near the windows"."""

    preposition: str
    place: Place
    plural: bool


@dataclass(frozen=True)
class NounPhrase:
    """Somebody or something, and all that describes it."""

    noun: Noun
    plural: bool
    determiner: str  # the, this, a, "" ("three keys"); "bare" inside a relative clause
    number: str = ""
    adjective: Adjective | None = None
    modifier: AtPlace | Relative | None = None


@dataclass(frozen=True)
class Predicate:
    """What is said of the subject: a quality, a position, or a verb with its object."""

    core: Adjective | AtPlace | Verb
    negated: bool
    object: NounPhrase | None = None


@dataclass(frozen=True)
class Relative:
    """ "that the teacher has" (with a subject of its own) or "that likes Anna" (without)."""

    predicate: Predicate
    subject: NounPhrase | None = None


def clause(choice: Choice) -> tuple[NounPhrase, Predicate]:
    """Draw the meaning of one sentence: who or what, and what is said of it."""
    noun = choice.one(NOUNS)
    rule = choice.weighted(PREDICATES)
    if rule == "verb" and noun.kind != "person":
        rule = "adjective"
    modifiers = {k: w for k, w in MODIFIERS.items() if _allows(noun, k, rule)}
    modifier = _modifier(choice, noun, choice.weighted(modifiers))
    describe = rule != "adjective" and choice.weighted(SOMETIMES)
    subject = _definite(choice, noun, describe, modifier)
    if rule == "adjective":
        return subject, Predicate(_adjective(choice, noun), choice.weighted(SOMETIMES))
    if rule == "place":
        return subject, Predicate(_at_place(choice, noun), choice.weighted(SOMETIMES))
    return subject, _verb_phrase(choice, choice.one(VERBS))


def _allows(noun: Noun, modifier: str, predicate: str) -> bool:
    """A name needs no modifier, one position is enough, and only people do something."""
    if modifier == "none":
        return True
    if noun.is_name or (modifier == predicate == "place"):
        return False
    return modifier != "subject relative" or noun.kind == "person"


def _modifier(choice: Choice, noun: Noun, rule: str) -> AtPlace | Relative | None:
    if rule == "place":
        return _at_place(choice, noun)
    if rule == "subject relative":
        return Relative(_verb_phrase(choice, choice.one(VERBS)))
    if rule == "object relative":
        verb = choice.one([v for v in VERBS if _takes(v, noun)])
        who = choice.one([n for n in NOUNS if n.kind == "person" and n != noun])
        plural = not who.is_name and choice.weighted(YES)
        return Relative(Predicate(verb, negated=False), NounPhrase(who, plural, "bare"))
    return None


def _takes(verb: Verb, noun: Noun) -> bool:
    return not verb.objects.isdisjoint({noun.kind, *noun.traits})


def _definite(
    choice: Choice, noun: Noun, describe: bool, modifier: AtPlace | Relative | None = None
) -> NounPhrase:
    if noun.is_name:
        return NounPhrase(noun, False, "")
    plural = choice.weighted(YES)
    number = choice.one(list(NUMBERS)) if plural and choice.weighted(SOMETIMES) else ""
    adjective = _adjective(choice, noun, before_noun=True) if describe else None
    return NounPhrase(noun, plural, choice.weighted(DEFINITE), number, adjective, modifier)


def _object(choice: Choice, verb: Verb, negated: bool) -> NounPhrase:
    noun = choice.one([n for n in NOUNS if _takes(verb, n)])
    describe = choice.weighted(SOMETIMES)
    rule = choice.weighted(OBJECTS) if verb.indefinite and not negated else "definite"
    if rule == "definite" or noun.is_name:
        return _definite(choice, noun, describe)
    adjective = _adjective(choice, noun, before_noun=True) if describe else None
    if rule == "one":
        return NounPhrase(noun, False, "a", adjective=adjective)
    return NounPhrase(noun, True, "", choice.one(list(NUMBERS)), adjective)


def _verb_phrase(choice: Choice, verb: Verb) -> Predicate:
    negated = choice.weighted(SOMETIMES)
    return Predicate(verb, negated, _object(choice, verb, negated))


def _adjective(choice: Choice, noun: Noun, before_noun: bool = False) -> Adjective:
    fitting = [a for a in ADJECTIVES if noun.kind in a.kinds]
    return choice.one([a for a in fitting if not before_noun or a.before_noun != "-"])


def _at_place(choice: Choice, noun: Noun) -> AtPlace:
    options = [
        (preposition, place)
        for place in PLACES
        for preposition in place.prepositions
        if "small" in noun.traits or preposition == "near" or place.is_roomy
    ]
    preposition, place = choice.one(options)
    return AtPlace(preposition, place, choice.weighted(SOMETIMES))
