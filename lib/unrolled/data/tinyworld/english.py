"""A meaning in English words: articles, verbs that agree, modifiers after the noun."""

from __future__ import annotations

from unrolled.data.tinyworld.grammar import AtPlace, NounPhrase, Predicate, Relative, Words
from unrolled.data.tinyworld.lexicon import Adjective, Verb

__all__ = ["english_noun_phrase", "english_predicate"]


def english_noun_phrase(phrase: NounPhrase, node: str) -> Words:
    """Render "the three new keys that the teacher has"."""
    noun = phrase.noun.plural if phrase.plural else phrase.noun.singular
    if phrase.noun.is_name:
        return [(noun, node)]
    if phrase.determiner == "bare":
        return [("the", node), (noun, node)]
    words: Words = [(phrase.number, f"{node}.number")] if phrase.number else []
    if phrase.adjective:
        words.append((phrase.adjective.english, f"{node}.adjective"))
    words.append((noun, node))
    determiner = _english_determiner(phrase, next_word=words[0][0])
    if determiner:
        words.insert(0, (determiner, f"{node}.determiner"))
    return words + _english_modifier(phrase, f"{node}.modifier")


def _english_determiner(phrase: NounPhrase, next_word: str) -> str:
    if phrase.determiner == "this" and phrase.plural:
        return "these"
    if phrase.determiner == "a" and next_word[0] in "aeiou":
        return "an"
    return phrase.determiner


def _english_modifier(phrase: NounPhrase, node: str) -> Words:
    match phrase.modifier:
        case AtPlace() as position:
            return _english_place(position, node)
        case Relative(predicate, None):
            return [("that", node), *english_predicate(predicate, f"{node}.verb", phrase.plural)]
        case Relative(predicate, subject):
            who = english_noun_phrase(subject, f"{node}.subject")
            what = english_predicate(predicate, f"{node}.verb", subject.plural)
            return [("that", node), *who, *what]
    return []


def _english_place(position: AtPlace, node: str) -> Words:
    noun = position.place.plural if position.plural else position.place.singular
    return [(position.preposition, node), ("the", f"{node}.place"), (noun, f"{node}.place")]


def english_predicate(predicate: Predicate, node: str, plural: bool) -> Words:
    """Render "are not new" after a plural subject, "is not new" after a singular one."""
    be, do = ("are", "do") if plural else ("is", "does")
    negation = [("not", f"{node}.not")] if predicate.negated else []
    what = english_noun_phrase(predicate.object, f"{node}.object") if predicate.object else []
    match predicate.core:
        case Adjective(english=word) as quality:
            # Chinese 不新 has no word for "is"; 很新 and 是红色的 have.
            is_node = node if predicate.negated and not quality.is_class else f"{node}.be"
            return [(be, is_node), *negation, (word, node)]
        case AtPlace() as position:
            return [(be, f"{node}.be"), *negation, *_english_place(position, node)]
        case Verb(english=words, is_action=True):
            return [(be, f"{node}.be"), *negation, *((word, node) for word in words), *what]
        case Verb(english=(third, base)):
            if predicate.negated:
                return [(do, f"{node}.not"), *negation, (base, node), *what]
            return [(base if plural else third, node), *what]
    raise TypeError(f"predicate has core {predicate.core!r}")
