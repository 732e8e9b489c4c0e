"""Chapter 6's measurements over several seeds: recall, and the next character of Tiny Shakespeare.

    python benchmarks/chapter06.py          # writes benchmarks/results/chapter06.json

Reads Tiny Shakespeare (1.1 MB of plays) from the folder UNROLLED_DATA, or downloads it once.
Recall compares one attention layer with recurrent ones. The characters compare ways to
summarise what stands to the left, in a model that is otherwise the same: the current character
only, the average, causal self-attention without and with a table of positions, and a GRU.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from datetime import date
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.attention import SelfAttention, causal_mask
from unrolled.data import fetch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "06-self-attention"))
import recall  # noqa: E402  (the chapter's own file, next to the page that shows it)

RESULT = ROOT / "benchmarks" / "results" / "chapter06.json"
SEEDS = (0, 1, 2)
PAIRS = (2, 4, 8, 16, 32)
CONTEXT, WIDTH, STEPS, BATCH, RATE = 64, 128, 2000, 64, 2e-3
KINDS = ("current", "average", "attention", "attention+positions", "gru")


class NextCharacter(nn.Module):
    """Scores the next character from the current one plus a summary of all up to it."""

    def __init__(self, kind: str, vocab_size: int, hidden: int):
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(vocab_size, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH) if "positions" in kind else None
        if kind == "average":
            self.summary = nn.Linear(WIDTH, hidden, bias=False)
        elif "attention" in kind:
            self.summary = SelfAttention(WIDTH, d_v=hidden)
        elif kind == "gru":
            self.summary = nn.GRU(WIDTH, hidden, batch_first=True)
        self.from_current = nn.Linear(WIDTH, vocab_size)
        if kind != "current":
            self.from_summary = nn.Linear(hidden, vocab_size, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) to logits (B, T, V)."""
        x = self.embedding(ids)  # (B, T, D)
        if self.positions is not None:
            x = x + self.positions.weight[: ids.size(1)]
        logits = self.from_current(x)  # (B, T, V)
        if self.kind == "current":
            return logits
        return logits + self.from_summary(self.summarise(x))

    def summarise(self, x: Tensor) -> Tensor:
        """x (B, T, D) to a summary of positions 0 to t at each t, (B, T, hidden)."""
        if self.kind == "gru":
            return self.summary(x)[0]
        visible = causal_mask(x.size(1))  # (T, T)
        if self.kind == "average":
            return visible / visible.sum(dim=-1, keepdim=True) @ self.summary(x)
        return self.summary(x, visible)


def characters() -> tuple[Tensor, Tensor, int]:
    """Training and validation ids of Tiny Shakespeare (90 % and 10 %) and the vocabulary size."""
    text = fetch("tinyshakespeare.txt").read_text(encoding="utf-8")
    ids_of = {character: i for i, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([ids_of[character] for character in text])
    cut = int(0.9 * len(ids))
    return ids[:cut], ids[cut:], len(ids_of)


def train_characters(kind: str, ids: Tensor, vocab_size: int, seed: int) -> NextCharacter:
    """Train one model on random windows; the same windows for every kind."""
    torch.manual_seed(seed)
    # 82 units give the GRU as many parameters as the three projections of attention.
    model = NextCharacter(kind, vocab_size, hidden=82 if kind == "gru" else WIDTH)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        start = torch.randint(len(ids) - CONTEXT, (BATCH, 1), generator=generator)
        window = ids[start + torch.arange(CONTEXT + 1)]  # (B, T + 1)
        logits = model(window[:, :-1])  # (B, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model


@torch.no_grad()
def validate(model: NextCharacter, ids: Tensor) -> list[float]:
    """Mean loss in nats at each position of the context, over the whole validation text."""
    model.eval()
    n = (len(ids) - 1) // CONTEXT
    inputs = ids[: n * CONTEXT].view(n, CONTEXT)
    targets = ids[1 : n * CONTEXT + 1].view(n, CONTEXT)
    losses = [
        F.cross_entropy(model(x).transpose(1, 2), y, reduction="none")
        for x, y in zip(inputs.split(256), targets.split(256), strict=True)
    ]
    return torch.cat(losses).mean(dim=0).tolist()


def measure_characters() -> list[dict]:
    """One row a kind and seed."""
    training, validation, vocab_size = characters()
    rows = []
    for kind in KINDS:
        for seed in SEEDS:
            started = time.perf_counter()
            model = train_characters(kind, training, vocab_size, seed)
            seconds = time.perf_counter() - started
            by_position = validate(model, validation)
            row = {
                "kind": kind,
                "seed": seed,
                "parameters": sum(p.numel() for p in model.parameters()),
                "loss": sum(by_position) / CONTEXT,
                "loss_by_position": [round(loss, 4) for loss in by_position],
                "seconds": round(seconds, 1),
            }
            rows.append(row)
            print(f"{kind:20} seed {seed}: {row['loss']:.4f} nats, {seconds:.0f} s", flush=True)
    return rows


def measure_recall() -> list[dict]:
    """One row a task, reader and seed. 20 units make a GRU of equal size; 128 a far larger one."""
    readers = [("attention", 32, 1000), ("gru", 20, 1000), ("gru", 128, 6000)]
    rows = []
    for task in ("recall", "echo"):
        for kind, hidden, steps in readers[: 3 if task == "recall" else 2]:
            for seed in SEEDS:
                torch.manual_seed(seed)
                model = recall.Reader(kind, hidden=hidden)
                recall.train(task, model, steps, seed)
                row = {
                    "task": task,
                    "kind": kind,
                    "hidden": hidden,
                    "steps": steps,
                    "seed": seed,
                    "parameters": sum(p.numel() for p in model.parameters()),
                    "accuracy": {n: round(recall.accuracy(task, model, n), 4) for n in PAIRS},
                }
                rows.append(row)
                print(task, kind, hidden, f"seed {seed}:", row["accuracy"], flush=True)
    return rows


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    started = time.perf_counter()
    rows = {"recall": measure_recall(), "characters": measure_characters()}
    record = {
        "command": "python benchmarks/chapter06.py",
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), 1 thread",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "minutes": round((time.perf_counter() - started) / 60, 1),
        # Above the number of cores, other programs have slowed this one down.
        "load_average_15_minutes": round(os.getloadavg()[2], 2),
        "settings": {
            "seeds": SEEDS,
            "context": CONTEXT,
            "width": WIDTH,
            "steps": STEPS,
            "batch": BATCH,
            "learning_rate": RATE,
        },
        **rows,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("wrote", RESULT.relative_to(ROOT))


if __name__ == "__main__":
    main()
