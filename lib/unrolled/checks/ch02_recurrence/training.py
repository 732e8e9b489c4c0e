"""The language model's loss, clipping, and one training step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, kind, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch02 as mistakes
from unrolled.checks.sections import section

CHAPTER = "02-recurrence"


def _scored(draw: Draw, scale: float = 2.0) -> tuple[Tensor, Tensor]:
    """Scores, and sentences without padding whose tokens are all above 0."""
    B, T, V = draw.sizes("B T V")
    T, V = T + 2, V + 2  # room for padding, and for two tokens that mean something special
    return draw.normal("logits", B, T, V, scale=scale), draw.ids("ids", V - 1, B, T) + 1


def _padded(draw: Draw, pad_id: int) -> tuple[Tensor, Tensor]:
    """The first sentence is full, the others end early, one with two tokens."""
    logits, ids = _scored(draw)
    for row in range(1, len(ids)):
        length = 2 if row == 1 else draw.integer(2, ids.size(1) - 1)
        ids[row, length:] = pad_id
    if len(ids) == 1:
        ids[0, -1] = pad_id
    return logits, draw.show("ids", ids)


def _plain_loss(answer: Handle, draw: Draw) -> Any:
    logits, ids = _scored(draw)
    return answer(logits, draw.show("ids", ids))


def _zero_is_real(answer: Handle, draw: Draw) -> Any:
    logits, ids = _scored(draw)
    ids[:, 1] = 0
    return answer(logits, draw.show("ids", ids))


def _padded_loss(answer: Handle, draw: Draw) -> Any:
    return answer(*_padded(draw, 0), draw.show("pad_id", 0))


def _another_pad_id(answer: Handle, draw: Draw) -> Any:
    logits, ids = _padded(draw, 3)
    ids = ids.where(ids != 1, 0)
    ids[0, 1] = 0  # a real token
    return answer(logits, draw.show("ids", ids), draw.show("pad_id", 3))


def _unscored(answer: Handle, draw: Draw) -> Any:
    logits, ids = _padded(draw, 0)
    ids[0, 2] = -100
    return answer(logits, draw.show("ids", ids), draw.show("pad_id", 0))


def _sure_and_wrong(answer: Handle, draw: Draw) -> Any:
    logits, ids = _scored(draw, scale=300.0)
    return answer(logits, draw.show("ids", ids))


def _loss_gradients(answer: Handle, draw: Draw) -> Any:
    scores, ids = _padded(draw, 0)
    logits = answer.candidate.put(scores, requires_grad=True)
    loss = answer(logits, ids, 0)
    return draw.pulled(loss, [logits])


def _loss_kept(answer: Handle, draw: Draw) -> Any:
    logits, ids = (answer.candidate.put(value) for value in _padded(draw, 0))
    out = answer(logits, ids, 0)
    return {"loss": out, "on the device of logits": same_device(out, logits),
            "logits": logits, "ids": ids}  # fmt: skip


LANGUAGE_MODEL_LOSS = Exercise(
    id="language_model_loss",
    chapter=CHAPTER,
    module="unrolled.training.losses",
    section=section("sec-02-loss"),
    probes=(
        Probe("each token from those before it", _plain_loss, 2),
        Probe("without pad_id, token 0 counts", _zero_is_real, 1),
        Probe("padding of unequal lengths", _padded_loss, 1),
        Probe("another pad_id, and a real token 0", _another_pad_id, 1),
        Probe("-100 is not scored", _unscored, 1),
        Probe("sure of the wrong token", _sure_and_wrong, 1,
              says="a token that the model all but excludes costs much, but not infinitely much."),
        Probe("gradients (float64)", _loss_gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _loss_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.LANGUAGE_MODEL_LOSS,
    hints=(
        "After position t the model has read ids[:, :t + 1]. Which column of ids was it to guess?",
        "Cut the last logits and the first ids off. Real targets are those that are neither "
        "pad_id nor -100.",
        "F.cross_entropy takes (N, V) and (N,), leaves targets of -100 out and averages the "
        "others: give padding that mark by masked_fill, and flatten both.",
    ),
    difficulty=2,
    minutes=20,
)  # fmt: skip

SHAPES = {"weight_ih": (3, 2), "weight_hh": (3, 3), "bias": (3,)}


def _parameters(answer: Handle, draw: Draw, scale: float) -> dict[str, Handle]:
    """Tensors on the answer's side with the drawn gradients."""
    found = {}
    for name, shape in SHAPES.items():
        parameter = answer.candidate.put(draw.normal(name, *shape), requires_grad=True)
        gradient = draw.normal(f"{name}.grad", *shape, scale=scale)
        parameter.call("mul", gradient).call("sum").call("backward")
        found[name] = parameter
    return found


