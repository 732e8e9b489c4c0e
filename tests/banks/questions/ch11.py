"""Questions about the smaller exercises of chapter 11."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from banks.questions.common import Question, gradients, normal

SPECIAL = [0, 1, 2]
MASK, WORDS = 3, 12


def _seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _ids(B: int, T: int) -> Tensor:
    return torch.randint(WORDS, (B, T), generator=_seeded(1))


def _masked(f: Any, ids: Tensor, rate: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    return f(ids, MASK, WORDS, SPECIAL, rate, _seeded(seed))


def _special(ids: Tensor) -> Tensor:
    return torch.isin(ids, torch.tensor(SPECIAL))


def _labels(rate: float) -> Question:
    def question(f):
        ids = _ids(40, 50)
        inputs, labels = _masked(f, ids, rate)
        chosen = labels != -100
        return (
            bool((labels[chosen] == ids[chosen]).all()),
            bool((inputs[~chosen] == ids[~chosen]).all()),
            bool((chosen & _special(ids)).any()),
            (inputs.dtype, labels.dtype, inputs.shape, labels.shape),
        )

    return question


def _near(share: Any, wanted: float, within: float = 0.02) -> bool:
    return abs(float(share) - wanted) < within


def _share(*options: Any, wanted: float) -> Question:
    def question(f):
        ids = _ids(200, 60)
        _, labels = f(ids, MASK, WORDS, SPECIAL, *options)
        return _near((labels != -100).double()[~_special(ids)].mean(), wanted)

    return question


def _spread(f: Any) -> Any:
    """How many are chosen differs from sentence to sentence, as it does with single coins."""
    ids = torch.full((400, 40), 7)
    chosen = _masked(f, ids, 0.3)[1] != -100
    x = chosen.double()
    apart = [(x[:, :-step] * x[:, step:]).mean() for step in (1, 2, 7)]
    return (
        _near(chosen.sum(1).double().var(), 40 * 0.3 * 0.7, 2.0),
        _near(chosen.sum(0).double().var(), 400 * 0.3 * 0.7, 45.0),
        tuple(_near(both, 0.09) for both in apart),
    )


def _fates(f: Any) -> Any:
    ids = torch.where(_ids(300, 60) < 6, 5, 9)
    inputs, labels = _masked(f, ids, 0.5)
    chosen = torch.ones_like(ids, dtype=torch.bool) if (labels == ids).all() else labels >= 3
    now, before = inputs[chosen], ids[chosen]
    words = Counter(now[(now != before) & (now != MASK)].tolist())
    masked = (inputs == MASK).double().mean(1)
    return (
        _near((now == MASK).double().mean(), 0.8 + 0.1 / WORDS),
        _near((now == before).double().mean(), 0.1 + 0.1 / WORDS),
        sorted(words) == [word for word in range(WORDS) if word != MASK],
        min(words.values(), default=0) > 20,
        _near(masked.std(), (0.404 * 0.596 / 60) ** 0.5, 0.01),
    )


def _mask_generator(f: Any) -> Any:
    ids = _ids(20, 30)
    one, again, other = (_masked(f, ids, 0.5, seed)[1] for seed in (3, 3, 4))
    torch.manual_seed(5)
    free = f(ids, MASK, WORDS, SPECIAL, 0.5)[1]
    torch.manual_seed(6)
    free_again = f(ids, MASK, WORDS, SPECIAL, 0.5)[1]
    return torch.equal(one, again), torch.equal(one, other), torch.equal(free, free_again)


def _mask_kept(f: Any) -> Tensor:
    ids = _ids(6, 7)
    _masked(f, ids, 0.9)
    return ids


LENGTHS = {"a": 4, "b": 2, "c": 6, "d": 2}
DOCUMENTS = [[f"{name}{i}" for i in range(n)] for name, n in LENGTHS.items()]
FIRSTS = [sentence for document in DOCUMENTS for sentence in document[:-1]]


def _pairs(f: Any, documents: Any = DOCUMENTS, rounds: int = 200) -> list[Any]:
    made = _seeded(2)
    return [pair for _ in range(rounds) for pair in f(documents, made)]


def _follows(first: str, second: str) -> bool:
    return first[0] == second[0] and int(second[1:]) == int(first[1:]) + 1


def _pair_labels(f: Any) -> Any:
    pairs = _pairs(f)
    true = [_follows(first, second) for first, second, label in pairs if label == 0]
    false = [first[0] != second[0] for first, second, label in pairs if label == 1]
    return all(true), all(false), {type(pair).__name__ for pair in pairs} == {"tuple"}


def _pair_shares(f: Any) -> Any:
    pairs = _pairs(f)
    share = sum(label for *_, label in pairs) / len(pairs)
    seconds = Counter(second for first, second, label in pairs if label and first[0] == "c")
    others = Counter()
    for second, times in seconds.items():
        others[second[0]] += times
    wanted = {"a0", "a1", "a2", "a3", "b0", "b1", "d0", "d1"}
    return _near(share, 0.5, 0.05), set(seconds) == wanted, min(others.values(), default=0) > 80


def _pair_coins(f: Any) -> bool:
    """In a document of six the coins fall differently."""
    made = _seeded(3)
    rounds = [f(DOCUMENTS, made) for _ in range(60)]
    rounds = [{label for first, _, label in pairs if first[0] == "c"} for pairs in rounds]
    return sum(len(labels) == 2 for labels in rounds) > 30


def _pair_generator(f: Any) -> Any:
    one, again, other = (f(DOCUMENTS * 3, _seeded(seed)) for seed in (3, 3, 4))
    torch.manual_seed(5)
    free = f(DOCUMENTS * 3)
    torch.manual_seed(6)
    return one == again, one == other, free == f(DOCUMENTS * 3)


LABELS = [[-100, 3, 0, -100, 5], [2, -100, -100, -100, -100], [1, 1, 4, 0, 2]]


def _mlm(labels: Any, times: float = 1.0) -> Question:
    labels = torch.tensor(labels)
    return lambda f: f(times * normal(*labels.shape, 6), labels)


def _span(B: int, T: int, **options: Any) -> Question:
    return lambda f: f(normal(B, T), normal(B, T), **options)


def _passage(B: int, T: int, start: int, end: int) -> Tensor:
    place = torch.arange(T)
    return ((place >= start) & (place < end)).expand(B, T)


def _low(f: Any) -> Any:
    mask = torch.rand(30, 9) < 0.5
    mask[:, 4] = True
    return f(normal(30, 9) - 9, normal(30, 9) - 9, mask, 3)


def _equal(f: Any) -> Any:
    flat = torch.zeros(2, 6, dtype=torch.float64)
    flat[1, 2:5] = 1
    return f(flat, flat)


def _span_kept(f: Any) -> Any:
    start, end, mask = normal(4, 8), normal(4, 8), _passage(4, 8, 2, 6).clone()
    f(start, end, mask, 3)
    return start, end, mask


QUESTIONS = {
    "mask_tokens": {
        "labels": _labels(0.4),
        "labels, all": _labels(1.0),
        "labels, none": _labels(0.0),
        "share": _share(0.4, _seeded(5), wanted=0.4),
        "share, left out": _share(wanted=0.15),
        "coins": _spread,
        "fates": _fates,
        "generator": _mask_generator,
        "kept": _mask_kept,
    },
    "nsp_pairs": {
        "firsts": lambda f: [first for first, *_ in f(DOCUMENTS, _seeded())] == FIRSTS,
        "labels": _pair_labels,
        "shares": _pair_shares,
        "coins": _pair_coins,
        "generator": _pair_generator,
        "numbers": lambda f: len(f([[1, 2, 3], [4], [[5], [6]]], _seeded())),
    },
    "mlm_loss": {
        "values": _mlm(LABELS),
        "all": _mlm([[3, 1, 5], [4, 2, 2]]),
        "all, zeros": _mlm([[0, 1, 0], [4, 0, 2]]),
        "one": _mlm([[-100, -100], [-100, 4]]),
        "all, large": _mlm([[3, 1, 5], [4, 2, 2]], 400.0),
        "gradient": lambda f: gradients(lambda z: f(z, torch.tensor(LABELS)), normal(3, 5, 6)),
    },
    "span_answer": {
        "plain": _span(40, 7),
        "passage": _span(40, 9, mask=_passage(40, 9, 3, 8)),
        "short": _span(40, 9, max_len=3),
        "one": _span(40, 9, max_len=1),
        "thirty": lambda f: f(torch.eye(1, 60), torch.eye(1, 60).flip(1) - torch.eye(1, 60)),
        "low": _low,
        "equal": _equal,
        "passage, short": _span(40, 9, mask=_passage(40, 9, 1, 6), max_len=2),
        "kept": _span_kept,
    },
}

ONLY_IN = {
    "special-tokens-masked": ("labels", "kept"),
    "none-kept": "fates",
    "none-random": "fates",
    "always-the-mask": "fates",
    "last-word-never-drawn": "fates",
    "generator-ignored": "generator",
    "nsp-labels-swapped": ("labels", "shares"),
    "nsp-next-document": "shares",
    "nsp-rarely-random": ("shares", "coins"),
    "nsp-coin-for-a-document": ("coins", "shares"),
    "mlm-zero-ignored": ("zeros", "values", "gradient"),
    "mlm-all-positions": ("values", "one", "gradient"),
    "mlm-log-of-softmax": "large",
    "mlm-divided-by-all": ("values", "one", "gradient"),
    "mlm-mean-of-means": ("values", "one", "gradient"),
    "mlm-detached": "gradient",
    "one-too-long": ("short", "one", "thirty", "low"),
    "one-too-short": ("short", "one", "thirty", "low"),
    "any-length": ("short", "one", "thirty", "low"),
    "passage-ignored": ("passage", "low"),
    "passage-for-starts": ("passage", "low"),
    "passage-for-ends": ("passage", "low"),
    "last-of-equals": ("equal", "thirty"),
}
