"""Chapter 3's question to a language model of TinyWorld: does the verb agree with its subject?

"The keys that the girl in the garden needs ..." goes on with "are", not "is", although the nouns
nearest to the verb are singular. A model is right if it gives the words of the right number more
probability, together, than those of the wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unrolled.data import tinyworld
from unrolled.data.tinyworld import Sentence
from unrolled.data.tinyworld import lexicon as lex

PLURAL_OF = {"is": "are", "does": "do"} | {
    verb.forms[0]: verb.forms[1] for verb in lex.VERBS if len(verb.forms) == 2
}
GROUPS = ((0, 0), (3, 3), (4, 5), (6, 8), (9, 12), (13, 40))  # words in between
NAMES = ("0", "3", "4 to 5", "6 to 8", "9 to 12", "13 or more")


@dataclass(frozen=True)
class Question:
    """The beginning of a sentence, up to its verb.

    Attributes:
        words: the words before the verb.
        plural: whether the subject is plural.
        between: how many words stand between the subject's noun and the verb.
        misleads: whether the noun nearest to the verb has the other number.
    """

    words: tuple[str, ...]
    plural: bool
    between: int
    misleads: bool


def question(sentence: Sentence) -> Question | None:
    """The question that a sentence puts, or None: its subject is a name, its verb never changes."""
    roles = [keys[0] for _, keys in sentence.keyed_english]
    words = sentence.english
    if "subject.noun" not in roles:
        return None
    noun = roles.index("subject.noun")
    verb = next(i for i, role in enumerate(roles) if role.startswith("predicate."))
    if words[verb] not in PLURAL_OF and words[verb] not in PLURAL_OF.values():
        return None
    plural = words[verb] in PLURAL_OF.values()
    nearest = [is_plural(words[i], roles[i]) for i in range(noun + 1, verb) if is_noun(roles[i])]
    misleads = bool(nearest) and nearest[-1] != plural
    return Question(words[:verb], plural, verb - noun - 1, misleads)


def is_noun(role: str) -> bool:
    """Whether a word with this role is a noun or part of a name."""
    return role.rpartition(".")[2] in ("noun", "name", "first", "family")


def is_plural(word: str, role: str) -> bool:
    """Whether a noun is plural; names are not."""
    return role.endswith("noun") and lex.NOUN_OF[word].plural == word


def questions(seed: int, each: int = 100) -> dict[tuple[int, bool], list[Question]]:
    """Questions by group of distance and by whether they mislead, half of them plural.

    Returns:
        for each (group, misleads) ``each`` singular and ``each`` plural questions; groups in which
        nothing misleads have one entry.
    """
    wanted = [(g, m) for g in range(len(GROUPS)) for m in ((False, True) if g else (False,))]
    found: dict[tuple[int, bool], dict[bool, list[Question]]] = {
        key: {False: [], True: []} for key in wanted
    }
    for sentence in tinyworld.sentences(seed):
        asked = question(sentence)
        group = asked and next(
            (g for g, (low, high) in enumerate(GROUPS) if low <= asked.between <= high), None
        )
        if asked is None or group is None:
            continue
        kept = found[group, asked.misleads][asked.plural]
        if len(kept) < each:
            kept.append(asked)
        if all(len(kept) == each for both in found.values() for kept in both.values()):
            break
    return {key: [q for kept in both.values() for q in kept] for key, both in found.items()}


@torch.no_grad()
def right(model: nn.Module, asked: list[Question]) -> float:
    """Share of questions for which the model prefers the right number.

    The model maps ids (B, T) to logits (B, T, V) and a state; the full stop of the sentence
    before stands first.
    """
    vocabulary = tinyworld.vocabulary()
    singular = torch.tensor(vocabulary.encode(list(PLURAL_OF)))
    plural = torch.tensor(vocabulary.encode(list(PLURAL_OF.values())))
    last = torch.tensor([len(q.words) for q in asked])  # (B,) the place after the full stop
    ids: Tensor = torch.zeros(len(asked), int(last.max()) + 1, dtype=torch.int64)  # (B, T)
    for row, q in zip(ids, asked, strict=True):
        row[: len(q.words) + 1] = torch.tensor(vocabulary.encode([".", *q.words]))
    chances = model(ids)[0][torch.arange(len(asked)), last].softmax(dim=-1)  # (B, V)
    prefers = chances[:, plural].sum(dim=-1) > chances[:, singular].sum(dim=-1)  # (B,)
    return (prefers == torch.tensor([q.plural for q in asked])).float().mean().item()
