"""Chapter 0: softmax, cross-entropy, embedding lookup."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch00 as mistakes
from unrolled.checks.sections import section

CHAPTER = "00-warm-up"
MODULE = "unrolled.basics"

SOFTMAX_SECTION = section("sec-00-softmax")
CROSS_ENTROPY_SECTION = section("sec-00-cross-entropy")
EMBEDDING_SECTION = section("sec-00-embedding")


def _softmax_rows(answer: Handle, draw: Draw) -> Any:
    B, V = draw.sizes("B V")
    return answer(draw.normal("logits", B, V, scale=2.0))


def _softmax_dim(answer: Handle, draw: Draw) -> Any:
    B, T, V = draw.sizes("B T V")
    logits = draw.normal("logits", B, T, V, scale=2.0)
    return answer(logits, draw.show("dim", draw.integer(0, 1)))


def _softmax_large(answer: Handle, draw: Draw) -> Any:
    B, V = draw.sizes("B V")
    rows = draw.ids("", 2, B, 1)
    rows[0] = 1  # one row is large whatever was drawn
    return answer(draw.show("logits", draw.normal("", B, V) + 1000.0 * rows))


def _softmax_gradient(answer: Handle, draw: Draw) -> Any:
    B, V = draw.sizes("B V")
    logits = answer.candidate.put(draw.normal("logits", B, V), requires_grad=True)
    out = answer(logits)
    (gradient,) = draw.pulled(out, [logits])
    return {"out": out, "gradient": gradient, "logits": logits}


SOFTMAX = Exercise(
    id="softmax",
    chapter=CHAPTER,
    module=MODULE,
    section=SOFTMAX_SECTION,
    probes=(
        Probe("rows of logits", _softmax_rows, 2),
        Probe("another axis than the last", _softmax_dim, 1),
        Probe("logits of 1000 do not overflow (float64)", _softmax_large, 1, dtype=torch.float64),
        Probe("gradients, float64 kept, logits unmodified", _softmax_gradient, 1,
              dtype=torch.float64),
    ),
    mistakes=mistakes.SOFTMAX,
    hints=(
        "Exponentials make every number positive; dividing by their sum makes them add up to 1.",
        "The sum runs along dim, and keepdim=True lets it divide every row.",
        "Subtract logits.amax(dim, keepdim=True) before the exponential: nothing changes but that "
        "no exponential can overflow.",
    ),
    difficulty=1,
    minutes=10,
    bans=(capabilities.SOFTMAX,),
)  # fmt: skip


def _loss_rows(answer: Handle, draw: Draw) -> Any:
    N, V = draw.sizes("N V")
    return answer(draw.normal("logits", N, V, scale=2.0), draw.ids("targets", V, N))


def _loss_positions(answer: Handle, draw: Draw) -> Any:
    B, T, V = draw.sizes("B T V")
    return answer(draw.normal("logits", B, T, V), draw.ids("targets", V, B, T))


def _loss_certain(answer: Handle, draw: Draw) -> Any:
    N, V = draw.sizes("N V")
    targets = draw.ids("targets", V, N)
    logits = draw.normal("logits", N, V)
    logits[0, targets[0]] -= 200.0
    return answer(draw.show("logits", logits), targets)


def _loss_gradient(answer: Handle, draw: Draw) -> Any:
    N, V = draw.sizes("N V")
    logits = answer.candidate.put(draw.normal("logits", N, V), requires_grad=True)
    targets = answer.candidate.put(draw.ids("targets", V, N))
    loss = answer(logits, targets)
    (gradient,) = draw.pulled(loss, [logits])
    return {"loss": loss, "gradient": gradient, "targets": targets}


CROSS_ENTROPY = Exercise(
    id="cross_entropy",
    chapter=CHAPTER,
    module=MODULE,
    section=CROSS_ENTROPY_SECTION,
    probes=(
        Probe("one row a target", _loss_rows, 2),
        Probe("a batch of sequences (B, T, V)", _loss_positions, 1),
        Probe("a true class with probability near 0 stays finite", _loss_certain, 1),
        Probe("gradients (float64), targets unmodified", _loss_gradient, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.CROSS_ENTROPY,
    hints=(
        "For each row you need one number: minus the log-probability of the true class.",
        "log softmax(z) = z - logsumexp(z); taking the log afterwards loses small probabilities.",
        "gather(-1, targets.unsqueeze(-1)) picks the true class of every row; then the mean.",
    ),
    difficulty=2,
    minutes=15,
    bans=(capabilities.CROSS_ENTROPY,),
)


def _lookup(answer: Handle, draw: Draw) -> Any:
    V = draw.integer(4, 6)  # with two tokens the row before and the row after are one
    D, T = draw.sizes("D T")
    return answer(draw.normal("weight", V, D), draw.ids("ids", V, T))


def _lookup_square(answer: Handle, draw: Draw) -> Any:
    V = draw.integer(4, 6)
    B, T = draw.sizes("B T")
    return answer(draw.normal("weight", V, V), draw.ids("ids", V, B, T))


def _lookup_one(answer: Handle, draw: Draw) -> Any:
    V, D = draw.sizes("V D")
    return answer(draw.normal("weight", V, D), draw.show("ids", torch.tensor([[V - 1]])))


def _lookup_gradient(answer: Handle, draw: Draw) -> Any:
    V, D, B = draw.sizes("V D B")
    weight = answer.candidate.put(draw.normal("weight", V, D), requires_grad=True)
    ids = draw.ids("ids", V, B, 3)
    ids[0] = ids[0, 0]  # one row used several times collects several gradients
    out = answer(weight, draw.show("ids", ids))
    return draw.pulled(out, [weight])


EMBEDDING_LOOKUP = Exercise(
    id="embedding_lookup",
    chapter=CHAPTER,
    module=MODULE,
    section=EMBEDDING_SECTION,
    probes=(
        Probe("one sentence", _lookup, 2),
        Probe("a batch of sentences", _lookup_square, 1),
        Probe("one sentence of one token", _lookup_one, 1),
        Probe("gradients reach the rows that were used (float64)", _lookup_gradient, 1,
              dtype=torch.float64),
    ),
    mistakes=mistakes.EMBEDDING_LOOKUP,
    hints=(
        "Row i of the table belongs to token i. The result has the shape of ids, and D after it.",
        "A tensor can be indexed with a tensor of integers.",
        "Indexing the first axis with ids of any shape gives (..., D), gradients included.",
    ),
    difficulty=1,
    minutes=5,
    bans=(capabilities.EMBEDDING,),
)  # fmt: skip

EXERCISES = (SOFTMAX, CROSS_ENTROPY, EMBEDDING_LOOKUP)
