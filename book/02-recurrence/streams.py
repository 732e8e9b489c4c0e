"""Chapter 2's language models: one plain RNN over a text that is cut into streams.

A text of N tokens becomes B rows of N / B, read side by side in pieces of T. Row b of a piece goes
on where row b of the piece before ended, so the state can be carried over; the gradient is cut
there. ``benchmarks/chapter02.py`` trains over several seeds and keeps the first seed's model of
Shakespeare's characters, ``characters.safetensors``, for the page.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from unrolled.recurrent import RNN
from unrolled.training import clip_gradients

EMBEDDED, HIDDEN = 32, 256
WEIGHTS = Path(__file__).parent / "characters.safetensors"


class Reader(nn.Module):
    """A language model: a vector for each token, one RNN, a score for each next token."""

    def __init__(self, vocab_size: int, hidden_size: int = HIDDEN):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, EMBEDDED)
        self.rnn = RNN(EMBEDDED, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ids (B, T) to scores (B, T, V) and the state after the last, (1, B, H)."""
        h, state = self.rnn(self.embedding(ids), state)  # (B, T, H), (1, B, H)
        return self.output(h), state


@dataclass(frozen=True)
class Plan:
    """How to train: updates, streams, tokens a piece, rate, and what is done at a cut."""

    steps: int = 1200
    streams: int = 32
    length: int = 64
    rate: float = 3e-3
    carry: bool = True  # else each piece begins with zeros
    clip: float | None = 1.0  # None: the gradient is as long as it is
    plain: bool = False  # gradient descent at one rate instead of Adam under a schedule


def streams(ids: Tensor, rows: int) -> Tensor:
    """Cut a text (N,) into rows that stand side by side: (rows, N // rows)."""
    n = len(ids) // rows
    return ids[: rows * n].view(rows, n)  # (rows, N // rows)


def train(model: Reader, text: Tensor, plan: Plan, seed: int = 0) -> dict[str, list[float]]:
    """Train on a text (N,) from a place that the seed chooses.

    Returns:
        Each step's loss, and its gradient's norm before clipping; cut short where the loss is no
        number any more.
    """
    start = int(torch.randint(len(text), (), generator=torch.Generator().manual_seed(seed)))
    rows = streams(text.roll(-start), plan.streams)  # (B, N // B)
    pieces = (rows.size(1) - 1) // plan.length
    if plan.plain:
        optimiser = torch.optim.SGD(model.parameters(), lr=plan.rate)
        schedule = torch.optim.lr_scheduler.ConstantLR(optimiser, 1.0)
    else:
        optimiser = torch.optim.Adam(model.parameters(), lr=plan.rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, plan.rate, plan.steps, pct_start=0.1
        )
    seen: dict[str, list[float]] = {"losses": [], "norms": []}
    state = None
    for step in range(plan.steps):
        at = step % pieces * plan.length
        if at == 0 or not plan.carry:
            state = None
        piece = rows[:, at : at + plan.length + 1]  # (B, T + 1): the last is a target alone
        logits, state = model(piece[:, :-1], state)  # (B, T, V), (1, B, H)
        state = state.detach()  # the numbers go on, the gradient does not
        loss = F.cross_entropy(logits.flatten(0, 1), piece[:, 1:].flatten())  # ()
        seen["losses"].append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        norm = clip_gradients(model.parameters(), plan.clip or 1e30)
        seen["norms"].append(norm.item())
        if not math.isfinite(seen["losses"][-1] + seen["norms"][-1]):
            break
        optimiser.step()
        schedule.step()
    return seen


@torch.no_grad()
def loss_of(model: Reader, text: Tensor, rows: int = 16, carry: int = 0) -> float:
    """Mean surprise in nats at each token of a text (N,), the state carried from end to end.

    ``carry``: where above 0, the state is zeroed after each so many tokens instead.
    """
    ids, total, state = streams(text, min(rows, max(1, len(text) // 64))), 0.0, None
    length = carry or 256
    for at in range(0, ids.size(1) - 1, length):
        piece = ids[:, at : at + length + 1]  # (B, at most T + 1)
        logits, state = model(piece[:, :-1], None if carry else state)
        targets = piece[:, 1:].flatten()  # (B * T,)
        total += F.cross_entropy(logits.flatten(0, 1), targets, reduction="sum").item()
    return total / (ids.size(0) * (ids.size(1) - 1))


def encode(text: str, characters: tuple[str, ...]) -> Tensor:
    """Characters to ids, (N,)."""
    id_of = {character: i for i, character in enumerate(characters)}
    return torch.tensor([id_of[character] for character in text])


def read_weights(path: Path = WEIGHTS) -> tuple[Reader, tuple[str, ...]]:
    """The trained model that is kept beside the page, and its characters in the order of ids."""
    with safe_open(path, framework="pt") as file:
        characters = tuple(json.loads(file.metadata()["characters"]))
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    model = Reader(len(characters), state["output.weight"].size(1))
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
    """Go on after a prompt for n characters, each drawn from softmax(scores / temperature)."""
    generator = torch.Generator().manual_seed(seed)
    logits, state = model(encode(prompt, characters).unsqueeze(0))  # (1, T, V), (1, 1, H)
    said = prompt
    for _ in range(n):
        chances = (logits[:, -1] / temperature).softmax(dim=-1)  # (1, V)
        chosen = torch.multinomial(chances, 1, generator=generator)  # (1, 1)
        said += characters[chosen.item()]
        logits, state = model(chosen, state)  # (1, 1, V), (1, 1, H)
    return said
