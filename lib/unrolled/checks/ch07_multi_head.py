"""Chapter 7: splitting and merging heads, multi-head attention, the bug hunt."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import dropout_facts, error_type, one_hot_rows, same_device
from unrolled.checks.mistakes import ch07 as mistakes
from unrolled.checks.sections import section

CHAPTER = "07-multi-head"
MODULE = "unrolled.attention"

SPLIT = section("sec-07-split")
MERGE = section("sec-07-merge")
LAYER = section("sec-07-layer")
BUGS = section("sec-07-bugs")


def _split(answer: Handle, draw: Draw) -> Any:
    B, T, H, d_k = draw.sizes("B T H d_k")
    return answer(draw.normal("x", B, T, H * d_k), draw.show("n_heads", H))


def _split_one(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return answer(draw.normal("x", B, T, D), draw.show("n_heads", 1))


def _split_strided(answer: Handle, draw: Draw) -> Any:
    B, T, H, d_k = draw.sizes("B T H d_k")
    x = answer.candidate.put(draw.normal("x, made by a transpose", B, H * d_k, T))
    return {"heads": answer(x.call("transpose", 1, 2), H), "x": x}


def _split_gradient(answer: Handle, draw: Draw) -> Any:
    B, T, H, d_k = draw.sizes("B T H d_k")
    x = answer.candidate.put(draw.normal("x", B, T, H * d_k), requires_grad=True)
    out = answer(x, H)
    return draw.pulled(out, [x])


SPLIT_HEADS = Exercise(
    id="split_heads",
    chapter=CHAPTER,
    module=MODULE,
    section=SPLIT,
    probes=(
        Probe("values, all sizes different", _split, 2),
        Probe("one head", _split_one, 1),
        Probe("an x that is not contiguous, left unmodified", _split_strided, 1),
        Probe("gradients, in float64", _split_gradient, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.SPLIT_HEADS,
    hints=(
        "Two steps: cut the last axis D into (H, d_k), then bring H in front of T.",
        "x.view(B, T, H, d_k) or x.unflatten(-1, (H, -1)) cuts the features of each position.",
        "transpose(1, 2) exchanges T and H. view(B, H, T, d_k) at once would mix positions up.",
    ),
    difficulty=2,
    minutes=10,
)


def _merge(answer: Handle, draw: Draw) -> Any:
    B, H, T, d_k = draw.sizes("B H T d_k")
    return answer(draw.normal("x", B, H, T, d_k))


def _merge_one(answer: Handle, draw: Draw) -> Any:
    B, T, d_k = draw.sizes("B T d_k")
    return answer(draw.normal("x", B, 1, T, d_k))


def _merge_strided(answer: Handle, draw: Draw) -> Any:
    B, H, T, d_k = draw.sizes("B H T d_k")
    x = answer.candidate.put(draw.normal("x, made by a transpose", B, T, H, d_k))
    return {"merged": answer(x.call("transpose", 1, 2)), "x": x}


def _merge_gradient(answer: Handle, draw: Draw) -> Any:
    B, H, T, d_k = draw.sizes("B H T d_k")
    x = answer.candidate.put(draw.normal("x", B, H, T, d_k), requires_grad=True)
    out = answer(x)
    return draw.pulled(out, [x])


MERGE_HEADS = Exercise(
    id="merge_heads",
    chapter=CHAPTER,
    module=MODULE,
    section=MERGE,
    probes=(
        Probe("values, all sizes different", _merge, 2),
        Probe("one head", _merge_one, 1),
        Probe("an x that is not contiguous, left unmodified", _merge_strided, 1),
        Probe("gradients, in float64", _merge_gradient, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.MERGE_HEADS,
    hints=(
        "It undoes split_heads: merge_heads(split_heads(x, H)) is x.",
        "First bring T back in front of H, then lay the last two axes side by side.",
        "After a transpose, view refuses; reshape, or flatten(start_dim=2), copies where it must.",
    ),
    difficulty=2,
    minutes=10,
)


def _layer(answer: Handle, draw: Draw, **kwargs: Any) -> tuple[Handle, int, int]:
    H, d_k = draw.sizes("H d_k")
    return draw.layer(answer, H * d_k, H, **kwargs), H, H * d_k


def _lengths(draw: Draw) -> tuple[int, int, int]:
    B, Tq, Tk = draw.sizes("B Tq Tk")
    return B, Tq, Tk


def _values(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    return layer(draw.normal("query", B, T, D)).output()


def _memory(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    return layer(draw.normal("query", B, T, D), draw.normal("key", B, T, D)).output()


def _cross(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, Tq, Tk = _lengths(draw)
    query, key = draw.normal("query", B, Tq, D), draw.normal("key", B, Tk, D)
    return layer(query, key, draw.normal("value", B, Tk, D)).output()


def _without_bias(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw, bias=False)
    B, T, _ = _lengths(draw)
    return layer(draw.normal("query", B, T, D)).output()


def _head_masks(answer: Handle, draw: Draw) -> Any:
    layer, H, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    mask = draw.mask("mask", B, H, T, T)
    return layer(draw.normal("query", B, T, D), mask=mask).output()


def _padding(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, Tq, Tk = _lengths(draw)
    query, key = draw.normal("query", B, Tq, D), draw.normal("key", B, Tk, D)
    return layer(query, key, mask=draw.mask("mask", B, 1, 1, Tk)).output()


def _nowhere(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    mask = draw.mask("mask", B, 1, T, T)
    mask[:, :, 1] = False
    query = draw.normal("query", B, T, D)
    return layer(query, mask=draw.show("mask", mask)).output()[:, 1]


def _weights(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, Tq, Tk = _lengths(draw)
    query, key = draw.normal("query", B, Tq, D), draw.normal("key", B, Tk, D)
    got = layer(query, key, need_weights=True)
    return {"out": got[0], "weights": got[1]}


def _dropout(answer: Handle, draw: Draw) -> Any:
    # Values and output projection are identities, so the output shows each head's weights.
    Tk, H = 6, 2
    D = H * 2 * Tk
    eye, zeros = torch.eye(D), torch.zeros(D)
    fixed = {"v_proj.weight": eye, "v_proj.bias": zeros, "out_proj.weight": eye,
             "out_proj.bias": zeros}  # fmt: skip
    layer = draw.layer(answer, D, H, dropout=0.5, fixed=fixed)
    query = draw.normal("query", 2, 7, D)
    key = draw.normal("key", 2, Tk, D)
    value = one_hot_rows(Tk, times=2 * H).to(draw.dtype).expand(2, Tk, D)
    evaluated = layer(query, key, value).output()
    layer.call("train")
    trained = layer(query, key, value, seed=draw.noise).output()
    heads = [h.call("unflatten", -1, (H, 2 * Tk)) for h in (evaluated, trained)]
    return dropout_facts(*heads, 0.5) | {"in evaluation": evaluated}


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, Tq, Tk = _lengths(draw)
    query = answer.candidate.put(draw.normal("query", B, Tq, D), requires_grad=True)
    key = answer.candidate.put(draw.normal("key", B, Tk, D), requires_grad=True)
    of_inputs, of_parameters = draw.gradients(layer, layer(query, key).output(), query, key)
    # A bias on the keys moves all scores of a row alike: its gradient is 0 but for rounding.
    of_parameters.pop("k_proj.bias")
    return dict(zip(("query", "key"), of_inputs, strict=True)) | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    query = answer.candidate.put(draw.normal("query", B, T, D))
    out = layer(query).output()
    return {"out": out, "on the query's device": same_device(out, query), "query": query}


def _refuses(answer: Handle, draw: Draw) -> Any:
    return {
        "d_model=10, n_heads=3 raises": error_type(answer(10, 3)),
        "d_model=10, n_heads=1 raises": error_type(answer(10, 1)),
    }


MULTI_HEAD_ATTENTION = Exercise(
    id="MultiHeadAttention",
    chapter=CHAPTER,
    module=MODULE,
    section=LAYER,
    probes=(
        Probe("values, a sequence asks itself", _values, 2),
        Probe("keys from a memory as long, values follow them", _memory, 1),
        Probe("query, key and value all different", _cross, 2),
        Probe("without biases", _without_bias, 1),
        Probe("a mask for each head", _head_masks, 1),
        Probe("one padding mask for all heads", _padding, 1),
        Probe("a row that may attend nowhere", _nowhere, 1),
        Probe("weights of each head on request", _weights, 1),
        Probe("dropout while training alone", _dropout, 1),
        Probe("gradients reach inputs and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, query unmodified", _kept, 1, values=False,
              dtype=torch.float64),
        Probe("n_heads that does not divide d_model is a ValueError", _refuses, 1, values=False),
    ),
    mistakes=mistakes.MULTI_HEAD_ATTENTION,
    hints=(
        "Five steps: project, split, attend, merge, project. You have functions for three of them.",
        "key defaults to query and value to key; mask, dropout and need_weights are passed on.",
        "Each projection is one nn.Linear(d_model, d_model) for all heads; then split_heads.",
    ),
    difficulty=4,
    minutes=40,
    uses=("split_heads", "merge_heads"),
    bans=(capabilities.HEADS,),
)  # fmt: skip


def _repaired(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    return layer(draw.normal("x", B, T, D)).output()


def _repaired_one_head(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D, 1)(draw.normal("x", B, T, D)).output()


def _repaired_mask(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    return layer(draw.normal("x", B, T, D), draw.mask("mask", B, 1, T, T)).output()


def _repaired_head_masks(answer: Handle, draw: Draw) -> Any:
    layer, H, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    return layer(draw.normal("x", B, T, D), draw.mask("mask", B, H, T, T)).output()


def _repaired_gradients(answer: Handle, draw: Draw) -> Any:
    layer, _, D = _layer(answer, draw)
    B, T, _ = _lengths(draw)
    x = answer.candidate.put(draw.normal("x", B, T, D), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x).output(), x)
    of_parameters.pop("key.bias")
    return {"x": of_x} | of_parameters


REPAIR_MULTI_HEAD = Exercise(
    id="repair_multi_head",
    name="RepairedMultiHead",
    chapter=CHAPTER,
    module="unrolled.repairs",
    section=BUGS,
    probes=(
        Probe("values, several heads", _repaired, 2),
        Probe("values, one head", _repaired_one_head, 1),
        Probe("random mask", _repaired_mask, 1),
        Probe("a mask for each head", _repaired_head_masks, 1),
        Probe("gradients (float64)", _repaired_gradients, 1, dtype=torch.float64),
    ),
    mistakes=mistakes.REPAIR_MULTI_HEAD,
    hints=(
        "Run it first: the first bug stops it. For the others, try one head against several.",
        "By what width are the scores divided, and how wide is one head? Where is num_heads used?",
        "Import math; split q, k and v to (B, H, T, d_k); divide by sqrt(d_k); use the mask.",
    ),
    difficulty=3,
    minutes=30,
    bans=(capabilities.HEADS,),
    imports=("import math",),
)

EXERCISES = (SPLIT_HEADS, MERGE_HEADS, MULTI_HEAD_ATTENTION, REPAIR_MULTI_HEAD)
