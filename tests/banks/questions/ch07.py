"""Questions about the exercises of chapter 7."""

from __future__ import annotations

from typing import Any

import torch

from banks.questions.common import (
    Question,
    dropped,
    first,
    gradients,
    layer,
    layer_gradients,
    normal,
    same,
    shapes,
    some_keys,
    transplant,
)

MHA = ("q_proj", "k_proj", "v_proj", "out_proj")


def _mha(question: Question, **options: Any) -> Question:
    bias = options.get("bias", True)
    return lambda make: question(layer(make, (8, 2), shapes(MHA, bias), **options))


def _mha_dropout(make):
    eye, none = torch.eye(8, dtype=torch.float64), torch.zeros(8, dtype=torch.float64)
    values = {name: normal(*shape) for name, shape in shapes(MHA).items()}
    # Features 2j and 2j + 1 both show the weight of key j: what drops weights drops both.
    values |= {"v_proj.weight": eye[:4].repeat_interleave(2, dim=0), "out_proj.weight": eye}
    values |= {"v_proj.bias": none, "out_proj.bias": none}
    layer = transplant(make(8, 2, dropout=0.5), values).eval()
    plain, weights = layer(eye[None], need_weights=True)
    out, reported = layer.train()(eye[None], need_weights=True)
    paired = same(out[..., 0::2], out[..., 1::2])
    return plain, dropped(plain, out, 0.5), paired, same(weights, reported)


def _repair(question: Question) -> Question:
    wanted = shapes(("query", "key", "value", "out"))
    return lambda make: question(layer(make, (8, 2), wanted))


TRI = torch.ones(6, 6, dtype=torch.bool).tril()
IDS = torch.tensor([[7, 4, 0, 3, 3], [2, 3, 3, 0, 0]])
CLASSES = torch.tensor([[1, 0, 4], [2, 2, 3]])

QUESTIONS = {
    "split_heads": {
        "two": lambda f: f(normal(2, 3, 8), 2),
        "four": lambda f: f(normal(2, 5, 12), 4),
        "gradient": lambda f: gradients(lambda x: f(x, 2), normal(2, 3, 8)),
    },
    "merge_heads": {
        "two": lambda f: f(normal(3, 2, 5, 4)),
        "four": lambda f: f(normal(2, 4, 3, 5)),
        "gradient": lambda f: gradients(f, normal(2, 4, 3, 5)),
    },
    "MultiHeadAttention": {
        "plain": _mha(lambda f: first(f(normal(2, 6, 8)))),
        "weights": _mha(lambda f: f(normal(2, 6, 8), need_weights=True)),
        "cross": _mha(lambda f: first(f(normal(2, 4, 8), normal(2, 6, 8)))),
        "cross, three": _mha(lambda f: first(f(normal(2, 4, 8), normal(2, 6, 8), normal(2, 6, 8)))),
        "cross, mask": _mha(
            lambda f: first(f(normal(2, 4, 8), normal(2, 6, 8), mask=some_keys(2, 2, 4, 6)))
        ),
        "mask": _mha(lambda f: first(f(normal(2, 6, 8), mask=some_keys(2, 1, 6, 6)))),
        "mask, causal": _mha(lambda f: first(f(normal(2, 6, 8), mask=TRI))),
        "mask, padding": _mha(lambda f: first(f(normal(2, 6, 8), mask=some_keys(2, 1, 1, 6)))),
        "mask, nowhere": _mha(lambda f: first(f(normal(2, 6, 8), mask=TRI & ~TRI[:, :1]))),
        "dropout": _mha_dropout,
        "dropout in evaluation": _mha(lambda f: first(f(normal(2, 6, 8))), dropout=0.5),
        "without bias": _mha(lambda f: first(f(normal(2, 6, 8))), bias=False),
        "gradient": _mha(lambda f: layer_gradients(f, normal(2, 6, 8))),
        "gradient, cross": _mha(lambda f: layer_gradients(f, normal(2, 4, 8), normal(2, 6, 8))),
        "three heads of eight": lambda make: make(8, 3),
    },
    "repair_multi_head": {
        "plain": _repair(lambda f: f(normal(2, 6, 8))),
        "mask": _repair(lambda f: f(normal(2, 6, 8), some_keys(2, 1, 6, 6))),
        "mask, causal": _repair(lambda f: f(normal(2, 6, 8), TRI)),
        "gradient": _repair(lambda f: layer_gradients(f, normal(2, 6, 8))),
    },
}

ONLY_IN = {
    "keys-from-query": "cross",
    "queries-from-memory": "cross",
    "value-from-query": "cross",
    "padding-on-query-rows": "mask, padding",
    "mask-not-passed": "mask",
    "weights-averaged": "weights",
    "mha-bias-ignored": "without bias",
    "mha-dropout-in-eval": "dropout",
    "split-detached": "gradient",
    "merge-detached": "gradient",
    "mha-mask-inverted": "mask",
    "mha-mask-after-softmax": "mask",
    "mha-nan-rows": "nowhere",
    "mha-uniform-rows": "nowhere",
    "mha-weights-not-returned": ("weights", "dropout"),
    "mha-dropout-missing": "dropout",
    "mha-dropout-on-output": "dropout",
    "mha-not-refused": "three heads of eight",
    "value-from-key": "cross, three",
    "repair-mask-zero": "mask",
    "repair-mask": "mask",
    "repair-mask-inverted": "mask",
}
