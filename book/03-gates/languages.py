"""Chapter 3's language models: an RNN, an LSTM and a GRU of equal size on the same two texts.

One text is Tiny Shakespeare by characters, the other TinyWorld by words, whose entropy is known.
A batch is so many places of the text, read side by side; the state is carried from one piece to
the next, the gradient is not. ``benchmarks/chapter03.py`` trains over several seeds and keeps one
LSTM of characters, ``shakespeare-lstm.safetensors``, for the pages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from unrolled.recurrent import GRU, LSTM, RNN
from unrolled.training import clip_gradients

# A layer, and how many matrices a step has.
KINDS = {"RNN": (RNN, 1), "LSTM": (LSTM, 4), "LSTM, bias 1": (LSTM, 4), "GRU": (GRU, 3)}
EMBEDDED = 32  # features of a token
WEIGHTS = Path(__file__).parent / "shakespeare-lstm.safetensors"


class Reader(nn.Module):
    """A language model: a table of vectors, one recurrent layer, a score for each next token."""

    def __init__(self, kind: str, vocab_size: int, hidden_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, EMBEDDED)
        self.layer = KINDS[kind][0](EMBEDDED, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """ids (B, T) to logits (B, T, V) and the state after the last token."""
        h, state = self.layer(self.embedding(ids), state)  # (B, T, H)
        return self.output(h), state


def width(kind: str, vocab_size: int, parameters: int) -> int:
    """The hidden size with which a Reader has at most so many parameters."""
    matrices = KINDS[kind][1]

    def size(H: int) -> int:
        return vocab_size * (EMBEDDED + H + 1) + matrices * H * (EMBEDDED + H + 2)

    return max(H for H in range(1, 2048) if size(H) <= parameters)


def make(kind: str, vocab_size: int, parameters: int, seed: int) -> Reader:
    """A Reader of about so many parameters, not yet trained."""
    torch.manual_seed(seed)
    model = Reader(kind, vocab_size, width(kind, vocab_size, parameters))
    if kind == "LSTM, bias 1":  # gates are in the order i, f, g, o
        H = model.layer.hidden_size
        with torch.no_grad():
            model.layer.bias_ih_l0[H : 2 * H] = 1.0
            model.layer.bias_hh_l0[H : 2 * H] = 0.0
    return model


def detached(state: Any) -> Any:
    """The same numbers, without what led to them."""
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def rows_of(text: Tensor, rows: int) -> Tensor:
    """Cut a text (N,) into rows of equal length, side by side: (rows, N // rows)."""
    long = len(text) // rows
    return text[: rows * long].view(rows, long)  # (rows, N // rows)


def train(
    model: Reader, text: Tensor, steps: int, rate: float, seed: int = 0, shape: tuple = (32, 64)
) -> list[float]:
    """Train on a text (N,) from a place the seed chooses; return every step's loss.

    ``shape``: rows of a batch, and how many tokens of each at a time: so far a gradient may go.
    """
    places, piece = shape
    start = int(torch.randint(len(text), (), generator=torch.Generator().manual_seed(seed)))
    rows = rows_of(text.roll(-start), places)  # (B, N // B)
    pieces = (rows.size(1) - 1) // piece
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.1)
    losses = []
    for step in range(steps):
        if step % pieces == 0:
            state = None
        at = step % pieces * piece
        ids = rows[:, at : at + piece + 1]  # (B, T + 1)
        logits, state = model(ids[:, :-1], state)  # (B, T, V)
        state = detached(state)
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def loss_of(model: Reader, text: Tensor, rows: int = 16, piece: int = 256) -> float:
    """Mean surprise in nats at each token of a text (N,), read in a few rows with their state."""
    rows = min(rows, max(1, len(text) // piece))
    ids, state, total = rows_of(text, rows), None, 0.0
    for at in range(0, ids.size(1) - 1, piece):
        part = ids[:, at : at + piece + 1]  # (B, at most piece + 1)
        logits, state = model(part[:, :-1], state)
        total += F.cross_entropy(
            logits.flatten(0, 1), part[:, 1:].flatten(), reduction="sum"
        ).item()
    return total / (rows * (ids.size(1) - 1))


def encode(text: str, characters: tuple[str, ...]) -> Tensor:
    """Characters to ids, (N,)."""
    id_of = {character: i for i, character in enumerate(characters)}
    return torch.tensor([id_of[character] for character in text])


def reach(model: Reader, text: Tensor, length: int = 100, seed: int = 0) -> Tensor:
    r"""How much the last state still depends on the input k steps before it.

    For a random direction v of unit length, the length of v^T (d h_T / d x_{T-k}), as the median
    over 32 pieces of the text.

    Returns:
        ``(length,)``, one number for each k from 0 on.
    """
    rows = rows_of(text, 32)[:, :length]  # (B, T)
    x = model.embedding(rows).detach().requires_grad_()  # (B, T, D)
    h = model.layer(x)[0][:, -1]  # (B, H)
    v = torch.randn(h.shape, generator=torch.Generator().manual_seed(seed))
    (gradient,) = torch.autograd.grad(h, x, F.normalize(v, dim=-1))  # (B, T, D)
    return gradient.norm(dim=-1).flip(1).median(dim=0).values  # (T,)


def read_weights(path: Path = WEIGHTS) -> tuple[Reader, tuple[str, ...]]:
    """The trained LSTM that is kept beside the page, and its characters in the order of ids."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    characters = tuple(json.loads(about["characters"]))
    model = Reader(about["kind"], len(characters), int(about["hidden_size"]))
    model.load_state_dict(state)
    return model.eval(), characters


def evaluate(path: Path, text: str) -> float:
    """Loss in nats per character of kept weights on a text."""
    model, characters = read_weights(path)
    return loss_of(model, encode(text, characters))


@torch.no_grad()
def write(
    model: Reader, characters: tuple[str, ...], prompt: str, n: int, temperature: float = 1.0,
    seed: int = 0,
) -> str:  # fmt: skip
    """Let a model of characters go on after a prompt for n characters."""
    generator = torch.Generator().manual_seed(seed)
    logits, state = model(encode(prompt, characters)[None])
    said = prompt
    for _ in range(n):
        chances = (logits[:, -1] / temperature).softmax(dim=-1)  # (1, V)
        chosen = torch.multinomial(chances, 1, generator=generator)  # (1, 1)
        said += characters[chosen.item()]
        logits, state = model(chosen, state)
    return said
