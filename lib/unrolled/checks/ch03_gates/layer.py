"""The LSTM layer: positions, layers, directions, padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch03 import layer as mistakes
from unrolled.checks.sections import section


def _all(got: Handle) -> dict[str, Handle]:
    return {"output": got[0], "h_n": got[1][0], "c_n": got[1][1]}


def _state(draw: Draw, *shape: int) -> tuple[Tensor, Tensor]:
    return draw.normal("h_0", *shape), draw.normal("c_0", *shape)


def _lengths(draw: Draw, B: int, T: int, full: bool) -> Tensor:
    """Lengths below T, so that there is padding; the first is T if one row is full."""
    drawn = [draw.integer(1, T - 1) for _ in range(B)]
    if full and B > 1:
        drawn[0] = T
    return draw.show("lengths", torch.tensor(drawn))


def _output(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741 - the field's name
    return draw.layer(answer, I, H)(draw.normal("x", B, T, I)).output()


def _finals(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    got = draw.layer(answer, I, H)(draw.normal("x", B, T, I))
    return {"h_n": got[1][0], "c_n": got[1][1]}


def _from_state(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H)
    return _all(layer(draw.normal("x", B, T, I), _state(draw, 1, B, H)))


def _without_bias(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H, bias=False)
    return _all(layer(draw.normal("x", B, T, I)))


def _deep(answer: Handle, draw: Draw) -> Any:
    B, T, H = draw.sizes("B T H")
    # As wide as what is read, so that a layer which reads the wrong thing still runs.
    layer = draw.layer(answer, H, H, num_layers=3)
    return _all(layer(draw.normal("x", B, T, H)))


def _both_ways(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H, bidirectional=True)
    return _all(layer(draw.normal("x", B, T, I)))


def _deep_both_ways(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H, num_layers=2, bidirectional=True)
    return _all(layer(draw.normal("x", B, T, I), _state(draw, 4, B, H)))


def _padded(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H)
    lengths = _lengths(draw, B, T, full=False)
    return _all(layer(draw.normal("x", B, T, I), lengths=lengths))


def _padded_both_ways(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H, num_layers=2, bidirectional=True)
    x, state = draw.normal("x", B, T, I), _state(draw, 4, B, H)
    return _all(layer(x, state, _lengths(draw, B, T, full=True)))


def _echo(layer: int, H: int) -> dict[str, Tensor]:
    """Weights that make a layer show ``tanh(tanh(x))`` of what it reads at each position."""
    i, f, g, o = (slice(k * H, (k + 1) * H) for k in range(4))
    weight, bias = torch.zeros(4 * H, H), torch.zeros(4 * H)
    weight[g], bias[i], bias[f], bias[o] = torch.eye(H), 40.0, -40.0, 40.0  # open, shut, open
    own = {"weight_ih": weight, "weight_hh": torch.zeros(4 * H, H), "bias_ih": bias,
           "bias_hh": torch.zeros(4 * H)}  # fmt: skip
    return {f"{name}_l{layer}": value for name, value in own.items()}


def _dropout_facts(whole: Tensor, got: Tensor, last: Tensor, p: float) -> dict[str, bool]:
    """What two echoing layers tell of dropout between them.

    Args:
        whole: what was read, (B, T, H).
        got: the output with dropout.
        last: the last layer's h_n, (B, H); 60 values or more, for p from 0.4 to 0.6.
        p: the probability of dropping.
    """
    if got.shape != whole.shape or last.shape != whole[:, 0].shape:
        return {"dropout keeps the shapes": False}

    def echo(x: Tensor) -> Tensor:
        return x.tanh().tanh()

    wanted = echo(echo(whole) / (1 - p))
    kept = torch.isclose(got.to(wanted.dtype), wanted, rtol=1e-3, atol=1e-5)
    unscaled = torch.isclose(got.to(wanted.dtype), echo(echo(whole)), rtol=1e-3, atol=1e-5)
    gone = got.abs() <= 1e-6
    return {
        "each value is 0 or divided by 1 - p": bool((kept | gone).all()),
        "some values are dropped": bool(gone.any()),
        "some values are kept": bool(kept.any()),
        "some values are as without dropout": bool(unscaled.any()),
        "positions drop different values": bool((gone != gone[:, :1]).any()),
        "the last layer reads dropped values": bool((last.abs() <= 1e-6).any()),
        "the output is what the last layer shows": torch.allclose(last, got[:, -1]),
    }


def _dropout(answer: Handle, draw: Draw) -> Any:
    B, T, H, p = 6, 4, 10, 0.4
    # Values away from 0, where a dropped one and a small one would look alike.
    x = 0.4 + torch.rand(B, T, H, generator=torch.Generator().manual_seed(draw.seed))
    x = draw.show("x", x)
    layer = draw.layer(answer, H, H, num_layers=2, dropout=p, fixed=_echo(0, H) | _echo(1, H))
    evaluated = layer(x)
    layer.call("train")
    trained = layer(x, seed=draw.noise)
    last = tensor(trained[1][0][1])
    facts = _dropout_facts(x.to(torch.float64), tensor(trained[0]), last, p)
    single = draw.layer(answer, H, H, dropout=p)
    alone = tensor(single(x).output())
    single.call("train")
    # Facts and not values: whoever drops something here draws it in a way of their own.
    first = tensor(evaluated[1][0][0]), tensor(trained[1][0][0])
    return facts | {
        "in evaluation nothing is dropped": _close(
            tensor(evaluated[0]), x.tanh().tanh().tanh().tanh()
        ),
        "the first layer reads x as it is": _close(*first),
        "nothing is dropped after a single layer": _close(
            alone, tensor(single(x, seed=draw.noise).output())
        ),
    }


def _close(one: Tensor, other: Tensor) -> bool:
    """Equal but for rounding."""
    if one.shape != other.shape:
        return False
    return torch.allclose(one.double(), other.double(), rtol=1e-4, atol=1e-5)


def _gradients(answer: Handle, draw: Draw) -> Any:
    B, I, H = draw.sizes("B I H")  # noqa: E741
    T = 3  # few, because diagnosis asks this of every known mistake
    layer = draw.layer(answer, I, H, num_layers=2, bidirectional=True)
    given = (draw.normal("x", B, T, I), *_state(draw, 4, B, H))
    x, h_0, c_0 = (answer.candidate.put(each, requires_grad=True) for each in given)
    out = layer(x, (h_0, c_0)).output()
    of_inputs, of_parameters = draw.gradients(layer, out, x, h_0, c_0)
    return dict(zip(("x", "h_0", "c_0"), of_inputs, strict=True)) | of_parameters


def _gradients_of_finals(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H)
    x = answer.candidate.put(draw.normal("x", B, T, I), requires_grad=True)
    got = layer(x, lengths=_lengths(draw, B, T, full=True))
    finals = [got[1][0], got[1][1]]
    of_h, of_c = (
        draw.pulled(each, [x])[0] for each in finals
    )  # fmt: skip
    return {"x, from h_n": of_h, "x, from c_n": of_c}


def _kept(answer: Handle, draw: Draw) -> Any:
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741
    layer = draw.layer(answer, I, H, num_layers=2)
    x, h_0, c_0, lengths = (
        answer.candidate.put(each)
        for each in (draw.normal("x", B, T, I), *_state(draw, 2, B, H),
                     _lengths(draw, B, T, full=True))
    )  # fmt: skip
    got = layer(x, (h_0, c_0), lengths)
    kept = {"x": x, "h_0": h_0, "c_0": c_0, "lengths": lengths}
    return _all(got) | {"on the device of x": same_device(got[0], x)} | kept


LSTM = Exercise(
    id="LSTM",
    chapter="03-gates",
    module="unrolled.recurrent.lstm",
    section=section("sec-03-layer"),
    probes=(
        Probe("output of one layer", _output, 2),
        Probe("h and c after the last position", _finals, 1),
        Probe("starts from a given state", _from_state, 1),
        Probe("without biases", _without_bias, 1),
        Probe("three layers", _deep, 1),
        Probe("both directions", _both_ways, 1),
        Probe("two layers in both directions, from a given state", _deep_both_ways, 1),
        Probe("padding changes no state, and its output is 0", _padded, 1),
        Probe("padding, two layers, both directions", _padded_both_ways, 1,
              says="with lengths, the way back begins at each row's last real position."),
        Probe("dropout between layers, while training alone", _dropout, 1),
        Probe("gradients reach x, state and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("gradients flow from h_n and c_n (float64)", _gradients_of_finals, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.LSTM,
    hints=(
        "Three loops, one inside the other: layers, directions, positions. What goes from each "
        "turn to the next is for layers the output, for positions h and c.",
        "lstm_step does one position. weights_of gives a direction's weights, padded_positions "
        "says where padding is, and torch.where keeps the old state there.",
        "Walk the positions in reverse for the way back, and turn the collected h round again "
        "before torch.cat(..., dim=-1). With the state held at padding, walking back over the "
        "padding leaves the start state as it is.",
    ),
    runs=220,
    difficulty=4,
    minutes=60,
    uses=("lstm_step",),
    bans=(capabilities.RECURRENCE,),
)  # fmt: skip
