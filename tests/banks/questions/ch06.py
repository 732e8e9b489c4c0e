"""Questions about the exercises of chapter 6."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import (
    Question,
    dropped,
    first,
    gradients,
    layer,
    layer_gradients,
    normal,
    same,
    some_keys,
    transplant,
)


def attention_inputs() -> tuple[Tensor, Tensor, Tensor]:
    return normal(2, 3, 4, 5), normal(2, 3, 6, 5), normal(2, 3, 6, 7)


def _attention(mask: Tensor | None = None, weights: bool = False) -> Question:
    def question(f):
        result = f(*attention_inputs(), mask, need_weights=weights)
        return result if weights else first(result)

    return question


def _nowhere() -> Tensor:
    mask = torch.ones(2, 1, 4, 6, dtype=torch.bool)
    mask[0, 0, 1] = False
    return mask


def _attention_dropout(f):
    q, k, _ = attention_inputs()
    value = torch.eye(6, dtype=q.dtype).repeat(1, 2).expand(2, 3, 6, 12)  # each weight twice
    plain = first(f(q, k, value))
    out, weights = f(q, k, value, None, 0.5, True)
    return dropped(plain, out, 0.5), same(out[..., :6], out[..., 6:]), same(plain[..., :6], weights)


def _large(f):
    q, k, v = attention_inputs()
    return first(f(q * 200, k * 200, v))


def _self(question: Question, d_k: int = 3, d_v: int = 4, **options: Any) -> Question:
    shapes = {"q_proj.weight": (d_k, 5), "k_proj.weight": (d_k, 5), "v_proj.weight": (d_v, 5)}
    return lambda make: question(layer(make, (5, d_k, d_v), shapes, **options))


def _self_default(make):
    shapes = dict.fromkeys(("q_proj.weight", "k_proj.weight", "v_proj.weight"), (5, 5))
    return first(layer(make, (5,), shapes)(normal(2, 6, 5)))


def _self_width(make):
    shapes = {"q_proj.weight": (3, 5), "k_proj.weight": (3, 5), "v_proj.weight": (3, 5)}
    return first(layer(make, (5, 3), shapes)(normal(2, 6, 5)))


def _self_dropout(make):
    eye = torch.eye(5, dtype=torch.float64)
    shapes = {"q_proj.weight": (5, 5), "k_proj.weight": (5, 5)}
    values = {name: normal(*shape) for name, shape in shapes.items()} | {"v_proj.weight": eye}
    layer = transplant(make(5, dropout=0.5), values).eval()
    plain, weights = layer(eye[None], need_weights=True)
    out, reported = layer.train()(eye[None], need_weights=True)
    return plain, dropped(plain, out, 0.5), same(weights, reported)


TRI = torch.ones(6, 6, dtype=torch.bool).tril()
IDS = torch.tensor([[7, 4, 0, 3, 3], [2, 3, 3, 0, 0]])
CLASSES = torch.tensor([[1, 0, 4], [2, 2, 3]])

QUESTIONS = {
    "padding_mask": {
        "zeros": lambda f: f(IDS, 0),
        "another pad_id": lambda f: f(IDS, 3),
    },
    "causal_mask": {
        "square": lambda f: f(4),
        "chunk": lambda f: f(3, 5),
        "one": lambda f: f(1, 4),
    },
    "scaled_dot_product_attention": {
        "plain": _attention(),
        "weights": _attention(weights=True),
        "three axes": lambda f: first(f(normal(4, 3, 2), normal(4, 3, 2), normal(4, 3, 2))),
        "mask": lambda f: _attention(some_keys(2, 3, 4, 6))(f),
        "mask with weights": lambda f: _attention(some_keys(2, 1, 4, 6), weights=True)(f),
        "mask, two axes": lambda f: _attention(some_keys(4, 6))(f),
        "mask of keys": lambda f: _attention(some_keys(2, 1, 1, 6))(f),
        "mask, nowhere": lambda f: _attention(_nowhere(), weights=True)(f),
        "large": _large,
        "dropout": _attention_dropout,
        "gradient": lambda f: gradients(f, *attention_inputs()),
        "gradient, mask, nowhere": lambda f: gradients(
            lambda q, k, v: f(q, k, v, _nowhere()), *attention_inputs()
        ),
    },
    "SelfAttention": {
        "defaults": _self_default,
        "d_k alone": _self_width,
        "plain": _self(lambda f: first(f(normal(2, 6, 5)))),
        "weights": _self(lambda f: f(normal(2, 6, 5), need_weights=True)),
        "mask": _self(lambda f: first(f(normal(2, 6, 5), some_keys(2, 1, 6, 6)))),
        "mask, causal": _self(lambda f: first(f(normal(2, 6, 5), TRI))),
        "mask of keys": _self(lambda f: first(f(normal(2, 6, 5), some_keys(2, 1, 1, 6)))),
        "mask, nowhere": _self(lambda f: f(normal(2, 6, 5), TRI & ~TRI[:, :1], need_weights=True)),
        "dropout": _self_dropout,
        "dropout in evaluation": _self(lambda f: first(f(normal(2, 6, 5))), dropout=0.5),
        "gradient": _self(lambda f: layer_gradients(f, normal(2, 6, 5))),
    },
}

ONLY_IN = {
    "pad-zero-only": "another pad_id",
    "causal-top-left": ("chunk", "one"),
    "mask-ignored": "mask",
    "mask-inverted": "mask",
    "mask-multiplied": "mask",
    "mask-tiny-fill": "mask",
    "mask-minus-one": "mask",
    "mask-after-softmax": "mask",
    "mask-transposed": "mask",
    "nan-rows": "nowhere",
    "uniform-rows": "nowhere",
    "logits-returned": ("weights", "nowhere", "dropout"),
    "dropout-missing": "dropout",
    "dropout-on-scores": "dropout",
    "weights-after-dropout": "dropout",
    "softmax-overflow": "large",
    "weights-detached": "gradient",
    "self-mask-not-passed": "mask",
    "self-dropout-in-eval": "dropout",
    "self-dropout-missing": "dropout",
    "self-input-detached": "gradient",
    "self-weights-not-returned": ("weights", "nowhere", "dropout"),
    "weights-not-returned": ("weights", "nowhere", "dropout"),
    "mask-added": "mask",
    "dropout-on-output": "dropout",
    "self-mask-inverted": "mask",
    "self-mask-after-softmax": "mask",
    "self-nan-rows": "nowhere",
    "self-uniform-rows": "nowhere",
    "self-d_v-from-d_model": "d_k alone",
}
