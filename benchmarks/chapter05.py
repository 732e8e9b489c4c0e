"""Chapter 5's measurements over several seeds: what looking back gives, and where it looks.

    python benchmarks/chapter05.py          # writes benchmarks/results/chapter05.json

Needs UNROLLED_DATA, a folder with multi30k/. On TinyWorld, English to German: sentences that come
out right by their length, and the error rate of the alignments, for each way to score
(``book/05-alignment/looking.py``). On Multi30k, German to English: a GRU that looks back as
Bahdanau's, its BLEU by length and what a step takes (``book/05-alignment/translator.py``). Every
run that has ended is kept in build/chapter05.json, so that a run that was cut goes on where it was.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "05-alignment"), str(ROOT / "benchmarks")]
import looking  # noqa: E402  (the chapter's own files, next to the page that shows them)
import translator  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402
from unrolled import translation  # noqa: E402
from unrolled.data import multi30k  # noqa: E402
from unrolled.training import flush_denormals  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
STEPS, RATE = 1500, 1e-2  # on TinyWorld, as many as chapter 4's
CAPTION_SEEDS = SEEDS[:1]  # each takes six minutes
CAPTION_STEPS, CAPTION_RATE = 1000, 1e-2  # as chapter 4's
SEARCHES = ((1, 0.0), (4, 0.0), (4, 1.0), (16, 0.0), (16, 1.0))
SETTINGS = {
    "seeds": SEEDS, "kinds": tuple(looking.KINDS), "steps": STEPS, "rate": RATE,
    "width": looking.WIDTH, "embedded": looking.EMBEDDED, "sentences": looking.SENTENCES,
    "edges": looking.EDGES, "each": looking.EACH, "batch": 64, "pieces": translator.PIECES,
    "caption_width": translator.WIDTH, "caption_embedded": translator.EMBEDDED,
    "caption_dropout": translator.DROPOUT, "caption_steps": CAPTION_STEPS,
    "caption_rate": CAPTION_RATE, "caption_edges": translator.EDGES, "searches": SEARCHES,
    "caption_seeds": CAPTION_SEEDS,
}  # fmt: skip


def timed(model: nn.Module, *arguments, **options) -> dict:
    """Train, and say what a step took."""
    started = time.process_time()
    run = translation.train(model, *arguments, **options)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "ms_a_step": round(1000 * (time.process_time() - started) / run.step, 1),
    }


def measure_kind(kind: str, seed: int) -> dict:
    """Train one way to look back: right sentences by length, and its links."""
    model, exam = looking.make(kind, seed), looking.exam()
    untrained = looking.score([looking.links(w) for w in looking.weights(model, exam)], exam)
    row = timed(model, looking.lessons(seed), STEPS, rate=RATE, seed=seed)
    right = looking.right(model, exam)
    groups = translation.by_length([len(s.english) for s in exam], right, looking.EDGES)
    return row | {
        "right": [round(share, 4) for _, share in groups],
        "all": round(sum(right) / len(right), 4),
        "links": looking.score([looking.links(w) for w in looking.weights(model, exam)], exam),
        "links_untrained": untrained,
    }


def measure_captions(seed: int) -> dict:
    """Train on captions; the first seed is kept."""
    model = translator.make(seed)
    row = timed(model, translator.pairs("train"), CAPTION_STEPS, rate=CAPTION_RATE, seed=seed)
    row["loss"] = round(translator.loss_of(model.eval(), translator.pairs("valid")), 4)
    if seed == SEEDS[0]:
        pieces = zip(("german", "english"), translator.pieces(), strict=True)
        about = {name: translation.write_pieces(each) for name, each in pieces}
        page_weights.write(translator.WEIGHTS, model, about)
    row["searches"] = [
        {"beam_size": K, "length_penalty": alpha, **translator.search_of(model, K, alpha)}
        for K, alpha in SEARCHES
    ]
    return row


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All runs, the first seed of everything first."""
    for seed in SEEDS:
        for kind in looking.KINDS:
            yield "kinds", measure_kind, {"kind": kind, "seed": seed}
    for seed in CAPTION_SEEDS:
        yield "captions", measure_captions, {"seed": seed}


def kept_weights() -> list[dict]:
    """What the record says of the file of weights; its sample is our own."""
    whole = "\n".join("\t".join(pair) for pair in multi30k("valid"))
    return page_weights.about(translator.WEIGHTS, translator.evaluate, whole, translator.SENTENCES)


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    flush_denormals()
    tables = chapters.measured("chapter05", runs)
    exam = looking.exam()
    found = {"links_at_best": looking.least(exam), "links_straight": looking.straight(exam)}
    chapters.write("chapter05", tables, SETTINGS | found, weights=kept_weights())


if __name__ == "__main__":
    main()
