"""Chapter 4's measurements over several seeds: what one vector holds, and how it is searched.

    python benchmarks/chapter04.py          # writes benchmarks/results/chapter04.json

Needs UNROLLED_DATA, a folder with multi30k/. On TinyWorld, English to German: sentences that come
out right by their length, for several widths of the vector; the source turned round; what a
decoder does when it reads its own words, and when it was trained on some of them; and one training
four times as long (``book/04-seq2seq/bottleneck.py``). On Multi30k, German to English: BLEU by
length for two widths, and what ever wider beams find (``book/04-seq2seq/captions.py``). Every run
that has ended is kept in build/chapter04.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "04-seq2seq"), str(ROOT / "benchmarks")]
import bottleneck  # noqa: E402  (the chapter's own files, next to the page that shows them)
import captions  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402
from unrolled import translation  # noqa: E402
from unrolled.data import multi30k  # noqa: E402
from unrolled.training import flush_denormals  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
WIDTHS = (32, 64, 128, 256)
RATES = (1e-2, 2e-2)  # each tried once at each width, with another seed
SEARCHED = 100  # that seed
STEPS, LONGER = 1500, 6000
ONE_WIDTH = 128  # where the source is turned round and the forcing varied
FORCING = (0.5,)  # beside 1, which WIDTHS has
CAPTION_WIDTHS = (64, 256)
CAPTION_STEPS, CAPTION_RATE = 1000, 1e-2
SEARCHES = (*((K, 0.0) for K in (1, 2, 4, 8, 16, 32)), (4, 1.0), (32, 1.0))
CAPTION_SEEDS = SEEDS[:1]  # of the captions; each takes four minutes
SEARCHED_SEEDS = CAPTION_SEEDS  # whose wide model is searched in all these ways
SETTINGS = {
    "seeds": SEEDS, "widths": WIDTHS, "rates": RATES, "steps": STEPS, "longer": LONGER,
    "one_width": ONE_WIDTH, "forcing": FORCING, "embedded": bottleneck.EMBEDDED,
    "sentences": bottleneck.SENTENCES, "edges": bottleneck.EDGES, "each": bottleneck.EACH,
    "places": bottleneck.PLACES, "batch": 64, "pieces": captions.PIECES,
    "caption_widths": CAPTION_WIDTHS, "caption_steps": CAPTION_STEPS,
    "caption_rate": CAPTION_RATE, "caption_edges": captions.EDGES,
    "caption_embedded": captions.EMBEDDED, "caption_dropout": captions.DROPOUT,
    "searches": SEARCHES, "searched_seeds": SEARCHED_SEEDS, "caption_seeds": CAPTION_SEEDS,
}  # fmt: skip


def size(model: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in model.parameters())


def timed(model: nn.Module, *arguments, **options) -> dict:
    """Train, and say what a step took."""
    started = time.process_time()
    run = translation.train(model, *arguments, **options)
    return {
        "parameters": size(model),
        "ms_a_step": round(1000 * (time.process_time() - started) / run.step, 1),
    }


def asked(model: nn.Module, pairs: translation.Pairs) -> dict:
    """What the exam finds of a model of TinyWorld."""
    right = bottleneck.right(model, pairs)
    groups = translation.by_length([len(s) for s, _ in pairs], right, bottleneck.EDGES)
    return {
        "loss": round(bottleneck.loss_of(model, pairs), 4),
        "right": [round(share, 4) for _, share in groups],
        "all": round(sum(right) / len(right), 4),
        **bottleneck.exposure(model, pairs),
    }


def measure_width(width: int, seed: int, rate: float) -> dict:
    """Train a translator whose vector is so wide."""
    model = bottleneck.make(width, seed)
    row = timed(model, bottleneck.lessons(seed), STEPS, rate=rate, seed=seed)
    return row | asked(model, bottleneck.exam())


def measure_rate(width: int, rate: float) -> dict:
    """A training to choose a width's learning rate."""
    return measure_width(width, SEARCHED, rate)


