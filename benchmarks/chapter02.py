"""Chapter 2's measurements over several seeds: a plain RNN on texts, on reviews, and its gradients.

    python benchmarks/chapter02.py          # writes benchmarks/results/chapter02.json

Needs UNROLLED_DATA, a folder with tinyshakespeare.txt and the film reviews of Pang and Lee. Six
tables: Shakespeare's characters; TinyWorld's words, beside their exact entropy; praise or blame in
film reviews; norms of products of Jacobians; rates with and without clipping; and how far a
gradient may go, with the state carried over the cut or zeroed. Every run that has ended is kept in
build/chapter02.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "02-recurrence"), str(ROOT / "benchmarks")]
import gradients  # noqa: E402  (the chapter's own files, next to the page that shows them)
import reviews  # noqa: E402
import streams  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402
from unrolled.data import tiny_shakespeare, tinyworld  # noqa: E402
from unrolled.training import flush_denormals  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
TEXT = streams.Plan()  # Shakespeare
WORLD = streams.Plan(length=32)  # TinyWorld, whose sentences are short
SENTENCES = 5000  # of TinyWorld, held out
REVIEW_RATES = (0.003, 0.01)  # the first seed chooses by validation
BACK = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100)
RATES = (0.5, 1.0, 2.0, 4.0, 8.0)  # of plain gradient descent
CLIP_STEPS, CUT_STEPS, SMALL = 200, 400, 128  # SMALL: units of the networks compared there
LENGTHS = (4, 16, 64)
AT_ONCE = 2048  # characters an update, whatever the length of a piece
SETTINGS = {
    "seeds": SEEDS, "embedded": streams.EMBEDDED, "hidden": streams.HIDDEN, "small": SMALL,
    "steps": TEXT.steps, "streams": TEXT.streams, "length": TEXT.length,
    "world_length": WORLD.length, "rate": TEXT.rate, "sentences": SENTENCES,
    "entropy": tinyworld.entropy_per_token(), "back": BACK, "units": gradients.UNITS,
    "clip_steps": CLIP_STEPS, "cut_steps": CUT_STEPS, "at_once": AT_ONCE,
}  # fmt: skip


@cache
def shakespeare() -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Nine tenths and one tenth of the characters' ids, and the characters."""
    characters = tuple(sorted(set(tiny_shakespeare())))
    parts = (tiny_shakespeare(part) for part in ("train", "valid"))
    return *(streams.encode(part, characters) for part in parts), characters


def new(vocab_size: int, seed: int, hidden_size: int = streams.HIDDEN) -> streams.Reader:
    """A model that has not been trained."""
    torch.manual_seed(seed)
    return streams.Reader(vocab_size, hidden_size)


def size(model: torch.nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in model.parameters())


def measure_characters(seed: int) -> dict:
    """Train on Shakespeare; the first seed leaves its weights."""
    training, held_out, characters = shakespeare()
    model = new(len(characters), seed)
    untrained = gradients.largest_eigenvalue(model.rnn.weight_hh_l0.detach())
    seen = streams.train(model, training, TEXT, seed)
    model.eval()
    if seed == SEEDS[0]:
        page_weights.write(streams.WEIGHTS, model, {"characters": json.dumps(characters)})
    x = model.embedding(streams.streams(held_out, 16)[:, :200]).detach()  # (B, T, I)
    return {
        "parameters": size(model),
        "loss": round(streams.loss_of(model, held_out), 5),
        "loss_zeroed": round(streams.loss_of(model, held_out, carry=TEXT.length), 5),
        "largest_norm": round(max(seen["norms"]), 3),
        "radius_before": round(untrained, 3),
        "radius": round(gradients.largest_eigenvalue(model.rnn.weight_hh_l0.detach()), 3),
        "product": [float(f"{n:.4g}") for n in gradients.norms_of_layer(model.rnn, x, BACK)],
    }


def counted_pairs(training: Tensor, held_out: Tensor, vocab_size: int) -> float:
    """Loss of a table of counted pairs, one added to each."""
    pairs = training[:-1] * vocab_size + training[1:]  # (N - 1,)
    counts = torch.bincount(pairs, minlength=vocab_size**2).view(vocab_size, -1) + 1.0  # (V, V)
    return -(counts / counts.sum(dim=1, keepdim=True)).log()[held_out[:-1], held_out[1:]].mean()


