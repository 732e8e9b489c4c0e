"""Questions about the exercises of chapter 3."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from banks.questions.common import Question, dropped, gradients, normal, same

KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _step(gates: int, states: int, bias: bool = True, batch: int = 3, scale: float = 1.0) -> tuple:
    """What a step reads: x, its states, its weights; I = 5 and H = 4."""
    rows = 4 * gates
    read = [normal(batch, 5) * scale, *(normal(batch, 4) for _ in range(states))]
    return *read, *(
        normal(*s) for s in ((rows, 5), (rows, 4), (rows,), (rows,))[: 4 if bias else 2]
    )


def _unchanged(f: Any, *inputs: Any) -> tuple[bool, ...]:
    before = [x.clone() for x in inputs if isinstance(x, Tensor)]
    f(*inputs)
    after = [x for x in inputs if isinstance(x, Tensor)]
    return tuple(map(same, before, after))


def _of_all(result: Any) -> Tensor:
    """One tensor that holds every number of a result."""
    if isinstance(result, Tensor):
        return result.flatten()
    return torch.cat([_of_all(part) for part in result])


def _questions_of_a_step(gates: int, states: int) -> dict[str, Question]:
    return {
        "plain": lambda f: f(*_step(gates, states)),
        "one sentence": lambda f: f(*_step(gates, states, batch=1)),
        "without biases": lambda f: f(*_step(gates, states, bias=False)),
        "large": lambda f: f(*_step(gates, states, scale=1000.0)),
        "gradient": lambda f: gradients(lambda *a: _of_all(f(*a)), *_step(gates, states)),
        "unchanged": lambda f: _unchanged(f, *_step(gates, states)),
    }


def _shapes(layers: int, ways: int, bias: bool) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for k in range(layers):
        for end in ("", "_reverse")[:ways]:
            sizes = ((16, 4 * ways if k else 3), (16, 4), (16,), (16,))
            kinds = zip(KINDS[: 4 if bias else 2], sizes, strict=False)
            found |= {f"{kind}_l{k}{end}": size for kind, size in kinds}
    return found


def _made_of(expression: Any, values: dict[str, Tensor]) -> Tensor:
    if isinstance(expression, str):
        return values[expression]
    if "transpose" in expression:
        return values[expression["transpose"]].T
    if "sum" in expression:
        return torch.stack([values[name] for name in expression["sum"]]).sum(0)
    return torch.cat([values[name] for name in expression["cat"]], dim=expression["dim"])


def _lstm(make: Any, layers: int = 1, two: bool = False, bias: bool = True, p: float = 0.0) -> Any:
    """An LSTM(3, 4) with fixed weights; I is 3, H is 4."""
    shapes = _shapes(layers, 2 if two else 1, bias)
    values = {name: normal(*shape) * 0.7 for name, shape in shapes.items()}
    return _given(make(3, 4, layers, bias, p, two), values)


def _given(layer: nn.Module, values: dict[str, Tensor]) -> nn.Module:
    maps = getattr(layer, "PARAM_MAP", {})
    own = {name: _made_of(maps.get(name, name), values) for name, _ in layer.named_parameters()}
    layer.double().load_state_dict(own)
    torch.manual_seed(11)  # inputs must not depend on how much randomness the constructor used
    return layer.eval()


def _read(state: bool = False, lengths: tuple[int, ...] = (), **options: Any) -> Question:
    def question(make):
        layer = _lstm(make, **options)
        x, given = normal(3, 5, 3), None
        if lengths:
            x[torch.arange(5) >= torch.tensor(lengths)[:, None]] *= 100
        if state:
            rows = options.get("layers", 1) * (1 + options.get("two", False))
            given = normal(rows, 3, 4), normal(rows, 3, 4)
        return layer(x, given, torch.tensor(lengths) if lengths else None)

    return question


def _lstm_gradients(lengths: tuple[int, ...] | None = None) -> Question:
    def question(make):
        layer = _lstm(make, 2, True)
        n = None if lengths is None else torch.tensor(lengths)
        x, h, c = normal(3, 5, 3), normal(4, 3, 4), normal(4, 3, 4)
        of_inputs = gradients(lambda x, h, c: _of_all(layer(x, (h, c), n)), x, h, c)
        total = (_of_all(layer(x, (h, c), n)) ** 2).sum()
        parameters = list(layer.parameters())
        found = torch.autograd.grad(total, parameters, materialize_grads=True)
        # The same number under any names, in any shape, and where two biases are one.
        return *of_inputs, sum((p * g).sum() for p, g in zip(parameters, found, strict=True))

    return question


def _lstm_unchanged(make):
    layer, x, h, c = _lstm(make, 2, True), normal(3, 5, 3), normal(4, 3, 4), normal(4, 3, 4)
    return _unchanged(lambda x, h, c, n: layer(x, (h, c), n), x, h, c, torch.tensor([5, 2, 3]))


def _lstm_dropout(make):
    """Layer 1 shows what it reads: i and o open, f shut, no state; h = tanh(tanh(x / 10))."""
    values = {name: normal(*shape) * 0.7 for name, shape in _shapes(2, 1, True).items()}
    values["weight_ih_l1"] = torch.zeros(16, 4, dtype=torch.float64)
    values["weight_ih_l1"][8:12] = torch.eye(4) / 10
    values["weight_hh_l1"] = torch.zeros(16, 4, dtype=torch.float64)
    opened = torch.tensor([40.0, -800.0, 0.0, 40.0], dtype=torch.float64).repeat_interleave(4)
    values |= {"bias_ih_l1": opened, "bias_hh_l1": 0 * opened}
    layer, x = _given(make(3, 4, 2, True, 0.25, False), values), normal(3, 9, 3)
    plain, (h, _) = layer(x)
    out, (h_train, _) = layer.train()(x)
    plain, out = (y.double().atanh().atanh() for y in (plain, out))
    masks = (out == 0).flatten(0, 1)
    alike = same(h[0], h_train[0]), same(h[1].atanh().atanh(), plain[:, -1])
    return dropped(plain, out, 0.25), alike, len(masks.unique(dim=0)) > 6


IDS = torch.tensor([[7, 4, 9, 3, 5], [2, 8, 6, 0, 0], [5, 0, 0, 0, 0]])
AHEAD = torch.tensor([[7, 0, 9, 1, 5], [2, 8, 6, 3, 3], [0, 3, 3, 3, 3]])
LENGTHS = torch.tensor([3, 6, 1])


def _mix(gamma: float = 1.5, scores: Tensor | None = None, layers: int = 3) -> Question:
    def question(f):
        given = normal(layers) if scores is None else scores.double()
        return f(normal(layers, 2, 4, 5), given, torch.tensor(gamma, dtype=torch.float64))

    return question


QUESTIONS = {
    "lstm_step": _questions_of_a_step(4, 2),
    "gru_step": _questions_of_a_step(3, 1),
    "LSTM": {
        "plain": _read(),
        "two layers": _read(layers=2),
        "two layers, state": _read(state=True, layers=2),
        "backward": _read(two=True),
        "backward, two layers": _read(two=True, layers=2),
        "backward, two layers, state": _read(state=True, two=True, layers=2),
        "lengths": _read(lengths=(2, 5, 3)),
        "lengths, cut": _read(lengths=(2, 4, 1)),
        "lengths, two layers, state": _read(state=True, layers=2, lengths=(3, 5, 1)),
        "lengths, backward": _read(two=True, lengths=(3, 5, 1)),
        "lengths, backward, two layers, state": _read(
            state=True, two=True, layers=2, lengths=(4, 2, 5)
        ),
        "without bias": _read(bias=False, layers=2),
        "dropout": _lstm_dropout,
        "dropout in evaluation": _read(layers=2, p=0.5),
        "gradient, backward, two layers, state": _lstm_gradients(),
        "gradient, lengths, backward, two layers, state": _lstm_gradients((4, 2, 5)),
        "unchanged": _lstm_unchanged,
    },
    "reverse_padded": {
        "ids": lambda f: f(torch.randint(-9, 9, (3, 6)), LENGTHS),
        "zeros among the tokens": lambda f: f(torch.randint(0, 2, (3, 6)), LENGTHS),
        "features": lambda f: f(normal(3, 6, 4), LENGTHS),
        "many axes": lambda f: f(normal(3, 6, 2, 4), LENGTHS),
        "shorter than the batch": lambda f: f(torch.randint(1, 9, (3, 8)), LENGTHS),
        "full": lambda f: f(normal(2, 4, 3), torch.tensor([4, 4])),
        "gradient": lambda f: gradients(lambda x: f(x, LENGTHS), normal(3, 6, 4)),
        "unchanged": lambda f: _unchanged(f, normal(3, 6, 4), LENGTHS.clone()),
    },
    "elmo_targets": {
        "zeros": lambda f: f(IDS, 0),
        "no padding": lambda f: f(IDS[:1], 0),
        "another pad_id": lambda f: f(AHEAD, 3),
        "another ignore_id": lambda f: f(IDS, 0, ignore_id=-1),
        "unchanged": lambda f: _unchanged(f, IDS.clone(), 0),
    },
    "elmo_mix": {
        "plain": _mix(),
        "five layers, gamma below zero": _mix(-2.0, layers=5),
        "one layer": _mix(layers=1),
        "equal scores": _mix(scores=torch.zeros(3)),
        "large": _mix(scores=torch.tensor([900.0, 1000.0, 999.0])),
        "gradient": lambda f: gradients(
            f, normal(3, 2, 4, 5), normal(3), torch.tensor(0.7, dtype=torch.float64)
        ),
    },
}

ONLY_IN = {
    "biases-required": "without biases",
    "memory-detached": "gradient",
    "state-detached": "gradient",
    "h-detached": "gradient",
    "memory-overwritten": ("unchanged", "gradient"),
    "tanh-overflows": "large",
    "gru-biases-required": "without biases",
    "gru-detached": "gradient",
    "gru-state-overwritten": ("unchanged", "gradient"),
    "memory-cut-off": "gradient",
    "state-cut-off": "gradient",
    "finals-detached": "gradient",
    "state-ignored": "state",
    "given-c-ignored": "state",
    "given-h-ignored": "state",
    "given-state-swapped": "state",
    "one-state-for-all": "state",
    "state-by-layer": "backward, two layers",
    "last-layer-finals": ("backward", "two layers", "without bias", "dropout"),
    "finals-by-direction": "backward, two layers",
    "layer-continues-state": ("two layers", "without bias", "dropout"),
    "layer-fed-x": ("two layers", "without bias", "dropout", "unchanged"),
    "one-layer-alone": ("two layers", "without bias", "dropout", "unchanged"),
    "layers-share-weights": ("two layers", "without bias", "dropout", "unchanged"),
    "residual-between-layers": ("two layers", "without bias", "dropout"),
    "state-overwritten": ("unchanged", "state"),
    "padding-overwritten": "unchanged",
    "bias-always": "without bias",
    "dropout-on-input": "dropout",
    "dropout-on-output": "dropout",
    "dropout-after-all": "dropout",
    "dropout-missing": "dropout",
    "dropout-in-eval": "dropout",
    "dropout-on-state": "dropout",
    "dropout-shared": "dropout",
    "dropout-unscaled": "dropout",
    "keep-for-drop": "dropout",
    "one-direction-alone": ("backward", "unchanged"),
    "backward-not-turned": "backward",
    "backward-not-reversed": "backward",
    "backward-shares-weights": ("backward", "unchanged"),
    "directions-exchanged": "backward",
    "directions-added": ("backward", "unchanged"),
    "backward-final-at-the-end": "backward",
    "lengths-ignored": "lengths",
    "padding-read": "lengths",
    "padding-clears-state": "lengths",
    "padding-not-zero": "lengths",
    "backward-from-padding": "lengths, backward",
    "padding-shifted": "lengths",
    "finals-at-T": "lengths",
    "output-cut": "lengths, cut",
    "padding-first": ("ids", "zeros", "features", "many", "shorter", "gradient"),
    "features-refused": ("features", "many", "full", "gradient", "unchanged"),
    "one-feature-axis": "many",
    "length-from-zeros": ("ids", "zeros", "features", "many", "shorter", "full", "gradient"),
    "padding-dropped": "shorter",
    "reverse-detached": "gradient",
    "x-overwritten": ("unchanged", "gradient"),
    "pad-id-fixed": "another pad_id",
    "ignore-id-fixed": "another ignore_id",
    "ids-overwritten": "unchanged",
    "padding-compared-by-size": "another pad_id",
    "last-token-predicts-padding": ("zeros", "another"),
    "mix-overflows": "large",
    "mix-gamma-positive": "below zero",
    "mix-weights-detached": "gradient",
    "mix-layers-detached": "gradient",
    "mix-gamma-number": "gradient",
}
