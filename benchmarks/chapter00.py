"""Chapter 0's measurement over five seeds: a table of character pairs on Tiny Shakespeare.

    python benchmarks/chapter00.py          # writes benchmarks/results/chapter00.json

Needs UNROLLED_DATA, a folder with tinyshakespeare.txt (1.1 MB of plays, public domain text).
Learned by gradient descent, against the same table filled by counting.
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

from unrolled.basics import cross_entropy

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "00-warm-up"))
import bigram  # noqa: E402  (the chapter's own file, next to the page that shows it)

RESULT = ROOT / "benchmarks" / "results" / "chapter00.json"
SEEDS = (0, 1, 2, 3, 4)


def main() -> None:
    """Measure everything and write the record."""
    folder = os.environ.get("UNROLLED_DATA")
    if not folder:
        sys.exit("UNROLLED_DATA is not set; wanted a folder that holds tinyshakespeare.txt")
    torch.set_num_threads(1)
    text = (Path(folder) / "tinyshakespeare.txt").read_text(encoding="utf-8")
    vocabulary = sorted(set(text))
    id_of = {character: i for i, character in enumerate(vocabulary)}
    ids = torch.tensor([id_of[character] for character in text])
    cut = int(0.9 * len(ids))
    training, held_out = ids[:cut], ids[cut:]
    started = time.perf_counter()
    losses = []
    for seed in SEEDS:
        W, _ = bigram.train(training, len(vocabulary), seed)
        losses.append(cross_entropy(W[held_out[:-1]], held_out[1:]).item())
        print(f"seed {seed}: {losses[-1]:.4f} nats", flush=True)
    counted = bigram.count(training, len(vocabulary)).log()
    record = {
        "command": "python benchmarks/chapter00.py",
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), 1 thread",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "seconds": round(time.perf_counter() - started, 1),
        "seeds": SEEDS,
        "learned": [round(loss, 4) for loss in losses],
        "counted": round(cross_entropy(counted[held_out[:-1]], held_out[1:]).item(), 4),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("wrote", RESULT.relative_to(ROOT))


if __name__ == "__main__":
    main()
