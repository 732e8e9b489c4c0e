"""The steps of an LSTM and of a GRU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch03 import steps as mistakes
from unrolled.checks.sections import section

CHAPTER = "03-gates"
MODULE = "unrolled.recurrent.steps"


def _inputs(
    draw: Draw, gates: int, bias: bool = True, scale: float = 1.0, wider: int = 0
) -> dict[str, Tensor]:
    """What a step reads: x, the state, and weights for so many gates."""
    B, I, H = draw.sizes("B I H")  # noqa: E741 - the field's name
    H += wider  # a narrow state cannot tell four chunks from five
    given = {"x": draw.normal("x", B, I), "h": draw.normal("h", B, H)}
    if gates == 4:
        given["c"] = draw.normal("c", B, H)
    given["weight_ih"] = draw.normal("weight_ih", gates * H, I, scale=scale * I**-0.5)
    given["weight_hh"] = draw.normal("weight_hh", gates * H, H, scale=scale * H**-0.5)
    if bias:
        given["bias_ih"] = draw.normal("bias_ih", gates * H)
        given["bias_hh"] = draw.normal("bias_hh", gates * H)
    return given


def _lstm_memory(answer: Handle, draw: Draw) -> Any:
    return {"c": answer(*_inputs(draw, 4).values())[1]}


def _lstm_shown(answer: Handle, draw: Draw) -> Any:
    return {"h": answer(*_inputs(draw, 4).values())[0]}


def _lstm_without_bias(answer: Handle, draw: Draw) -> Any:
    got = answer(*_inputs(draw, 4, bias=False, wider=6).values())
    return {"h": got[0], "c": got[1]}


def _lstm_large(answer: Handle, draw: Draw) -> Any:
    got = answer(*_inputs(draw, 4, scale=1500.0).values())
    return {"h": got[0], "c": got[1]}


def _lstm_gradients(answer: Handle, draw: Draw) -> Any:
    given = _inputs(draw, 4)
    put = [answer.candidate.put(x, requires_grad=True) for x in given.values()]
    got = answer(*put)
    outputs = [got[0], got[1]]
    found = answer.candidate.vjp(outputs, [draw.cotangent(each) for each in outputs], put)
    return dict(zip(given, found, strict=True))


def _lstm_kept(answer: Handle, draw: Draw) -> Any:
    given = {name: answer.candidate.put(x) for name, x in _inputs(draw, 4).items()}
    got = answer(*given.values())
    device = {"on the device of x": same_device(got[0], given["x"])}
    return {"new h": got[0], "new c": got[1]} | device | given


LSTM_STEP = Exercise(
    id="lstm_step",
    chapter=CHAPTER,
    module=MODULE,
    section=section("sec-03-lstm"),
    probes=(
        Probe("the memory c", _lstm_memory, 2),
        Probe("what it shows, h", _lstm_shown, 1),
        Probe("without biases", _lstm_without_bias, 1),
        Probe("gates around 1500 do not overflow (float64)", _lstm_large, 1, dtype=torch.float64),
        Probe("gradients reach x, h, c and every weight (float64)", _lstm_gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _lstm_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.LSTM_STEP,
    hints=(
        "Four vectors of width H are computed from x and h; three of them are gates between 0 and "
        "1, the fourth is what may be added. Only then does c come in.",
        "F.linear(x, weight_ih, bias_ih) has the four side by side in the order i, f, g, o: add "
        "the share of h, then cut with chunk(4, dim=1).",
        "The new c is f.sigmoid() * c + i.sigmoid() * g.tanh(); h is o.sigmoid() times the tanh of "
        "the new c. Return h first.",
    ),
    difficulty=2,
    minutes=20,
    bans=(capabilities.RECURRENCE,),
)  # fmt: skip


def _gru_values(answer: Handle, draw: Draw) -> Any:
    return answer(*_inputs(draw, 3).values())


def _gru_without_bias(answer: Handle, draw: Draw) -> Any:
    return answer(*_inputs(draw, 3, bias=False, wider=6).values())


def _gru_kept_state(answer: Handle, draw: Draw) -> Any:
    given = _inputs(draw, 3, bias=False)
    bias = torch.zeros(given["weight_ih"].size(0))
    H = given["h"].size(1)
    bias[H : 2 * H] = 12.0  # z near 1 keeps the state
    given["bias_ih"] = draw.show("bias_ih", bias.to(draw.dtype))
    given["bias_hh"] = draw.show("bias_hh", torch.zeros(3 * H, dtype=draw.dtype))
    return answer(*given.values())


def _gru_large(answer: Handle, draw: Draw) -> Any:
    return answer(*_inputs(draw, 3, scale=1500.0).values())


def _gru_gradients(answer: Handle, draw: Draw) -> Any:
    given = _inputs(draw, 3)
    put = [answer.candidate.put(x, requires_grad=True) for x in given.values()]
    out = answer(*put)
    found = draw.pulled(out, put)
    return dict(zip(given, found, strict=True))


def _gru_kept(answer: Handle, draw: Draw) -> Any:
    given = {name: answer.candidate.put(x) for name, x in _inputs(draw, 3).items()}
    out = answer(*given.values())
    return {"out": out, "on the device of x": same_device(out, given["x"])} | given


GRU_STEP = Exercise(
    id="gru_step",
    chapter=CHAPTER,
    module=MODULE,
    section=section("sec-03-gru"),
    probes=(
        Probe("values", _gru_values, 2),
        Probe("without biases", _gru_without_bias, 1),
        Probe("z near 1 keeps the state", _gru_kept_state, 1),
        Probe("gates around 1500 do not overflow (float64)", _gru_large, 1, dtype=torch.float64),
        Probe("gradients reach x, h and every weight (float64)", _gru_gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _gru_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.GRU_STEP,
    hints=(
        "In lstm_step the shares of x and h were added at once. Here the third part of h's share "
        "is multiplied by r first, so the two shares must stay apart.",
        "F.linear twice, chunk(3, dim=1) of both, in the order r, z, n. r and z go through "
        "sigmoid, the candidate n through tanh.",
        "n = tanh(x_n + r * h_n), where h_n already has its bias; the result is (1 - z) * n + "
        "z * h: z says how much of the old state stays.",
    ),
    difficulty=2,
    minutes=20,
    bans=(capabilities.RECURRENCE,),
)  # fmt: skip
