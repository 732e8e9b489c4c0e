"""Chapter 5's translator of real captions, German to English, a GRU that looks back.

Multi30k's sentences are cut into pieces of words, as in chapter 4. ``benchmarks/chapter05.py``
trains several, and keeps one, ``captions-attention.safetensors``, for the pages.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from unrolled import translation
from unrolled.alignment import AttentionSeq2Seq
from unrolled.data import multi30k
from unrolled.decoding import corpus_bleu
from unrolled.tokenizers import ByteBPE

PIECES = 1000  # of each language
EMBEDDED, WIDTH, DROPOUT = 64, 128, 0.1
MOST = 60  # pieces of a translation
EDGES = (8, 11, 14, 18, 50)  # most German words of a group
WEIGHTS = Path(__file__).parent / "captions-attention.safetensors"
# Our own sentences, for the record, which is public; a pair a line, German, a tab, English.
SENTENCES = """\
Ein Hund läuft über eine grüne Wiese.\tA dog is running across a green meadow.
Zwei Kinder spielen mit einem roten Ball.\tTwo children are playing with a red ball.
Eine Frau mit einem Hut sitzt auf einer Bank.\tA woman with a hat is sitting on a bench.
Ein Mann fährt mit dem Fahrrad durch die Stadt.\tA man is riding his bike through the city.
Drei junge Männer stehen vor einem Gebäude.\tThree young men are standing in front of a building.
Ein kleines Mädchen isst ein Eis am Strand.\tA little girl is eating ice cream at the beach.
"""


def make(seed: int = 0) -> AttentionSeq2Seq:
    """A translator that looks back as Bahdanau's does, not yet trained."""
    torch.manual_seed(seed)
    return AttentionSeq2Seq(PIECES, PIECES, EMBEDDED, WIDTH, dropout=DROPOUT)


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
    """BLEU of what one way to search finds on the test captions."""
    german, english = map(list, zip(*multi30k("test"), strict=True))
    sources = [source for source, _ in pairs("test")]
    ids = translation.translate(
        model, sources, MOST, beam_size, length_penalty, batch_size=max(16, 1024 // beam_size)
    )
    found = [pieces()[1].decode(row) for row in ids]
    words = [(len(a.split()), len(b.split())) for a, b in zip(found, english, strict=True)]
    return {
        "bleu": round(corpus_bleu(found, english), 2),
        "lower": round(corpus_bleu(found, english, lowercase=True), 2),
        "by_length": by_length(german, found, english),
        "length": round(sum(a for a, _ in words) / sum(b for _, b in words), 4),
    }


@torch.no_grad()
def alignment(
    kept: tuple[nn.Module, ByteBPE, ByteBPE], german: str, english: str | None = None
) -> tuple[Tensor, list[str], list[str]]:
    """Where the model looks, its own translation or a given one being read to it.

    Returns:
        ``(weights, rows, columns)``: one row for each English piece and one for the end,
        ``(Tt, Ts)``; the pieces' texts.
    """
    model, source, target = kept
    ids = source.encode(german)
    said = (
        translation.translate(model, [ids], MOST)[0] if english is None else target.encode(english)
    )
    _, looked = model(torch.tensor([ids]), torch.tensor([[*said, translation.EOS]]), True)
    rows = [*(target.decode([i]) for i in said), "<eos>"]
    return looked[0, 0], rows, [source.decode([i]) for i in ids]


def loss_of(model: nn.Module, given: translation.Pairs) -> float:
    """Mean surprise in nats at each target piece."""
    tokens = sum(len(target) for _, target in given)
    return -translation.log_probabilities(model, given).sum().item() / tokens


def read_weights(path: Path = WEIGHTS) -> tuple[AttentionSeq2Seq, ByteBPE, ByteBPE]:
    """The translator that is kept beside the page, and the pieces of both languages."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    model = make()
    model.load_state_dict(state)
    german, english = (translation.read_pieces(about[each]) for each in ("german", "english"))
    return model.eval(), german, english


def evaluate(path: Path, text: str) -> float:
    """Loss of kept weights in nats a piece; ``text`` is a pair a line with a tab between."""
    model, german, english = read_weights(path)
    lines = [line.split("\t") for line in text.splitlines()]
    return loss_of(model, translation.encode_pairs(lines, german, english))
