"""Bahdanau's additive attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch05 import ADDITIVE
from unrolled.checks.sections import section


def _made(answer: Handle, draw: Draw) -> tuple[Handle, Tensor, Tensor]:
    """A layer, queries and keys, all sizes different."""
    B, Tq, Tk, Dq, Dk, A = draw.sizes("B Tq Tk Dq Dk A")
    layer = draw.layer(answer, Dq, Dk, A)
    return layer, draw.normal("query", B, Tq, Dq), draw.normal("keys", B, Tk, Dk)


def _values(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    return layer(query, keys).output()


def _weights(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    got = layer(query, keys)
    return {"context": got[0], "weights": got[1]}


def _mask(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    mask = draw.mask("mask", query.size(0), 1, query.size(1), keys.size(1))
    got = layer(query, keys, mask)
    return {"context": got[0], "weights": got[1]}


def _padding(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    return layer(query, keys, draw.mask("mask", query.size(0), 1, 1, keys.size(1))).output()


def _nowhere(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    mask = draw.mask("mask", query.size(0), 1, query.size(1), keys.size(1))
    row = draw.integer(0, query.size(1) - 1)
    mask[:, :, row] = False
    got = layer(query, keys, draw.show("mask", mask))
    return {"context": got[0][:, row], "weights": got[1][:, :, row]}


def _alone(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    mask = draw.mask("mask", query.size(0), 1, query.size(1), keys.size(1))
    seen = []
    for row in range(query.size(1)):
        got = layer(query[:, row : row + 1], keys, mask[:, :, row : row + 1])
        seen.append({"context": got[0], "weights": got[1]})
    return seen


def _large(answer: Handle, draw: Draw) -> Any:
    # The first hidden unit is saturated and weighs 800, in every score of every row.
    B, Tq, Tk, Dq, Dk, A = draw.sizes("B Tq Tk Dq Dk A")
    q_weight = torch.zeros(A, Dq).index_fill_(0, torch.tensor([0]), 1.0)
    v_weight = torch.linspace(-1, 1, A).index_fill_(0, torch.tensor([0]), 800.0)[None]
    layer = draw.layer(answer, Dq, Dk, A, fixed={"q_proj.weight": q_weight, "v.weight": v_weight})
    query = draw.normal("query", B, Tq, Dq, scale=0.1) + 30.0
    return layer(draw.show("query", query), draw.normal("keys", B, Tk, Dk)).output()


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, *inputs = _made(answer, draw)
    query, keys = (answer.candidate.put(x, requires_grad=True) for x in inputs)
    of_inputs, of_parameters = draw.gradients(layer, layer(query, keys).output(), query, keys)
    return dict(zip(("query", "keys"), of_inputs, strict=True)) | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, *inputs = _made(answer, draw)
    query, keys = (answer.candidate.put(x) for x in inputs)
    mask = answer.candidate.put(draw.mask("mask", inputs[1].size(1)))
    out = layer(query, keys, mask).output()
    kept = {"query": query, "keys": keys, "mask": mask}
    return {"context": out, "on the query's device": same_device(out, query)} | kept


ADDITIVE_ATTENTION = Exercise(
    id="AdditiveAttention",
    chapter="05-alignment",
    module="unrolled.alignment.scores",
    section=section("sec-05-additive"),
    probes=(
        Probe("the context, all sizes different", _values, 2),
        Probe("context and weights, as a pair", _weights, 1),
        Probe("a mask for each query", _mask, 1, says="with a mask the numbers differ."),
        Probe("one padding mask for all queries", _padding, 1),
        Probe("a query that may attend nowhere", _nowhere, 1,
              says="a query that may attend nowhere must get zeros, as context and as weights."),
        Probe("each query asked alone, as a decoder does", _alone, 1,
              says="asked alone, with Tq = 1, a query must get what it gets among others."),
        Probe("scores around 800 do not overflow (float64)", _large, 1, dtype=torch.float64),
        Probe("gradients reach inputs and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=ADDITIVE,
    hints=(
        "Every query meets every key: before v the numbers have four axes, (B, Tq, Tk, A).",
        "q_proj(query) is (B, Tq, A) and k_proj(keys) is (B, Tk, A): give each an axis of size 1, "
        "so that their sum broadcasts. tanh, then v, then squeeze the last axis away.",
        "masked_softmax(scores.unsqueeze(1), mask) gives the weights, (B, 1, Tq, Tk), and "
        "weights.squeeze(1) @ keys the context: average the keys, not their projection.",
    ),
    difficulty=3,
    minutes=35,
    bans=(capabilities.ATTENTION,),
)  # fmt: skip
