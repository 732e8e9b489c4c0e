"""TinyWorld: generated English sentences with their Chinese translation and word alignment.

A sentence is first a meaning (a small tree, of no language), drawn from the weights below. Each
language then renders the tree to words. Every word carries the node of the tree that it expresses,
and two words are aligned if they express the same node: the alignment is true by construction.

The subject and its verb agree however far apart they stand: "the keys that the teacher has are
new". Chinese verbs do not change; instead the noun needs its measure word (那 把 钥匙) and what
describes it stands before it (老师 拥有 的 那 把 钥匙).
"""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.data.choice import Choice
from unrolled.data.tinyworld.chinese import chinese_noun_phrase, chinese_predicate
from unrolled.data.tinyworld.english import english_noun_phrase, english_predicate
from unrolled.data.tinyworld.grammar import NounPhrase, Predicate, clause

__all__ = ["Sentence", "generate", "render"]


@dataclass(frozen=True)
class Sentence:
    """One sentence in two languages.

    Attributes:
        english: its English words.
        chinese: its Chinese words.
        alignment: pairs (index into ``english``, index into ``chinese``), sorted; every word of
            either language is in at least one.
    """

    english: tuple[str, ...]
    chinese: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...]

    @property
    def english_text(self) -> str:
        """The English sentence as people write it."""
        text = " ".join(self.english).replace(" .", ".")
        return text[0].upper() + text[1:]

    @property
    def chinese_text(self) -> str:
        """The Chinese sentence as people write it."""
        return "".join(self.chinese)


def generate(n: int, seed: int = 0) -> list[Sentence]:
    """Generate sentences; the same seed gives the same sentences on every machine.

    Args:
        n: how many, at least 0. A longer list starts with the shorter one.
        seed: any integer.

    Raises:
        ValueError: if ``n`` is negative.
        TypeError: if ``seed`` is not an integer.

    >>> sentence = generate(1, seed=116)[0]
    >>> print(*sentence.english)
    the hats that the child has are light .
    >>> print(*sentence.chinese)
    孩子 拥有 的 那 些 帽子 很 轻 。
    """
    if n < 0:
        raise ValueError(f"n={n} is given, at least 0 is wanted")
    choice = Choice(seed)
    return [render(*clause(choice)) for _ in range(n)]


def render(subject: NounPhrase, predicate: Predicate) -> Sentence:
    """Say one meaning in both languages, and align the words that express the same node."""
    english = [
        *english_noun_phrase(subject, "subject"),
        *english_predicate(predicate, "predicate", subject.plural),
        (".", "end"),
    ]
    chinese = [
        *chinese_noun_phrase(subject, "subject"),
        *chinese_predicate(predicate, "predicate"),
        ("。", "end"),
    ]
    links = [
        (i, j) for i, (_, a) in enumerate(english) for j, (_, b) in enumerate(chinese) if a == b
    ]
    return Sentence(
        tuple(word for word, _ in english), tuple(word for word, _ in chinese), tuple(links)
    )
