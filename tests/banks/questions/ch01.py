"""Questions about the exercises of chapter 1."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import gradients, normal

COUNTS = torch.tensor([16.0, 0.0, 1.0, 81.0])


def _shares(f: Any, power: float | None) -> tuple[bool, bool]:
    """The words come as often as they should, within ten standard deviations or more."""
    power_given = {} if power is None else {"power": power}
    drawn = f(COUNTS.clone(), 4000, 5, **power_given, generator=torch.Generator().manual_seed(3))
    weights = torch.where(COUNTS > 0, COUNTS ** (0.75 if power is None else power), 0)
    seen = torch.bincount(drawn.flatten(), minlength=4) / drawn.numel()
    return bool(((seen - weights / weights.sum()).abs() < 0.036).all()), bool(seen[1] == 0)


def _form(f: Any) -> tuple[Any, ...]:
    drawn = f(COUNTS.long(), n_pairs=40, n_negatives=3)
    inside = drawn.dtype == torch.int64 and bool(((drawn >= 0) & (drawn < 4)).all())
    return tuple(drawn.shape), drawn.dtype, inside


def _apart(f: Any) -> tuple[bool, ...]:
    """Rows, columns and calls differ, and no row is in order throughout."""
    drawn, again = f(torch.ones(50), 30, 6), f(torch.ones(50), 30, 6)
    rows = drawn.reshape(30, 6)
    return (
        bool((rows == rows[:1]).all()),
        bool((rows == rows[:, :1]).all()),
        bool((rows.diff(dim=1) >= 0).all()),
        bool((drawn == again).all()),
    )


def _sources(f: Any) -> tuple[bool, bool]:
    before = torch.get_rng_state()
    one = f(torch.ones(50), 8, 5, generator=torch.Generator().manual_seed(5))
    two = f(torch.ones(50), 8, 5, generator=torch.Generator().manual_seed(5))
    return torch.equal(one, two), torch.equal(before, torch.get_rng_state())


def _kept(f: Any) -> bool:
    counts = [COUNTS.clone(), COUNTS.double(), COUNTS.long()]
    for given in counts:
        f(given, 2, 3, power=0.5)
    return all(torch.equal(given, COUNTS.to(given.dtype)) for given in counts)


def _vectors(N: int = 5, K: int = 3, D: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    return normal(N, D), normal(N, D), normal(N, K, D)


def _far(f: Any) -> Any:
    """Scores of about 900, and one step back from the loss."""
    vectors = [30 * x for x in _vectors(K=2)]
    return f(*vectors), gradients(f, *vectors)


def _pairs(*counts: float) -> tuple[Tensor, ...]:
    N = len(counts)
    x = torch.tensor(counts, dtype=torch.float64)
    return normal(N, 4), normal(N, 4), normal(N), normal(N), x


def _of_vectors(f: Any) -> Any:
    *vectors, counts = _pairs(2, 30, 450, 100)
    return gradients(lambda *vectors: f(*vectors, counts), *vectors)


QUESTIONS = {
    "train_bpe": {
        "by hand": lambda f: f("low lower lowest", 4),
        "words": lambda f: f("the cat and the hat sat on the mat and the cat ate", 12),
        "runs of one letter": lambda f: f("aaa aaaaaa baaaaab aaa", 5),
        "ties": lambda f: f("zb ay zb ay c d xy wv", 6),
        "accents": lambda f: f("été élève été", 7),
        "signs": lambda f: f("it's 42, isn't it? 4242! it's", 9),
        "capitals": lambda f: f("The Thing the THE The", 5),
        "spaces": lambda f: f("a  b\n\nab  a  b ab", 6),
        "to the end": lambda f: f("abc abc", 20),
        "a single pair": lambda f: f("ab", 1),
        "none": lambda f: f("low lower", 0),
    },
    "wordpiece_tokenize": {
        "in the list": lambda f: f("cat", {"cat", "c", "##at", "##a", "##t"}),
        "pieces": lambda f: f("unable", {"un", "una", "##able", "##ble", "##b", "##le", "able"}),
        "beginning without hashes": lambda f: f("able", {"##able", "ab", "##le", "le"}),
        "letters": lambda f: f("abc", {"a", "##b", "##c"}),
        "few pieces": lambda f: f("abcd", {"a", "abc", "##bcd", "##d", "ab", "##cd"}),
        "greedy, few pieces": lambda f: f("abcde", {"ab", "abc", "##cde", "##d", "##e"}),
        "unknown at the end": lambda f: f("cats", {"cat", "##a"}, "<unk>"),
        "unknown inside": lambda f: f("cats", {"c", "##ts"}),
        "unknown at the beginning": lambda f: f("cats", {"##cats", "##ats"}),
        "unknown, way back": lambda f: f("unable", {"un", "una", "##able"}),
        "long, unknown": lambda f: f("catcat", {"cat", "##cat"}, max_chars=5),
        "just long enough": lambda f: f("catcat", {"cat", "##cat"}, max_chars=6),
        "long, unknown, default": lambda f: f("a" * 101, {"a", "##a"}, "?"),
        "capitals": lambda f: f("CaT", {"Ca", "##T", "ca", "##t", "cat"}),
    },
    "skip_gram_pairs": {
        "window 1": lambda f: f(torch.tensor([7, 8, 9, 5]), 1),
        "window 2": lambda f: f(torch.tensor([7, 8, 9, 5, 3, 6]), 2),
        "wide": lambda f: f(torch.tensor([7, 8, 9, 5]), window=6),
        "equal words, window 1": lambda f: f(torch.tensor([4, 7, 4, 7]), 1),
        "equal words, window 2": lambda f: f(torch.tensor([4, 4, 7, 4, 4]), 2),
        "int32": lambda f: f(torch.tensor([9, 8, 7], dtype=torch.int32), 1),
        "one word": lambda f: f(torch.tensor([3]), 2),
        "one word, int32": lambda f: f(torch.tensor([3], dtype=torch.int32), 1),
    },
    "negative_sampler": {
        "shares": lambda f: _shares(f, None),
        "shares, power 1": lambda f: _shares(f, 1.0),
        "shares, power 0": lambda f: _shares(f, 0.0),
        "shares, power 0.3": lambda f: _shares(f, 0.3),
        "form": _form,
        "apart": _apart,
        "sources": _sources,
        "counts kept": _kept,
        "one word": lambda f: f(torch.tensor([0, 3, 0]), 2, 4),
    },
    "negative_sampling_loss": {
        "plain": lambda f: f(*_vectors()),
        "one pair": lambda f: f(*_vectors(N=1)),
        "one drawn word": lambda f: f(*_vectors(K=1)),
        "one pair, one drawn word": lambda f: f(*_vectors(N=1, K=1)),
        "far": _far,
        "gradient": lambda f: gradients(f, *_vectors()),
    },
    "glove_loss": {
        "rare": lambda f: f(*_pairs(2, 30, 99)),
        "frequent": lambda f: f(*_pairs(2, 30, 450, 7000)),
        "x_max": lambda f: f(*_pairs(2, 30, 450), x_max=20.0),
        "alpha": lambda f: f(*_pairs(2, 30, 450), alpha=0.4),
        "alpha 0": lambda f: f(*_pairs(2, 30, 450), alpha=0.0),
        "alpha 1": lambda f: f(*_pairs(2, 30, 450), alpha=1.0),
        "one pair": lambda f: f(*_pairs(5)),
        "gradient": _of_vectors,
    },
    "character_ngrams": {
        "where": lambda f: f("where"),
        "lengths": lambda f: f("unrolled", 2, 4),
        "one length": lambda f: f("where", 3, 3),
        "repeated": lambda f: f("banana", n_max=3),
        "a run itself": lambda f: f("to"),
        "a run itself, longest": lambda f: f("tops"),
        "too short": lambda f: f("a", 4, 5),
        "accents": lambda f: f("été", 2),
    },
}

# Of one word there are no pairs, whatever is wrong with them.
_ANY_PAIR = ("window", "wide", "int32")

ONLY_IN = {
    "bpe-no-end": ("spaces", "to the end"),
    "bpe-lower-case": "capitals",
    "bpe-characters": "accents",
    "bpe-once-a-word": ("one letter", "signs"),
    "bpe-joined-as-text": ("one letter", "spaces"),
    "bpe-first-place-alone": ("one letter", "accents", "signs"),
    "wp-part-unknown": "unknown",
    "wp-rest-dropped": "unknown",
    "wp-goes-back": "way back",
    "wp-fewest-pieces": ("pieces", "way back"),
    "wp-unknown-fixed": "unknown",
    "wp-unknown-bare": "unknown",
    "wp-letter-unknown": "unknown",
    "wp-max-chars-ignored": "long, unknown",
    "wp-max-chars-unknown": "just long enough",
    "wp-word-cut-off": "long, unknown",
    "wp-lower-case": "capitals",
    "pairs-exchanged": _ANY_PAIR,
    "pairs-after-alone": _ANY_PAIR,
    "pairs-right-end": ("window", "int32"),
    "pairs-equal-ids-skipped": "equal words",
    "pairs-once": "equal words",
    "pairs-of-places": _ANY_PAIR,
    "pairs-slice-from-the-end": ("window 2", "wide"),
    "pairs-by-offset": _ANY_PAIR,
    "pairs-nearest-first": ("window 2", "wide"),
    "pairs-full-windows-alone": _ANY_PAIR,
    "pairs-none-flat": "one word",
    "pairs-none-fails": "one word",
    "sampler-unigram": "shares",
    "sampler-uniform": ("shares", "one word"),
    "sampler-uniform-occurring": "shares",
    "sampler-power-fixed": "shares, power",
    "sampler-zero-power": "power 0",
    "sampler-no-replacement": ("shares", "one word"),
    "sampler-one-row": ("shares", "apart"),
    "sampler-one-column": ("shares", "apart"),
    "sampler-axes": ("form", "one word"),
    "sampler-flat": ("form", "one word"),
    "sampler-sorted": "apart",
    "sampler-seeded": "apart",
    "sampler-generator-ignored": "sources",
    "sampler-counts-changed": "kept",
    "sampler-log": "shares",
    "sampler-softmax": "shares",
    "sampler-rare-first": "shares",
    "negatives-underflow": "far",
    "negatives-bce-of-sigmoid": "far",
    "negatives-averaged": ("plain", "one pair", "far", "gradient"),
    "negatives-summed-first": ("plain", "one pair", "far", "gradient"),
    "negatives-detached": ("far", "gradient"),
    "glove-uncapped": ("frequent", "x_max", "alpha", "gradient"),
    "glove-x-max-ignored": "x_max",
    "glove-alpha-fixed": "alpha",
    "ngrams-word-twice": ("a run itself", "accents"),
    "ngrams-once": "repeated",
}
