"""Chapter 6's measurements over several seeds: recall, and the next character of Tiny Shakespeare.

    python benchmarks/chapter06.py          # writes benchmarks/results/chapter06.json

Reads Tiny Shakespeare (1.1 MB of plays) from the folder UNROLLED_DATA, or downloads it once.
Recall compares one attention layer with recurrent ones; the characters compare ways to summarise
what stands to the left (``book/06-self-attention/shakespeare.py``). Every run that has ended is
kept in build/chapter06.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.data import fetch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "06-self-attention"), str(ROOT / "benchmarks")]
import recall  # noqa: E402  (the chapter's own files, next to the page that shows them)
import shakespeare  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
PAIRS = (2, 4, 8, 16, 32)
STEPS, BATCH, RATE = 2000, 64, 2e-3
KINDS = ("current", "average", "attention", "attention+positions", "gru")
KEPT = "attention+positions"  # the kind whose first seed the page shows
SETTINGS = {
    "seeds": SEEDS, "context": shakespeare.CONTEXT, "width": shakespeare.WIDTH,
    "steps": STEPS, "batch": BATCH, "learning_rate": RATE,
}  # fmt: skip


def characters() -> tuple[Tensor, Tensor, str]:
    """Training and validation ids of Tiny Shakespeare (90 % and 10 %), and its characters."""
    text = fetch("tinyshakespeare.txt").read_text(encoding="utf-8")
    vocabulary = "".join(sorted(set(text)))
    ids = torch.tensor([vocabulary.index(character) for character in text])
    cut = int(0.9 * len(ids))
    return ids[:cut], ids[cut:], vocabulary


def train(kind: str, ids: Tensor, vocab_size: int, seed: int) -> shakespeare.NextCharacter:
    """Train one model on random windows; the same windows for every kind."""
    torch.manual_seed(seed)
    model = shakespeare.NextCharacter(kind, vocab_size)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        start = torch.randint(len(ids) - shakespeare.CONTEXT, (BATCH, 1), generator=generator)
        window = ids[start + torch.arange(shakespeare.CONTEXT + 1)]  # (B, T + 1)
        logits = model(window[:, :-1])  # (B, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model


def measure_characters(kind: str, seed: int) -> dict:
    """One row of the record; the first seed of the kind that is kept leaves its weights."""
    training, validation, vocabulary = characters()
    model = train(kind, training, len(vocabulary), seed)
    losses = shakespeare.loss_by_position(model, validation)
    row = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": losses.mean().item(),
        "loss_by_position": [round(loss, 4) for loss in losses.tolist()],
    }
    if kind == KEPT and seed == SEEDS[0]:
        about = {"kind": kind, "characters": json.dumps(list(vocabulary))}
        page_weights.write(shakespeare.WEIGHTS, model, about)
    return row


def measure_recall(task: str, kind: str, hidden: int, steps: int, seed: int) -> dict:
    """One row of the record."""
    torch.manual_seed(seed)
    model = recall.Reader(kind, hidden=hidden)
    recall.train(task, model, steps, seed)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "accuracy": {n: round(recall.accuracy(task, model, n), 4) for n in PAIRS},
    }


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the table they belong to, what measures one, and its settings."""
    # 20 units make a GRU of equal size; 128 a far larger one.
    readers = [("attention", 32, 1000), ("gru", 20, 1000), ("gru", 20, 6000), ("gru", 128, 6000)]
    asked = [("recall", *reader) for reader in readers] + [("echo", *r) for r in readers[:2]]
    names = ("task", "kind", "hidden", "steps", "seed")
    recalls = [dict(zip(names, (*row, seed), strict=True)) for row in asked for seed in SEEDS]
    for settings in recalls:
        yield "recall", measure_recall, settings
    for kind, seed in itertools.product(KINDS, SEEDS):
        yield "characters", measure_characters, {"kind": kind, "seed": seed}


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    tables = chapters.measured("chapter06", runs)
    validation, vocabulary = characters()[1:]
    text = "".join(vocabulary[i] for i in validation.tolist())
    weights = page_weights.about(shakespeare.WEIGHTS, shakespeare.evaluate, text)
    chapters.write("chapter06", tables, SETTINGS, weights=weights)


if __name__ == "__main__":
    main()
