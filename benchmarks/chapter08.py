"""Chapter 8's measurements over several seeds: one reader whose positions are told in five ways.

    python benchmarks/chapter08.py          # writes benchmarks/results/chapter08.json

Needs UNROLLED_DATA, a folder with tinyshakespeare.txt. Five tables: chapter 6's echo task;
Shakespeare's characters, within and beyond the length that was trained; TinyWorld's sentences,
short as in training and longer, beside their exact entropy; tables of positions whose windows began
at random places; and how order leaks through a causal mask. On each text a kind's learning rate is
searched with the first seed, on text that is neither trained on nor reported. Every run that has
ended is kept in build/chapter08.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "08-positions"), str(ROOT / "benchmarks")]
import echo  # noqa: E402  (the chapter's own files, next to the page that shows them)
import models  # noqa: E402
import texts  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402
from unrolled.data import tiny_shakespeare, tinyworld  # noqa: E402
from unrolled.training import flush_denormals  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
RATES = (0.004, 0.008, 0.016)
PAIRS = (2, 4, 8, 16, 32)
ECHO_STEPS = 600
STEPS, BATCH = 1000, 32
TUNING = 50_000  # characters at the end of the training text, and not trained on
SENTENCES = 4000  # of each length of TinyWorld's, held out
LENGTHS = ((1, texts.SHORT), (texts.SHORT + 1, 15), (16, 40))  # words of a sentence
GROUP = 8  # neighbouring positions of which the mean is kept
FURTHEST = texts.BEYOND - texts.CONTEXT  # where a window may begin in "offsets"
KEPT = ("sinusoidal", "learned", "rotary", "alibi")  # whose first seed the pages show
DEPTHS = (1, 4)  # of the reader without positions; 2 is in "shakespeare"
SETTINGS = {
    "seeds": SEEDS, "rates": RATES, "pairs": PAIRS, "echo_steps": ECHO_STEPS, "steps": STEPS,
    "batch": BATCH, "context": texts.CONTEXT, "beyond": texts.BEYOND, "short": texts.SHORT,
    "tuning": TUNING, "sentences": SENTENCES, "lengths": LENGTHS, "group": GROUP,
    "furthest": FURTHEST, "depths": DEPTHS, "entropy": tinyworld.entropy_per_token(),
}  # fmt: skip


@cache
def shakespeare() -> tuple[Tensor, Tensor, Tensor, tuple[str, ...]]:
    """Ids to train on, to choose rates by and to report; and the characters."""
    characters = tuple(sorted(set(tiny_shakespeare())))
    id_of = {character: i for i, character in enumerate(characters)}
    training, held_out = (
        torch.tensor([id_of[c] for c in tiny_shakespeare(part)]) for part in ("train", "valid")
    )
    return training[:-TUNING], training[-TUNING:], held_out, characters


@cache
def world() -> tuple[list, list, dict[str, list]]:
    """Short sentences to train on and to choose rates by, and held-out ones of each length."""
    told = (s for s in tinyworld.sentences(seed=100) if len(s.english) <= texts.SHORT)
    short = [s.english for s in itertools.islice(told, STEPS * BATCH + SENTENCES)]
    held_out = {}
    for low, high in LENGTHS:
        fitting = (s for s in tinyworld.sentences(seed=0) if low <= len(s.english) <= high)
        held_out[f"{low}-{high}"] = list(itertools.islice(fitting, SENTENCES))
    return short[:-SENTENCES], short[-SENTENCES:], held_out


def size(model: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in model.parameters())


def read_shakespeare(
    kind: str, plan: texts.Plan, seed: int, n_layers: int = 2
) -> tuple[models.Reader, dict]:
    """Train on Shakespeare, and the losses: to choose by, to report, and further than trained."""
    training, tuning, held_out, characters = shakespeare()
    V, max_len = len(characters), texts.CONTEXT + plan.furthest
    torch.manual_seed(seed)
    model = models.Reader(kind, V, V, n_layers=n_layers, max_len=max_len)
    texts.train(model, texts.windows(training, plan, seed), plan, pad_id=-100)
    row = {
        "parameters": size(model),
        "tuning": round(texts.loss_by_position(model, tuning).mean().item(), 5),
        "loss": round(texts.loss_by_position(model, held_out).mean().item(), 5),
    }
    if kind != "learned" or plan.furthest:  # a learned table has no further rows
        further = texts.loss_by_position(model, held_out, texts.BEYOND)
        row["further"] = round(further.mean().item(), 5)
        row["by_position"] = [round(x, 4) for x in further.view(-1, GROUP).mean(dim=1).tolist()]
    return model, row


def measure_shakespeare(kind: str, rate: float, seed: int) -> dict:
    """One kind of positions."""
    return read_shakespeare(kind, texts.Plan(rate, STEPS, BATCH), seed)[1]


def keep(kind: str, rate: float) -> dict:
    """Train the first seed at the best rate once more, and leave its weights beside the page."""
    model, row = read_shakespeare(kind, texts.Plan(rate, STEPS, BATCH), SEEDS[0])
    about = {"kind": kind, "characters": json.dumps(shakespeare()[3])}
    page_weights.write(texts.weights_of(kind), model, about)
    return row


def measure_world(kind: str, rate: float, seed: int) -> dict:
    """Train on short sentences; nats a word above the exact surprise, by length."""
    training, tuning, held_out = world()
    plan = texts.Plan(rate, STEPS, BATCH)
    V = len(tinyworld.vocabulary("english"))
    torch.manual_seed(seed)
    model = models.Reader(kind, V, V)
    texts.train(model, texts.sentences(training, plan), plan, pad_id=0)
    row = {
        "parameters": size(model),
        "tuning": round(texts.surprise(model, tuning).sum().item() / sum(map(len, tuning)), 5),
    }
    for name, sentences in held_out.items():
        seen = texts.surprise(model, [s.english for s in sentences]).sum().item()
        least = -sum(s.log_probability for s in sentences)
        row[name] = round((seen - least) / sum(len(s.english) for s in sentences), 5)
    return row


def measure_echo(task: str, kind: str, seed: int) -> dict:
    """One layer, chapter 6's questions; a learned table ends with the longest it was trained on."""
    model = echo.train(task, kind, ECHO_STEPS, seed)
    asked = [n for n in PAIRS if kind != "learned" or n <= echo.LONGEST]
    right = {n: round(echo.accuracy(task, model, n), 4) for n in asked}
    return {"parameters": size(model), "accuracy": right}