def _gradients(parameters: dict[str, Handle]) -> dict[str, Handle]:
    return {f"{name}.grad": p.attribute("grad") for name, p in parameters.items()}


def _told(norm: Handle, draw: Draw) -> dict[str, Any]:
    """What was returned; a number of Python as a tensor, for it is rounded like any other."""
    value = norm.value()
    number = torch.tensor(value, dtype=draw.dtype) if isinstance(value, float) else value
    return {"what is returned": kind(value), "norm": number}


def _clipped(answer: Handle, draw: Draw) -> Any:
    parameters = _parameters(answer, draw, 3.0)
    answer(list(parameters.values()), draw.show("max_norm", 0.5))
    return _gradients(parameters)


def _norm(answer: Handle, draw: Draw) -> Any:
    parameters = _parameters(answer, draw, 3.0)
    return _told(answer(list(parameters.values()), draw.show("max_norm", 0.5)), draw)


def _short_enough(answer: Handle, draw: Draw) -> Any:
    parameters = _parameters(answer, draw, 0.1)
    norm = answer(list(parameters.values()), draw.show("max_norm", 5.0))
    tiny = _parameters(answer, draw, 1e-9)  # shorter than what keeps the division safe
    answer(list(tiny.values()), 5.0)
    return _told(norm, draw) | _gradients(parameters) | {"of a tiny gradient": _gradients(tiny)}


def _one_without(answer: Handle, draw: Draw) -> Any:
    parameters = _parameters(answer, draw, 3.0)
    unused = answer.candidate.put(draw.normal("unused", 2), requires_grad=True)
    first, *others = parameters.values()
    norm = answer([first, unused, *others], draw.show("max_norm", 0.5))
    unchanged = {"unused.grad": unused.attribute("grad")}
    return _told(norm, draw) | unchanged | _gradients(parameters)


def _none_at_all(answer: Handle, draw: Draw) -> Any:
    unused = answer.candidate.put(draw.normal("unused", 2), requires_grad=True)
    norm = answer([unused], draw.show("max_norm", 0.5)).call("to", draw.dtype)
    # Whoever answers 0 to everything has understood nothing.
    other = tensor(answer(list(_parameters(answer, draw, 3.0).values()), 0.5))
    return {"norm": norm, "more than 0 where there are gradients": bool(other > 0)}


def _once(answer: Handle, draw: Draw) -> Any:
    model = answer.candidate.library("torch.nn.Linear")(2, 3)
    model.call("to", draw.dtype)
    model.call("to", answer.candidate.device)
    named = {name: model.attribute(name) for name in ("weight", "bias")}
    for (name, parameter), shape in zip(named.items(), ((3, 2), (3,)), strict=True):
        gradient = draw.normal(f"{name}.grad", *shape, scale=3.0)
        parameter.call("mul", gradient).call("sum").call("backward")
    answer(model.call("parameters"), draw.show("max_norm", 0.5))
    return _gradients(named)


def _in_place(answer: Handle, draw: Draw) -> Any:
    parameters = _parameters(answer, draw, 3.0)
    held = _gradients(parameters)
    answer(list(parameters.values()), draw.show("max_norm", 0.5))
    return held


def _parameters_kept(answer: Handle, draw: Draw) -> Any:
    parameters = _parameters(answer, draw, 3.0)
    norm = answer(list(parameters.values()), 0.5)
    # Torch adds 1e-6 to the norm and the paper does not: in float64 the numbers would differ.
    gradient = parameters["bias"].attribute("grad")
    dtypes = {"norm": norm.attribute("dtype"), "gradient": gradient.attribute("dtype")}
    return dtypes | {"on the gradients' device": same_device(norm, gradient)} | parameters


CLIP_GRADIENTS = Exercise(
    id="clip_gradients",
    chapter=CHAPTER,
    module="unrolled.training.steps",
    section=section("sec-02-clipping"),
    probes=(
        Probe("a long gradient of three parameters", _clipped, 2),
        Probe("the norm before clipping is returned", _norm, 1),
        Probe("a short gradient stays as it is", _short_enough, 1),
        Probe("a parameter without gradient", _one_without, 1),
        Probe("no gradient at all", _none_at_all, 1, says="without any gradient the norm is 0."),
        Probe("parameters that can be walked through once", _once, 1),
        Probe("gradients change in place", _in_place, 1),
        Probe("float64 and device kept, parameters unmodified", _parameters_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.CLIP_GRADIENTS,
    hints=(
        "All gradients together are one long vector. What is its length, given each one's length?",
        "Collect p.grad where it is not None. torch.stack of their norms has the same norm as all "
        "of them; if there are none, return a tensor of 0.",
        "The factor is max_norm / (norm + 1e-6), at most 1; gradient.mul_(factor) for each.",
    ),
    difficulty=2,
    minutes=15,
    bans=(capabilities.CLIPPING,),
)  # fmt: skip
