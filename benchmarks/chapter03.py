"""Chapter 3's measurements over several seeds: what gates keep, on two old tasks and on two texts.

    python benchmarks/chapter03.py          # writes benchmarks/results/chapter03.json

Needs UNROLLED_DATA, a folder with tinyshakespeare.txt and multi30k/. The measurements: copying and
adding against length (``book/03-gates/tasks.py``), and the forget gate's first bias; language
models of equal size on Tiny Shakespeare and on TinyWorld, whose entropy is known, with how far back
a state reaches (``languages.py``) and the agreement of verbs (``agreement.py``); a language model
in both directions on captions, and one word in two contexts (``context.py``). Every run that has
ended is kept in build/chapter03.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "03-gates"), str(ROOT / "benchmarks")]
import context  # noqa: E402
import languages  # noqa: E402
import tasks  # noqa: E402

import agreement  # noqa: E402  (the chapter's own files, next to the page that shows them)
import chapters  # noqa: E402
import page_weights  # noqa: E402
from unrolled.data import tinyworld  # noqa: E402
from unrolled.data.readers import tiny_shakespeare  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
KINDS = tuple(languages.KINDS)
RATES = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1)  # each tried once on each text, with another seed
SHAKESPEARE = {"parameters": 110_000, "steps": 1200, "shape": (32, 64)}
TINYWORLD = {"parameters": 60_000, "steps": 800, "shape": (32, 32)}
KEPT_STEPS = 1500  # of the one LSTM that the pages show
LENGTHS = {"copy": (5, 10, 20), "adding": (20, 40, 80)}
VARIANTS = (("RNN", None), ("LSTM", None), ("LSTM", 3.0), ("GRU", None))
BIAS_LENGTH = {"copy": 10, "adding": 20}
BIASES = (0.0, 1.0, 2.0, 5.0)  # beside 3, which VARIANTS has
TASK_STEPS, TASK_RATE = 400, 1e-2
CONTEXT_STEPS = 600
REACHED = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 99)
SETTINGS = {
    "seeds": SEEDS, "lengths": LENGTHS, "task_steps": TASK_STEPS, "task_rate": TASK_RATE,
    "task_batch": tasks.BATCH, "bias_length": BIAS_LENGTH, "reached": REACHED,
    "rates": RATES, "shakespeare": SHAKESPEARE,
    "tinyworld": TINYWORLD, "distances": agreement.NAMES,
    "context_steps": CONTEXT_STEPS, "words": context.WORDS,
}  # fmt: skip


def rounded(numbers: Tensor, digits: int = 3) -> list[float]:
    """Numbers as a record keeps them: so many significant digits."""
    return [float(f"{x:.{digits}g}") for x in numbers.tolist()]


@cache
def shakespeare() -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Training ids, validation ids, and the characters."""
    parts = tiny_shakespeare("train"), tiny_shakespeare("valid")
    characters = tuple(sorted(set("".join(parts))))
    return (*(languages.encode(text, characters) for text in parts), characters)


@cache
def world() -> tuple[Tensor, Tensor, float]:
    """TinyWorld: training ids, other sentences' ids, and the exact surprise per word of these."""
    vocabulary = tinyworld.vocabulary()
    places, piece = TINYWORLD["shape"]
    long = places * (piece * TINYWORLD["steps"] + 1)
    training = vocabulary.encode(list(itertools.islice(tinyworld.words(seed=1), long)))
    said = tinyworld.generate(8000, seed=2)
    words = [word for sentence in said for word in sentence.english]
    least = -sum(sentence.log_probability for sentence in said) / len(words)
    return torch.tensor(training), torch.tensor(vocabulary.encode(words)), least


TEXTS = {
    "shakespeare": (SHAKESPEARE, shakespeare),
    "tinyworld": (TINYWORLD, lambda: (*world()[:2], tinyworld.vocabulary())),
}


@cache
def asked() -> dict:
    """The questions of agreement."""
    return agreement.questions(seed=3)


def measure_rate(text: str, kind: str, rate: float) -> dict:
    """A training on one of the texts, to choose a kind's learning rate."""
    plan, parts = TEXTS[text]
    training, held_out, tokens = parts()
    model = languages.make(kind, len(tokens), plan["parameters"], seed=100)
    languages.train(model, training, plan["steps"], rate, 100, plan["shape"])
    return {"loss": round(languages.loss_of(model, held_out), 4)}


def best_rate(text: str, kind: str, ended: Mapping[str, dict]) -> float:
    """The rate with the least loss in the search."""
    names = {rate: chapters.name_of("rates", searched(text, kind, rate)) for rate in RATES}
    return min(RATES, key=lambda rate: ended[names[rate]]["loss"])


def searched(text: str, kind: str, rate: float) -> dict:
    """The settings of a run of the search."""
    return {"text": text, "kind": kind, "rate": rate}


def measure_shakespeare(kind: str, seed: int, rate: float) -> dict:
    """Train on characters: loss on the held-out tenth, and reach before and after."""
    training, held_out, characters = shakespeare()
    model = languages.make(kind, len(characters), SHAKESPEARE["parameters"], seed)
    before = languages.reach(model, held_out)
    languages.train(model, training, SHAKESPEARE["steps"], rate, seed, SHAKESPEARE["shape"])
    return {
        "hidden_size": model.layer.hidden_size,
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": round(languages.loss_of(model, held_out), 4),
        "reach_before": rounded(before[list(REACHED)]),
        "reach_after": rounded(languages.reach(model, held_out)[list(REACHED)]),
    }


