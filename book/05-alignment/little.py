"""Chapter 5's small translator: a corner of TinyWorld whose words one can count, and its links.

Sentences of five kinds, two of them with a relative clause, which in German ends with its verb.
TinyWorld gives each its German and the true links between the words.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import torch

from unrolled import translation
from unrolled.alignment import AttentionSeq2Seq
from unrolled.data.tinyworld import Sentence, Vocabulary, parse

NOUNS = {"king": "kings", "queen": "queens", "girl": "girls", "doctor": "doctors"}
VERBS = {"knows": "know", "hates": "hate", "loves": "love", "envies": "envy"}
ADJECTIVES = ("loud", "friendly", "lonely", "rude")
EMBEDDED, HIDDEN = 16, 24


def slots(draw: random.Random) -> list[tuple[str, ...]]:
    """A sentence as words that may stand at each place; the first one stands there.

    Whatever one exchanges within a place, the sentence stays one of English.
    """
    first, second = draw.random() < 0.5, draw.random() < 0.5  # whether it is a plural
    one, other = _shuffled(_nouns(first), draw), _shuffled(_nouns(second), draw)
    adjective = _shuffled(ADJECTIVES, draw)
    be, do = ("are", "do") if first else ("is", "does")
    see, seen = (_shuffled(_verbs(plural), draw) for plural in (first, second))
    bare = _shuffled(tuple(VERBS.values()), draw)
    kind = draw.randrange(5)
    if kind == 0:
        return [("the",), one, see, ("the",), other, (".",)]
    if kind == 1:
        return [("the",), one, (do,), ("not",), bare, ("the",), other, (".",)]
    if kind == 2:
        return [("the",), one, (be,), adjective, (".",)]
    clause = [("the",), other, seen] if kind == 3 else [see, ("the",), other]
    return [("the",), one, ("that",), *clause, (be,), adjective, (".",)]


def _nouns(plural: bool) -> tuple[str, ...]:
    return tuple(NOUNS.values()) if plural else tuple(NOUNS)


def _verbs(plural: bool) -> tuple[str, ...]:
    return tuple(VERBS.values()) if plural else tuple(VERBS)


def _shuffled(words: tuple[str, ...], draw: random.Random) -> tuple[str, ...]:
    return tuple(draw.sample(words, len(words)))


def sentences(n: int, seed: int) -> list[Sentence]:
    """Draw sentences, each with its German and its links."""
    draw = random.Random(seed)
    return [parse([place[0] for place in slots(draw)]) for _ in range(n)]


def vocabularies(said: Iterable[Sentence]) -> tuple[Vocabulary, Vocabulary]:
    """The words of both languages that some sentences need."""
    said = list(said)
    english = {word for sentence in said for word in sentence.english}
    german = {word for sentence in said for word in sentence.german}
    return Vocabulary(sorted(english)), Vocabulary(sorted(german))


def pairs(said: Iterable[Sentence], english: Vocabulary, german: Vocabulary) -> translation.Pairs:
    """English and German as ids."""
    both = [(sentence.english, sentence.german) for sentence in said]
    return translation.encode_pairs(both, english, german)


def train(lessons: translation.Pairs, sizes: tuple[int, int], steps: int) -> AttentionSeq2Seq:
    """A translator with Bahdanau's attention, after so many updates."""
    torch.manual_seed(0)
    model = AttentionSeq2Seq(*sizes, EMBEDDED, HIDDEN)
    translation.train(model, lessons, steps, rate=1e-2)
    return model.eval()


def heaviest(model: AttentionSeq2Seq, asked: translation.Pairs) -> list[list[tuple[int, int]]]:
    """For each sentence a link from each target word, but not its end, to its heaviest source word.

    The target is read as it should be, so that a row has a word that can be looked up.
    """
    source = translation.padded([source for source, _ in asked])  # (N, Ts)
    target = translation.padded([target for _, target in asked])  # (N, Tt)
    with torch.no_grad():
        _, weights = model(source, target, need_weights=True)  # (N, 1, Tt, Ts)
    looked = weights[:, 0].argmax(dim=-1).tolist()  # (N, Tt)
    return [
        [(row[i], i) for i in range(len(target) - 1)]
        for row, (_, target) in zip(looked, asked, strict=True)
    ]


def found_of(
    links: Iterable[Iterable[tuple[int, int]]], said: Iterable[Sentence]
) -> dict[str, float]:
    """For each kind of German word the share of links that are true, the rarest kind last."""
    counts: dict[str, list[bool]] = {}
    for pairs_, sentence in zip(links, said, strict=True):
        true = set(sentence.german_alignment)
        for j, i in pairs_:
            counts.setdefault(_kind(sentence.german, i), []).append((j, i) in true)
    return {kind: sum(right) / len(right) for kind, right in sorted(counts.items())}


def articles(links: Iterable[Iterable[tuple[int, int]]], said: Iterable[Sentence]) -> list[float]:
    """Of German articles the share that look at the English noun, and at it or the word behind."""
    away = []
    for pairs_, sentence in zip(links, said, strict=True):
        nouns = {i: j for j, i in sentence.german_alignment}
        away += [j - nouns[i + 1] for j, i in pairs_ if _kind(sentence.german, i) == "article"]
    return [sum(each in near for each in away) / len(away) for near in ({0}, {0, 1})]


def _kind(words: tuple[str, ...], i: int) -> str:
    word = words[i]
    if word in ".,":
        return "full stop, comma"
    if word[0].isupper():
        return "noun"
    if word in {"der", "die", "das", "den", "dem"}:
        return "pronoun" if i and words[i - 1] == "," else "article"
    if "," in words[:i] and words[i + 1 : i + 2] == (",",):
        return "verb that ends a clause"
    return "verb, adjective, not"


def live(
    model: AttentionSeq2Seq, english: Vocabulary, german: Vocabulary, places: list[tuple[str, ...]]
) -> dict:
    """What the figure that translates computes with: the model's numbers, words, and choices."""
    ids = [english.encode(place) for place in places]
    state = {
        name: (1e4 * values.double()).round().div(1e4).tolist()
        for name, values in model.state_dict().items()
    }
    return {
        "model": state,
        "source_words": english.words,
        "target_words": german.words,
        "source": [place[0] for place in ids],
        "choices": [place[1:] for place in ids],
        "bos": german.bos_id,
        "eos": german.eos_id,
    }
