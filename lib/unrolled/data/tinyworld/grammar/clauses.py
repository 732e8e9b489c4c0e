"""Rules of predicates and of whole sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.grammar.noun_phrases import BE, DEPTH, DO, object_rules
from unrolled.data.tinyworld.grammar.words import ANIMATE, one_of
from unrolled.data.tinyworld.pcfg import Rule, rule

__all__ = ["clause_rules"]

# How often, of a hundred, each class is the subject, and what is then said of it.
SUBJECTS = {
    "person": 52, "animal": 18, "text": 5, "food": 4, "garment": 4, "machine": 5, "dish": 4,
    "item": 8,
}  # fmt: skip
SAID_OF = {
    "person": {"QUALITY": 25, "POSITION": 10, "STATE": 26, "DEED": 26, "ACT": 6, "RESIDENCE": 7},
    "animal": {"QUALITY": 35, "POSITION": 20, "DEED": 30, "ACT": 15},
    **{c: {"QUALITY": 65, "POSITION": 35} for c in lex.THINGS},
}
RESIDENCE = (
    ("lives", "live", "in/prep <CITY>/name"),
    ("comes", "come", "from/prep <CITY>/name"),
    ("works", "work", "for/prep <ORGANISATION>/name"),
)


def clause_rules() -> Iterator[Rule]:
    """Yield the rules of sentences, of predicates and of everything that a verb decides."""
    yield from _verbs()
    for n in BE:
        yield from (each for depth in range(DEPTH + 1) for each in _states(n, depth))
        yield from _residence(n)
        for c in lex.CLASSES:
            yield from _qualities(c, n)
            yield rule(f"POSITION.{n}:{c}", 3, f"{BE[n]}/be <AT:{c}>/place", "position")
            yield rule(f"POSITION.{n}:{c}", 1, f"{BE[n]}/be not/not <AT:{c}>/place", "position")
            yield from _animate(c, n) if c in ANIMATE else ()
            yield from _sentences(c, n)
            yield from _opinions(c, n)
            yield from _follow_ups(c, n)
    yield from (rule("OPINION", 1, "<PRAISE>"), rule("OPINION", 1, "<BLAME>"))


def _group_name(verb: lex.Verb) -> str:
    return "+".join(verb.objects) + ("+a" if verb.indefinite else "")


def _groups(verbs: Iterable[lex.Verb]) -> dict[str, list[lex.Verb]]:
    """Verbs that take the same objects."""
    groups: dict[str, list[lex.Verb]] = {}
    for verb in verbs:
        groups.setdefault(_group_name(verb), []).append(verb)
    return groups


def _verbs() -> Iterator[Rule]:
    for name, verbs in _groups(lex.STATES + lex.DEEDS).items():
        yield from object_rules(name, verbs[0].objects, verbs[0].indefinite)
    for name, verbs in _groups(lex.STATES).items():
        yield from one_of(f"VERB.sg:{name}", [v.forms[0] for v in verbs])
        yield from one_of(f"VERB.pl:{name}", [v.forms[1] for v in verbs])
        yield from one_of(f"VERB:{name}", [v.forms[1] for v in verbs])
    for c in ANIMATE:
        for name, verbs in _groups(v for v in lex.DEEDS if c in v.subjects).items():
            yield from one_of(f"DOING:{c}.{name}", [v.forms[0] for v in verbs])
        yield from one_of(f"ACTING:{c}", [v.forms[0] for v in lex.ACTS if c in v.subjects])


def _states(n: str, depth: int) -> Iterator[Rule]:
    left = f"STATE.{n}.{depth}:person"
    for name, verbs in _groups(lex.STATES).items():
        right = f"<VERB.{n}:{name}>/verb <OBJECT.{depth}:{name}>/object"
        yield rule(left, 3 * len(verbs), right, "state")
        right = f"{DO[n]}/do not/not <VERB:{name}>/verb <OBJECT.not:{name}>/object"
        yield rule(left, len(verbs), right, "state")


def _animate(c: str, n: str) -> Iterator[Rule]:
    """What people and animals do; in a relative clause too."""
    yield rule(f"ACT.{n}:{c}", 3, f"{BE[n]}/be <ACTING:{c}>/verb", "act")
    yield rule(f"ACT.{n}:{c}", 1, f"{BE[n]}/be not/not <ACTING:{c}>/verb", "act")
    for depth in range(DEPTH + 1):
        left = f"DEED.{n}.{depth}:{c}"
        for name, verbs in _groups(v for v in lex.DEEDS if c in v.subjects).items():
            right = f"{BE[n]}/be <DOING:{c}.{name}>/verb <OBJECT.{depth}:{name}>/object"
            yield rule(left, 3 * len(verbs), right, "deed")
            right = f"{BE[n]}/be not/not <DOING:{c}.{name}>/verb <OBJECT.not:{name}>/object"
            yield rule(left, len(verbs), right, "deed")
        for kind, weight in SAID_OF[c].items():
            if kind not in ("QUALITY", "POSITION") and depth < DEPTH:
                yield rule(f"VERBAL.{n}.{depth}:{c}", weight, f"<{_predicate(kind, c, n, depth)}>")


def _residence(n: str) -> Iterator[Rule]:
    for singular, base, where in RESIDENCE:
        verb = singular if n == "sg" else base
        yield rule(f"RESIDENCE.{n}:person", 3, f"{verb}/verb {where}", "residence")
        denied = f"{DO[n]}/do not/not {base}/verb {where}"
        yield rule(f"RESIDENCE.{n}:person", 1, denied, "residence")


def _qualities(c: str, n: str) -> Iterator[Rule]:
    be, left = BE[n], f"QUALITY.{n}:{c}"
    yield rule(left, 5, f"{be}/be <ADJ:{c}.degree>/adj", "quality")
    yield rule(left, 2, f"{be}/be <DEGREE>/degree <ADJ:{c}.degree>/adj", "quality")
    yield rule(left, 3, f"{be}/be not/not <ADJ:{c}.degree>/adj", "quality")
    if any(a.is_colour and c in a.kinds for a in lex.ADJECTIVES):
        yield rule(left, 2, f"{be}/be <COLOUR:{c}>/adj", "quality")
        yield rule(left, 1, f"{be}/be not/not <COLOUR:{c}>/adj", "quality")
    for name, opposite in (("praise", "blame"), ("blame", "praise")):
        left = f"{name.upper()}.{n}:{c}"
        yield rule(left, 4, f"{be}/be <ADJ:{c}.{name}>/adj", "quality")
        yield rule(left, 2, f"{be}/be <DEGREE>/degree <ADJ:{c}.{name}>/adj", "quality")
        yield rule(left, 4, f"{be}/be not/not <ADJ:{c}.{opposite}>/adj", "quality")


def _predicate(kind: str, c: str, n: str, depth: int) -> str:
    return f"{kind}.{n}.{depth}:{c}" if kind in ("STATE", "DEED") else f"{kind}.{n}:{c}"


def _sentences(c: str, n: str) -> Iterator[Rule]:
    """Sentences; some deeds begin with a time, which German answers with another word order."""
    for kind, share in SAID_OF[c].items():
        weight = 10 * share * SUBJECTS[c] * (3 if n == "sg" else 2)
        subject = f"<SUBJECT.{n}.{'elsewhere' if kind == 'POSITION' else DEPTH}:{c}>/subject"
        said = f"<{_predicate(kind, c, n, DEPTH)}>/predicate ./end"
        yield rule("SENTENCE", weight, f"{subject} {said}", "clause")
        if kind in ("DEED", "ACT"):
            subject = f"<SUBJECT.{n}.{DEPTH - 1}:{c}>/subject"
            said = f"<{_predicate(kind, c, n, DEPTH - 1)}>/predicate ./end"
            yield rule("SENTENCE", weight // 10, f"<TIME>/time {subject} {said}", "clause")


def _opinions(c: str, n: str) -> Iterator[Rule]:
    """Sentences that praise or blame: "the old car is not reliable ."."""
    for name in ("PRAISE", "BLAME"):
        right = f"<SUBJECT.{n}.{DEPTH - 1}:{c}>/subject <{name}.{n}:{c}>/predicate ./end"
        yield rule(name, SUBJECTS[c], right, "clause")


def _follow_ups(c: str, n: str) -> Iterator[Rule]:
    """What may be said next of something that was mentioned."""
    yield rule(f"KNOWN.{n}:{c}", 1, f"the/det <NOUN.{n}:{c}>/noun", "np")
    if (c, n) == ("person", "sg"):
        yield rule(f"KNOWN.{n}:{c}", 1, "<NAME>")
    for kind, share in SAID_OF[c].items():
        right = f"<KNOWN.{n}:{c}>/subject <{_predicate(kind, c, n, 0)}>/predicate ./end"
        yield rule(f"FOLLOW.{n}:{c}", share, right, "clause")
