"""Chapter 6's measurements over several seeds: recall, and the next character of Tiny Shakespeare.

    python benchmarks/chapter06.py          # writes benchmarks/results/chapter06.json

Reads Tiny Shakespeare (1.1 MB of plays) from the folder UNROLLED_DATA, or downloads it once.
Recall compares one attention layer with recurrent ones; the characters compare ways to summarise
what stands to the left (``book/06-self-attention/shakespeare.py``). Every run that has ended is
kept in build/chapter06.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.data import fetch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "06-self-attention"), str(ROOT / "benchmarks")]
import recall  # noqa: E402  (the chapter's own files, next to the page that shows them)
import shakespeare  # noqa: E402

import page_weights  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "chapter06.json"
UNFINISHED = ROOT / "build" / "chapter06.json"
SEEDS = (0, 1, 2, 3, 4)
PAIRS = (2, 4, 8, 16, 32)
STEPS, BATCH, RATE = 2000, 64, 2e-3
KINDS = ("current", "average", "attention", "attention+positions", "gru")
KEPT = "attention+positions"  # the kind whose first seed the page shows


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


def runs() -> list[tuple[str, Callable[..., dict], dict]]:
    """All runs: the table they belong to, what measures one, and its settings."""
    # 20 units make a GRU of equal size; 128 a far larger one.
    readers = [("attention", 32, 1000), ("gru", 20, 1000), ("gru", 20, 6000), ("gru", 128, 6000)]
    asked = [("recall", *reader) for reader in readers] + [("echo", *r) for r in readers[:2]]
    names = ("task", "kind", "hidden", "steps", "seed")
    recalls = [dict(zip(names, (*row, seed), strict=True)) for row in asked for seed in SEEDS]
    texts = [{"kind": kind, "seed": seed} for kind in KINDS for seed in SEEDS]
    return [
        *(("recall", measure_recall, settings) for settings in recalls),
        *(("characters", measure_characters, settings) for settings in texts),
    ]


def measure_all() -> dict[str, list[dict]]:
    """Every run's row, in order; one that has ended before is read."""
    ended = json.loads(UNFINISHED.read_text()) if UNFINISHED.exists() else {}
    tables: dict[str, list[dict]] = {}
    for table, measure, settings in runs():
        name = " ".join(map(str, (table, *settings.values())))
        if name not in ended:
            started = time.perf_counter()
            row = measure(**settings)
            ended[name] = {**settings, **row, "seconds": round(time.perf_counter() - started, 1)}
            UNFINISHED.parent.mkdir(exist_ok=True)
            UNFINISHED.write_text(json.dumps(ended))
            print(name, row.get("loss") or row["accuracy"], flush=True)
        tables.setdefault(table, []).append(ended[name])
    return tables


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    tables = measure_all()
    rows = [row for table in tables.values() for row in table]
    validation, vocabulary = characters()[1:]
    text = "".join(vocabulary[i] for i in validation.tolist())
    record = {
        "command": "python benchmarks/chapter06.py",
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), 1 thread",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
        # Above the number of cores, other programs have slowed this one down.
        "load_average_15_minutes": round(os.getloadavg()[2], 2),
        "settings": {
            "seeds": SEEDS, "context": shakespeare.CONTEXT, "width": shakespeare.WIDTH,
            "steps": STEPS, "batch": BATCH, "learning_rate": RATE,
        },
        "weights": page_weights.about(shakespeare.WEIGHTS, shakespeare.evaluate, text),
        **tables,
    }  # fmt: skip
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("wrote", RESULT.relative_to(ROOT))


if __name__ == "__main__":
    main()
