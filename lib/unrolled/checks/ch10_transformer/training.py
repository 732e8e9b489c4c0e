"""Chapter 10: what the Transformer is trained on, and with which learning rate."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch10 as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "10-transformer"


def _scores(draw: Draw) -> tuple[Tensor, Tensor]:
    B, T, V = draw.sizes("B T V")
    return draw.normal("logits", B, T, V), draw.ids("targets", V, B, T)


def _values(answer: Handle, draw: Draw) -> Any:
    return answer(*_scores(draw), draw.show("smoothing", 0.3))


def _default(answer: Handle, draw: Draw) -> Any:
    B, V = draw.sizes("B V")
    return answer(draw.normal("logits", B, V), draw.ids("targets", V, B))


def _none(answer: Handle, draw: Draw) -> Any:
    return answer(*_scores(draw), draw.show("smoothing", 0.0))


def _with_padding(draw: Draw, pad_id: int) -> tuple[Tensor, Tensor]:
    """Sentences of different lengths, so that a mean of their means is another number."""
    logits, targets = _scores(draw)
    targets = torch.where(targets == pad_id, (pad_id + 1) % logits.size(-1), targets)
    targets[0, 1:] = pad_id
    targets[1:, -1] = pad_id
    targets[-1, -1] = (pad_id + 1) % logits.size(-1)
    return logits, draw.show("targets", targets)


def _padding(answer: Handle, draw: Draw) -> Any:
    pad_id = draw.show("pad_id", draw.integer(0, 1))
    return answer(*_with_padding(draw, pad_id), draw.show("smoothing", 0.3), pad_id)


def _nothing(answer: Handle, draw: Draw) -> Any:
    logits, targets = _scores(draw)
    targets[:, 0] = -100
    targets[0, -1] = 0  # a word like any other
    targets = draw.show("targets", targets)
    return answer(logits, targets, draw.show("smoothing", 0.3))


def _both(answer: Handle, draw: Draw) -> Any:
    logits, targets = _with_padding(draw, 1)
    targets[-1, 0] = -100
    logits[-1, 0] *= 9.0  # whoever scores it is far off
    logits, targets = draw.show("logits", logits), draw.show("targets", targets)
    return answer(logits, targets, 0.3, 1)


def _large(answer: Handle, draw: Draw) -> Any:
    logits, targets = _scores(draw)
    return answer(draw.show("logits", 200.0 * logits), targets, draw.show("smoothing", 0.3))


def _gradients(answer: Handle, draw: Draw) -> Any:
    logits, targets = _with_padding(draw, 0)
    logits = answer.candidate.put(logits, requires_grad=True)
    targets = answer.candidate.put(targets)
    out = answer(logits, targets, 0.3, 0)
    found = draw.pulled(out, [logits])
    return {"of the logits": found[0], "logits": logits, "targets": targets}


LABEL_SMOOTHING_LOSS = Exercise(
    id="label_smoothing_loss",
    chapter=CHAPTER,
    module="unrolled.training.losses",
    section=library_page("training", "label_smoothing_loss"),
    probes=(
        Probe("values, smoothing 0.3", _values, 2),
        Probe("smoothing left out is 0.1, one axis in front", _default, 1),
        Probe("smoothing 0 is cross-entropy", _none, 1),
        Probe("padding is not scored", _padding, 1),
        Probe("targets of -100 are not scored", _nothing, 1),
        Probe("padding and -100 together", _both, 1),
        Probe("logits of hundreds", _large, 1),
        Probe("gradients (float64), inputs unmodified", _gradients, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.LABEL_SMOOTHING_LOSS,
    hints=(
        "The loss is a mixture: most of it the surprise at the true token, a little of it the "
        "mean surprise over the whole vocabulary.",
        "sequence_loss gives the first part. For the second you need the log-probabilities: "
        "logits minus their logsumexp, which large logits do not overflow.",
        "(1 - smoothing) * sure + smoothing * spread, where spread is -log_probs.mean(-1), set to "
        "0 where nothing is scored, summed and divided by the number of real tokens.",
    ),
    difficulty=3,
    minutes=25,
    bans=(capabilities.CROSS_ENTROPY,),
)  # fmt: skip


def _rates(answer: Handle, draw: Draw, steps: list[int], *args: int) -> dict[str, Tensor]:
    """The rates of several steps, large enough to be read and to be compared."""
    d_model = draw.show("d_model", draw.integer(2, 8))
    draw.show("steps", torch.tensor(steps))
    rates = answer.candidate.resolved([answer(step, d_model, *args) for step in steps])
    return {"rates times 1000": torch.tensor([1000.0 * float(r) for r in rates], dtype=draw.dtype)}


def _rising(answer: Handle, draw: Draw) -> Any:
    warmup = draw.show("warmup", draw.integer(12, 20))
    return _rates(answer, draw, [2, 3, warmup // 2, warmup - 1], warmup)


def _falling(answer: Handle, draw: Draw) -> Any:
    warmup = draw.show("warmup", draw.integer(3, 6))
    return _rates(answer, draw, [warmup + 1, 2 * warmup, 100, 1000], warmup)


def _ends(answer: Handle, draw: Draw) -> Any:
    warmup = draw.show("warmup", draw.integer(5, 9))
    return _rates(answer, draw, [1, warmup], warmup)


def _at_once(answer: Handle, draw: Draw) -> Any:
    return _rates(answer, draw, [1, 2, 5], draw.show("warmup", 1))


def _warmup_left_out(answer: Handle, draw: Draw) -> Any:
    return _rates(answer, draw, [1000, 4000, 9000])


NOAM_SCHEDULE = Exercise(
    id="noam_schedule",
    chapter=CHAPTER,
    module="unrolled.training.schedules",
    section=library_page("training", "noam_schedule"),
    probes=(
        Probe("rising in a straight line", _rising, 1),
        Probe("falling with the root of the step", _falling, 1),
        Probe("the first step and the peak", _ends, 1),
        Probe("a warm-up of one step", _at_once, 1),
        Probe("warm-up left out is 4000 steps", _warmup_left_out, 1),
    ),
    mistakes=mistakes.NOAM_SCHEDULE,
    hints=(
        "Two lines: one rises with the step, the other falls with its root. Which of them is lower "
        "at the beginning, and which at the end?",
        "min() takes the lower one. Powers with a negative exponent: step ** -0.5.",
        "d_model ** -0.5 * min(step ** -0.5, step * warmup ** -1.5): the first is the lower one "
        "from step == warmup on.",
    ),
    difficulty=1,
    minutes=10,
)
