"""Chapter 6: masks, scaled dot-product attention, self-attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import dropout_facts, one_hot_rows, same_device
from unrolled.checks.mistakes import ch06 as mistakes
from unrolled.checks.sections import section

CHAPTER = "06-self-attention"
MODULE = "unrolled.attention"

PADDING = section("sec-06-padding")
CAUSAL = section("sec-06-causal")
SCALED = section("sec-06-scaled")
SELF = section("sec-06-self")


def _padding(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    ids = draw.ids("ids", 9, B, T) + 1
    lengths = [1 + (draw.integer(0, T - 1) if b else T - 1) for b in range(B)]
    for row, length in enumerate(lengths):
        ids[row, length:] = 0
    return answer(draw.show("ids", ids), 0)


def _padding_inside(answer: Handle, draw: Draw) -> Any:
    B, T = draw.sizes("B T")
    pad_id = draw.show("pad_id", draw.integer(2, 5))
    ids = draw.ids("ids", 7, B, T)
    ids[0, 0], ids[0, 1] = pad_id, 0
    return answer(draw.show("ids", ids), pad_id)


def _padding_alone(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    return answer(draw.show("ids", torch.full((1, T), 3, dtype=torch.int32)), 3)


PADDING_MASK = Exercise(
    id="padding_mask",
    chapter=CHAPTER,
    module=MODULE,
    section=PADDING,
    probes=(
        Probe("sentences of unequal length", _padding, 2),
        Probe("another pad_id, and a real token 0", _padding_inside, 1),
        Probe("nothing but padding, ids of int32", _padding_alone, 1),
    ),
    mistakes=mistakes.PADDING_MASK,
    hints=(
        "Look at one id: when is it a real token? One comparison answers for all of them at once.",
        "ids != pad_id is (B, T). It has to line up with scores of (B, H, Tq, Tk): keys are last.",
        "Indexing with None adds an axis of size 1: put two of them between batch and positions.",
    ),
    difficulty=1,
    minutes=10,
)


def _causal_square(answer: Handle, draw: Draw) -> Any:
    return answer(draw.show("Tq", draw.integer(4, 8)))


def _causal_chunk(answer: Handle, draw: Draw) -> Any:
    Tq, more = 2 * draw.integer(1, 2) + 1, 2 * draw.integer(1, 2) + 1
    return answer(draw.show("Tq", Tq), draw.show("Tk", Tq + more))


def _causal_one(answer: Handle, draw: Draw) -> Any:
    return answer(1, draw.show("Tk", draw.integer(3, 6)))


CAUSAL_MASK = Exercise(
    id="causal_mask",
    chapter=CHAPTER,
    module=MODULE,
    section=CAUSAL,
    probes=(
        Probe("a whole sequence, Tk left out", _causal_square, 2),
        Probe("a few new queries after older keys", _causal_chunk, 1),
        Probe("one new query sees every key", _causal_one, 1),
    ),
    mistakes=mistakes.CAUSAL_MASK,
    hints=(
        "Write the 3 by 3 case by hand: row q, column k, True where k is not after q.",
        "torch.tril keeps the lower triangle; its argument `diagonal` moves the edge.",
        "The queries are the last Tq of Tk positions, so the edge moves by Tk - Tq.",
    ),
    difficulty=2,
    minutes=10,
)


def _inputs(draw: Draw, *leading: int, sizes: tuple[int, int, int, int]) -> tuple[Tensor, ...]:
    Tq, Tk, d_k, d_v = sizes
    return (
        draw.normal("query", *leading, Tq, d_k),
        draw.normal("key", *leading, Tk, d_k),
        draw.normal("value", *leading, Tk, d_v),
    )


def _square(draw: Draw) -> tuple[Tensor, ...]:
    B, T, d = draw.sizes("B T d")
    return _inputs(draw, B, sizes=(T, T, d, d))


def _rectangle(draw: Draw) -> tuple[Tensor, ...]:
    B, Tq, Tk, d_k, d_v = draw.sizes("B Tq Tk d_k d_v")
    return _inputs(draw, B, sizes=(Tq, Tk, d_k, d_v))


def _values(answer: Handle, draw: Draw) -> Any:
    return answer(*_square(draw)).output()


def _rectangular(answer: Handle, draw: Draw) -> Any:
    return answer(*_rectangle(draw)).output()


def _random_mask(answer: Handle, draw: Draw) -> Any:
    query, key, value = _square(draw)
    mask = draw.mask("mask", query.size(0), query.size(1), key.size(1))
    return answer(query, key, value, mask).output()


def _shared_mask(answer: Handle, draw: Draw) -> Any:
    B, H, Tq, Tk, d_k, d_v = draw.sizes("B H Tq Tk d_k d_v")
    query, key, value = _inputs(draw, B, H, sizes=(Tq, Tk, d_k, d_v))
    return answer(query, key, value, draw.mask("mask", B, 1, 1, Tk)).output()


def _nowhere(answer: Handle, draw: Draw) -> Any:
    query, key, value = _square(draw)
    mask = draw.mask("mask", query.size(0), query.size(1), key.size(1))
    row = draw.integer(0, query.size(1) - 1)
    mask[0, row] = False
    return answer(query, key, value, draw.show("mask", mask)).output()[0, row]


def _weights(answer: Handle, draw: Draw) -> Any:
    query, key, value = _square(draw)
    return {"out": (got := answer(query, key, value, need_weights=True))[0], "weights": got[1]}


def _large(answer: Handle, draw: Draw) -> Any:
    query, key, value = _rectangle(draw)
    query[..., -1], key[..., -1] = 1.0, 800.0 * key.size(-1) ** 0.5
    return answer(draw.show("query", query), draw.show("key", key), value).output()


def _dropout(answer: Handle, draw: Draw) -> Any:
    query, key, _ = _inputs(draw, 2, sizes=(8, 9, 3, 1))
    value = one_hot_rows(9, times=2).to(draw.dtype).expand(2, 9, 18)
    plain = answer(query, key, value).output()
    dropped = answer(query, key, value, None, 0.5, seed=draw.noise)
    reported = answer(query, key, value, None, 0.5, True, seed=draw.noise)
    facts = dropout_facts(plain, dropped.output(), 0.5)
    return facts | {"without dropout": plain, "weights before dropout": reported[1]}


def _gradients(answer: Handle, draw: Draw) -> Any:
    inputs = [answer.candidate.put(x, requires_grad=True) for x in _rectangle(draw)]
    out = answer(*inputs).output()
    found = draw.pulled(out, inputs)
    return dict(zip(("query", "key", "value"), found, strict=True))


def _kept(answer: Handle, draw: Draw) -> Any:
    inputs = _square(draw)
    query, key, value = (answer.candidate.put(x) for x in inputs)
    mask = answer.candidate.put(draw.mask("mask", inputs[1].size(1)))
    out = answer(query, key, value, mask).output()
    kept = {"query": query, "key": key, "value": value, "mask": mask}
    return {"out": out, "on the inputs' device": same_device(out, query)} | kept


SCALED_DOT_PRODUCT_ATTENTION = Exercise(
    id="scaled_dot_product_attention",
    chapter=CHAPTER,
    module=MODULE,
    section=SCALED,
    probes=(
        Probe("values, no mask", _values, 2),
        Probe("Tq, Tk, d_k and d_v all different", _rectangular, 1),
        Probe("random mask", _random_mask, 1, says="with a mask the numbers differ."),
        Probe("one mask for all heads and queries", _shared_mask, 1),
        Probe("a row that may attend nowhere", _nowhere, 1,
              says="a query that may attend nowhere must get zeros."),
        Probe("weights on request", _weights, 1),
        Probe("scores around 800 do not overflow (float64)", _large, 1, dtype=torch.float64),
        Probe("dropout on the weights", _dropout, 1),
        Probe("gradients (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.SCALED_DOT_PRODUCT_ATTENTION,
    hints=(
        "Follow the shapes: (..., Tq, d_k) times (..., d_k, Tk) gives one score a query and key.",
        "Order: scores, divide by the root of d_k, mask, softmax over keys, dropout, values.",
        "Fill hidden scores with torch.finfo(scores.dtype).min before the softmax; a row whose "
        "mask is all False comes out uniform and must be set to 0 afterwards.",
    ),
    difficulty=3,
    minutes=30,
    bans=(capabilities.ATTENTION,),
)  # fmt: skip


def _self_values(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    return draw.layer(answer, D)(draw.normal("x", B, T, D)).output()


def _self_sizes(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_k, d_v = draw.sizes("B T D d_k d_v")
    return draw.layer(answer, D, d_k=d_k, d_v=d_v)(draw.normal("x", B, T, D)).output()


def _self_d_k(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_k = draw.sizes("B T D d_k")
    return draw.layer(answer, D, d_k=d_k)(draw.normal("x", B, T, D)).output()


def _self_mask(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_k = draw.sizes("B T D d_k")
    x = draw.normal("x", B, T, D)
    return draw.layer(answer, D, d_k)(x, draw.mask("mask", B, 1, T, T)).output()


def _self_padding(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = draw.normal("x", B, T, D)
    return draw.layer(answer, D)(x, draw.mask("mask", B, 1, 1, T)).output()


def _self_nowhere(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    mask = draw.mask("mask", B, 1, T, T)
    mask[:, :, 1] = False
    x = draw.normal("x", B, T, D)
    return draw.layer(answer, D)(x, draw.show("mask", mask)).output()[:, 1]


def _self_weights(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_k = draw.sizes("B T D d_k")
    got = draw.layer(answer, D, d_k)(draw.normal("x", B, T, D), need_weights=True)
    return {"out": got[0], "weights": got[1]}


def _self_dropout(answer: Handle, draw: Draw) -> Any:
    T = 12
    layer = draw.layer(
        answer, T, d_k=5, d_v=2 * T, dropout=0.5,
        fixed={"v_proj.weight": one_hot_rows(T, times=2).T},
    )  # fmt: skip
    x = one_hot_rows(T).to(draw.dtype).unsqueeze(0)
    evaluated = layer(x).output()
    layer.call("train")
    trained = layer(x, seed=draw.noise).output()
    return dropout_facts(evaluated, trained, 0.5) | {"in evaluation": evaluated}


def _self_gradients(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_k, d_v = draw.sizes("B T D d_k d_v")
    layer = draw.layer(answer, D, d_k=d_k, d_v=d_v)
    x = answer.candidate.put(draw.normal("x", B, T, D), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x).output(), x)
    return {"x": of_x} | of_parameters


def _self_kept(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    x = answer.candidate.put(draw.normal("x", B, T, D))
    out = draw.layer(answer, D)(x).output()
    return {"out": out, "on the device of x": same_device(out, x), "x": x}


SELF_ATTENTION = Exercise(
    id="SelfAttention",
    chapter=CHAPTER,
    module=MODULE,
    section=SELF,
    probes=(
        Probe("values, d_model alone given", _self_values, 2),
        Probe("d_k given, d_v follows it", _self_d_k, 1),
        Probe("d_model, d_k and d_v all different", _self_sizes, 1),
        Probe("random mask", _self_mask, 1),
        Probe("padding mask", _self_padding, 1),
        Probe("a row that may attend nowhere", _self_nowhere, 1),
        Probe("weights on request", _self_weights, 1),
        Probe("dropout while training alone", _self_dropout, 1),
        Probe("gradients reach x and every weight (float64)", _self_gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _self_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.SELF_ATTENTION,
    hints=(
        "Three linear layers without bias, all fed with x: one each for queries, keys and values.",
        "scaled_dot_product_attention does the rest. Give it a head axis: x.unsqueeze(1).",
        "Pass the mask on, pass dropout only while self.training, and squeeze the head axis away.",
    ),
    difficulty=3,
    minutes=25,
    uses=("scaled_dot_product_attention",),
    bans=(capabilities.HEADS,),
)  # fmt: skip

EXERCISES = (PADDING_MASK, CAUSAL_MASK, SCALED_DOT_PRODUCT_ATTENTION, SELF_ATTENTION)
