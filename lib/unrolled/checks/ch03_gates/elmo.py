"""What ELMo's two language models predict, and how a task mixes their layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch03 import elmo as mistakes
from unrolled.checks.sections import section

CHAPTER = "03-gates"
MODULE = "unrolled.elmo"


def _sentences(draw: Draw, pad_id: int = 0, longest: int = 0) -> Tensor:
    """Sentences of unequal lengths, the first one ``longest`` places shorter than the batch."""
    B, T = draw.sizes("B T")
    T += 1 + longest
    ids = draw.ids("ids", 90, B, T) + 10
    lengths = [T - longest, *(draw.integer(2, T - 1) for _ in range(B - 1))]
    for row, length in enumerate(lengths):
        ids[row, length:] = pad_id
    return draw.show("ids", ids)


def _pair(got: Handle) -> dict[str, Handle]:
    return {"forward": got[0], "backward": got[1]}


def _targets_forward(answer: Handle, draw: Draw) -> Any:
    return {"forward": answer(_sentences(draw), 0)[0]}


def _targets_backward(answer: Handle, draw: Draw) -> Any:
    return {"backward": answer(_sentences(draw), 0)[1]}


def _targets_other_ids(answer: Handle, draw: Draw) -> Any:
    pad_id = draw.integer(1, 4)
    ids = _sentences(draw, pad_id, longest=2)
    ids[:, 1] = 0  # here a token like any other
    ids = draw.show("ids", ids)
    ignore_id = draw.show("ignore_id", -draw.integer(1, 9))
    return _pair(answer(ids, draw.show("pad_id", pad_id), ignore_id))


def _targets_short(answer: Handle, draw: Draw) -> Any:
    ids = torch.tensor([[draw.integer(5, 9)], [draw.integer(5, 9)]])
    one = _pair(answer(draw.show("ids", ids), 0))
    padded = torch.cat([ids, torch.zeros(2, 2, dtype=torch.int64)], dim=1)
    return {"T = 1": one, "T = 3": _pair(answer(draw.show("ids padded to 3", padded), 0))}


def _targets_kept(answer: Handle, draw: Draw) -> Any:
    ids = answer.candidate.put(_sentences(draw))
    got = answer(ids, 0)
    device = {"on the device of ids": same_device(got[0], ids)}
    return _pair(got) | device | {"ids": ids}


ELMO_TARGETS = Exercise(
    id="elmo_targets",
    chapter=CHAPTER,
    module=MODULE,
    section=section("sec-03-targets"),
    probes=(
        Probe("forward: the token after", _targets_forward, 1),
        Probe("backward: the token before", _targets_backward, 1),
        Probe("another pad_id and ignore_id, a real token 0", _targets_other_ids, 1),
        Probe("a sentence of one token predicts nothing", _targets_short, 1),
        Probe("device kept, ids unmodified", _targets_kept, 1, values=False),
    ),
    mistakes=mistakes.ELMO_TARGETS,
    hints=(
        "Write both rows for 5 6 7 0 by hand. Which positions have nothing to predict, and why?",
        "A shift is a slice and a column: torch.cat([ids[:, 1:], column], dim=1) moves all tokens "
        "one place to the left. With pad_id in the column, the ends need no case of their own.",
        "masked_fill with ignore_id where the position is padding or the shifted id is pad_id; "
        "the same for the shift to the right.",
    ),
    difficulty=2,
    minutes=15,
)


def _mixture(draw: Draw, gamma: float) -> tuple[Tensor, Tensor, Tensor]:
    L, B, T, D = draw.sizes("L B T D")
    layers, scores = draw.normal("layers", L, B, T, D), draw.normal("scores", L)
    return layers, scores, draw.show("gamma", torch.tensor(gamma, dtype=draw.dtype))


def _mix_values(answer: Handle, draw: Draw) -> Any:
    return answer(*_mixture(draw, 1.0))


def _mix_gamma(answer: Handle, draw: Draw) -> Any:
    return answer(*_mixture(draw, -0.5 - draw.integer(1, 3)))


def _mix_equal(answer: Handle, draw: Draw) -> Any:
    layers, scores, gamma = _mixture(draw, 2.5)
    equal = torch.full_like(scores, float(draw.integer(-3, 3)))
    return answer(layers, draw.show("scores", equal), gamma)


def _mix_large(answer: Handle, draw: Draw) -> Any:
    layers, scores, gamma = _mixture(draw, 2.5)
    scores = (scores * 64).round() / 64 + 1000.0  # near 1000 float32 is coarse: steps it can hold
    return answer(layers, draw.show("scores", scores), gamma)


def _mix_gradients(answer: Handle, draw: Draw) -> Any:
    names = ("layers", "scores", "gamma")
    put = [answer.candidate.put(x, requires_grad=True) for x in _mixture(draw, 2.5)]
    out = answer(*put)
    found = draw.pulled(out, put)
    return dict(zip(names, found, strict=True))


def _mix_kept(answer: Handle, draw: Draw) -> Any:
    layers, scores, gamma = (answer.candidate.put(x) for x in _mixture(draw, 2.5))
    out = answer(layers, scores, gamma)
    kept = {"layers": layers, "scores": scores, "gamma": gamma}
    return {"out": out, "on the device of layers": same_device(out, layers)} | kept


ELMO_MIX = Exercise(
    id="elmo_mix",
    chapter=CHAPTER,
    module=MODULE,
    section=section("sec-03-mix"),
    probes=(
        Probe("values, gamma = 1", _mix_values, 1),
        Probe("gamma scales the whole", _mix_gamma, 1),
        Probe("equal scores give the plain average", _mix_equal, 1),
        Probe("scores around 1000 do not overflow", _mix_large, 1),
        Probe("gradients reach layers, scores and gamma (float64)", _mix_gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _mix_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.ELMO_MIX,
    hints=(
        "One weight a layer, the same for every position and feature; the weights sum to 1.",
        "scores.softmax(dim=0) is (L,). It has to line up with the first axis of (L, B, T, D).",
        "Give the weights three axes of size 1 behind, weights[:, None, None, None], multiply, sum "
        "over axis 0, and multiply the sum by gamma.",
    ),
    difficulty=1,
    minutes=10,
)  # fmt: skip
