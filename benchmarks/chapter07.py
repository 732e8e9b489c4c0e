"""Chapter 7's measurements over several seeds: how many heads, at the same number of parameters.

    python benchmarks/chapter07.py          # writes benchmarks/results/chapter07.json

Needs UNROLLED_DATA, a folder with tatoeba/cmn-simplified.txt (English sentences, CC-BY 2.0 FR). One
layer of attention guesses the next character; the model, its training and its parameters are the
same for every number of heads. Each trained model then loses one head at a time, by setting to zero
the weights with which the output projection reads it.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import date
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "07-multi-head"))
import characters  # noqa: E402  (the chapter's own file, next to the page that shows it)

RESULT = ROOT / "benchmarks" / "results" / "chapter07.json"
SEEDS = (0, 1, 2)
HEADS = (1, 2, 4, 8, 16)
WIDTH, STEPS, BATCH = 64, 2500, 32


@torch.no_grad()
def without_each_head(model: characters.NextCharacter, ids: torch.Tensor) -> list[float]:
    """Validation loss with head 0 silenced, with head 1 silenced, and so on."""
    weight, H = model.attention.out_proj.weight, model.attention.n_heads
    d_k = weight.size(1) // H
    losses = []
    for head in range(H):
        kept = weight.clone()
        weight[:, head * d_k : (head + 1) * d_k] = 0.0
        losses.append(characters.loss(model, ids).item())
        weight.copy_(kept)
    return losses


def measure(data: characters.Corpus, n_heads: int, seed: int) -> dict:
    """Train and validate one model."""
    torch.manual_seed(seed)
    model = characters.NextCharacter(len(data.characters), n_heads, WIDTH)
    characters.train(model, data.training, STEPS, seed, BATCH)
    with torch.no_grad():
        validation = characters.loss(model, data.validation).item()
    return {
        "n_heads": n_heads,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": validation,
        "loss_without_head": [round(x, 4) for x in without_each_head(model, data.validation)],
    }


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    data = characters.corpus()
    if data.source != "Tatoeba":
        sys.exit("no Tatoeba file; wanted UNROLLED_DATA, a folder with tatoeba/cmn-simplified.txt")
    rows = []
    for n_heads in HEADS:
        for seed in SEEDS:
            rows.append(measure(data, n_heads, seed))
            print({k: v for k, v in rows[-1].items() if k != "loss_without_head"}, flush=True)
    record = {
        "command": "python benchmarks/chapter07.py",
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), 1 thread",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "settings": {
            "seeds": SEEDS,
            "width": WIDTH,
            "steps": STEPS,
            "batch": BATCH,
            "training_sentences": len(data.training),
            "validation_sentences": len(data.validation),
        },
        "heads": rows,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("wrote", RESULT.relative_to(ROOT))


if __name__ == "__main__":
    main()
