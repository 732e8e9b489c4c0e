"""Questions about the exercises of chapter 5."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import Question, layer, layer_gradients, normal, some_keys

# Widths: queries 4, keys 6, inside 5. Sizes of the decoder: vocabulary 11, 4, state 6, memory 5.
ADDITIVE = {"q_proj.weight": (5, 4), "k_proj.weight": (5, 6), "v.weight": (1, 5)}
SCORES = {
    "dot": {},
    "general": {"w.weight": (4, 6)},
    "concat": {"w.weight": (4, 10), "v.weight": (1, 4)},
}
CELL = {"cell.weight_ih": (18, 9), "cell.weight_hh": (18, 6), "cell.bias_ih": (18,)}
DECODER = {"embedding.weight": (11, 4), **CELL, "cell.bias_hh": (18,)}
OUT = {"out.weight": (11, 15), "out.bias": (11,)}
PARTS = {
    "additive": {"q_proj.weight": (6, 6), "k_proj.weight": (6, 5), "v.weight": (1, 6)},
    "general": {"w.weight": (6, 5)},
    "concat": {"w.weight": (6, 11), "v.weight": (1, 6)},
}


def _additive(question: Question) -> Question:
    return lambda make: question(layer(make, (4, 6, 5), ADDITIVE))


def _luong(score: str, question: Question) -> Question:
    width = 4 if score == "dot" else 6
    return lambda make: question(layer(make, (4, width, score), SCORES[score]))


def _pair(width: int = 6) -> tuple[Tensor, Tensor]:
    return normal(2, 3, 4), normal(2, 7, width)


def _nowhere() -> Tensor:
    mask = some_keys(2, 1, 3, 7)
    mask[1, 0, 2] = False
    return mask


def _large(f):
    with torch.no_grad():
        for parameter in f.parameters():
            parameter *= 2000
    return f(*_pair())


def _general_by_default(make):
    return layer(make, (4, 6), SCORES["general"])(*_pair())


def _hidden(make):
    shapes = {"w.weight": (3, 10), "v.weight": (1, 3)}
    return layer(make, (4, 6, "concat", 3), shapes)(*_pair())


def _decoder(question: Question, name: str = "additive", **options: Any) -> Question:
    parts = {f"attention.{part}": shape for part, shape in PARTS[name].items()}
    options = options | ({} if name == "additive" else {"attention": name})
    return lambda make: question(layer(make, (11, 4, 6, 5), DECODER | parts | OUT, **options))


def _source() -> tuple[Tensor, Tensor, Tensor]:
    return torch.randint(11, (2, 3)), normal(2, 6), normal(2, 7, 5)


def _steps(f, mask: Tensor | None = None, rows: Tensor | None = None):
    """Two words of four rows, by step; between the two the rows may be exchanged."""
    carried = f.start(normal(4, 6), normal(4, 7, 5), mask)
    one, carried = f.step(torch.tensor([3, 1, 7, 0]), carried)
    if rows is not None:
        carried = _moved(carried, rows)
    two, _ = f.step(torch.tensor([2, 9, 9, 4]), carried)
    return one, two


def _moved(carried: Any, rows: Tensor) -> Any:
    if isinstance(carried, dict):
        return {name: x[rows] for name, x in carried.items()}
    return tuple(x[rows] if isinstance(x, Tensor) else x for x in carried)


def _decoder_dropout(make):
    """The scores are the features themselves, and the state does not depend on what is read."""
    parts = {f"attention.{part}": shape for part, shape in PARTS["additive"].items()}
    wide = {"out.weight": (15, 15), "out.bias": (15,), "embedding.weight": (15, 4)}
    f = layer(make, (15, 4, 6, 5), DECODER | parts | wide, dropout=0.5)
    with torch.no_grad():
        for name, parameter in f.named_parameters():
            if name in ("cell.weight_ih", "W"):
                parameter.zero_()
            if name in ("out.weight", "V"):
                parameter.copy_(torch.eye(15))
            if name in ("out.bias", "d"):
                parameter.zero_()
    inputs = torch.randint(15, (8, 9)), normal(8, 6), normal(8, 5, 5)
    plain, dropped = f(*inputs)[0], f.train()(*inputs)[0]
    ratio = (dropped / plain).split([6, 5, 4], dim=-1)
    return tuple(tuple(sorted(set(part.round(decimals=6).flatten().tolist()))) for part in ratio)


def _trained(f):
    inputs, state, memory = _source()
    return layer_gradients(_WithInputs(f, inputs), state, memory)


class _WithInputs:
    """A decoder with its inputs fixed; its parameters are the decoder's."""

    def __init__(self, f, inputs: Tensor):
        self.f, self.inputs, self.parameters = f, inputs, f.parameters

    def __call__(self, state, memory):
        return self.f(self.inputs, state, memory)