def measure_offsets(kind: str, rate: float, seed: int) -> dict:
    """Windows begin anywhere: each row of a table is trained, and no distance beyond a window."""
    return read_shakespeare(kind, texts.Plan(rate, STEPS, BATCH, FURTHEST), seed)[1]


def measure_depth(n_layers: int, rate: float, seed: int) -> dict:
    """Nothing tells positions, but the mask."""
    return read_shakespeare("none", texts.Plan(rate, STEPS, BATCH), seed, n_layers)[1]


def searched(
    table: str, measure: Callable[..., dict], kind: str, ended: Mapping[str, dict]
) -> Iterator[chapters.Run]:
    """The first seed at each rate, then the others at the rate that was best."""
    for rate in RATES:
        yield table, measure, {"kind": kind, "rate": rate, "seed": SEEDS[0]}
    for seed in SEEDS[1:]:
        yield table, measure, {"kind": kind, "rate": best(table, kind, ended), "seed": seed}


def best(table: str, kind: str, ended: Mapping[str, dict]) -> float:
    """The rate that was best for a kind on a text."""

    def tuned(rate: float) -> float:
        settings = {"kind": kind, "rate": rate, "seed": SEEDS[0]}
        return ended[chapters.name_of(table, settings)]["tuning"]

    return min(RATES, key=tuned)


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the table they belong to, what measures one, and its settings."""
    for kind, seed in itertools.product(models.KINDS, SEEDS):
        yield "echo", measure_echo, {"task": "echo", "kind": kind, "seed": seed}
    for kind in models.KINDS:
        yield from searched("shakespeare", measure_shakespeare, kind, ended)
    for kind in KEPT:
        yield "kept", keep, {"kind": kind, "rate": best("shakespeare", kind, ended)}
    for kind in models.KINDS:
        yield from searched("tinyworld", measure_world, kind, ended)
    for kind, seed in itertools.product(models.TABLES, SEEDS):
        rate = best("shakespeare", kind, ended)
        yield "offsets", measure_offsets, {"kind": kind, "rate": rate, "seed": seed}
    rate = best("shakespeare", "none", ended)
    for depth, seed in itertools.product(DEPTHS, SEEDS):
        yield "depths", measure_depth, {"n_layers": depth, "rate": rate, "seed": seed}


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    flush_denormals()
    tables = chapters.measured("chapter08", runs)
    text = tiny_shakespeare("valid")
    weights = [
        one for kind in KEPT
        for one in page_weights.about(texts.weights_of(kind), texts.evaluate, text)
    ]  # fmt: skip
    chapters.write("chapter08", tables, SETTINGS, weights=weights)


if __name__ == "__main__":
    main()
