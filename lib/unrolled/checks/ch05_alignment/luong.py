"""Luong's three scores."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch05 import LUONG
from unrolled.checks.sections import section


def _made(answer: Handle, draw: Draw, score: str | None = None) -> tuple[Handle, Tensor, Tensor]:
    """A layer of that score, queries and keys, all sizes different where they may differ."""
    B, Tq, Tk, Dq, Dk = draw.sizes("B Tq Tk Dq Dk")
    Dq = Dk if score == "dot" else Dq
    layer = draw.layer(answer, Dq, Dk) if score is None else draw.layer(answer, Dq, Dk, score)
    return layer, draw.normal("query", B, Tq, Dq), draw.normal("keys", B, Tk, Dk)


def _general(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw)
    return layer(query, keys).output()


def _dot(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "dot")
    return layer(query, keys).output()


def _concat(answer: Handle, draw: Draw) -> Any:
    B, Tq, Tk, Dq, Dk, A = draw.sizes("B Tq Tk Dq Dk A")
    layer = draw.layer(answer, Dq, Dk, "concat", A)
    return layer(draw.normal("query", B, Tq, Dq), draw.normal("keys", B, Tk, Dk)).output()


def _concat_default(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "concat")
    return layer(query, keys).output()


def _weights(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "general")
    got = layer(query, keys)
    return {"context": got[0], "weights": got[1]}


def _mask(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "general")
    mask = draw.mask("mask", query.size(0), 1, query.size(1), keys.size(1))
    got = layer(query, keys, mask)
    return {"context": got[0], "weights": got[1]}


def _padding(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "concat")
    return layer(query, keys, draw.mask("mask", query.size(0), 1, 1, keys.size(1))).output()


def _nowhere(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "dot")
    mask = draw.mask("mask", query.size(0), 1, query.size(1), keys.size(1))
    row = draw.integer(0, query.size(1) - 1)
    mask[:, :, row] = False
    got = layer(query, keys, draw.show("mask", mask))
    return {"context": got[0][:, row], "weights": got[1][:, :, row]}


def _alone(answer: Handle, draw: Draw) -> Any:
    seen = []
    for score in ("general", "concat", "dot"):
        layer, query, keys = _made(answer, draw, score)
        mask = draw.mask("mask", query.size(0), 1, query.size(1), keys.size(1))
        for row in range(query.size(1)):
            got = layer(query[:, row : row + 1], keys, mask[:, :, row : row + 1])
            seen.append({f"context, {score}": got[0], f"weights, {score}": got[1]})
    return seen


def _large(answer: Handle, draw: Draw) -> Any:
    layer, query, keys = _made(answer, draw, "dot")
    query[..., -1], keys[..., -1] = 1.0, 150.0
    return layer(draw.show("query", query), draw.show("keys", keys)).output()


def _gradients(answer: Handle, draw: Draw) -> Any:
    seen = {}
    for score in ("general", "concat"):
        layer, *inputs = _made(answer, draw, score)
        query, keys = (answer.candidate.put(x, requires_grad=True) for x in inputs)
        of_inputs, of_parameters = draw.gradients(layer, layer(query, keys).output(), query, keys)
        seen[score] = dict(zip(("query", "keys"), of_inputs, strict=True)) | of_parameters
    return seen


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, *inputs = _made(answer, draw, "general")
    query, keys = (answer.candidate.put(x) for x in inputs)
    mask = answer.candidate.put(draw.mask("mask", inputs[1].size(1)))
    out = layer(query, keys, mask).output()
    kept = {"query": query, "keys": keys, "mask": mask}
    return {"context": out, "on the query's device": same_device(out, query)} | kept


LUONG_ATTENTION = Exercise(
    id="LuongAttention",
    chapter="05-alignment",
    module="unrolled.alignment.scores",
    section=section("sec-05-luong"),
    probes=(
        Probe("general, the default: the context", _general, 2),
        Probe("dot", _dot, 1),
        Probe("concat, hidden_size given", _concat, 1),
        Probe("concat, hidden_size left out", _concat_default, 1),
        Probe("context and weights, as a pair", _weights, 1),
        Probe("a mask for each query (general)", _mask, 1,
              says="with a mask the numbers differ."),
        Probe("one padding mask for all queries (concat)", _padding, 1),
        Probe("a query that may attend nowhere (dot)", _nowhere, 1,
              says="a query that may attend nowhere must get zeros, as context and as weights."),
        Probe("each query asked alone, as a decoder does", _alone, 1,
              says="asked alone, with Tq = 1, a query must get what it gets among others."),
        Probe("scores around 150 do not overflow", _large, 1),
        Probe("gradients reach inputs and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=LUONG,
    hints=(
        "Which of the three scores depend on the keys alone, up to some point? That part is "
        "project: the keys themselves, W times the keys, or the keys' share of W [h; h_s].",
        "dot and general are one matrix product with keys.transpose(1, 2); concat is as in "
        "AdditiveAttention, with one matrix whose columns belong to the query first, then the key.",
        "general: query @ self.w(keys).transpose(1, 2) with w = nn.Linear(key_size, query_size, "
        "bias=False). concat: w.weight[:, :query_size] reads the query, the rest the key.",
    ),
    difficulty=3,
    minutes=35,
    bans=(capabilities.ATTENTION,),
)  # fmt: skip
