"""Questions about the layers of chapter 13."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import (
    Question,
    dropped,
    first,
    layer,
    layer_gradients,
    normal,
    same,
    some_keys,
    transplant,
)


def _norm(question: Question, **options: Any) -> Question:
    return lambda make: question(layer(make, (6,), {"weight": (6,)}, **options))


def _fresh_norm(make):
    return make(6).double()(normal(2, 3, 6) * 1e-3)


def _untouched(f):
    x = normal(2, 3, 6)
    kept = x.clone()
    f(x)
    return same(kept, x)


def _swiglu(question: Question, bias: bool = False) -> Question:
    shapes: dict[str, tuple] = {"gate_proj.weight": (7, 5), "up_proj.weight": (7, 5)}
    shapes["down_proj.weight"] = (5, 7)
    if bias:
        shapes |= {"gate_proj.bias": (7,), "up_proj.bias": (7,), "down_proj.bias": (5,)}
    return lambda make: question(layer(make, (5, 7), shapes, **({"bias": True} if bias else {})))


def _gqa(question: Question, heads=(6, 2), width: int = 2, **options: Any) -> Question:
    (H, G), bias = heads, options.get("bias", False)
    wide = {"q_proj": H * width, "k_proj": G * width, "v_proj": G * width}
    shapes: dict[str, tuple] = {f"{name}.weight": (rows, 12) for name, rows in wide.items()}
    shapes["out_proj.weight"] = (12, H * width)
    if bias:
        shapes |= {f"{name}.bias": (rows,) for name, rows in (wide | {"out_proj": 12}).items()}
    return lambda make: question(layer(make, (12, H, G), shapes, **options))


def _x() -> Tensor:
    return normal(2, 5, 12)


def _nowhere() -> Tensor:
    mask = some_keys(2, 6, 5, 5)
    mask[:, 2:, 1] = False
    return mask


def _gqa_dropout(make):
    eye = torch.eye(8, dtype=torch.float64)
    values = {"q_proj.weight": normal(8, 8), "k_proj.weight": normal(4, 8)}
    # Features 2j and 2j + 1 both show the weight of key j: what drops weights drops both.
    values |= {"v_proj.weight": eye[:2].repeat_interleave(2, dim=0), "out_proj.weight": eye}
    f = transplant(make(8, 2, 1, dropout=0.5), values).eval()
    plain, weights = f(eye[None], need_weights=True)
    out, reported = f.train()(eye[None], need_weights=True)
    paired = same(out[..., 0::2], out[..., 1::2])
    return plain, dropped(plain, out, 0.5), paired, same(weights, reported)


TRI = torch.ones(5, 5, dtype=torch.bool).tril()
PLACES = torch.tensor([[3, 4, 5, 6, 7], [0, 0, 1, 2, 9]])

QUESTIONS = {
    "RMSNorm": {
        "plain": _norm(lambda f: f(normal(2, 3, 6))),
        "not around 0": _norm(lambda f: f(normal(2, 3, 6) + 5)),
        "small": _norm(lambda f: f(normal(2, 3, 6) * 1e-3)),
        "small, eps": _norm(lambda f: f(normal(2, 3, 6) * 1e-2), eps=1e-3),
        "zeros, small": _norm(lambda f: f(torch.zeros(2, 6, dtype=torch.float64))),
        "one axis": _norm(lambda f: f(normal(6))),
        "at first": _fresh_norm,
        "untouched": _norm(_untouched),
        "gradient": _norm(lambda f: layer_gradients(f, normal(2, 3, 6))),
    },
    "SwiGLU": {
        "plain": _swiglu(lambda f: f(normal(2, 3, 5))),
        "one axis": _swiglu(lambda f: f(normal(5))),
        "large": _swiglu(lambda f: f(normal(2, 3, 5) * 1000)),
        "bias": _swiglu(lambda f: f(normal(2, 3, 5)), bias=True),
        "gradient": _swiglu(lambda f: layer_gradients(f, normal(2, 3, 5))),
    },
    "GroupedQueryAttention": {
        "plain": _gqa(lambda f: first(f(_x()))),
        "weights": _gqa(lambda f: f(_x(), need_weights=True)),
        "as many": _gqa(lambda f: first(f(_x())), heads=(6, 6)),
        "one for all": _gqa(lambda f: first(f(_x())), heads=(6, 1)),
        "d_k": _gqa(lambda f: first(f(_x())), heads=(3, 1), width=6, d_k=6),
        "mask, causal": _gqa(lambda f: first(f(_x(), TRI))),
        "mask": _gqa(lambda f: first(f(_x(), some_keys(2, 1, 1, 5)))),
        "mask, heads": _gqa(lambda f: first(f(_x(), some_keys(2, 6, 5, 5)))),
        "mask, nowhere": _gqa(lambda f: f(_x(), _nowhere(), need_weights=True)),
        "positions": _gqa(lambda f: first(f(_x(), positions=torch.tensor([7, 3, 0, 1, 20])))),
        "positions, rows": _gqa(lambda f: first(f(_x(), TRI, PLACES))),
        "base": _gqa(lambda f: first(f(_x())), heads=(3, 1), width=4, base=50.0),
        "biases": _gqa(lambda f: first(f(_x())), bias=True),
        "dropout": _gqa_dropout,
        "dropout in evaluation": _gqa(lambda f: first(f(_x())), dropout=0.5),
        "gradient": _gqa(lambda f: layer_gradients(f, _x())),
    },
}

ONLY_IN = {
    "variance": ("plain", "not around 0", "small", "one axis", "at first", "gradient"),
    "no-eps": "small",
    "eps-ignored": "eps",
    "in-place": ("untouched", "gradient"),
    "statistics-detached": "gradient",
    "bias": "bias",
    "exp-overflows": "large",
    "gate-detached": "gradient",
    "never-biases": "bias",
    "down-without-bias": "bias",
    "positions-ignored": "positions",
    "positions-from-first-sentence": "positions, rows",
    "base-ignored": "base",
    "queries-without-base": "base",
    "d_k-ignored": ("d_k", "base"),
    "mask-not-passed": "mask",
    "mask-inverted": "mask",
    "first-head's-mask": "mask, ",
    "mask-after-softmax": "mask",
    "nan-rows": "nowhere",
    "uniform-rows": "nowhere",
    "weights-averaged": ("weights", "nowhere", "dropout"),
    "weights-of-groups": ("weights", "nowhere", "dropout"),
    "weights-not-returned": ("weights", "nowhere", "dropout"),
    "dropout-in-eval": "dropout",
    "dropout-missing": "dropout",
    "dropout-on-output": "dropout",
    "biases-ignored": "biases",
    "keys-detached": "gradient",
}
