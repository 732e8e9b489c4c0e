"""A meaning in Chinese words: measure words, modifiers before the noun, verbs that never change."""

from __future__ import annotations

from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.meaning import Node, Word

__all__ = ["chinese_words"]

SMALL_WORDS = set("那这一些的很不是在住·。") | {"来自", "工作"}
DETERMINERS = {"the": "那", "these": "这", "this": "这", "a": "一", "an": "一"}


def chinese_words(clause: Node) -> list[Word]:
    """Render 今天 那 三 只 狗 在 吃 一 个 苹果 。"""
    time = clause.word("time")
    first = [(lex.TIMES[time][0], clause.key("time"))] if time else []
    said = _predicate(clause.node("predicate"))
    return [*first, *_noun_phrase(clause.node("subject")), *said, ("。", clause.key("end"))]


def _noun_phrase(node: Node, denied: tuple[str, ...] = ()) -> list[Word]:
    """Render 老师 拥有 的 那 三 把 新 钥匙: whatever describes a noun stands before it."""
    if node.tag == "name":
        return _name(node)
    noun = lex.NOUN_OF[node.word("noun")]
    is_plural = noun.plural == node.word("noun")
    words = _modifier(node.node("modifier")) if node.has("modifier") else []
    if node.tag == "bare":  # inside a relative clause: 老师 and 老师们, without 那
        return [*words, (noun.chinese + "们" * is_plural, node.key("det", "noun"))]
    if node.has("adj"):
        adjective = lex.ADJECTIVE_OF[node.word("adj")]
        described = [(word, node.key("adj")) for word in adjective.before_noun]
    else:
        described = []
    if denied and node.word("det") in ("a", "an"):  # 没有 狗: nothing is counted
        return [*described, (noun.chinese, node.key("det", "noun"))]
    return [*words, *_count(node, noun, is_plural), *described, (noun.chinese, node.key("noun"))]


def _count(node: Node, noun: lex.Noun, is_plural: bool) -> list[Word]:
    """那 把, 那 些, 那 三 把, 一 把 or 三 把: a count needs the noun's measure word."""
    words = [(DETERMINERS[node.word("det")], node.key("det"))] if node.has("det") else []
    if node.has("number"):
        number = lex.NUMBERS[node.word("number")][0]
        return [*words, (number, node.key("number")), (noun.measure, node.key("number"))]
    return [*words, ("些" if is_plural else noun.measure, node.key("det"))]


def _name(node: Node) -> list[Word]:
    """安娜, 安娜 · 诺瓦克 or 诺瓦克 女士."""
    if node.has("title"):
        family = lex.NAME_OF[node.word("family")].chinese
        title = lex.TITLES[node.word("title")][0]
        return [(family, node.key("family")), (title, node.key("title"))]
    words = [(lex.NAME_OF[node.word("first")].chinese, node.key("first"))]
    if node.has("family"):
        family = lex.NAME_OF[node.word("family")].chinese
        words += [("·", node.key("family")), (family, node.key("family"))]
    return words


def _modifier(node: Node) -> list[Word]:
    if node.tag == "at":  # 桌子 上 的
        return [*_place(node), ("的", node.key("prep"))]
    if node.tag == "origin":  # 来自 巴黎 的
        name = [(word, node.key("name")) for word in _translated(node.word("name"))]
        return [("来自", node.key("prep")), *name, ("的", node.key("prep"))]
    who = _noun_phrase(node.node("subject")) if node.has("subject") else []
    return [*who, *_predicate(node.node("predicate"), is_gap=bool(who)), ("的", node.key("that"))]


def _place(node: Node) -> list[Word]:
    """花园 里: what lies where stands after the place."""
    place = lex.NOUN_OF[node.word("noun")].chinese
    preposition = lex.PREPOSITIONS[node.word("prep")][0]
    return [(place, node.key("noun", "det")), (preposition, node.key("prep"))]


def _translated(name: str) -> list[str]:
    return lex.NAME_OF[name].chinese.split()


def _predicate(node: Node, is_gap: bool = False) -> list[Word]:
    """Render 很 新, 不 是 红色 的, 在 桌子 上 or 没 在 读 那 本 书."""
    match node.tag:
        case "quality":
            return _quality(node)
        case "position":
            be = ("在", node.key("be"))
            return [*_negation(node, "不"), be, *_place(node.node("place"))]
        case "residence":
            return _residence(node)
    verb = lex.VERB_OF[node.word("verb")]
    denied = _negation(node, verb.negator)
    word = verb.relative if is_gap and verb.relative and not denied else verb.chinese
    progressive = [] if verb.is_state else [("在", node.key("be"))]
    whom = (
        _noun_phrase(node.node("object"), node.key("not")[: len(denied)])
        if node.has("object")
        else []
    )
    return [*denied, *progressive, (word, node.key("verb")), *whom]


def _negation(node: Node, negator: str) -> list[Word]:
    return [(negator, node.key("not", "do"))] if node.has("not") else []


def _quality(node: Node) -> list[Word]:
    """很 新, 非常 新, 不 新, 没 有用; 是 红色 的, 不 是 红色 的."""
    adjective = lex.ADJECTIVE_OF[node.word("adj")]
    denied = _negation(node, adjective.negator)
    if adjective.is_colour:
        colour = [(adjective.chinese, node.key("adj")), ("的", node.key("adj"))]
        return [*denied, ("是", node.key("be")), *colour]
    if denied:  # no word for "is"
        return [*denied, (adjective.chinese, node.key("adj", "be"))]
    degree = lex.DEGREES[node.word("degree")][0] if node.has("degree") else "很"
    return [(degree, node.key("degree", "be")), (adjective.chinese, node.key("adj"))]


def _residence(node: Node) -> list[Word]:
    """住 在 巴黎, 来自 巴黎, 在 北风 公司 工作."""
    name = [(word, node.key("name")) for word in _translated(node.word("name"))]
    match node.word("prep"):
        case "in":
            verb = [("住", node.key("verb")), ("在", node.key("prep"))]
            return [*_negation(node, "不"), *verb, *name]
        case "from":
            denied = [*_negation(node, "不"), ("是", node.key("not"))] if node.has("not") else []
            return [*denied, ("来自", node.key("verb", "prep")), *name]
    work = [("在", node.key("prep")), *name, ("工作", node.key("verb"))]
    return [*_negation(node, "不"), *work]
