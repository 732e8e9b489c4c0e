"""Chapter 7's measurements over several seeds: how many heads, at the same number of parameters.

    python benchmarks/chapter07.py          # writes benchmarks/results/chapter07.json

Needs UNROLLED_DATA, a folder with tatoeba/cmn-simplified.txt (English sentences, CC-BY 2.0 FR). At
the round table (``book/07-multi-head/round_table.py``) a layer has two look-ups to learn; on real
text (``characters.py``) it guesses the next character. Each model of characters then loses heads,
by setting to zero the weights with which the output projection reads them: one head at a time, and
equal parts of the layer, a quarter and a half, whatever the number of heads. Every run that has
ended is kept in build/chapter07.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "07-multi-head"), str(ROOT / "benchmarks")]
import characters  # noqa: E402  (the chapter's own files, next to the page that shows them)
import round_table  # noqa: E402

import page_weights  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "chapter07.json"
UNFINISHED = ROOT / "build" / "chapter07.json"
SEEDS = (0, 1, 2, 3, 4)
HEADS = (1, 2, 4, 8, 16)
TABLE_STEPS = (500, 2500)
WIDTH, STEPS, BATCH = 64, 2500, 32
PARTS = {"quarter": 4, "half": 2}  # of the layer, removed at once
DRAWS = 12  # at most so many ways to choose which heads a part is made of
KEPT = 4  # heads of the model whose first seed the pages show

data = cache(characters.corpus)


def measure_table(n_heads: int, peek: bool, steps: int, seed: int) -> dict:
    """One dinner: what it leaves unknown and, without peeking, whom each head attends to."""
    model, _ = round_table.train(n_heads, steps, seed, peek)
    row = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "unknown": round(round_table.unknown(model, peek), 6),
    }
    if not peek:
        shares = round_table.neighbours(model).tolist()
        row["left_and_right"] = [[round(x, 4) for x in head] for head in shares]
    return row


def parts(n_heads: int, share: int, seed: int) -> list[tuple[int, ...]]:
    """Ways to choose one ``share``-th of the heads: all of them, or ``DRAWS`` at random."""
    ways = list(itertools.combinations(range(n_heads), n_heads // share))
    return ways if len(ways) <= DRAWS else random.Random(seed).sample(ways, DRAWS)


def measure_characters(n_heads: int, seed: int) -> dict:
    """Train and validate one model, then take heads away; the kept one leaves its weights."""
    torch.manual_seed(seed)
    model = characters.NextCharacter(len(data().characters), n_heads, WIDTH)
    characters.train(model, data().training, STEPS, seed, BATCH)
    if (n_heads, seed) == (KEPT, SEEDS[0]):
        about = {"n_heads": str(n_heads), "characters": json.dumps(data().characters)}
        page_weights.write(characters.WEIGHTS, model, about)
    held_out = data().validation

    def without(heads: tuple[int, ...]) -> float:
        return round(characters.without(model, heads, held_out), 4)

    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": round(characters.without(model, (), held_out), 5),
        "loss_without_any": without(tuple(range(n_heads))),
        "loss_without_head": [without((head,)) for head in range(n_heads)],
        **{
            f"loss_without_a_{name}": [without(heads) for heads in parts(n_heads, share, seed)]
            for name, share in PARTS.items()
            if n_heads % share == 0
        },
        "profile": [
            [round(x, 4) for x in head] for head in characters.profile(model, held_out).tolist()
        ],
    }


def runs() -> list[tuple[str, Callable[..., dict], dict]]:
    """All runs: the table they belong to, what measures one, and its settings."""
    layers = [*((n, False) for n in HEADS), (1, True)]
    dinners = itertools.product(layers, TABLE_STEPS, SEEDS)
    return [
        *(
            ("heads", measure_characters, {"n_heads": n, "seed": seed})
            for n in HEADS
            for seed in SEEDS
        ),
        *(
            ("table", measure_table, {"n_heads": n, "peek": peek, "steps": steps, "seed": seed})
            for (n, peek), steps, seed in dinners
        ),
    ]


def measure_all() -> dict[str, list[dict]]:
    """Every run's row, in order; one that has ended before is read."""
    ended = json.loads(UNFINISHED.read_text()) if UNFINISHED.exists() else {}
    tables: dict[str, list[dict]] = {}
    for table, measure, settings in runs():
        name = " ".join(map(str, (table, *settings.values())))
        if name not in ended:
            started = time.process_time()  # waiting for other programs is not counted
            row = measure(**settings)
            ended[name] = {**settings, **row, "seconds": round(time.process_time() - started, 1)}
            UNFINISHED.parent.mkdir(exist_ok=True)
            UNFINISHED.write_text(json.dumps(ended))
            print(name, row.get("loss") or row["unknown"], ended[name]["seconds"], flush=True)
        tables.setdefault(table, []).append(ended[name])
    return tables


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    if data().source != "Tatoeba":
        sys.exit("no Tatoeba file; wanted UNROLLED_DATA, a folder with tatoeba/cmn-simplified.txt")
    tables = measure_all()
    rows = [row for table in tables.values() for row in table]
    text = "\n".join(characters.decode(ids, data().characters) for ids in data().validation)
    sample = "\n".join(characters.SENTENCES)
    record = {
        "command": "python benchmarks/chapter07.py",
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), 1 thread",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
        # Above the number of cores, other programs have slowed this one down.
        "load_average_15_minutes": round(os.getloadavg()[2], 2),
        "settings": {
            "seeds": SEEDS, "width": WIDTH, "steps": STEPS, "batch": BATCH, "draws": DRAWS,
            "table_steps": TABLE_STEPS, "places": characters.PLACES,
            "training_sentences": len(data().training),
            "validation_sentences": len(data().validation),
        },
        "weights": page_weights.about(characters.WEIGHTS, characters.evaluate, text, sample),
        **tables,
    }  # fmt: skip
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("wrote", RESULT.relative_to(ROOT))


if __name__ == "__main__":
    main()
