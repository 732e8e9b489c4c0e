"""Questions about the exercises of chapter 8."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import Question, gradients, layer, layer_gradients, normal, same


def _double(question: Question) -> Question:
    """Ask with float64 as the default dtype."""

    def asked(f):
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            return question(f)
        finally:
            torch.set_default_dtype(before)

    return asked


def _waves(*sizes: Any, **options: Any) -> Question:
    def question(f):
        made = f(*sizes, **options)
        return made.detach() if made.requires_grad else made

    return _double(question)


def _learned(question: Question, rows: int = 5) -> Question:
    return lambda make: question(layer(make, (rows, 4), {"weight": (rows, 4)}))


def _refused(length: int, start: int) -> Question:
    def question(f):
        try:
            f(normal(2, length, 4), start)
        except Exception as error:
            return type(error).__name__
        return "no error"

    return _learned(question)


def _learned_start(make):
    values = next(p.detach() for p in make(200, 50).parameters())
    of_size = bool((values.mean().abs() < 0.002) & ((values.std() - 0.02).abs() < 0.002))
    return of_size, bool(values.abs().max() > 0.045)  # a uniform one would end at 0.035


def _learned_kept(f):
    x = normal(2, 3, 4)
    before = x.clone()
    f(x, 1)
    return same(before, x)


def _trained(make):
    made = make(5, 4)
    return sum(p.numel() for p in made.parameters() if p.requires_grad)


def _rope(positions: Any, *shape: int, **options: Any) -> Question:
    return lambda f: f(normal(*shape), torch.as_tensor(positions), **options)


def _rope_kept(f):
    x = normal(2, 2, 3, 4)
    before = x.clone()
    f(x, torch.arange(3))
    return same(before, x)


def _rope_half(places: Any) -> Question:
    """Half precision is kept, and right for its precision."""

    def question(f):
        positions, x = torch.as_tensor(places), normal(1, 2, 3, 8).bfloat16()
        got, exact = f(x, positions), f(x.double(), positions)
        return str(got.dtype), bool((got.double() - exact).abs().max() < 0.1)

    return question


def _rope_gradient(f):
    positions = torch.tensor([[4, 7, 9], [0, 1, 2]])
    return gradients(lambda x: f(x, positions), normal(2, 2, 3, 4))


def _bias(*sizes: Any) -> Question:
    return _double(lambda f: f(*sizes))


def _default_dtype(f: Any, *sizes: int) -> str:
    return str(f(*sizes).dtype)


APART = torch.tensor([[4, 7, 9], [0, 1, 2]])

QUESTIONS = {
    "sinusoidal_positions": {
        "even": _waves(5, 6),
        "long": _waves(40, 8),
        "one position": _waves(1, 4),
        "odd": _waves(4, 5),
        "odd, one": _waves(4, 1),
        "odd, base": _waves(7, 3, base=100.0),
        "base": _waves(5, 6, 50.0),
        "default dtype": lambda f: _default_dtype(f, 3, 4),
        "learned": lambda f: f(3, 4).requires_grad,
    },
    "LearnedPositions": {
        "plain": _learned(lambda f: f(normal(2, 3, 4))),
        "more sentences": _learned(lambda f: f(normal(4, 2, 4))),
        "whole": _learned(lambda f: f(normal(2, 5, 4))),
        "start": _learned(lambda f: f(normal(2, 2, 4), 2)),
        "start, last": _learned(lambda f: f(normal(3, 1, 4), start=4)),
        "start, gradient": _learned(lambda f: layer_gradients(_from_two(f), normal(2, 2, 4))),
        "gradient": _learned(lambda f: layer_gradients(f, normal(2, 3, 4))),
        "refused, past": _refused(3, 4),
        "refused, one row left": _refused(2, 4),
        "refused, far": _refused(1, 9),
        "refused, too long": _refused(6, 0),
        "refused, negative": _refused(2, -2),
        "input kept": _learned(_learned_kept),
        "made": _learned_start,
        "trained": _trained,
    },
    "apply_rope": {
        "plain": _rope(range(5), 2, 3, 5, 8),
        "from ten": _rope(range(10, 15), 2, 3, 5, 8),
        "of each sentence": lambda f: f(normal(2, 3, 3, 8), APART),
        "as many heads as positions": lambda f: f(normal(2, 3, 3, 4), APART),
        "in between": lambda f: f(normal(1, 2, 3, 4), torch.tensor([0.5, 1.0, 3.75]).double()),
        "two features": _rope([0, 1, 2], 1, 2, 3, 2),
        "base": _rope(range(5), 2, 3, 5, 8, base=77.0),
        "far": _rope([2900, 2901, 3000], 1, 2, 3, 8),
        "half precision": _rope_half([1, 2, 3]),
        "half precision, far": _rope_half([2900, 2901, 3003]),
        "gradient": _rope_gradient,
        "input kept": _rope_kept,
    },
    "alibi_bias": {
        "two": _bias(2, 3),
        "eight": _bias(8, 4),
        "sixteen": _bias(16, 3),
        "one head": _bias(1, 4),
        "six": _bias(6, 3),
        "twelve": _bias(12, 3),
        "chunk": _bias(4, 2, 5),
        "chunk of six": _bias(6, 1, 3),
        "default dtype": lambda f: _default_dtype(f, 2, 3),
        "device": lambda f: f(4, 3, 3, torch.device("meta")).device.type,
    },
}


def _from_two(f: Any) -> Any:
    """The same layer, asked from position 2 on."""

    class Started:
        parameters = f.parameters

        def __call__(self, x: Tensor) -> Tensor:
            return f(x, 2)

    return Started()


ONLY_IN = {
    "sinusoidal-base-ignored": "base",
    "sinusoidal-odd-crashes": "odd",
    "sinusoidal-odd-rounded": "odd",
    "sinusoidal-odd-cosine": "odd",
    "sinusoidal-odd-zero": "odd",
    "sinusoidal-float64": "default dtype",
    "sinusoidal-trained": "learned",
    "learned-start-ignored": ("start", "refused"),
    "learned-end-for-length": ("start", "refused"),
    "learned-last-rows": ("plain", "more sentences", "start", "gradient", "refused"),
    "learned-not-refused": "refused",
    "learned-rows-reused": "refused",
    "learned-negative-start": "negative",
    "learned-last-refused": ("whole", "last"),
    "learned-in-place": ("kept", "gradient"),
    "learned-init-1": "made",
    "learned-init-zeros": "made",
    "learned-init-uniform": "made",
    "learned-not-trained": ("made", "trained", "gradient"),
    "learned-detached": "gradient",
    "learned-x-detached": "gradient",
    "rope-base-ignored": "base",
    "rope-positions-ignored": ("from ten", "each", "heads", "between", "far", "gradient"),
    "rope-first-sentence": ("each sentence", "heads", "gradient"),
    "rope-no-head-axis": ("each sentence", "heads", "gradient"),
    "rope-whole-positions": "between",
    "rope-half-precision": "half precision, far",
    "rope-half-not-kept": "half precision",
    "rope-in-place": ("kept", "gradient"),
    "rope-detached": "gradient",
    "alibi-any-heads": ("six", "twelve"),
    "alibi-next-power": ("six", "twelve"),
    "alibi-not-every-second": ("six", "twelve"),
    "alibi-slopes-twice": ("six", "twelve"),
    "alibi-sorted": ("six", "twelve"),
    "alibi-top-left": "chunk",
    "alibi-Tk-ignored": "chunk",
    "alibi-device-ignored": "device",
}
