"""The four kinds of sequence modelling, a small task for each, trained in seconds.

- sequence to vector: is a sentence of TinyWorld praise or blame?
- vector to sequence: the caption of a generated picture (``pictures.py``);
- sequence to sequence, in step: the next character of sentences about who hid what;
- sequence to vector to sequence: letters written backwards from the state that has read them.

Each function trains one model from a seed and returns it with the loss of every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pictures
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.data import tinyworld
from unrolled.recurrent import RNN
from unrolled.training import language_model_loss, training_step

HIDING = ("the dog hid its bone. ", "the cat hid its toy. ", "the bird hid its seed. ")
CHARACTERS = tuple(sorted(set("".join(HIDING))))
WORDS = tuple(sorted({word for sentence in HIDING for word in sentence.replace(".", " .").split()}))
LETTERS, LONG = "abcdefgh", 4  # what is written backwards, and how many of them
Trained = tuple[Any, list[float]]


def fit(
    model: nn.Module, batch: Callable[[], Any], loss: Callable, steps: int, rate: float
) -> list[float]:
    """Take steps of Adam with a falling rate; return the loss of each."""
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    falling = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.1)
    losses = []
    for _ in range(steps):
        losses.append(training_step(model, batch(), loss, optimiser, max_norm=1.0))
        falling.step()
    model.eval()
    return losses


READERS = ("RNN", "bag", "bag, hidden layer")


def keep_lengths(rnn: RNN, embedding: nn.Embedding) -> None:
    """Begin where a gradient comes far, with an orthogonal matrix and small inputs.

    The matrix keeps every length; the inputs leave tanh where its slope is near 1.
    """
    nn.init.orthogonal_(rnn.weight_hh_l0)
    nn.init.normal_(embedding.weight, std=0.2)


class SequenceToVector(nn.Module):
    """Scores the classes from an RNN's last state, or from the words' mean.

    The score of a mean is linear, so each word adds its own amount, unless a hidden layer stands
    between.
    """

    def __init__(self, vocab_size: int, classes: int, reader: str = "RNN", hidden_size: int = 32):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.rnn = RNN(hidden_size, hidden_size) if reader == "RNN" else None
        self.output: nn.Module = nn.Linear(hidden_size, classes)
        if reader == "bag, hidden layer":
            hidden = nn.Linear(hidden_size, hidden_size)
            self.output = nn.Sequential(hidden, nn.Tanh(), self.output)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids (B, T), lengths (B,) to scores (B, classes)."""
        x = self.embedding(ids)  # (B, T, D)
        if self.rnn is not None:
            return self.output(self.rnn(x, lengths=lengths)[1][-1])  # (B, classes)
        real = torch.arange(ids.size(1)) < lengths.unsqueeze(1)  # (B, T)
        total = (x * real.unsqueeze(2)).sum(dim=1)  # (B, D)
        return self.output(total / lengths.unsqueeze(1))  # (B, classes)


