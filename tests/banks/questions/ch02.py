"""Questions about the exercises of chapter 2: one step, and the layer."""

from __future__ import annotations

import torch

from banks.questions.common import (
    Question,
    dropped,
    gradients,
    layer,
    layer_gradients,
    normal,
    same,
    transplant,
)

LENGTHS = torch.tensor([3, 5, 1])


def _step(bias: bool, times: float = 1.0, rows: int = 3, width: int = 5) -> Question:
    def question(f):
        shapes = [(rows, width), (rows, 4), (4, width), (4, 4)] + [(4,), (4,)] * bias
        x, h, *weights = (normal(*shape) for shape in shapes)
        return f(times * x, h, *weights)

    return question


def _state_kept(f):
    h = normal(3, 4)
    before = h.clone()
    f(normal(3, 4), h, normal(4, 4), normal(4, 4))
    return same(before, h)


def _step_gradient(f):
    shapes = ((3, 5), (3, 4), (4, 5), (4, 4), (4,), (4,))
    return gradients(f, *(normal(*shape) for shape in shapes))


def _shapes(layers: int, both: bool, bias: bool, wide: int) -> dict[str, tuple]:
    found: dict[str, tuple] = {}
    for n in range(layers):
        for end in ("", "_reverse") if both else ("",):
            width = wide if n == 0 else 4 * (1 + both)
            found |= {f"weight_ih_l{n}{end}": (4, width), f"weight_hh_l{n}{end}": (4, 4)}
            found |= {f"bias_{k}_l{n}{end}": (4,) for k in ("ih", "hh") if bias}
    return found


def _rnn(
    question: Question, layers: int = 1, both: bool = False, bias: bool = True, wide: int = 3
) -> Question:
    shapes = _shapes(layers, both, bias, wide)
    options = {"num_layers": layers, "bias": bias, "bidirectional": both}
    return lambda make: question(layer(make, (wide, 4), shapes, **options))


def _with_state(f):
    return f(normal(3, 5, 3), normal(f.num_layers * (1 + f.bidirectional), 3, 4).tanh())


def _padded(f):
    return f(normal(3, 5, 3), lengths=LENGTHS)


def _padded_state(f):
    state = normal(f.num_layers * (1 + f.bidirectional), 3, 4).tanh()
    return f(normal(3, 5, 3), state, LENGTHS)


def _state_gradient(f):
    n = f.num_layers * (1 + f.bidirectional)
    read = lambda x, s: torch.cat([part.flatten() for part in f(x, s)])  # noqa: E731
    return gradients(read, normal(3, 5, 3), normal(n, 3, 4).tanh())


def _padded_gradient(f):
    return gradients(lambda x: f(x, None, LENGTHS)[0], normal(3, 5, 3))


def _rnn_dropout(make):
    """Layer 1 shows by itself what it was handed: its output is the tanh of it."""
    made = _shapes(2, False, False, 3)
    values = {name: normal(*shape) for name, shape in made.items()}
    values |= {"weight_ih_l1": torch.eye(4).double(), "weight_hh_l1": torch.zeros(4, 4).double()}
    f = transplant(make(3, 4, num_layers=2, bias=False, dropout=0.25), values).eval()
    x = normal(4, 9, 3)
    plain, _ = f(x)
    out, h_n = f.train()(x)
    facts = dropped(torch.atanh(plain), torch.atanh(out), 0.25)
    return plain, facts, same(torch.atanh(plain[:, -1]), h_n[0]), same(out[:, -1], h_n[1])


def _rnn_parameters(make):
    made = make(3, 4, num_layers=2, bias=False, bidirectional=True)
    return sum(p.numel() for p in made.parameters())


def _dropout_in_evaluation(make):
    shapes = _shapes(2, False, True, 3)
    return layer(make, (3, 4), shapes, num_layers=2, dropout=0.5)(normal(2, 6, 3))


QUESTIONS = {
    "rnn_step": {
        "without": _step(False),
        "bias": _step(True),
        "bias, one row": _step(True, rows=1),
        "as wide as the state": _step(False, width=4),
        "large": _step(False, times=2000),
        "the caller's state": _state_kept,
        "bias, gradient": _step_gradient,
    },
    "RNN": {
        "plain": _rnn(lambda f: f(normal(2, 5, 3))),
        "one position": _rnn(lambda f: f(normal(2, 1, 3))),
        "without biases": _rnn(lambda f: f(normal(2, 5, 3)), bias=False),
        "state": _rnn(_with_state),
        "layers": _rnn(lambda f: f(normal(2, 5, 3)), 2),
        "layers of one width": _rnn(lambda f: f(normal(2, 5, 4)), 3, wide=4),
        "layers, state": _rnn(_with_state, 2),
        "both ways": _rnn(lambda f: f(normal(2, 5, 3)), both=True),
        "both ways, state": _rnn(_with_state, both=True),
        "layers, both ways": _rnn(lambda f: f(normal(2, 5, 3)), 2, True),
        "layers, both ways, state": _rnn(_with_state, 2, True),
        "padding": _rnn(_padded),
        "padding, state": _rnn(_padded_state),
        "padding, both ways": _rnn(_padded, both=True),
        "padding, layers, both ways, state": _rnn(_padded_state, 2, True),
        "parameters of layers, both ways, without biases": _rnn_parameters,
        "layers, dropout": _rnn_dropout,
        "layers, dropout in evaluation": _dropout_in_evaluation,
        "gradient": _rnn(lambda f: layer_gradients(f, normal(2, 5, 3))),
        "gradient, state, layers, both ways": _rnn(_state_gradient, 2, True),
        "gradient, padding, both ways": _rnn(_padded_gradient, both=True),
    },
}

ONLY_IN = {
    "bias-hh-missing": "bias",
    "bias-outside": "bias",
    "tanh-overflow": "large",
    "state-overwritten": ("caller", "gradient"),
    "state-detached": "gradient",
    "bias-always": ("without biases", "dropout"),
    "initial-state-ignored": "state",
    "initial-state-shared": "state",
    "layer-fed-with-x": "layers",
    "layers-share-weights": "layers",
    "backward-not-turned-back": "both ways",
    "backward-reads-forward": "both ways",
    "directions-exchanged": "both ways",
    "backward-h-n-at-end": "both ways",
    "h-n-of-last-layer": "layers",
    "h-n-directions-first": "layers, both ways",
    "lengths-ignored": "padding",
    "padding-updates-state": "padding",
    "way-back-starts-at-padding": ("padding, both", "padding, layers"),
    "padding-resets-state": "padding",
    "output-at-padding": "padding",
    "length-one-short": "padding",
    "length-one-long": "padding",
    "dropout-in-evaluation": "dropout",
    "dropout-after-last-layer": "dropout",
    "dropout-on-states": "dropout",
}
