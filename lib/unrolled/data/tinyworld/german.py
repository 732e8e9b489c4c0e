"""A meaning in German words: gender, case, adjective endings, and the verb at the clause's end."""

from __future__ import annotations

from itertools import pairwise

from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.german_forms import article, ending, relative_pronoun
from unrolled.data.tinyworld.meaning import Node, Word

__all__ = ["german_words"]

BE = {False: "ist", True: "sind"}
RESIDENCE = {
    "in": (("wohnt", "wohnen"), "in"),
    "from": (("kommt", "kommen"), "aus"),
    "for": (("arbeitet", "arbeiten"), "bei"),
}
SMALL_WORDS = {
    *(*BE.values(), "nicht", "im", ",", "."),
    *(word for forms, preposition in RESIDENCE.values() for word in (*forms, preposition)),
}


def german_words(clause: Node) -> list[Word]:
    """Render "heute isst der Hund , den Anna hat , einen Apfel ."."""
    subject, predicate = clause.node("subject"), clause.node("predicate")
    who, describing = _noun_phrase(subject, "nom")
    verb, rest, trailing = _predicate(predicate, _is_plural(subject))
    said = [*who, *describing]
    time = clause.word("time")
    if time:  # the verb stays second: the subject moves behind it
        first = [(word, clause.key("time")) for word in lex.TIMES[time][1].split()]
        words = [*first, verb, *said, *rest, *trailing]
    else:
        words = [*said, verb, *rest, *trailing]
    return _commas([*words, (".", clause.key("end"))])


def _commas(words: list[Word]) -> list[Word]:
    """One comma is enough where two clauses meet, and none is needed before the full stop."""
    kept = [
        word for word, following in pairwise(words) if not (word[0] == "," and following[0] in ",.")
    ]
    return [*kept, words[-1]]


def _is_plural(node: Node) -> bool:
    return node.tag != "name" and lex.NOUN_OF[node.word("noun")].plural == node.word("noun")


def _noun_phrase(
    node: Node, case: str, denial: tuple[str, ...] = ()
) -> tuple[list[Word], list[Word]]:
    """Return "die drei neuen Schlüssel" and, apart from it, ", die der Lehrer hat ,".

    ``denial`` is not empty where "not ... a" becomes "kein".
    """
    if node.tag == "name":
        return _name(node, case), []
    noun, is_plural = lex.NOUN_OF[node.word("noun")], _is_plural(node)
    kind, form = article(node.word("det"), bool(denial), noun.gender, is_plural, case)
    words = [(form, node.key("det") + denial)] if form else []
    if node.has("number"):
        words.append((lex.NUMBERS[node.word("number")][1], node.key("number")))
    if node.has("adj"):
        stem = lex.ADJECTIVE_OF[node.word("adj")].stem
        inflected = stem + ending(kind, noun.gender, is_plural, case)
        words.append((inflected, node.key("adj")))
    words.append((noun.german_form(is_plural, case), node.key("noun")))
    if not node.has("modifier"):
        return words, []
    modifier = node.node("modifier")
    if modifier.tag == "relative":
        return words, _relative_clause(modifier, noun.gender, is_plural)
    return [*words, *(_origin(modifier) if modifier.tag == "origin" else _place(modifier))], []


def _name(node: Node, case: str) -> list[Word]:
    words = []
    if node.has("title"):
        _, nominative, other = lex.TITLES[node.word("title")]
        words.append((nominative if case == "nom" else other, node.key("title")))
    for role in ("first", "family"):
        if node.has(role):
            words.append((lex.NAME_OF[node.word(role)].german, node.key(role)))
    return words


def _origin(node: Node) -> list[Word]:
    return [("aus", node.key("prep")), *_proper(node)]


def _proper(node: Node) -> list[Word]:
    german = lex.NAME_OF[node.word("name")].german
    return [(word, node.key("name")) for word in german.split()]


def _place(node: Node) -> list[Word]:
    """Render "auf dem Tisch", and "im Garten" for "in dem Garten"."""
    noun, is_plural = lex.NOUN_OF[node.word("noun")], _is_plural(node)
    preposition = lex.PREPOSITIONS[node.word("prep")][1]
    _, form = article("the", False, noun.gender, is_plural, "dat")
    place = (noun.german_form(is_plural, "dat"), node.key("noun"))
    if (preposition, form) == ("in", "dem"):
        return [("im", node.key("prep", "det")), place]
    return [(preposition, node.key("prep")), (form, node.key("det")), place]


def _relative_clause(node: Node, gender: str, is_plural: bool) -> list[Word]:
    """Render ", auf den Anna nicht wartet ,": the verb last, then what describes the last noun."""
    predicate = node.node("predicate")
    comma = (",", node.key("that"))
    if not node.has("subject"):
        pronoun = (relative_pronoun(gender, is_plural, "nom"), node.key("that"))
        verb, rest, trailing = _predicate(predicate, is_plural)
        return [comma, pronoun, *rest, verb, *trailing, comma]
    subject = node.node("subject")
    meant = lex.VERB_OF[predicate.word("verb")]
    pronoun = (relative_pronoun(gender, is_plural, meant.case), node.key("that"))
    before = [(meant.preposition, predicate.key("verb"))] if meant.preposition else []
    who, trailing = _noun_phrase(subject, "nom")
    verb, rest, _ = _predicate(predicate, _is_plural(subject))
    return [comma, *before, pronoun, *who, *rest, verb, *trailing, comma]


def _predicate(node: Node, is_plural: bool) -> tuple[Word, list[Word], list[Word]]:
    """Return the finite verb, what else is said, and a relative clause that follows it all."""
    denial = [("nicht", node.key("not", "do"))] if node.has("not") else []
    match node.tag:
        case "quality":
            degree = node.word("degree")
            more = [(lex.DEGREES[degree][1], node.key("degree"))] if degree else []
            adjective = lex.ADJECTIVE_OF[node.word("adj")].german
            be = (BE[is_plural], node.key("be"))
            return be, [*denial, *more, (adjective, node.key("adj"))], []
        case "position":
            return (BE[is_plural], node.key("be")), [*denial, *_place(node.node("place"))], []
        case "residence":
            forms, preposition = RESIDENCE[node.word("prep")]
            where = [(preposition, node.key("prep")), *_proper(node)]
            return (forms[is_plural], node.key("verb")), [*denial, *where], []
    verb = lex.VERB_OF[node.word("verb")]
    finite = (verb.german[is_plural], node.key("verb", "be"))
    if not node.has("object"):
        return finite, denial, []
    return finite, *_object(node, verb, denial)


def _object(node: Node, verb: lex.Verb, denial: list[Word]) -> tuple[list[Word], list[Word]]:
    """ "keinen Hund", "den Hund nicht" or "nicht auf den Lehrer", and what follows the verb."""
    whom = node.node("object")
    if denial and whom.word("det") in ("a", "an"):
        return _noun_phrase(whom, verb.case, node.key("not", "do"))
    words, trailing = _noun_phrase(whom, verb.case)
    if verb.preposition:
        return [*denial, (verb.preposition, node.key("verb")), *words], trailing
    return [*words, *denial], trailing