def measure_world(seed: int) -> dict:
    """Train on TinyWorld, each word once, and compare with the same text's exact surprise."""
    encode = tinyworld.vocabulary("english").encode
    V, n = len(tinyworld.vocabulary("english")), WORLD.steps * WORLD.streams * (WORLD.length + 1)
    training = torch.tensor(encode(list(itertools.islice(tinyworld.words(100 + seed), n))))
    sentences = tinyworld.generate(SENTENCES, seed=seed)
    held_out = torch.tensor(encode([word for s in sentences for word in s.english]))  # (N,)
    model = new(V, seed)
    streams.train(model, training, WORLD, seed)
    model.eval()
    least = -math.fsum(s.log_probability for s in sentences) / len(held_out)
    return {
        "parameters": size(model),
        "loss": round(streams.loss_of(model, held_out), 5),
        "least": round(least, 5),
        "pairs": round(float(counted_pairs(training, held_out, V)), 5),
    }


def measure_reviews(kind: str, rate: float, seed: int) -> dict:
    """Train one way to make a sentence a vector; also ask it with the words in another order."""
    splits, V = reviews.read()
    model, valid = reviews.train(kind, splits, V, rate, seed)
    return {
        "parameters": size(model),
        "valid": round(valid, 5),
        "right": round(reviews.share_right(model, splits["test"]), 5),
        "right_shuffled": round(reviews.share_right(model, splits["test"], shuffled=True), 5),
    }


def measure_radius(kind: str, radius: float, seed: int) -> dict:
    """Norms of products of Jacobians of a network that is not trained."""
    found = gradients.norms(radius, kind, seed, BACK)
    W = gradients.matrix(radius, "orthogonal" in kind, seed)
    return {
        "largest_singular": round(torch.linalg.matrix_norm(W, 2).item(), 3),
        "norms": [float(f"{norm:.4g}") for norm in found],
    }


def measure_descent(plan: streams.Plan, seed: int) -> dict:
    """Train a smaller network on Shakespeare; its loss is None where it is no number."""
    training, held_out, characters = shakespeare()
    model = new(len(characters), seed, SMALL)
    seen = streams.train(model, training, plan, seed)
    model.eval()
    losses = streams.loss_of(model, held_out), streams.loss_of(model, held_out, carry=plan.length)
    carried, zeroed = (round(x, 5) if math.isfinite(x) else None for x in losses)
    norms = torch.tensor(seen["norms"])
    return {
        "loss": carried, "loss_zeroed": zeroed, "updates": len(norms),
        "norm_median": float(f"{norms.median():.4g}"), "norm_largest": float(f"{norms.max():.4g}"),
    }  # fmt: skip


def measure_clipping(rate: float, clip: bool, seed: int) -> dict:
    """Plain gradient descent at one rate."""
    limit = 1.0 if clip else None
    return measure_descent(streams.Plan(CLIP_STEPS, rate=rate, clip=limit, plain=True), seed)


def measure_cut(length: int, carry: bool, seed: int) -> dict:
    """The same number of characters an update, in few long pieces or in many short ones."""
    plan = streams.Plan(CUT_STEPS, AT_ONCE // length, length, carry=carry)
    return measure_descent(plan, seed)


def review_runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """The first seed at each rate, then the others at the rate that was best in validation."""
    for kind in reviews.KINDS:
        tried = [{"kind": kind, "rate": rate, "seed": SEEDS[0]} for rate in REVIEW_RATES]
        for settings in tried:
            yield "reviews", measure_reviews, settings
        best = max(
            tried, key=lambda settings: ended[chapters.name_of("reviews", settings)]["valid"]
        )
        for seed in SEEDS[1:]:
            yield "reviews", measure_reviews, {**best, "seed": seed}


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the table they belong to, what measures one, and its settings."""
    for seed in SEEDS:
        yield "characters", measure_characters, {"seed": seed}
    for kind, radius, seed in itertools.product(gradients.KINDS, gradients.RADII, SEEDS):
        yield "radius", measure_radius, {"kind": kind, "radius": radius, "seed": seed}
    for seed in SEEDS:
        yield "tinyworld", measure_world, {"seed": seed}
    yield from review_runs(ended)
    for rate, clip, seed in itertools.product(RATES, (False, True), SEEDS):
        yield "clipping", measure_clipping, {"rate": rate, "clip": clip, "seed": seed}
    for length, carry, seed in itertools.product(LENGTHS, (True, False), SEEDS):
        yield "cut", measure_cut, {"length": length, "carry": carry, "seed": seed}


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    flush_denormals()
    tables = chapters.measured("chapter02", runs)
    text = tiny_shakespeare("valid")
    weights = page_weights.about(streams.WEIGHTS, streams.evaluate, text)
    chapters.write("chapter02", tables, SETTINGS, weights=weights)


if __name__ == "__main__":
    main()