def measure_longer(width: int, seed: int, rate: float, steps: int) -> dict:
    """Train four times as long, to see whether time is all it lacked."""
    model = bottleneck.make(width, seed)
    row = timed(model, bottleneck.lessons(seed), steps, rate=rate, seed=seed)
    return row | asked(model, bottleneck.exam())


def measure_reversed(seed: int, rate: float) -> dict:
    """Train with every source sentence turned round."""
    model = bottleneck.make(ONE_WIDTH, seed)
    lessons = bottleneck.turned(bottleneck.lessons(seed))
    row = timed(model, lessons, STEPS, rate=rate, seed=seed)
    return row | asked(model, bottleneck.turned(bottleneck.exam()))


def measure_forcing(forcing: float, seed: int, rate: float) -> dict:
    """Train on the model's own words in part (scheduled sampling at a fixed share)."""
    model = bottleneck.make(ONE_WIDTH, seed)
    lessons = bottleneck.lessons(seed)
    row = timed(model, lessons, STEPS, rate=rate, seed=seed, teacher_forcing=forcing)
    return row | asked(model, bottleneck.exam())


def measure_captions(width: int, seed: int) -> dict:
    """Train on captions; greedy search, and for the wide one beams; the first seed is kept."""
    model = captions.make(width, seed)
    train = captions.pairs("train")
    row = timed(model, train, CAPTION_STEPS, rate=CAPTION_RATE, seed=seed)
    row["loss"] = round(captions.loss_of(model.eval(), captions.pairs("valid")), 4)
    widest = width == max(CAPTION_WIDTHS)
    if widest and seed == SEEDS[0]:
        keep(model, width)
    row["searches"] = [
        {"beam_size": K, "length_penalty": alpha, **captions.search_of(model, K, alpha)}
        for K, alpha in (SEARCHES if widest and seed in SEARCHED_SEEDS else SEARCHES[:1])
    ]
    return row


def keep(model: nn.Module, width: int) -> None:
    """Write the weights that the pages read, with their pieces of words."""
    german, english = map(translation.write_pieces, captions.pieces())
    about = {"width": str(width), "german": german, "english": english}
    page_weights.write(captions.WEIGHTS, model, about)


def best_rate(width: int, ended: Mapping[str, dict]) -> float:
    """The rate with the least loss in the search."""
    names = {r: chapters.name_of("rates", {"width": width, "rate": r}) for r in RATES}
    return min(RATES, key=lambda rate: ended[names[rate]]["loss"])


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs: the search of rates, then the first seed of everything, then the others."""
    for width in WIDTHS:
        for rate in RATES:
            yield "rates", measure_rate, {"width": width, "rate": rate}
    rates = {width: best_rate(width, ended) for width in WIDTHS}
    one = {"rate": rates[ONE_WIDTH]}
    for seed in SEEDS:
        for width in WIDTHS:
            each = {"width": width, "seed": seed, "rate": rates[width]}
            yield "widths", measure_width, each
        yield "reversed", measure_reversed, {"seed": seed, **one}
        for forcing in FORCING:
            yield "forcing", measure_forcing, {"forcing": forcing, "seed": seed, **one}
    for seed, width in itertools.product(CAPTION_SEEDS, CAPTION_WIDTHS):
        yield "captions", measure_captions, {"width": width, "seed": seed}
    longer = {"width": WIDTHS[-1], "seed": SEEDS[0], "rate": rates[WIDTHS[-1]], "steps": LONGER}
    yield "longer", measure_longer, longer


def kept_weights() -> list[dict]:
    """What the record says of the file of weights; its sample is our own."""
    whole = "\n".join("\t".join(pair) for pair in multi30k("valid"))
    return page_weights.about(captions.WEIGHTS, captions.evaluate, whole, captions.SENTENCES)


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    flush_denormals()
    tables = chapters.measured("chapter04", runs)
    chapters.write("chapter04", tables, SETTINGS, weights=kept_weights())


if __name__ == "__main__":
    main()