def measure_tinyworld(kind: str, seed: int, rate: float) -> dict:
    """Train on words: loss above the exact surprise, and agreement by distance."""
    training, held_out, least = world()
    model = languages.make(kind, len(tinyworld.vocabulary()), TINYWORLD["parameters"], seed)
    languages.train(model, training, TINYWORLD["steps"], rate, seed, TINYWORLD["shape"])
    right = {key: agreement.right(model, questions) for key, questions in asked().items()}
    return {
        "hidden_size": model.layer.hidden_size,
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": round(languages.loss_of(model, held_out), 4),
        "above": round(languages.loss_of(model, held_out) - least, 4),
        "right": {
            name: [round(right[g, m], 4) for g in range(len(agreement.GROUPS)) if (g, m) in right]
            for name, m in (("same", False), ("other", True))
        },
    }


def keep_lstm() -> dict:
    """The LSTM that the pages show, trained longer, and its weights."""
    training, held_out, characters = shakespeare()
    model = languages.make("LSTM", len(characters), SHAKESPEARE["parameters"], seed=0)
    languages.train(model, training, KEPT_STEPS, 1e-2, 0, SHAKESPEARE["shape"])
    about = {"kind": "LSTM", "hidden_size": str(model.layer.hidden_size)}
    about["characters"] = json.dumps(characters)
    page_weights.write(languages.WEIGHTS, model, about)
    return {"steps": KEPT_STEPS, "loss": round(languages.loss_of(model, held_out), 4)}


def text_runs(ended: Mapping[str, dict]) -> list[chapters.Run]:
    """The runs on the two texts, each kind at the rate that the search found on that text."""
    measures = {"tinyworld": measure_tinyworld, "shakespeare": measure_shakespeare}
    return [
        (text, measure, {"kind": kind, "seed": seed, "rate": best_rate(text, kind, ended)})
        for text, measure in measures.items()
        for seed in SEEDS
        for kind in KINDS
    ]


def measure_task(task: str, kind: str, bias: float | None, length: int, seed: int) -> dict:
    """Train on one task at one length: score and, for adding at one of them, the reach."""
    before = tasks.make(kind, task, seed, bias)
    model, _ = tasks.memory(kind, task, length, seed, bias, TASK_STEPS, TASK_RATE)
    row = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "score": round(tasks.score(model, task, length), 5),
    }
    if length == BIAS_LENGTH["adding"] and task == "adding":
        back = [k for k in REACHED if k < length]
        row["reach_before"] = rounded(tasks.reach(before, task, length)[back])
        row["reach_after"] = rounded(tasks.reach(model, task, length)[back])
    return row


def task_runs() -> list[chapters.Run]:
    """The runs on both tasks: every layer at every length, and more forget biases at one length."""
    settings = [
        {"task": task, "kind": kind, "bias": bias, "length": length}
        for task in tasks.TASKS
        for length in LENGTHS[task]
        for kind, bias in VARIANTS
    ] + [
        {"task": task, "kind": "LSTM", "bias": bias, "length": BIAS_LENGTH[task]}
        for task in tasks.TASKS
        for bias in BIASES
    ]
    return [("tasks", measure_task, {**each, "seed": seed}) for seed in SEEDS for each in settings]


@cache
def sentences() -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Captions as ids, for training and for validation, and the words."""
    parts = context.captions("train"), context.captions("valid")
    words = context.vocabulary(parts[0])
    return (*(context.encode(lines, words) for lines in parts), words)


def measure_context(seed: int) -> dict:
    """Train the model in both directions; what it says of our sentences' words."""
    training, held_out, words = sentences()
    torch.manual_seed(seed)
    model = context.BiLM(len(words), context.WIDTH, pad_id=context.PAD)
    at_first = context.senses(model, words)
    context.train(model, training, CONTEXT_STEPS, seed)
    if seed == SEEDS[0]:
        page_weights.write(context.WEIGHTS, model, {"words": json.dumps(words)})
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": round(context.loss_of(model, held_out), 4),
        "senses": context.senses(model, words),
        "senses_untrained": at_first,
    }


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the search of rates first, whose results the texts' wait for, then seed by seed."""
    for each in itertools.product(TEXTS, KINDS, RATES):
        yield "rates", measure_rate, searched(*each)
    yield "kept", keep_lstm, {}
    yield from sorted(
        [
            *text_runs(ended),
            *task_runs(),
            *(("context", measure_context, {"seed": seed}) for seed in SEEDS[:1]),
        ],
        key=lambda run: run[2]["seed"],
    )


def kept_weights() -> list[dict]:
    """What the record says of both files of weights; their samples are public or our own."""
    whole = tiny_shakespeare("valid")
    ours = [s for by in context.SENSES.values() for group in by.values() for s in group]
    return [
        *page_weights.about(languages.WEIGHTS, languages.evaluate, whole),
        *page_weights.about(
            context.WEIGHTS, context.evaluate, "\n".join(context.captions("valid")), "\n".join(ours)
        ),
    ]


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    tables = chapters.measured("chapter03", runs)
    found = {"questions": len(asked()[1, False]), "exact": round(world()[2], 4)}
    chapters.write("chapter03", tables, SETTINGS | found, weights=kept_weights())


if __name__ == "__main__":
    main()
