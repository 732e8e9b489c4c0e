"""Chapter 11: the loss of the hidden tokens, and the best span."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch11 as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "11-bert"


def _hidden(draw: Draw) -> tuple[Tensor, Tensor]:
    """Different numbers of labels, so that a mean of the sentences' means is another number."""
    B, T, V = draw.sizes("B T V")
    labels = draw.ids("labels", V - 1, B, T) + 1
    labels[0, 1:] = -100
    labels[1:, 0] = -100
    return draw.normal("logits", B, T, V), draw.show("labels", labels)


def _loss(answer: Handle, draw: Draw) -> Any:
    return answer(*_hidden(draw))


def _all(answer: Handle, draw: Draw) -> Any:
    B, T, V = draw.sizes("B T V")
    return answer(draw.normal("logits", B, T, V), draw.ids("labels", V, B, T))


def _first_token(answer: Handle, draw: Draw) -> Any:
    logits, labels = _hidden(draw)
    labels = labels.clone()
    labels[0, 0] = 0
    return answer(logits, draw.show("labels", labels))


def _one_label(answer: Handle, draw: Draw) -> Any:
    B, T, V = draw.sizes("B T V")
    labels = torch.full((B, T), -100)
    labels[draw.integer(0, B - 1), draw.integer(0, T - 1)] = draw.integer(1, V - 1)
    return answer(draw.normal("logits", B, T, V), draw.show("labels", labels))


def _far_apart(answer: Handle, draw: Draw) -> Any:
    logits, labels = _hidden(draw)
    return answer(draw.show("logits", 200.0 * logits), labels)


def _loss_gradients(answer: Handle, draw: Draw) -> Any:
    logits, labels = _hidden(draw)
    logits = answer.candidate.put(logits, requires_grad=True)
    labels = answer.candidate.put(labels)
    out = answer(logits, labels)
    (found,) = draw.pulled(out, [logits])
    return {"of the logits": found, "logits": logits, "labels": labels}


MLM_LOSS = Exercise(
    id="mlm_loss",
    chapter=CHAPTER,
    module="unrolled.bert.objectives",
    section=library_page("bert", "mlm_loss"),
    probes=(
        Probe("values, some tokens hidden in each sentence", _loss, 2),
        Probe("every token is predicted", _all, 1),
        Probe("the label 0 is a token", _first_token, 1),
        Probe("a single label in the whole batch", _one_label, 1),
        Probe("logits of hundreds", _far_apart, 1),
        Probe("gradients (float64), inputs unmodified", _loss_gradients, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.MLM_LOSS,
    hints=(
        "Only the positions whose label is not -100 count. How many are there, in the whole batch?",
        "A boolean mask (B, T) picks the rows out of logits (B, T, V): the result is (M, V), and "
        "out of labels: (M,).",
        "cross_entropy(logits[predicted], labels[predicted]) with predicted = labels != -100.",
    ),
    difficulty=2,
    minutes=10,
    bans=(capabilities.CROSS_ENTROPY,),
)  # fmt: skip


def _spans(draw: Draw, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """More sentences than elsewhere: a wrong search is right by chance in some."""
    B, T = draw.sizes("B T")
    B = B if draw.small else 6 * B
    return (draw.normal("start_logits", B, T, scale=scale),
            draw.normal("end_logits", B, T, scale=scale))  # fmt: skip


def _best(answer: Handle, draw: Draw) -> Any:
    return _span(answer(*_spans(draw)))


def _span(got: Handle) -> dict[str, Handle]:
    return {"start": got[0], "end": got[1]}


def _crossed(answer: Handle, draw: Draw) -> Any:
    start, end = _spans(draw)
    start[:, -1], end[:, 0] = 4.0, 4.0  # each the best on its own, together no span
    return _span(answer(draw.show("start_logits", start), draw.show("end_logits", end)))


def _passage(answer: Handle, draw: Draw) -> Any:
    start, end = _spans(draw)
    mask = torch.ones(start.shape, dtype=torch.bool)
    for row in mask:
        first = draw.integer(0, len(row) - 2)
        row[:first] = False
        row[draw.integer(first + 1, len(row) - 1) :] = False
    start, end = start - 3.0, end - 3.0  # below 0: where nothing is allowed, 0 would win
    start, end = start.masked_fill(~mask, -2.0), end.masked_fill(~mask, -2.0)
    start, end = draw.show("start_logits", start), draw.show("end_logits", end)
    return _span(answer(start, end, draw.show("mask", mask)))


def _short(answer: Handle, draw: Draw) -> Any:
    start, end = _spans(draw)
    end[:, -1], start[:, 0] = 5.0, 5.0  # the longest span has the best score
    start, end = draw.show("start_logits", start), draw.show("end_logits", end)
    max_len = draw.show("max_len", draw.integer(1, 2) if draw.small else 2)
    return _span(answer(start, end, None, max_len))


def _one_token(answer: Handle, draw: Draw) -> Any:
    return _span(answer(*_spans(draw), max_len=draw.show("max_len", 1)))


def _thirty(answer: Handle, draw: Draw) -> Any:
    start = draw.normal("start_logits", 4, 40)
    end = draw.normal("end_logits", 4, 40)
    start[:, 2], end[:2, 31], end[2:, 32] = 9.0, 9.0, 9.0  # 30 and 31 tokens
    return _span(answer(draw.show("start_logits", start), draw.show("end_logits", end)))


def _equals(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    start = draw.show("start_logits", torch.zeros(B, T + 2, dtype=draw.dtype))
    end = torch.zeros(B, T + 2, dtype=draw.dtype)
    end[0, 1:3] = 1.0  # spans that end there are equal: the earliest start, then the shorter
    return _span(answer(start, draw.show("end_logits", end)))


def _span_kept(answer: Handle, draw: Draw) -> Any:
    drawn = _spans(draw)
    start, end = (answer.candidate.put(logits) for logits in drawn)
    mask = answer.candidate.put(torch.ones_like(drawn[0], dtype=torch.bool))
    got = answer(start, end, mask)
    return _span(got) | {"start_logits": start, "end_logits": end, "mask": mask}


SPAN_ANSWER = Exercise(
    id="span_answer",
    chapter=CHAPTER,
    module="unrolled.bert.spans",
    section=library_page("bert", "span_answer"),
    probes=(
        Probe("the best pair of start and end", _best, 2),
        Probe("the best start comes after the best end", _crossed, 1),
        Probe("only within the passage", _passage, 1),
        Probe("no longer than max_len", _short, 1),
        Probe("answers of one token", _one_token, 1),
        Probe("max_len left out is 30", _thirty, 1),
        Probe("of equal spans, the first and then the shorter", _equals, 1),
        Probe("float64, inputs unmodified", _span_kept, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.SPAN_ANSWER,
    hints=(
        "Write down the table of all pairs for three positions: start in the rows, end in the "
        "columns. Which of its cells are spans, and which of these are short enough?",
        "start_logits[:, :, None] + end_logits[:, None, :] is the table (B, T, T). triu and tril "
        "cut a band out of a matrix of True.",
        "Set what is not allowed to -inf, flatten(1), argmax: best // T is the start, best % T the "
        "end.",
    ),
    difficulty=3,
    minutes=25,
)
