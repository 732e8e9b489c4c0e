"""Questions whose answer is a span of words in a short text."""

from __future__ import annotations

from typing import NamedTuple

from unrolled.data.choice import Choice
from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.examples import check_count
from unrolled.data.tinyworld.generation import draw
from unrolled.data.tinyworld.grammar import START
from unrolled.data.tinyworld.grammar.clauses import RESIDENCE
from unrolled.data.tinyworld.meaning import Node
from unrolled.data.tinyworld.sentence import Sentence

__all__ = ["QuestionExample", "question_examples", "questions_about"]

SENTENCES = 3  # in the text of an example
BASE = {third: base for third, base, _ in RESIDENCE}
THIRD = {base: third for third, base in BASE.items()}


class QuestionExample(NamedTuple):
    """A text, a question about it, and where in the text the answer stands.

    Attributes:
        context: the words of three sentences.
        question: the words of the question.
        start, end: index of the answer's first and last word in ``context``.
    """

    context: tuple[str, ...]
    question: tuple[str, ...]
    start: int
    end: int

    @property
    def answer(self) -> tuple[str, ...]:
        """The words of the answer."""
        return self.context[self.start : self.end + 1]


Asked = tuple[tuple[str, ...], list[int]]  # the question and the positions of its answer


def question_examples(n: int, seed: int = 0, split: str | None = None) -> list[QuestionExample]:
    """Return texts with a question: who, what, where or how many.

    No other sentence of the text shares its subject or its predicate with the one asked about, so
    there is one answer.

    Args:
        n: how many, at least 0.
        seed: any integer.
        split: which structures the sentence that is asked about may have; None for all.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``n`` is negative or ``split`` unknown.

    >>> example = question_examples(1, seed=6)[0]
    >>> " ".join(example.question), " ".join(example.answer)
    ('who is smiling ?', 'the four teachers beside the church')
    """
    check_count(n, split)
    choice = Choice(seed)
    return [_example(choice, split) for _ in range(n)]


def _example(choice: Choice, split: str | None) -> QuestionExample:
    asked: list[Asked] = []
    while not asked:
        target = draw(choice, START, split)
        asked = questions_about(target)
    question, answer = choice.one(asked)
    others: list[Sentence] = []
    while len(others) < SENTENCES - 1:
        other = draw(choice)
        if not _confusable(target, other):
            others.append(other)
    at = choice.below(SENTENCES)
    text = [*others[:at], target, *others[at:]]
    offset = sum(len(sentence.english) for sentence in text[:at])
    context = tuple(word for sentence in text for word in sentence.english)
    return QuestionExample(context, question, offset + answer[0], offset + answer[-1])


def _confusable(target: Sentence, other: Sentence) -> bool:
    same_subject = not _heads(target).isdisjoint(_heads(other))
    return same_subject or _singular(target) == _singular(other)


def _heads(sentence: Sentence) -> set[str]:
    """What the subject is called, in either number."""
    subject = sentence.meaning.node("subject")
    if subject.tag == "name":
        return {subject.word("first"), subject.word("family")} - {""}
    return {lex.NOUN_OF[subject.word("noun")].singular}


def _positions(sentence: Sentence, path: str) -> list[int]:
    return [i for i, (_, (key,)) in enumerate(sentence.keyed_english) if key.startswith(path)]


def _words(sentence: Sentence, path: str) -> tuple[str, ...]:
    return tuple(sentence.english[i] for i in _positions(sentence, path))


def _singular(sentence: Sentence) -> tuple[str, ...]:
    """The predicate as "who" takes it: "are reading" becomes "is reading"."""
    words = []
    for word, (key,) in sentence.keyed_english:
        if key in ("predicate.be", "predicate.do"):
            word = {"are": "is", "do": "does"}.get(word, word)
        elif key == "predicate.verb" and not sentence.meaning.node("predicate").has("do"):
            word = _third_person(word)
        words += [word] if key.startswith("predicate.") else []
    return tuple(words)


def _third_person(word: str) -> str:
    if word in lex.VERB_OF:
        return lex.VERB_OF[word].forms[0]
    return THIRD.get(word, word)


def questions_about(sentence: Sentence) -> list[Asked]:
    """Return what can be asked of a sentence, each with the positions of the answer's words.

    >>> from unrolled.data.tinyworld import parse
    >>> for question, answer in questions_about(parse("Anna needs the key .".split())):
    ...     print(*question, answer)
    who needs the key ? [0]
    what does Anna need ? [2, 3]
    """
    said = sentence.meaning.node("predicate")
    asked: list[Asked] = []
    if said.tag in ("state", "deed", "act", "residence") and _is_person(
        sentence.meaning.node("subject")
    ):
        asked.append((("who", *_singular(sentence), "?"), _positions(sentence, "subject.")))
    if said.has("not"):
        return asked
    if said.tag == "position":
        question = ("where", said.word("be"), *_words(sentence, "subject."), "?")
        asked.append((question, _positions(sentence, "predicate.place.")))
    if said.tag == "residence" and said.word("prep") == "in":
        where = _positions(sentence, "predicate.prep") + _positions(sentence, "predicate.name")
        asked.append((_with_do(("where",), sentence, "live"), where))
    if said.has("object"):
        asked += _about_object(sentence, said)
    return asked


def _is_person(node: Node) -> bool:
    return node.tag == "name" or lex.NOUN_OF[node.word("noun")].kind == "person"


def _with_do(first: tuple[str, ...], sentence: Sentence, base: str) -> tuple[str, ...]:
    subject = sentence.meaning.node("subject")
    plural = (
        subject.tag != "name" and subject.word("noun") != lex.NOUN_OF[subject.word("noun")].singular
    )
    return (*first, "do" if plural else "does", *_words(sentence, "subject."), base, "?")


def _about_object(sentence: Sentence, said: Node) -> list[Asked]:
    """ "what is Anna reading ?", "who does Anna know ?", "how many books does Anna need ?"."""
    whom, verb = said.node("object"), lex.VERB_OF[said.word("verb")]

    def ask(*first: str) -> tuple[str, ...]:
        if verb.is_state:
            return _with_do(first, sentence, verb.forms[1])
        doing = verb.forms[0].split()
        return (*first, said.word("be"), *_words(sentence, "subject."), *doing, "?")

    asked = [
        (ask("who" if _is_person(whom) else "what"), _positions(sentence, "predicate.object."))
    ]
    if whom.has("number") and not whom.has("det"):
        counted = [whom.word("adj")] if whom.has("adj") else []
        question = ask("how", "many", *counted, whom.word("noun"))
        asked.append((question, _positions(sentence, "predicate.object.number")))
    return asked
