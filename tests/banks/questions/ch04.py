"""Questions about the exercises of chapter 4."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import Question, gradients, normal

LENGTHS = torch.tensor([2, 5, 1, 4])
IDS = torch.tensor([[7, 4, 2, 0], [5, 9, 8, 2], [6, 2, 0, 0]])
NONE = -100


class Decoder:
    """A small network whose scores depend on all that was read; it counts how often it is asked."""

    def __init__(self, rows: int, vocabulary: int, end: float = 1.0, width: int = 6):
        made = torch.Generator().manual_seed(5)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, dtype=torch.float64, generator=made)

        self.read, self.keep = normal(vocabulary, width), normal(width, width)
        self.write, self.end = 1.5 * normal(width, vocabulary), end
        self.start = {"h": normal(rows, width), "age": torch.zeros(rows, 1, dtype=torch.float64)}
        self.asked = 0

    def __call__(self, ids: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        self.asked += 1
        h = torch.tanh(state["h"] @ self.keep + self.read[ids])
        scores = h @ self.write
        age = state["age"][:, 0] - 2 if self.end > 0 else 1.0
        scores[:, 2] += self.end * age  # 2 ends a sentence
        return scores, {"h": h, "age": state["age"] + 1}


def _last(lengths: Tensor, steps: int = 5) -> Question:
    return lambda f: f(normal(len(lengths), steps, 3), lengths)


def _shift_kept(f: Any) -> Tensor:
    ids = IDS.clone()
    f(ids, 1)
    return ids


def _loss(targets: Any, pad_id: int | None, times: float = 1.0, vocabulary: int = 6) -> Question:
    targets = torch.tensor(targets)
    return lambda f: f(times * normal(*targets.shape, vocabulary), targets, pad_id)


def _greedy(rows: int, max_len: int, end: float = 1.0, bos: Any = 1, steps: bool = False):
    def question(f):
        decoder = Decoder(rows, 7, end)
        ids = f(decoder, decoder.start, bos, 2, max_len)
        return decoder.asked if steps else ids

    return question


def _beam(rows: int, max_len: int, beams: int, alpha: float | None = None, **options: Any):
    steps, bos = options.pop("steps", False), options.pop("bos", 1)

    def question(f):
        decoder = Decoder(rows, 7, **options)
        penalty = () if alpha is None else (alpha,)
        result = f(decoder, decoder.start, bos, 2, max_len, beams, *penalty)
        return decoder.asked if steps else result

    return question


def _bleu(*pairs: tuple[str, Any], **options: Any) -> Question:
    """Sentences as text, the references of one sentence separated by bars."""

    def question(f):
        hypotheses = [hypothesis.split() for hypothesis, _ in pairs]
        references = [[one.split() for one in text.split("|")] for _, text in pairs]
        if all(len(several) == 1 for several in references):
            references = [several[0] for several in references]
        return torch.tensor(f(hypotheses, references, **options), dtype=torch.float64)

    return question


MAT = ("the cat sat on the mat", "the cat sat on a mat")
LONG = ("a small dog ran over the old bridge today", "a small dog ran over the bridge")
SHORT = ("there is a light", "there is a light in the window tonight")
THREE = ("the cat sat on the mat", "on it there sat a cat | a cat sat on the mat | the cat sat")
TIE = ("she saw the dog run by", "she saw the dog run by us all | she saw the dog")
OVER = ("she saw the dog run by", "she saw the dog | she saw the dog run by us | they all ran by")
FEW = ("the dog saw a cat and it ran", "a cat ran and the dog saw it all")

QUESTIONS = {
    "last_state": {
        "plain": _last(LENGTHS),
        "longest shorter than T": _last(torch.tensor([3, 1, 2]), 6),
        "one sentence": _last(torch.tensor([2]), 4),
        "one token": _last(torch.tensor([1, 1]), 1),
        "gradient": lambda f: gradients(lambda x: f(x, LENGTHS), normal(4, 5, 3)),
    },
    "shift_right": {
        "one": lambda f: f(IDS.clone(), 1),
        "zero": lambda f: f(IDS.clone(), 0),
        "another": lambda f: f(IDS.clone(), 3),
        "single column": lambda f: f(IDS[:, :1].clone(), 3),
        "the targets after": _shift_kept,
    },
    "sequence_loss": {
        "nothing left out": _loss([[1, 5, 2], [3, 2, 4]], 0),
        "one axis": _loss([3, 1, 4], 0),
        "padding": _loss([[1, 5, 2, 4], [3, 0, 0, 0]], 0),
        "padding, another": _loss([[1, 0, 3, 3], [0, 5, 2, 4]], 3),
        "padding, outside the vocabulary": _loss([[1, 0, 3, 9], [0, 9, 9, 9]], 9),
        "padding, three axes": _loss([[[1, 0], [2, 3]], [[0, 0], [5, 0]]], 0),
        "-100": _loss([[1, 0, 3, NONE], [NONE, 5, NONE, NONE]], None),
        "padding, -100": _loss([[1, NONE, 3, 3], [NONE, 5, 2, 4]], 3),
        "padding, large": _loss([[1, 5, 2, 4], [3, 0, 0, 0]], 0, times=2000),
        "padding, gradient": lambda f: gradients(lambda z: f(z, IDS, 0), normal(3, 4, 10)),
    },
    "greedy_decode": {
        "plain": _greedy(6, 12),
        "short": _greedy(6, 3),
        "one token": _greedy(4, 1),
        "never ends": _greedy(3, 5, end=-20),
        "one sentence": _greedy(1, 12),
        "several bos": _greedy(4, 12, bos=torch.tensor([1, 4, 0, 6])),
        "steps": _greedy(6, 30, steps=True),
    },
    "beam_search": {
        "plain": _beam(6, 8, 3),
        "wide": _beam(3, 6, 12),
        "one beam": _beam(4, 8, 1),
        "one sentence": _beam(1, 8, 4),
        "one token": _beam(3, 1, 3),
        "never ends": _beam(3, 4, 3, end=-20),
        "several bos": _beam(4, 8, 2, bos=torch.tensor([1, 4, 0, 6])),
        "penalty": _beam(6, 10, 3, 1.0),
        "penalty, strong": _beam(6, 12, 4, 3.0, end=0.3),
        "penalty, weak": _beam(6, 9, 3, 0.5),
        "steps": _beam(6, 30, 3, steps=True),
        "steps, penalty": _beam(6, 30, 3, 1.0, steps=True),
    },
    "bleu": {
        "one sentence": _bleu(MAT),
        "ids": lambda f: torch.tensor(f([[5, 6, 7, 8, 9]], [[5, 6, 7, 8, 4]])).double(),
        "two sentences, long": _bleu(MAT, LONG),
        "two sentences, short": _bleu(MAT, SHORT),
        "two sentences, short one and long one": _bleu(LONG, SHORT, MAT),
        "equal": _bleu(("a b c d e", "a b c d e")),
        "several references": _bleu(THREE, LONG),
        "several references, tie": _bleu(TIE),
        "several references, the closest is longer": _bleu(OVER),
        "max_n 2": _bleu(MAT, SHORT, max_n=2),
        "max_n 5": _bleu(LONG, MAT, max_n=5),
        "smoothing": _bleu(FEW),
        "smoothing, max_n 6": _bleu(FEW, max_n=6),
        "smoothing, none": _bleu(FEW, smooth="none"),
        "no smoothing needed, none": _bleu(MAT, smooth="none"),
        "nothing": _bleu(("x y z v w", "a b c d e")),
        "nothing, too short": _bleu(("a b", "a b c d e")),
        "nothing, empty": _bleu(("", "a b c d e")),
    },
}

ONLY_IN = {
    "last-squeezed": "one",
    "last-longest": ("plain", "longest", "gradient"),
    "last-detached": "gradient",
    "shift-zero": ("one", "another", "single"),
    "shift-one": ("zero", "another", "single"),
    "shift-in-place": "after",
    "seq-padding-counted": "padding",
    "seq-padding-in-number": ("padding", "-100"),
    "seq-mean-of-means": ("padding", "-100"),
    "seq-pad-zero": ("padding", "-100"),
    "seq-minus-100-missed": "-100",
    "seq-minus-100-scored": "-100",
    "seq-log-of-softmax": "large",
    "seq-epsilon": "large",
    "seq-logits-masked": ("padding", "-100"),
    "seq-detached": "gradient",
    "greedy-never-stops": "steps",
    "greedy-stops-late": "steps",
    "greedy-one-short": ("short", "one token", "never ends"),
    "greedy-one-long": ("short", "one token", "never ends"),
    "beam-stop-without-penalty": "penalty",
    "beam-never-stops": "steps",
    "beam-penalty-inverted": "penalty",
    "beam-penalty-ignored": "penalty",
    "beam-penalty-length": "penalty",
    "beam-penalty-no-end": "penalty",
    "beam-penalty-bos": "penalty",
    "beam-penalty-times": "penalty",
    "beam-penalty-of-max_len": "penalty",
    "beam-penalty-in-search": "penalty",
    "beam-score-not-divided": "penalty",
    "bleu-no-brevity": ("short", "several", "smoothing", "max_n"),
    "bleu-length-rewarded": ("long", "max_n 5", "smoothing", "several"),
    "bleu-brevity-ratio": ("short", "several", "smoothing", "max_n"),
    "bleu-brevity-each": ("two", "several", "max_n"),
    "bleu-references-added": "several",
    "bleu-references-common": "several",
    "bleu-first-reference": "several",
    "bleu-mean-of-sentences": ("two", "several", "max_n"),
    "bleu-one-long-text": ("two", "several", "max_n"),
    "bleu-weights-of-four": "max_n",
    "bleu-always-four": "max_n",
    "bleu-shortest-reference": "several",
    "bleu-longest-reference": "several",
    "bleu-first-length": "several",
    "bleu-mean-length": "several",
    "bleu-tie-longer": "tie",
    "bleu-smoothing-ignored": "smoothing",
    "bleu-smoothing-always": "none",
    "bleu-smoothing-not-halved": "smoothing",
    "bleu-smoothing-starts-at-one": "smoothing",
    "bleu-smoothing-of-precision": "smoothing",
    "bleu-epsilon": "smoothing",
    "bleu-missing-orders-skipped": "smoothing",
    "bleu-zero-not-caught": ("nothing", "none"),
    "bleu-nothing-smoothed": "nothing",
}
