"""Chapter 3's words in context: a language model in each direction, trained on image captions.

``benchmarks/chapter03.py`` trains ``unrolled.elmo.BiLM`` on the English captions of Multi30k and
keeps one, ``captions-bilm.safetensors``, for the pages. What it says of a word is compared between
sentences of our own: six words, two senses each, four sentences a sense.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor

from unrolled.data.readers import multi30k
from unrolled.elmo import BiLM, bilm_loss
from unrolled.training import clip_gradients

PAD, UNKNOWN, EDGE = 0, 1, 2  # EDGE stands before the first word and after the last
SPECIAL = ("<pad>", "<unknown>", "<edge>")
WORDS, WIDTH = 2500, 64
WEIGHTS = Path(__file__).parent / "captions-bilm.safetensors"

# Word: what its two senses are, and four sentences for each, our own.
SENSES: dict[str, dict[str, tuple[str, ...]]] = {
    "rock": {
        "stone": (
            "a boy climbs up a steep rock .", "a man is sitting on a large rock near the river .",
            "the girl jumps from a rock into the water .", "a goat stands on a rock in the snow .",
        ),
        "music": (
            "a rock band is playing on stage .", "the singer of a rock group holds a microphone .",
            "people dance at a rock concert .", "a young man plays rock music on his guitar .",
        ),
    },
    "glasses": {
        "eyes": (
            "a man with glasses is reading a book .", "a woman wearing glasses and a blue shirt .",
            "the old man in glasses looks at a computer .", "a boy with dark glasses is smiling .",
        ),
        "drink": (
            "two women drink from glasses at a bar .", "a waiter carries glasses of wine .",
            "there are plates and glasses on the table .", "a man is filling glasses with beer .",
        ),
    },
    "pool": {
        "water": (
            "children are swimming in a pool .", "a boy jumps into the pool .",
            "a dog runs beside a swimming pool .", "the girl splashes in a small blue pool .",
        ),
        "game": (
            "two men are playing pool in a bar .", "a man leans over a pool table .",
            "a woman plays a game of pool .", "the man holds a pool stick and looks at the ball .",
        ),
    },
    "stand": {
        "verb": (
            "two men stand in front of a building .", "people stand in line at a store .",
            "three girls stand on the beach .", "several workers stand near a truck .",
        ),
        "stall": (
            "a woman sells fruit at a stand .", "a man works at a food stand on the street .",
            "people buy vegetables from a stand .", "a hot dog stand is on the corner .",
        ),
    },
    "swing": {
        "verb": (
            "two children swing on a rope .", "a boy is about to swing a bat at the ball .",
            "a player gets ready to swing his racket .", "girls swing from a tree over water .",
        ),
        "seat": (
            "a little girl is sitting on a swing .", "a man pushes a child on a swing .",
            "a baby laughs in a red swing .", "there is a swing and a slide in the park .",
        ),
    },
    "watch": {
        "verb": (
            "two boys watch a game on television .", "people watch a man play the guitar .",
            "a group of women watch a parade .", "the children watch the dog in the yard .",
        ),
        "clock": (
            "a man wearing a watch and a white shirt .",
            "a woman looks at the watch on her arm .",
            "a man with a silver watch is eating .", "he has a black watch and brown shoes .",
        ),
    },
}  # fmt: skip
SAME_KIND = ("rock", "glasses", "pool")  # both senses are nouns
READINGS = ("layer 1", "layer 2", "equal mix", "neighbours")


def split(sentence: str) -> list[str]:
    """A sentence's words in lower case, marks apart."""
    return re.findall(r"[\w']+|[^\w\s]", sentence.lower())


def vocabulary(lines: list[str]) -> tuple[str, ...]:
    """The special tokens and the most frequent words."""
    counts = Counter(word for line in lines for word in split(line))
    return SPECIAL + tuple(word for word, _ in counts.most_common(WORDS - len(SPECIAL)))


def encode(lines: list[str], words: tuple[str, ...]) -> Tensor:
    """Sentences to ids between two edges, (B, T), filled up with ``PAD``."""
    id_of = {word: i for i, word in enumerate(words)}
    rows = [[EDGE, *(id_of.get(w, UNKNOWN) for w in split(line)), EDGE] for line in lines]
    ids = torch.full((len(rows), max(map(len, rows))), PAD)  # (B, T)
    for row, found in zip(ids, rows, strict=True):
        row[: len(found)] = torch.tensor(found)
    return ids


def captions(part: str) -> list[str]:
    """The English captions of a part of Multi30k."""
    return [english for _, english in multi30k(part)]


