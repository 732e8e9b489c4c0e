"""Questions about the exercises of chapter 2: the loss, clipping, and one training step."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from banks.questions.common import (
    Question,
    gradients,
    normal,
)

IDS = torch.tensor([[7, 4, 0, 3, 3], [2, 3, 8, 0, 0], [5, 1, 6, 2, 4]])
NONE = -100


def _language(ids: Any, pad_id: Any = None, times: float = 1.0, vocabulary: int = 9) -> Question:
    ids = torch.as_tensor(ids)
    pad = () if pad_id is None else (pad_id,)
    return lambda f: f(times * normal(*ids.shape, vocabulary), ids, *pad)


def _clip(max_norm: float, *sizes: Any, times: float = 1.0, walk: bool = False) -> Question:
    """Sizes of parameters; one in brackets has no gradient. What is found afterwards."""

    def question(f):
        parameters, held = [], []
        for size in sizes:
            shape = size[0] if isinstance(size, list) else size
            parameters.append(normal(1, *shape)[0].requires_grad_())
            if not isinstance(size, list):
                held.append(times * normal(1, *shape)[0])
                parameters[-1].grad = held[-1]
        norm = f((p for p in parameters) if walk else parameters, max_norm)
        kept = tuple(p.grad if p.grad is not None else "none" for p in parameters)
        return norm, kept, tuple(held), tuple(p.detach() for p in parameters)

    return question


def _no_gradient(f):
    weight = normal(3).requires_grad_()
    return float(f([weight], 1.0)), weight.grad is None


def _empty(f):
    return float(f([], 2.0))


class Small(nn.Module):
    """Two layers, one parameter that takes no part, and a note of what is asked of it."""

    def __init__(self, dropout: float = 0.0, frozen: bool = False):
        super().__init__()
        self.a, self.b = nn.Linear(3, 4).double(), nn.Linear(4, 2).double()
        self.idle = nn.Parameter(normal(2))
        self.drop, self.calls = nn.Dropout(dropout), []
        self.a.requires_grad_(not frozen)

    def forward(self, x: Tensor) -> Tensor:
        self.calls.append(self.training)
        return self.b(self.drop(torch.tanh(self.a(x))))


def _squares(model: nn.Module, batch: Any) -> Tensor:
    assert isinstance(batch, dict)
    return 3 * F.mse_loss(model(batch["x"]), batch["y"])


def _train(
    max_norm: float | None = None, steps: int = 1, make: Any = None, kind: str = "", **options: Any
) -> Question:
    def question(f):
        torch.manual_seed(3)
        model = Small(**options)
        optimizer = (make or (lambda p: torch.optim.SGD(p, lr=0.1)))(model.parameters())
        values = []
        for _ in range(steps):
            batch = {"x": normal(6, 3), "y": normal(6, 2)}
            model.train(kind != "evaluation")
            limit = () if max_norm is None else (max_norm,)
            values.append(f(model, batch, _squares, optimizer, *limit))
        weights = tuple(p.detach() for p in model.parameters())
        left = tuple(p.grad if p.grad is not None else "none" for p in model.parameters())
        return tuple(values), weights, left, model.training, tuple(model.calls)

    return question


def _one_number(f):
    model = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(model.weight, 3.0)
    model.weight.grad = torch.full_like(model.weight, 7.0)
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    read = lambda model, x: model(x).square().mean()  # noqa: E731
    value = f(model, torch.ones(1, 1).double(), read, sgd)
    return value, model.weight.detach(), model.weight.grad


QUESTIONS = {
    "language_model_loss": {
        "plain": _language([[7, 4, 1, 3, 3], [2, 3, 8, 5, 6]]),
        "token 0": _language(IDS),
        "two tokens": _language([[3, 4]]),
        "padding": _language([[7, 4, 0, 0, 0], [2, 3, 8, 0, 0], [5, 1, 6, 2, 4]], 0),
        "padding, another id": _language([[7, 0, 3, 3, 3], [0, 5, 8, 6, 3]], 3),
        "padding in front": _language([[0, 0, 7, 4, 6], [0, 5, 1, 8, 2]], 0),
        "-100": _language([[7, 4, NONE, 0, 3], [2, NONE, NONE, 6, NONE]]),
        "-100 and padding": _language([[7, 4, NONE, 0, 0], [2, NONE, 5, 6, 0]], 0),
        "large": _language([[7, 4, 1, 3], [2, 3, 8, 6]], times=2000),
        "gradient": lambda f: gradients(lambda z: f(z, IDS, 0), normal(3, 5, 9)),
    },
    "clip_gradients": {
        "long": _clip(1.0, (3, 4), (5,), (2, 1, 2)),
        "long, one": _clip(0.5, (4, 3)),
        "long, a scalar": _clip(0.4, (), (6,)),
        "short": _clip(100.0, (3, 4), (5,)),
        "just short": _clip(1.0, (2,), (1, 2), times=0.1),
        "long, one without": _clip(1.5, (3, 4), [(5,)], (2, 2)),
        "short, one without": _clip(50.0, [(5,)], (2, 2)),
        "long, walked once": _clip(0.7, (3, 2), (4,), walk=True),
        "no gradient": _no_gradient,
        "no parameters": _empty,
    },
    "training_step": {
        "one number": _one_number,
        "plain": _train(),
        "three steps": _train(steps=3),
        "momentum": _train(steps=3, make=lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        "adam": _train(steps=3, make=lambda p: torch.optim.AdamW(p, lr=0.02)),
        "clipped": _train(0.3, steps=2),
        "clipped, adam": _train(0.3, 2, lambda p: torch.optim.AdamW(p, lr=0.02)),
        "clipped, not needed": _train(500.0, steps=2),
        "evaluation before, dropout": _train(kind="evaluation", dropout=0.5),
        "evaluation before": _train(kind="evaluation", steps=2),
        "partly frozen": _train(0.3, steps=2, frozen=True),
    },
}

ONLY_IN = {
    "ignores-id-0": ("token 0", "another", "-100"),
    "padding-scored": ("padding", "gradient"),
    "minus-100-scored": "-100",
    "padding-divides": ("padding", "gradient"),
    "mean-of-means": ("padding", "-100", "gradient"),
    "mask-of-inputs": ("padding", "gradient"),
    "log-underflow": "large",
    "detached": "gradient",
    "each-on-its-own": "long",
    "clipped-by-value": ("long", "clipped", "frozen"),
    "never-scaled": "long",
    "factor-inverted": "long",
    "factor-is-max-norm": "long",
    "norm-after": "long",
    "none-not-passed-over": ("without", "no gradient"),
    "walked-twice": "walked",
    "gradients-replaced": ("long", "short"),
    "not-set-to-training": "evaluation",
    "training-mode-too-late": "evaluation",
    "never-clipped": ("clipped", "frozen"),
    "clipped-after-update": ("clipped", "frozen"),
    "own-update": ("steps", "momentum", "adam"),
}
