"""A meaning in Chinese words: measure words, modifiers before the noun, verbs that never change."""

from __future__ import annotations

from unrolled.data.tinyworld.grammar import AtPlace, NounPhrase, Predicate, Relative, Words
from unrolled.data.tinyworld.lexicon import NUMBERS, PREPOSITIONS, Adjective

__all__ = ["chinese_noun_phrase", "chinese_predicate"]


def chinese_noun_phrase(phrase: NounPhrase, node: str) -> Words:
    """Render 老师 拥有 的 那 三 把 新 钥匙: whatever describes a noun stands before it."""
    noun = phrase.noun
    if noun.is_name:
        return [(noun.chinese, node)]
    if phrase.determiner == "bare":
        return [(noun.chinese + ("们" if phrase.plural else ""), node)]
    words = _chinese_modifier(phrase, f"{node}.modifier") + _chinese_count(phrase, node)
    if phrase.adjective:
        words.append((phrase.adjective.chinese, f"{node}.adjective"))
        if phrase.adjective.before_noun:
            words.append((phrase.adjective.before_noun, f"{node}.adjective"))
    return [*words, (noun.chinese, node)]


def _chinese_count(phrase: NounPhrase, node: str) -> Words:
    """那 把, 那 些, 那 三 把, 一 把 or 三 把: a count needs the noun's measure word."""
    first = {"the": "那", "this": "这", "a": "一", "": ""}[phrase.determiner]
    words: Words = [(first, f"{node}.determiner")] if first else []
    if phrase.number:
        words.append((NUMBERS[phrase.number], f"{node}.number"))
        return [*words, (phrase.noun.measure, f"{node}.number")]
    return [*words, ("些" if phrase.plural else phrase.noun.measure, f"{node}.determiner")]


def _chinese_modifier(phrase: NounPhrase, node: str) -> Words:
    match phrase.modifier:
        case AtPlace() as position:
            return [*_chinese_place(position, node), ("的", node)]
        case Relative(predicate, None):
            return [*chinese_predicate(predicate, f"{node}.verb"), ("的", node)]
        case Relative(predicate, subject):
            who = chinese_noun_phrase(subject, f"{node}.subject")
            return [*who, *_chinese_verb(predicate, f"{node}.verb", relative=True), ("的", node)]
    return []


def _chinese_place(position: AtPlace, node: str) -> Words:
    preposition = PREPOSITIONS[position.preposition]
    return [(position.place.chinese, f"{node}.place"), (preposition, node)]


def chinese_predicate(predicate: Predicate, node: str) -> Words:
    """Render 很 新, 不 是 红色 的, 在 桌子 上 or 没 在 读 那 本 书; no verb knows a plural."""
    negation = [("不", f"{node}.not")] if predicate.negated else []
    match predicate.core:
        case Adjective(chinese=word, is_class=True):
            return [*negation, ("是", f"{node}.be"), (word, node), ("的", node)]
        case Adjective(chinese=word):
            return [*(negation or [("很", f"{node}.be")]), (word, node)]
        case AtPlace() as position:
            return [*negation, ("在", f"{node}.be"), *_chinese_place(position, node)]
    what = chinese_noun_phrase(predicate.object, f"{node}.object") if predicate.object else []
    return _chinese_verb(predicate, node) + what


def _chinese_verb(predicate: Predicate, node: str, relative: bool = False) -> Words:
    verb = predicate.core
    words: Words = [(verb.negator, f"{node}.not")] if predicate.negated else []
    if verb.is_action:
        words.append(("在", f"{node}.be"))
    return [*words, (verb.relative if relative and verb.relative else verb.chinese, node)]