def train(model: BiLM, ids: Tensor, steps: int, seed: int = 0, batch: int = 64) -> None:
    """Train on batches of sentences of about one length."""
    generator = torch.Generator().manual_seed(seed)
    lengths = (ids != PAD).sum(dim=1)  # (N,)
    order = lengths.argsort()  # (N,)
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps, pct_start=0.1)
    for _ in range(steps):
        at = int(torch.randint(len(ids) - batch, (), generator=generator))
        rows = order[at : at + batch]
        read = ids[rows, : int(lengths[rows].max())]  # (B, T)
        loss = bilm_loss(model(read), read, PAD)
        optimiser.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


@torch.no_grad()
def loss_of(model: BiLM, ids: Tensor, rows: int = 100) -> float:
    """Mean surprise in nats per predicted token, both directions."""
    total = counted = 0.0
    for part in ids.split(rows):
        part = part[:, : int((part != PAD).sum(dim=1).max())]
        predicted = int((part != PAD).sum()) - len(part)
        total += bilm_loss(model(part), part, PAD).item() * predicted
        counted += predicted
    return total / counted


def read_weights(path: Path = WEIGHTS) -> tuple[BiLM, tuple[str, ...]]:
    """The trained model that is kept beside the page, and its words in the order of ids."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    words = tuple(json.loads(about["words"]))
    model = BiLM(len(words), WIDTH, pad_id=PAD)
    model.load_state_dict(state)
    return model.eval(), words


def evaluate(path: Path, text: str) -> float:
    """Loss in nats per token of kept weights on a text, a sentence a line."""
    model, words = read_weights(path)
    return loss_of(model, encode(text.splitlines(), words))


@torch.no_grad()
def representations(model: BiLM, words: tuple[str, ...], sentences: list[str], word: str) -> Tensor:
    """What each layer says of a word in each sentence: (L, B, 2 * H)."""
    ids = encode(sentences, words)  # (B, T)
    places = torch.tensor([split(sentence).index(word) + 1 for sentence in sentences])  # (B,)
    layers = model.representations(ids)  # (L, B, T, 2 * H)
    return layers[:, torch.arange(len(ids)), places]


def cosines(model: BiLM, words: tuple[str, ...], one: str, other: str, word: str) -> list[float]:
    """Cosine, layer by layer, of what a word is in two sentences; the token layer has 1."""
    found = representations(model, words, [one, other], word)  # (L, 2, 2 * H)
    return F.cosine_similarity(found[:, 0], found[:, 1], dim=-1).tolist()


@torch.no_grad()
def neighbours(model: BiLM, words: tuple[str, ...], sentences: list[str], word: str) -> Tensor:
    """The mean token vector of the two words on either side, (B, H): context without an LSTM."""
    ids = encode(sentences, words)  # (B, T)
    found = []
    for row, sentence in zip(ids, sentences, strict=True):
        at = split(sentence).index(word) + 1
        near = [i for i in range(at - 2, at + 3) if i != at and 0 <= i < len(row) and row[i] != PAD]
        found.append(model.embedding(row[near]).mean(dim=0))
    return torch.stack(found)


@torch.no_grad()
def senses(model: BiLM, words: tuple[str, ...]) -> dict[str, dict[str, list[float]]]:
    """For each word and reading: share of sentences whose nearest other one has the same sense,
    mean cosine to sentences of the same sense, and to those of the other."""
    told: dict[str, dict[str, list[float]]] = {}
    for word, by_sense in SENSES.items():
        sentences = [sentence for group in by_sense.values() for sentence in group]
        sense = torch.arange(2).repeat_interleave(4)  # (B,)
        layers = representations(model, words, sentences, word)  # (L, B, 2 * H)
        near = neighbours(model, words, sentences, word)
        read = dict(zip(READINGS, (*layers[1:], layers.mean(dim=0), near), strict=True))
        told[word] = {name: compared(x, sense) for name, x in read.items()}
    return told


def compared(x: Tensor, sense: Tensor) -> list[float]:
    """Rows (B, D) of two senses: share with a nearest row of their own sense, mean cosines."""
    similar = F.normalize(x, dim=-1) @ F.normalize(x, dim=-1).T  # (B, B)
    itself = torch.eye(len(x), dtype=torch.bool)
    same = sense[:, None] == sense  # (B, B)
    nearest = similar.masked_fill(itself, -2.0).argmax(dim=-1)  # (B,)
    right = (sense[nearest] == sense).float().mean()
    return [
        round(float(number), 4)
        for number in (right, similar[same & ~itself].mean(), similar[~same].mean())
    ]