ROWS = torch.tensor([2, 0, 0, 3])
KEYS = torch.tensor([True, True, False, True, False, True, True]).view(1, 1, 1, 7)

QUESTIONS = {
    "AdditiveAttention": {
        "plain": _additive(lambda f: f(*_pair())),
        "mask": _additive(lambda f: f(*_pair(), some_keys(2, 1, 3, 7))),
        "mask of keys": _additive(lambda f: f(*_pair(), some_keys(2, 1, 1, 7))),
        "mask, nowhere": _additive(lambda f: f(*_pair(), _nowhere())),
        "mask, one axis": _additive(lambda f: f(*_pair(), KEYS.flatten())),
        "one query": _additive(lambda f: f(normal(2, 1, 4), normal(2, 7, 6))),
        "large": _additive(_large),
        "gradient": _additive(lambda f: layer_gradients(f, *_pair())),
    },
    "LuongAttention": {
        "general": _luong("general", lambda f: f(*_pair())),
        "dot": _luong("dot", lambda f: f(*_pair(4))),
        "concat": _luong("concat", lambda f: f(*_pair())),
        "concat, hidden_size": _hidden,
        "general by default": _general_by_default,
        "mask, general": _luong("general", lambda f: f(*_pair(), some_keys(2, 1, 1, 7))),
        "mask, dot": _luong("dot", lambda f: f(*_pair(4), some_keys(2, 1, 3, 7))),
        "mask, one axis, general": _luong("general", lambda f: f(*_pair(), KEYS.flatten())),
        "mask, nowhere, concat": _luong("concat", lambda f: f(*_pair(), _nowhere())),
        "mask, nowhere, general": _luong("general", lambda f: f(*_pair(), _nowhere())),
        "one query, general": _luong("general", lambda f: f(normal(2, 1, 4), normal(2, 7, 6))),
        "one query, concat": _luong("concat", lambda f: f(normal(2, 1, 4), normal(2, 7, 6))),
        "large, general": _luong("general", _large),
        "gradient, general": _luong("general", lambda f: layer_gradients(f, *_pair())),
        "gradient, concat": _luong("concat", lambda f: layer_gradients(f, *_pair())),
    },
    "AttentionDecoder": {
        "plain": _decoder(lambda f: f(*_source())),
        "general": _decoder(lambda f: f(*_source()), "general"),
        "concat": _decoder(lambda f: f(*_source()), "concat"),
        "mask": _decoder(lambda f: f(*_source(), some_keys(2, 1, 1, 7))),
        "mask for all": _decoder(lambda f: f(*_source(), KEYS)),
        "mask for all, one axis": _decoder(lambda f: f(*_source(), KEYS.flatten())),
        "steps": _decoder(_steps),
        "steps, mask": _decoder(lambda f: _steps(f, some_keys(4, 1, 1, 7))),
        "rows exchanged, mask": _decoder(lambda f: _steps(f, some_keys(4, 1, 1, 7), ROWS)),
        "rows exchanged, mask for all": _decoder(lambda f: _steps(f, KEYS, ROWS)),
        "dropout": _decoder_dropout,
        "dropout in evaluation": _decoder(lambda f: f(*_source()), dropout=0.5),
        "gradient": _decoder(_trained),
    },
}

ONLY_IN = {
    "mask-ignored": "mask",
    "mask-inverted": "mask",
    "mask-after-softmax": "mask",
    "mask-multiplied": "mask",
    "mask-minus-one": "mask",
    "mask-huge": "mask",
    "nan-rows": "nowhere",
    "uniform-rows": "nowhere",
    "overflow": "large",
    "weights-detached": "gradient",
    "default-score": "by default",
    "general-w-transposed": "general",
    "general-bias": "general",
    "general-tanh": "general",
    "concat-no-tanh": "concat",
    "concat-tanh-outside": "concat",
    "concat-v-not-used": "concat",
    "concat-key-first": "concat",
    "concat-without-query": "concat",
    "concat-hidden-size": "hidden_size",
    "dot-normalised": "dot",
    "products-tanh": ("dot", "general"),
    "decoder-mask-ignored": "mask",
    "decoder-mask-inverted": "mask",
    "mask-not-expanded": "mask for all",
    "memory-kept-aside": "rows",
    "step-state-not-carried": ("steps", "rows"),
    "step-keeps-axis": ("steps", "rows"),
    "attention-name-ignored": ("general", "concat"),
    "attention-always-general": "concat",
    "decoder-dropout-missing": "dropout",
    "decoder-dropout-in-eval": "dropout",
    "dropout-on-words-only": "dropout",
    "dropout-on-scores-only": "dropout",
    "dropout-on-memory": "dropout",
    "state-detached": "gradient",
    "memory-detached": "gradient",
    "embedding-padding": "gradient",
}
