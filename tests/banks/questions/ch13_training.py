"""Questions about the LoRALinear and fit_scaling_law."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from banks.questions.common import (
    Question,
    dropped,
    normal,
    same,
    transplant,
)


def _lora(question: Question, bias: bool = True, rank: int = 3, **options: Any) -> Question:
    def ask(make):
        linear = nn.Linear(6, 5, bias=bias).double()
        values = {"linear.weight": normal(5, 6), "lora_A": normal(rank, 6)}
        values |= {"lora_B": normal(5, rank)} | ({"linear.bias": normal(5)} if bias else {})
        f = make(linear, rank, **({"alpha": 5.0} | options))
        return question(transplant(f, values).eval())

    return ask


def _lora_fresh(make):
    linear, x = nn.Linear(400, 300).double(), normal(3, 400)
    wanted = linear(x)
    f = make(linear, 20, 7.0)
    start, width = same(wanted, f(x)), 1 / math.sqrt(400)
    drawn = [p for p in f.parameters() if p.requires_grad and p.any()]
    held = {p.numel() for p in f.parameters() if not p.requires_grad}
    a = torch.cat([p.flatten() for p in drawn]) if drawn else torch.zeros(1)
    even = bool(a.abs().max() <= width and a.abs().max() > 0.98 * width)
    return start, a.numel(), even, bool((a.std() * 3**0.5 / width - 1).abs() < 0.05), sorted(held)


def _types(make):
    f = make(nn.Linear(6, 5).double(), 2, 4.0)
    return {str(p.dtype) for p in f.parameters()}


def _trained(f) -> int:
    return sum(p.numel() for p in f.parameters() if p.requires_grad)


def _merged(times: int) -> Question:
    def ask(f):
        x = normal(4, 6)
        for _ in range(times):
            f.merge()
        return f(x), f.linear.weight.detach().clone(), _trained(f)

    return ask


def _unmerged(f):
    x, before = normal(4, 6), f.linear.weight.detach().clone()
    f.merge()
    f.unmerge()
    return f(x), bool(torch.equal(before, f.linear.weight)), _trained(f)


def _unmerged_twice(f):
    """Train a little between two merges; the second one takes the new change."""
    x = normal(4, 6)
    f.merge()
    f.unmerge()
    with torch.no_grad():
        for p in f.parameters():
            if p.requires_grad:
                p *= 2
    f.merge()
    return f(x), f.linear.weight.detach().clone()


def _lora_gradients(f):
    x = normal(4, 6).requires_grad_()
    out = f(x)
    total = (out * torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)).sum()
    leaves = [p for p in f.parameters() if p.requires_grad]
    of_x, *found = torch.autograd.grad(total, [x, *leaves], materialize_grads=True)
    return of_x, sum((g * g).sum() for g in found)


def _lora_dropout(make):
    """A shows each input twice, so what is dropped before A is dropped in both."""
    eye = torch.eye(6, dtype=torch.float64)
    values = {"linear.weight": torch.zeros(6, 6), "linear.bias": torch.zeros(6)}
    values |= {"lora_A": eye[:3].repeat_interleave(2, dim=0), "lora_B": eye}
    f = transplant(make(nn.Linear(6, 6).double(), 6, 6.0, dropout=0.5), values).train()
    x = torch.ones(40, 6, dtype=torch.float64)
    out = f(x)
    paired = same(out[:, 0::2], out[:, 1::2])
    with torch.no_grad():
        f.linear.weight.copy_(eye)
        kept = sorted({round(number, 6) for number in f(x).flatten().tolist()})
    return dropped(torch.ones_like(out), out, 0.5), paired, kept


SIZES = torch.logspace(3, 7, 9, dtype=torch.float64)


def _law(E: float, A: float, alpha: float) -> Tensor:
    return E + A * SIZES**-alpha


def _close(found: Any, wanted: tuple[float, float, float], within: float) -> tuple[bool, ...]:
    return tuple(abs(a / b - 1) < within for a, b in zip(found, wanted, strict=True))


def _exact(E: float, A: float, alpha: float) -> Question:
    return lambda f: _close(f(SIZES, _law(E, A, alpha)), (E, A, alpha), 1e-4)


def _misfit(found: Any, losses: Tensor) -> float:
    r = _law(*found).log() - losses.log()
    return F.huber_loss(r, torch.zeros_like(r), reduction="sum", delta=1e-3).item()


def _lowest(losses: Tensor, below: float) -> Question:
    """Whether the sum is as small as it can be: ``below`` was found beforehand."""
    return lambda f: _misfit(f(SIZES, losses), losses) < below * 1.001


NOISY = _law(1.7, 40.0, 0.3) * (torch.arange(9) * 2.5).sin().mul(0.01).exp()
OUTLIER = _law(1.7, 40.0, 0.3) * torch.tensor([1, 1, 1, 1, 1.2, 1, 1, 1, 1])
QUESTIONS = {
    "LoRALinear": {
        "plain": _lora(lambda f: f(normal(2, 3, 6))),
        "without bias": _lora(lambda f: f(normal(4, 6)), bias=False),
        "alpha": _lora(lambda f: f(normal(4, 6)), rank=2, alpha=7.0),
        "at first": _lora_fresh,
        "dtype": _types,
        "merge": _lora(_merged(1)),
        "merge twice": _lora(_merged(2)),
        "merge and unmerge": _lora(_unmerged),
        "merge, unmerge and merge": _lora(_unmerged_twice),
        "trained": _lora(_trained),
        "dropout": _lora_dropout,
        "dropout in evaluation": _lora(lambda f: f(normal(4, 6)), dropout=0.5),
        "gradient": _lora(_lora_gradients),
    },
    "fit_scaling_law": {
        "exact": _exact(1.7, 40.0, 0.3),
        "exact, steep": _exact(0.9, 3000.0, 0.9),
        "exact, from large to small": lambda f: _close(
            f(SIZES.flip(0), _law(1.7, 40.0, 0.3).flip(0)), (1.7, 40.0, 0.3), 1e-4
        ),
        "lists": lambda f: _close(
            f(SIZES.tolist(), _law(2.0, 90.0, 0.4).tolist()), (2.0, 90.0, 0.4), 1e-4
        ),
        "outlier": lambda f: _close(f(SIZES, OUTLIER), (1.7, 40.0, 0.3), 5e-3),
        "noise": _lowest(NOISY, 4.6793498e-5),
        "types": lambda f: [type(number).__name__ for number in f(SIZES, NOISY)],
    },
}

ONLY_IN = {
    "b-starts-random": "at first",
    "both-start-at-zero": "at first",
    "a-starts-at-zero": "at first",
    "a-drawn-otherwise": "at first",
    "a-drawn-small": "at first",
    "linear-not-frozen": ("at first", "trained", "merge", "gradient"),
    "bias-not-frozen": ("at first", "trained", "merge", "gradient"),
    "under-no-grad": "gradient",
    "always-float32": "dtype",
    "dropout-everywhere": "dropout",
    "dropout-after-a": "dropout",
    "dropout-on-change": "dropout",
    "merge-does-nothing": "merge",
    "merge-without-scale": "merge",
    "added-once-more": "merge",
    "merge-adds-again": "merge twice",
    "merge-loses-change": "merge",
    "unmerge-subtracts": "unmerge",
    "matrix-not-restored": "unmerge",
    "unmerge-keeps-flag": "unmerge",
    "trained-while-merged": "merge",
    "frozen-after-unmerge": "unmerge",
    "no-logarithm": ("noise", "outlier"),
    "squares": ("noise", "outlier"),
    "squares-of-losses": ("noise", "outlier"),
}
