"""Chapter 4, what training needs: the last state, the decoder's input, the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch04 as mistakes
from unrolled.checks.sections import section

CHAPTER = "04-seq2seq"
NOTHING = -100


def _lengths(draw: Draw, B: int, T: int) -> list[int]:
    """The second sentence is as long as the batch, the third has one token."""
    between = [draw.integer(2, T - 1) for _ in range(B)]
    return [between[0], T, 1, *between[1:]][:B]


def _last(answer: Handle, draw: Draw) -> Any:
    B, T, H = draw.sizes("B T H")
    T = max(T, 4)
    outputs = draw.normal("outputs", B, T, H)
    return answer(outputs, torch.tensor(draw.show("lengths", _lengths(draw, B, T))))


def _last_short(answer: Handle, draw: Draw) -> Any:
    """No sentence is as long as the batch, and none has length 1."""
    B, T, H = draw.sizes("B T H")
    outputs = draw.normal("outputs", B, T + 3, H)
    lengths = [draw.integer(2, T + 1) for _ in range(B)]
    return answer(outputs, torch.tensor(draw.show("lengths", lengths)))


def _last_one(answer: Handle, draw: Draw) -> Any:
    T, H = draw.sizes("T H")
    length = draw.show("lengths", [draw.integer(1, T - 1)])
    return answer(draw.normal("outputs", 1, T, H), torch.tensor(length))


def _last_gradient(answer: Handle, draw: Draw) -> Any:
    B, T, H = draw.sizes("B T H")
    outputs = answer.candidate.put(draw.normal("outputs", B, max(T, 4), H), requires_grad=True)
    lengths = answer.candidate.put(torch.tensor(_lengths(draw, B, max(T, 4))))
    last = answer(outputs, lengths)
    (gradient,) = draw.pulled(last, [outputs])
    return {"state": last, "gradient": gradient, "outputs": outputs, "lengths": lengths}


LAST_STATE = Exercise(
    id="last_state",
    chapter=CHAPTER,
    module="unrolled.seq2seq",
    section=section("sec-04-model"),
    probes=(
        Probe("sentences from one token to the whole width", _last, 2),
        Probe("padding behind every sentence", _last_short, 1),
        Probe("one sentence alone", _last_one, 1),
        Probe("gradients (float64), inputs unmodified", _last_gradient, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.LAST_STATE,
    hints=(
        "The last real token of a sentence of 3 tokens stands at index 2.",
        "Each sentence needs an index of its own: index the batch and the positions together.",
        "outputs[rows, lengths - 1], where rows counts the sentences: torch.arange(B).",
    ),
    difficulty=1,
    minutes=10,
)


def _shift(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    return answer(draw.ids("ids", 20, B, T) + 3, draw.show("bos_id", draw.integer(1, 2)))


def _shift_one(answer: Handle, draw: Draw) -> Any:
    (B,) = draw.sizes("B")
    return answer(draw.ids("ids", 20, B, 1) + 3, draw.show("bos_id", 1))


def _shift_any(answer: Handle, draw: Draw) -> Any:
    """The start token has the highest id, and padding at the end is shifted like any token."""
    B, T = draw.sizes("B T")
    ids = draw.ids("ids", 9, B, T) + 1
    ids[:, -2:] = 0
    return answer(draw.show("ids", ids), draw.show("bos_id", 10 + draw.integer(0, 5)))


def _shift_kept(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    ids = answer.candidate.put(draw.show("ids", draw.ids("ids", 20, B, T) + 3))
    return {"inputs": answer(ids, draw.show("bos_id", 2)), "ids": ids}


SHIFT_RIGHT = Exercise(
    id="shift_right",
    chapter=CHAPTER,
    module="unrolled.seq2seq",
    section=section("sec-04-forcing"),
    probes=(
        Probe("a batch of targets", _shift, 2),
        Probe("targets of one token", _shift_one, 1),
        Probe("any bos_id, padding at the end", _shift_any, 1),
        Probe("ids unmodified", _shift_kept, 1, values=False),
    ),
    mistakes=mistakes.SHIFT_RIGHT,
    hints=(
        "What has the decoder read when it is asked for the first token? And for the second?",
        "Make a column of bos_id as high as the batch and join it with most of the targets.",
        "torch.cat([start, ids[:, :-1]], dim=1), with start = ids.new_full((B, 1), bos_id).",
    ),
    difficulty=1,
    minutes=10,
)


def _targets(draw: Draw, V: int, filler: int) -> Tensor:
    """Target sentences of unequal lengths, ids from 1 to V - 1."""
    B, T = draw.sizes("B T")
    targets = draw.ids("targets", V - 1, B, T) + 1
    for row in range(1, B):
        targets[row, draw.integer(1, T - 1) :] = filler
    return draw.show("targets", targets)


def _loss(answer: Handle, draw: Draw) -> Any:
    V = draw.integer(4, 7)
    targets = _targets(draw, V, 0)
    logits = draw.normal("logits", *targets.shape, V, scale=2.0)
    return answer(logits, targets, draw.show("pad_id", 0))


def _loss_pad(answer: Handle, draw: Draw) -> Any:
    """Padding is the last id, and 0 is a token like any other."""
    V = draw.integer(5, 8)
    targets = _targets(draw, V - 1, V - 1)
    targets[0, 0] = targets[-1, 0] = 0
    logits = draw.normal("logits", *targets.shape, V, scale=2.0)
    return answer(logits, draw.show("targets", targets), draw.show("pad_id", V - 1))


def _loss_nothing(answer: Handle, draw: Draw) -> Any:
    """No pad_id: -100 alone is left out, and id 0 counts."""
    V = draw.integer(4, 7)
    targets = _targets(draw, V, NOTHING)
    targets[0, -1] = 0
    logits = draw.normal("logits", *targets.shape, V, scale=2.0)
    return answer(logits, draw.show("targets", targets), draw.show("pad_id", None))


def _loss_both(answer: Handle, draw: Draw) -> Any:
    V = draw.integer(4, 7)
    targets = _targets(draw, V, 0)
    targets[0, 1] = NOTHING
    logits = draw.normal("logits", *targets.shape, V, scale=2.0)
    return answer(logits, draw.show("targets", targets), draw.show("pad_id", 0))


def _loss_axes(answer: Handle, draw: Draw) -> Any:
    (N,) = draw.sizes("N")
    V = draw.integer(4, 7)
    targets = draw.ids("targets", V - 1, N) + 1
    targets[1] = 0
    logits = draw.normal("logits", N, V, scale=2.0)
    return answer(logits, draw.show("targets", targets), draw.show("pad_id", 0))


def _loss_certain(answer: Handle, draw: Draw) -> Any:
    V = draw.integer(4, 7)
    targets = _targets(draw, V, 0)
    logits = draw.normal("logits", *targets.shape, V)
    logits[0, 0, targets[0, 0]] -= 200.0
    return answer(draw.show("logits", logits), targets, draw.show("pad_id", 0))


def _loss_gradient(answer: Handle, draw: Draw) -> Any:
    V = draw.integer(4, 7)
    targets = answer.candidate.put(_targets(draw, V, 0))
    shape = draw.shown["targets"].shape
    logits = answer.candidate.put(draw.normal("logits", *shape, V), requires_grad=True)
    loss = answer(logits, targets, draw.show("pad_id", 0))
    (gradient,) = draw.pulled(loss, [logits])
    return {"loss": loss, "gradient": gradient, "logits": logits, "targets": targets}


SEQUENCE_LOSS = Exercise(
    id="sequence_loss",
    chapter=CHAPTER,
    module="unrolled.training.losses",
    section=section("sec-04-forcing"),
    probes=(
        Probe("sentences of unequal length", _loss, 2),
        Probe("another pad_id, and a real token 0", _loss_pad, 1),
        Probe("no pad_id: -100 alone is left out", _loss_nothing, 1),
        Probe("pad_id and -100 in one batch", _loss_both, 1),
        Probe("one axis of targets", _loss_axes, 1),
        Probe("a true token with probability near 0 stays finite", _loss_certain, 1),
        Probe("gradients (float64), inputs unmodified", _loss_gradient, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.SEQUENCE_LOSS,
    hints=(
        "Two questions first: which targets are real, and what does each real one cost?",
        "A padded target may be no valid index: put some valid id in its place before you gather, "
        "and a loss of 0 afterwards.",
        "losses = logits.logsumexp(-1) - true_logits; add up those of real targets and divide by "
        "their number in the whole batch.",
    ),
    difficulty=3,
    minutes=25,
)