def opinions(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sentences of TinyWorld and 1 for praise, 0 for blame: ids (n, T), lengths, labels (n,)."""
    examples = tinyworld.sentiment_examples(n, seed)
    encode = tinyworld.vocabulary("english").encode
    rows = [torch.tensor(encode(list(e.words))) for e in examples]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (n, T)
    return ids, torch.tensor([len(row) for row in rows]), torch.tensor([e.label for e in examples])


def sentiment(reader: str = "RNN", steps: int = 400, seed: int = 0) -> Trained:
    """Sequence to vector: learn to tell praise from blame; ``reader`` is one of ``READERS``."""
    torch.manual_seed(seed)
    model = SequenceToVector(len(tinyworld.vocabulary("english")), 2, reader)
    ids, lengths, labels = opinions(2000, seed)

    def batch() -> tuple[Tensor, Tensor, Tensor]:
        rows = torch.randint(len(ids), (64,))
        return ids[rows], lengths[rows], labels[rows]

    def loss(model: nn.Module, b: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(model(b[0], b[1]), b[2])

    return model, fit(model, batch, loss, steps, 1e-2)


@torch.no_grad()
def share_right(model: SequenceToVector, n: int = 1000, seed: int = 1) -> float:
    """Share of new sentences whose class is found."""
    ids, lengths, labels = opinions(n, seed)
    return (model(ids, lengths).argmax(dim=1) == labels).float().mean().item()


class VectorToSequence(nn.Module):
    """Begins with a state made of a vector and scores each next word."""

    def __init__(self, size: int, vocab_size: int, hidden_size: int = 64):
        super().__init__()
        self.to_state = nn.Linear(size, hidden_size)
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.rnn = RNN(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)
        keep_lengths(self.rnn, self.embedding)  # the picture is shown once, and must be kept

    def start(self, vector: Tensor) -> Tensor:
        """vector (B, size) to the state before the first word, (1, B, H)."""
        return self.to_state(vector).tanh().unsqueeze(0)

    def forward(self, vector: Tensor, ids: Tensor) -> Tensor:
        """vector (B, size) and the words so far (B, T) to scores (B, T, V)."""
        h, _ = self.rnn(self.embedding(ids), self.start(vector))  # (B, T, H)
        return self.output(h)


def captions(steps: int = 500, seed: int = 0) -> Trained:
    """Vector to sequence: learn to say what a picture shows."""
    torch.manual_seed(seed)
    model = VectorToSequence(3 * pictures.SIDE**2, len(pictures.WORDS))
    images, ids = pictures.gallery(2000, held_out=False, seed=seed)

    def batch() -> tuple[Tensor, Tensor]:
        rows = torch.randint(len(ids), (64,))
        return images[rows], ids[rows]

    def loss(model: nn.Module, b: tuple[Tensor, Tensor]) -> Tensor:
        return language_model_loss(model(*b), b[1])

    return model, fit(model, batch, loss, steps, 5e-3)


@torch.no_grad()
def describe(model: VectorToSequence, images: Tensor, longest: int = 8) -> list[str]:
    """Write a caption for each picture (n, size), the likeliest word each time."""
    ids, state = torch.zeros(len(images), 1, dtype=torch.long), model.start(images)
    words: list[Tensor] = []
    for _ in range(longest):
        h, state = model.rnn(model.embedding(ids), state)  # (n, 1, H), (1, n, H)
        ids = model.output(h).argmax(dim=-1)  # (n, 1)
        words.append(ids)
    said = [[pictures.WORDS[i] for i in row] for row in torch.cat(words, dim=1).tolist()]
    return [" ".join(row[: row.index(".")] if "." in row else row) for row in said]


@torch.no_grad()
def captions_right(model: VectorToSequence, held_out: bool, n: int = 300, seed: int = 1) -> float:
    """Share of new pictures whose whole caption is right."""
    images, ids = pictures.gallery(n, held_out, seed)
    wanted = [" ".join(pictures.WORDS[i] for i in row[1:-1]) for row in ids.tolist()]
    said = describe(model, images)
    return sum(a == b for a, b in zip(said, wanted, strict=True)) / n


class SequenceToSequence(nn.Module):
    """Scores the next character after each that it has read."""

    def __init__(self, vocab_size: int, hidden_size: int = 48):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.rnn = RNN(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ids (B, T) to scores (B, T, V) and the state after the last, (1, B, H)."""
        h, state = self.rnn(self.embedding(ids), state)  # (B, T, H)
        return self.output(h), state


def encode(text: str, words: bool = False) -> list[int]:
    """Ids of the characters, or of the words and full stops, of sentences about who hid what."""
    if words:
        return [WORDS.index(word) for word in text.replace(".", " .").split()]
    return [CHARACTERS.index(character) for character in text]


def hiding(n: int, generator: torch.Generator, words: bool = False) -> Tensor:
    """A text of n sentences, each any of three with equal chance, as ids (N,)."""
    chosen = torch.randint(len(HIDING), (n,), generator=generator).tolist()
    return torch.tensor(encode("".join(HIDING[i] for i in chosen), words))


def hiding_entropy() -> float:
    """Exact nats a character: only which animal comes next is open, once a sentence."""
    return math.log(len(HIDING)) / (sum(map(len, HIDING)) / len(HIDING))


def next_tokens(words: bool = False, keep: bool = False, seed: int = 0) -> Trained:
    """Sequence to sequence: learn to go on with the sentences, by characters or by words.

    ``keep``: begin with weights that keep the lengths of states and gradients.
    """
    torch.manual_seed(seed)
    model = SequenceToSequence(len(WORDS if words else CHARACTERS))
    if keep:
        keep_lengths(model.rnn, model.embedding)
    text = hiding(500, torch.Generator().manual_seed(seed), words)  # (N,)
    long, steps = (18, 100) if words else (64, 200)  # three sentences at a time

    def batch() -> Tensor:
        starts = torch.randint(len(text) - long, (32, 1))
        return text[starts + torch.arange(long + 1)]  # (B, T + 1)

    def loss(model: nn.Module, ids: Tensor) -> Tensor:
        return language_model_loss(model(ids)[0], ids)

    return model, fit(model, batch, loss, steps, 1e-2)


@torch.no_grad()
def surprises(model: SequenceToSequence, text: str, words: bool = False) -> list[float]:
    """Nats at each token of a text but the first."""
    ids = torch.tensor([encode(text, words)])  # (1, T)
    logits, _ = model(ids[:, :-1])  # (1, T - 1, V)
    return F.cross_entropy(logits[0], ids[0, 1:], reduction="none").tolist()


class Backwards(nn.Module):
    """Reads with one network; its last state, one vector, starts the network that writes."""

    def __init__(self, vocab_size: int, hidden_size: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size + 1, 16)  # the last id asks for the first letter
        self.reader, self.writer = RNN(16, hidden_size), RNN(16, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        """source (B, T) and, per place, the letter written before (B, T), to scores (B, T, V)."""
        _, vector = self.reader(self.embedding(source))  # (1, B, H)
        h, _ = self.writer(self.embedding(before), vector)  # (B, T, H)
        return self.output(h)


def is_held_out(source: Tensor) -> Tensor:
    """Which rows of letters (B, T) are never trained on, about a seventh of all: (B,)."""
    return source.sum(dim=1) % 7 == 0


def letters(rows: int, long: int = LONG) -> tuple[Tensor, Tensor, Tensor]:
    """Random letters (B, T), those before each place when written backwards, and the targets.

    B is a little below ``rows``, since what is held out is left away.
    """
    source = torch.randint(len(LETTERS), (rows, long))
    source = source[~is_held_out(source)]  # (B, T)
    target = source.flip(1)  # (B, T)
    ask = torch.full((len(source), 1), len(LETTERS))
    return source, torch.cat([ask, target[:, :-1]], dim=1), target


def reversal(long: int = LONG, steps: int = 300, seed: int = 0) -> Trained:
    """Sequence to vector to sequence: learn to write letters backwards."""
    torch.manual_seed(seed)
    model = Backwards(len(LETTERS))

    def loss(model: nn.Module, b: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(model(b[0], b[1]).flatten(0, 1), b[2].flatten())

    return model, fit(model, lambda: letters(64, long), loss, steps, 1e-2)


@torch.no_grad()
def written(model: Backwards, source: Tensor) -> Tensor:
    """Write (B, T) letters backwards, each from the one written before."""
    _, state = model.reader(model.embedding(source))  # (1, B, H)
    ids, said = torch.full((len(source), 1), len(LETTERS)), []
    for _ in range(source.size(1)):
        h, state = model.writer(model.embedding(ids), state)  # (B, 1, H)
        ids = model.output(h).argmax(dim=-1)  # (B, 1)
        said.append(ids)
    return torch.cat(said, dim=1)


def reversed_right(model: Backwards, long: int = LONG) -> float:
    """Share of all rows of letters never trained on that are written backwards without a fault."""
    rows = torch.cartesian_prod(*long * [torch.arange(len(LETTERS))])  # (V ** T, T)
    source = rows[is_held_out(rows)]  # (n, T)
    return (written(model, source) == source.flip(1)).all(dim=1).float().mean().item()
