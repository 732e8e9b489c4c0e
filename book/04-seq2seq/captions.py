"""Chapter 4's translator of real captions, German to English, and what is measured of it.

Multi30k's sentences are cut into pieces of words. ``benchmarks/chapter04.py`` trains several, and
keeps one, ``captions-seq2seq.safetensors``, for the pages.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

from unrolled import translation
from unrolled.data import multi30k
from unrolled.decoding import corpus_bleu
from unrolled.seq2seq import Seq2Seq
from unrolled.tokenizers import ByteBPE

PIECES = 1000  # of each language
EMBEDDED, DROPOUT = 64, 0.1
MOST = 60  # pieces of a translation
EDGES = (8, 11, 14, 18, 50)  # most German words of a group
WEIGHTS = Path(__file__).parent / "captions-seq2seq.safetensors"
# Our own sentences, for the record, which is public; a pair a line, German, a tab, English.
SENTENCES = """\
Ein Hund läuft über eine grüne Wiese.\tA dog is running across a green meadow.
Zwei Kinder spielen mit einem roten Ball.\tTwo children are playing with a red ball.
Eine Frau mit einem Hut sitzt auf einer Bank.\tA woman with a hat is sitting on a bench.
Ein Mann fährt mit dem Fahrrad durch die Stadt.\tA man is riding his bike through the city.
Drei junge Männer stehen vor einem Gebäude.\tThree young men are standing in front of a building.
Ein kleines Mädchen isst ein Eis am Strand.\tA little girl is eating ice cream at the beach.
"""


def make(width: int, seed: int = 0) -> Seq2Seq:
    """A translator, not yet trained."""
    torch.manual_seed(seed)
    return Seq2Seq(PIECES, PIECES, EMBEDDED, width, dropout=DROPOUT)


@cache
def pieces() -> tuple[ByteBPE, ByteBPE]:
    """Pieces of German and of English words, learned from the training captions."""
    languages = zip(*multi30k("train"), strict=True)
    german, english = (translation.learn_pieces("\n".join(each), PIECES) for each in languages)
    return german, english


@cache
def pairs(split: str) -> translation.Pairs:
    """Captions as ids."""
    return translation.encode_pairs(multi30k(split), *pieces())


def said(kept: tuple[nn.Module, ByteBPE, ByteBPE], german: list[str], **search: float) -> list[str]:
    """Translate German text into English text.

    ``kept`` is what :func:`read_weights` returns, ``search`` as in ``translation.translate``.
    """
    model, source, target = kept
    ids = translation.translate(model, [source.encode(text) for text in german], MOST, **search)
    return [target.decode(row) for row in ids]


def by_length(german: list[str], found: list[str], english: list[str]) -> list[list[float]]:
    """Sentences of each group of source lengths, in words, and their BLEU."""
    groups: list[list[int]] = [[] for _ in EDGES]
    for i, text in enumerate(german):
        groups[next(g for g, edge in enumerate(EDGES) if len(text.split()) <= edge)].append(i)
    return [
        [len(group), round(corpus_bleu([found[i] for i in group], [english[i] for i in group]), 2)]
        for group in groups
    ]


def search_of(model: nn.Module, beam_size: int, length_penalty: float) -> dict:
    """What one way to search finds on the test captions."""
    german, english = map(list, zip(*multi30k("test"), strict=True))
    sources = [source for source, _ in pairs("test")]
    ids = translation.translate(
        model, sources, MOST, beam_size, length_penalty, batch_size=max(16, 1024 // beam_size)
    )
    found = [pieces()[1].decode(row) for row in ids]
    ended = [(source, [*row, translation.EOS]) for source, row in zip(sources, ids, strict=True)]
    scores = translation.log_probabilities(model, ended)  # (N,)
    wanted = translation.log_probabilities(model, pairs("test"))  # (N,)
    words = [(len(a.split()), len(b.split())) for a, b in zip(found, english, strict=True)]
    return {
        "bleu": round(corpus_bleu(found, english), 2),
        "lower": round(corpus_bleu(found, english, lowercase=True), 2),
        "by_length": by_length(german, found, english),
        "score": round(scores.mean().item(), 3),
        "score_of_reference": round(wanted.mean().item(), 3),
        "reference_likelier": round((wanted > scores + 1e-4).double().mean().item(), 4),
        "length": round(sum(a for a, _ in words) / sum(b for _, b in words), 4),
        "short": round(sum(2 * a <= b for a, b in words) / len(words), 4),
        "empty": round(sum(a == 0 for a, _ in words) / len(words), 4),
    }


def loss_of(model: nn.Module, given: translation.Pairs) -> float:
    """Mean surprise in nats at each target piece."""
    tokens = sum(len(target) for _, target in given)
    return -translation.log_probabilities(model, given).sum().item() / tokens


def read_weights(path: Path = WEIGHTS) -> tuple[Seq2Seq, ByteBPE, ByteBPE]:
    """The translator that is kept beside the page, and the pieces of both languages."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    model = make(int(about["width"]))
    model.load_state_dict(state)
    german, english = (translation.read_pieces(about[each]) for each in ("german", "english"))
    return model.eval(), german, english


def evaluate(path: Path, text: str) -> float:
    """Loss of kept weights in nats a piece; ``text`` is a pair a line with a tab between."""
    model, german, english = read_weights(path)
    lines = [line.split("\t") for line in text.splitlines()]
    return loss_of(model, translation.encode_pairs(lines, german, english))
