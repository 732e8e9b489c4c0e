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
import random
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "07-multi-head"), str(ROOT / "benchmarks")]
import characters  # noqa: E402  (the chapter's own files, next to the page that shows them)
import round_table  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
HEADS = (1, 2, 4, 8, 16)
TABLE_STEPS = (500, 2500)
WIDTH, STEPS, BATCH = 64, 2500, 32
PARTS = {"quarter": 4, "half": 2}  # of the layer, removed at once
DRAWS = 12  # at most so many ways to choose which heads a part is made of
KEPT = 4  # heads of the model whose first seed the pages show
SETTINGS = {
    "seeds": SEEDS, "width": WIDTH, "steps": STEPS, "batch": BATCH, "draws": DRAWS,
    "table_steps": TABLE_STEPS, "places": characters.PLACES,
}  # fmt: skip

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


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the table they belong to, what measures one, and its settings."""
    for n, seed in itertools.product(HEADS, SEEDS):
        yield "heads", measure_characters, {"n_heads": n, "seed": seed}
    layers = [*((n, False) for n in HEADS), (1, True)]
    for (n, peek), steps, seed in itertools.product(layers, TABLE_STEPS, SEEDS):
        settings = {"n_heads": n, "peek": peek, "steps": steps, "seed": seed}
        yield "table", measure_table, settings


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    if data().source != "Tatoeba":
        sys.exit("no Tatoeba file; wanted UNROLLED_DATA, a folder with tatoeba/cmn-simplified.txt")
    tables = chapters.measured("chapter07", runs)
    text = "\n".join(characters.decode(ids, data().characters) for ids in data().validation)
    sample = "\n".join(characters.SENTENCES)
    counted = {
        "training_sentences": len(data().training),
        "validation_sentences": len(data().validation),
    }
    weights = page_weights.about(characters.WEIGHTS, characters.evaluate, text, sample)
    chapters.write("chapter07", tables, SETTINGS | counted, weights=weights)


if __name__ == "__main__":
    main()
