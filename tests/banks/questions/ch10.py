"""Questions about the smaller exercises of chapter 10."""

from __future__ import annotations

from typing import Any

import torch

from banks.questions.common import Question, gradients, normal
from unrolled.transformer import Transformer

TARGETS = [[3, 0, 5, 2, 1], [4, 3, 0, 0, 0], [1, 2, 2, 5, 0]]
MARKED = [[3, -100, 5, 2, 1], [4, -100, -100, -100, 0], [1, 2, 2, 5, -100]]


def _loss(targets: Any, *options: Any, times: float = 1.0) -> Question:
    targets = torch.tensor(targets)
    return lambda f: f(times * normal(*targets.shape, 6), targets, *options)


def _loss_gradients(f: Any) -> Any:
    targets = torch.tensor(TARGETS)
    return gradients(lambda logits: f(logits, targets, 0.3, 0), normal(3, 5, 6))


def _rates(steps: tuple[int, ...], *options: int) -> Question:
    return lambda f: torch.tensor([f(step, *options) for step in steps], dtype=torch.float64)


class Translator(Transformer):
    """A small model that counts how often it reads."""

    def __init__(self):
        super().__init__(11, 9, d_model=8, n_heads=2, n_layers=2, d_ff=16, max_len=40)
        made = torch.Generator().manual_seed(35)
        self.double().eval().read = 0
        for name, weight in self.named_parameters():
            drawn = torch.randn(weight.shape, generator=made, dtype=weight.dtype)
            norm = "norm" in name and name.endswith("weight")
            weight.data = 1 + 0.2 * drawn if norm else (0.8 if weight.dim() > 1 else 0.3) * drawn

    def encode(self, source: Any) -> Any:
        self.read += 1
        return super().encode(source)


SOURCE = torch.tensor(
    [[4, 7, 3, 9, 5], [8, 8, 2, 0, 0], [3, 10, 0, 0, 0], [5, 6, 7, 8, 0], [9, 2, 0, 0, 0]]
)


def _decode(*options: Any, bos: int = 1, eos: int = 2, times: int = 1) -> Question:
    return lambda f: f(Translator(), SOURCE.repeat(times, 1), bos, eos, *options)


def _read_once(f: Any) -> Any:
    model, source = Translator(), SOURCE.clone()
    ids = f(model, source, 1, 2, 6)
    return model.read, source, ids.requires_grad


QUESTIONS = {
    "label_smoothing_loss": {
        "values": _loss([[3, 1, 5], [4, 2, 2]], 0.3),
        "zeros": _loss(TARGETS, 0.3),
        "share left out, one axis": _loss([3, 1, 4, 5, 5]),
        "not smoothed": _loss([[3, 1, 5], [4, 2, 2]], 0.0),
        "padding": _loss(TARGETS, 0.2, 0),
        "padding, another": _loss(TARGETS, 0.2, 2),
        "marked": _loss(MARKED, 0.2),
        "marked, padding": _loss(MARKED, 0.2, 2),
        "large": _loss([[3, 1, 5], [4, 2, 2]], 0.2, times=500.0),
        "gradient, padding": _loss_gradients,
    },
    "noam_schedule": {
        "rising": _rates((1, 17, 900, 3999), 512, 4000),
        "rising, short": _rates((1, 7, 49), 64, 50),
        "peak": _rates((100,), 256, 100),
        "falling": _rates((4001, 9000, 250000), 512, 4000),
        "falling, short": _rates((51, 77, 4001), 64, 50),
        "at once": _rates((1, 2, 9), 16, 1),
        "left out": _rates((40, 4000, 5000), 128),
    },
    "decode_transformer": {
        "greedy": _decode(12),
        "greedy, one token": _decode(1),
        "greedy, other ids": _decode(9, bos=5, eos=7),
        "beams": _decode(10, 3),
        "beams, two": _decode(7, 2),
        "beams, penalty": _decode(14, 4, 2.0),
        "beams, penalty, other": _decode(12, 3, 1.0, bos=4, eos=6),
        "read once": _read_once,
    },
}

ONLY_IN = {
    "padding-scored": "padding",
    "zero-is-padding": ("zeros", "padding", "marked"),
    "log-of-softmax": "large",
    "exponential-overflows": "large",
    "spread-divided-by-all": ("padding", "marked"),
    "spread-counts-padding": "padding",
    "minus-100-counted": "marked",
    "mean-of-means": ("padding", "marked", "axis"),
    "smoothing-detached": "gradient",
    "noam-no-warmup": ("rising", "left out"),
    "noam-flat": ("falling", "once", "left out"),
    "noam-never-falls": ("falling", "once", "left out"),
    "noam-rises-to-1": ("rising", "left out"),
    "noam-warmup-ignored": ("short", "peak", "once"),
    "noam-max": ("rising", "falling", "once", "left out"),
    "always-greedy": "beams",
    "penalty-lost": "penalty",
    "beams-one-short": "beams",
    "memory-not-reordered": "beams",
    "scores-returned-too": "beams",
    "read-again": "read once",
}
