"""Chapter 8's two texts: Shakespeare's characters in windows, TinyWorld's sentences one by one.

A causal reader (``models.py``) guesses what comes next. It is trained on windows of ``CONTEXT``
characters, or on sentences of at most ``SHORT`` words, and then asked further than that.
``benchmarks/chapter08.py`` trains it over several seeds and keeps the first seed's weights on
Shakespeare, one file for each kind, for the pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from models import Reader
from safetensors import safe_open
from torch import Tensor

from unrolled.data import tinyworld
from unrolled.training import cosine_schedule, fit, sequence_loss

CONTEXT, BEYOND = 64, 256  # characters in training, and in the test beyond it
SHORT = 10  # words of a sentence in training
WARMUP = 0.1  # share of the steps in which the rate rises
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Plan:
    """How a reader is trained on a text.

    Attributes:
        rate: the highest learning rate.
        steps: updates.
        batch: windows or sentences in each.
        furthest: a window begins at a random position up to this one; 0 is where texts begin.
    """

    rate: float
    steps: int = 1000
    batch: int = 32
    furthest: int = 0


def train(model: Reader, batches: Iterator[tuple[Tensor, int]], plan: Plan, pad_id: int) -> None:
    """Train on batches of ids (B, T + 1), each with the position of its first token."""

    def loss(model: Reader, batch: tuple[Tensor, int]) -> Tensor:
        ids, start = batch
        return sequence_loss(model(ids[:, :-1], start), ids[:, 1:], pad_id)

    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate)
    warmup = int(WARMUP * plan.steps)
    fit(
        model, list(batches), loss, optimizer, steps=plan.steps, progress=False,
        schedule=lambda step: cosine_schedule(step, plan.steps, warmup, plan.rate),
    )  # fmt: skip
    model.eval()


def windows(ids: Tensor, plan: Plan, seed: int) -> Iterator[tuple[Tensor, int]]:
    """Random windows of a text (B, CONTEXT + 1), the same for every model of a seed."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(plan.steps):
        first = torch.randint(len(ids) - CONTEXT, (plan.batch, 1), generator=generator)
        start = int(torch.randint(plan.furthest + 1, (), generator=generator))
        yield ids[first + torch.arange(CONTEXT + 1)], start


def sentences(rows: Sequence[Sequence[str]], plan: Plan) -> Iterator[tuple[Tensor, int]]:
    """TinyWorld's sentences (B, T + 1) in their order, each with a start and an end."""
    vocabulary = tinyworld.vocabulary("english")
    for step in range(plan.steps):
        some = rows[step * plan.batch : (step + 1) * plan.batch]
        yield vocabulary.batch(some, bos=True, eos=True), 0


@torch.no_grad()
def loss_by_position(model: Reader, ids: Tensor, length: int = CONTEXT) -> Tensor:
    """Mean loss in nats at each position of a text's windows, ``(length,)``.

    The windows lie side by side from the beginning of the text; for every length that divides
    ``BEYOND`` they cover the same characters.
    """
    n = (len(ids) - 1) // BEYOND * BEYOND
    inputs, targets = ids[:n].view(-1, length), ids[1 : n + 1].view(-1, length)
    losses = [
        F.cross_entropy(model(x).transpose(1, 2), y, reduction="none")  # (B, T)
        for x, y in zip(inputs.split(64), targets.split(64), strict=True)
    ]
    return torch.cat(losses).mean(dim=0)  # (length,)


@torch.no_grad()
def surprise(model: Callable[[Tensor], Tensor], rows: Sequence[Sequence[str]]) -> Tensor:
    """Surprise in nats at each whole sentence, its end included, ``(n,)``."""
    ids = tinyworld.vocabulary("english").batch(rows, bos=True, eos=True)  # (n, T + 1)
    losses = F.cross_entropy(
        model(ids[:, :-1]).transpose(1, 2), ids[:, 1:], reduction="none", ignore_index=0
    )  # (n, T)
    return losses.sum(dim=1)


def weights_of(kind: str) -> Path:
    """Where the kept weights of a kind are."""
    return HERE / f"{kind}.safetensors"


def read_weights(path: Path) -> tuple[Reader, dict[str, int]]:
    """A trained reader that is kept beside the page, and the id of each character."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    characters = json.loads(about["characters"])
    model = Reader(about["kind"], len(characters), len(characters))
    model.load_state_dict(state)
    return model.eval(), {character: i for i, character in enumerate(characters)}


def evaluate(path: Path, text: str) -> float:
    """Loss in nats per character of kept weights on a text, at most ``CONTEXT`` in sight."""
    model, ids = read_weights(path)
    return loss_by_position(model, torch.tensor([ids[c] for c in text])).mean().item()
