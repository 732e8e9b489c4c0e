"""The recurrent layer: steps unrolled, layers, directions, padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import dropout_facts, same_device
from unrolled.checks.mistakes import ch02 as mistakes
from unrolled.checks.sections import section

CHAPTER = "02-recurrence"


def _read(answer: Handle, draw: Draw, **kwargs: Any) -> tuple[Handle, int, int, int, int]:
    """A layer with drawn weights, and the sizes B, T, I and H."""
    B, T, I, H = draw.sizes("B T I H")  # noqa: E741 - the docstring's names
    return draw.layer(answer, I, H, **kwargs), B, T, I, H


def _both(got: Handle) -> dict[str, Handle]:
    return {"output": got[0], "h_n": got[1]}


def _lengths(draw: Draw, B: int, T: int) -> Tensor:
    """The first row is full, the last one is not, and with it some row ends early."""
    lengths = [T, *(draw.integer(1, T - 1) for _ in range(B - 1))]
    return draw.show("lengths", torch.tensor(lengths if B > 1 else [T - 1]))


def _output(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, _ = _read(answer, draw)  # noqa: E741
    return layer(draw.normal("x", B, T, I))[0]


def _final(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, _ = _read(answer, draw)  # noqa: E741
    return layer(draw.normal("x", B, T, I))[1]


def _without_bias(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, _ = _read(answer, draw, bias=False)  # noqa: E741
    return _both(layer(draw.normal("x", B, T, I)))


def _initial(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, H = _read(answer, draw)  # noqa: E741
    return _both(layer(draw.normal("x", B, T, I), draw.normal("state", 1, B, H)))


def _layers(answer: Handle, draw: Draw) -> Any:
    # As wide as the input, so that a layer fed with the wrong thing runs and shows its numbers.
    B, T, H = draw.sizes("B T H")
    layer = draw.layer(answer, H, H, num_layers=3)
    return _both(layer(draw.normal("x", B, T, H), draw.normal("state", 3, B, H)))


def _directions(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, H = _read(answer, draw, bidirectional=True)  # noqa: E741
    return _both(layer(draw.normal("x", B, T, I), draw.normal("state", 2, B, H)))


def _layers_and_directions(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, H = _read(answer, draw, num_layers=2, bidirectional=True)  # noqa: E741
    return _both(layer(draw.normal("x", B, T, I), draw.normal("state", 4, B, H)))


def _padded_final(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, _ = _read(answer, draw)  # noqa: E741
    return layer(draw.normal("x", B, T, I), None, _lengths(draw, B, T))[1]


def _padded_output(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, _ = _read(answer, draw)  # noqa: E741
    return layer(draw.normal("x", B, T, I), None, _lengths(draw, B, T))[0]


def _padded_directions(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, H = _read(answer, draw, num_layers=2, bidirectional=True)  # noqa: E741
    x, state = draw.normal("x", B, T, I), draw.normal("state", 4, B, H)
    return _both(layer(x, state, _lengths(draw, B, T)))


def _dropout(answer: Handle, draw: Draw) -> Any:
    # Layer 1 hands on half of layer 0's states, each twice, so small that tanh leaves them alone.
    half, p = 6, 0.4
    copies = torch.cat([torch.eye(half, 2 * half)] * 2)
    fixed = {"weight_ih_l1": 0.01 * copies, "weight_hh_l1": torch.zeros(2 * half, 2 * half),
             "bias_ih_l1": torch.zeros(2 * half), "bias_hh_l1": torch.zeros(2 * half)}  # fmt: skip
    layer = draw.layer(answer, 3, 2 * half, num_layers=2, dropout=p, fixed=fixed)
    x = draw.normal("x", 2, 6, 3)
    evaluated = layer(x, seed=draw.noise)[0].call("mul", 100.0)
    layer.call("train")
    trained = layer(x, seed=draw.noise)[0].call("mul", 100.0)
    facts = dropout_facts(evaluated, trained, p)
    facts["what is kept is as large as before"] = _as_large(tensor(evaluated), tensor(trained))
    return facts | {"in evaluation": evaluated}


def _as_large(before: Tensor, after: Tensor) -> bool:
    same = before.shape == after.shape
    return same and bool((torch.isclose(after, before, rtol=1e-3) | (after == 0)).all())


def _dropout_alone(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, _ = _read(answer, draw, dropout=0.5)  # noqa: E741
    layer.call("train")
    return layer(draw.normal("x", B, T, I), seed=draw.noise)[0]


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, H = _read(answer, draw, num_layers=2)  # noqa: E741
    x = answer.candidate.put(draw.normal("x", B, T, I), requires_grad=True)
    state = answer.candidate.put(draw.normal("state", 2, B, H), requires_grad=True)
    of_inputs, of_parameters = draw.gradients(layer, layer(x, state)[0], x, state)
    return dict(zip(("x", "state"), of_inputs, strict=True)) | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, B, T, I, H = _read(answer, draw)  # noqa: E741
    x = answer.candidate.put(draw.normal("x", B, T, I))
    state = answer.candidate.put(draw.normal("state", 1, B, H))
    lengths = answer.candidate.put(_lengths(draw, B, T))
    got = layer(x, state, lengths)
    facts = {"on the device of x": same_device(got[0], x)}
    return _both(got) | facts | {"x": x, "state": state, "lengths": lengths}


RNN = Exercise(
    id="RNN",
    chapter=CHAPTER,
    module="unrolled.recurrent.rnn",
    section=section("sec-02-layer"),
    probes=(
        Probe("output at every position", _output, 2),
        Probe("final state h_n", _final, 1),
        Probe("without biases", _without_bias, 1),
        Probe("from a state that is handed over", _initial, 1),
        Probe("three layers", _layers, 1),
        Probe("both directions", _directions, 1),
        Probe("two layers in both directions", _layers_and_directions, 1),
        Probe("lengths: padding changes no state", _padded_final, 1),
        Probe("lengths: output is zero at padding", _padded_output, 1),
        Probe("lengths, two layers in both directions", _padded_directions, 1),
        Probe("dropout between layers, while training alone", _dropout, 1),
        Probe("one layer has nothing between layers to drop", _dropout_alone, 1),
        Probe("gradients reach x, state and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.RNN,
    hints=(
        "Begin with one layer, one direction, no lengths: a loop over T that calls rnn_step and "
        "keeps every state. Then check. Layers, directions and padding come one by one.",
        "add_weights and weights_of make and find the weights by name; torch.where(padding, old, "
        "new) lets a state stay; torch.stack(states, dim=1) is (B, T, H).",
        "For each layer and each direction: start from its own state[n], walk (backward over "
        "reversed positions, then turn the states round), note the last state. Join the "
        "directions by torch.cat, zero the padding, and let the next layer read that.",
    ),
    difficulty=4,
    minutes=50,
    uses=("rnn_step",),
    bans=(capabilities.RECURRENCE,),
)  # fmt: skip
