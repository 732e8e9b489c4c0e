"""Positions that enter where queries meet keys: rotary and ALiBi."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.ch08_positions.tables import CHAPTER, made, under_float64
from unrolled.checks.compare import TOLERANCE
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch08 as mistakes
from unrolled.checks.sections import section
from unrolled.checks.transplant import Unfit


def _pair(draw: Draw) -> tuple[Tensor, Tensor]:
    *others, half = draw.sizes("B H Tq Tk half")
    B, H, Tq, Tk = others
    d_k = next(n for n in range(2 * half, 30, 2) if n not in others)
    return draw.normal("query", B, H, Tq, d_k), draw.normal("key", B, H, Tk, d_k)


def _scores(query: Handle, key: Handle) -> Handle:
    """What attention makes of rotated queries and keys.

    Scores and not the rotated features are compared: who counts positions from 1 turns everything
    one step further, and attention is the same.
    """
    return query.call("matmul", key.call("transpose", -2, -1))


def _from_0(answer: Handle, draw: Draw) -> Any:
    query, key = _pair(draw)
    return _scores(*(answer(x, torch.arange(x.size(2))) for x in (query, key)))


def _after_cache(answer: Handle, draw: Draw) -> Any:
    query, key = _pair(draw)
    start = draw.integer(3, 9)
    places = draw.show("positions of the query", torch.arange(start, start + query.size(2)))
    return _scores(answer(query, places), answer(key, torch.arange(key.size(2))))


def _per_sentence(answer: Handle, draw: Draw) -> Any:
    query, key = _pair(draw)
    rows = [draw.ids("positions", 30, x.size(0), x.size(2)) for x in (query, key)]
    return _scores(*(answer(x, places) for x, places in zip((query, key), rows, strict=True)))


def _base(answer: Handle, draw: Draw) -> Any:
    query, key = _pair(draw)
    base = draw.show("base", float(draw.integer(20, 90)))
    return _scores(*(answer(x, torch.arange(x.size(2)), base) for x in (query, key)))


def _between(answer: Handle, draw: Draw) -> Any:
    query, key = _pair(draw)
    halves = draw.show("positions of the query", torch.arange(query.size(2)) / 2)
    return _scores(answer(query, halves), answer(key, torch.arange(key.size(2))))


def _half_precision(answer: Handle, draw: Draw) -> Any:
    """Half precision against the answer's own float32.

    Two right answers round differently in half precision, and so do two wrong ones: facts are the
    same for all of them.
    """
    query, key = _pair(draw)
    start = 2900 + draw.integer(0, 60)
    places = [start + torch.arange(x.size(2)) for x in (query, key)]
    draw.show("positions of the query", places[0])
    pairs = list(zip((query, key), places, strict=True))
    half = tensor(_scores(*(answer(x, p) for x, p in pairs)))
    exact = tensor(_scores(*(answer(x.float(), p) for x, p in pairs))).double()
    if half.shape != exact.shape:
        raise Unfit(f"shape {tuple(exact.shape)} is wanted, {tuple(half.shape)} was returned")
    close = TOLERANCE[torch.bfloat16] * max(1.0, exact.abs().max().item())
    return {
        "the dtype of x is kept": half.dtype == query.dtype,
        "the scores of float32": bool((half.double() - exact).abs().max() <= close),
    }


def _gradients(answer: Handle, draw: Draw) -> Any:
    given = [answer.candidate.put(x, requires_grad=True) for x in _pair(draw)]
    lengths = [draw.shown[name].size(2) for name in ("query", "key")]
    rotated = [answer(x, torch.arange(T)) for x, T in zip(given, lengths, strict=True)]
    out = _scores(*rotated)
    found = draw.pulled(out, given)
    return dict(zip(("query", "key"), found, strict=True))


def _kept(answer: Handle, draw: Draw) -> Any:
    B, H, T, half = draw.sizes("B H T half")
    x = answer.candidate.put(draw.normal("x", B, H, T, 2 * half))
    positions = answer.candidate.put(draw.show("positions", torch.arange(T)))
    out = answer(x, positions)
    return {
        "shape": out.call("size"),
        "length of each row": out.call("norm", dim=-1),
        "on the device of x": same_device(out, x),
        "x": x,
        "positions": positions,
    }


APPLY_ROPE = Exercise(
    id="apply_rope",
    chapter=CHAPTER,
    module="unrolled.positions.rotary",
    section=section("sec-08-rotary"),
    probes=(
        Probe("scores of queries and keys from position 0 on", _from_0, 2),
        Probe("scores of queries that stand after a cache", _after_cache, 1),
        Probe("positions of each sentence, (B, T)", _per_sentence, 1),
        Probe("another base", _base, 1),
        Probe("positions between the whole numbers", _between, 1),
        Probe("bfloat16, near position 2900", _half_precision, 1, values=False,
              dtype=torch.bfloat16,
              says="half precision cannot count this far: compute the angles in float32."),
        Probe("gradients of the scores (float64)", _gradients, 1, dtype=torch.float64),
        Probe("shape, length, float64, device and inputs kept", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.APPLY_ROPE,
    hints=(
        "First the angles, (T, d_k / 2): position m turns pair i by m times theta_i.",
        "x.chunk(2, dim=-1) gives the two halves that are turned together. Angles of (B, T, ...) "
        "need an axis for the heads: unsqueeze(1).",
        "cat of (first * cos - second * sin, second * cos + first * sin) along the last axis, "
        "with cos and sin computed in float32 at least and then cast to x.dtype.",
    ),
    difficulty=4,
    minutes=35,
)  # fmt: skip


def _power_of_two(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    return made(answer, draw, draw.show("n_heads", 2 ** draw.integer(1, 2)), draw.show("Tq", T))


def _other_numbers(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    return made(
        answer, draw, draw.show("n_heads", (6, 7, 12)[draw.integer(0, 2)]), draw.show("Tq", T)
    )


def _last_queries(answer: Handle, draw: Draw) -> Any:
    Tq, more = draw.sizes("Tq more")
    return made(
        answer, draw, draw.show("n_heads", 4), draw.show("Tq", Tq), draw.show("Tk", Tq + more)
    )


def _ones(answer: Handle, draw: Draw) -> Any:
    (Tk,) = draw.sizes("Tk")
    return made(answer, draw, draw.show("n_heads", 1), draw.show("Tq", 1), draw.show("Tk", Tk))


def _where_made(answer: Handle, draw: Draw) -> Any:
    # The meta device holds no numbers, and every machine has it.
    Tq, Tk = 2, 3
    elsewhere = answer(2, Tq, Tk, device=torch.device("meta"))
    return {
        "default dtype float64": under_float64(answer, 2, Tq, Tk),
        "device='meta'": elsewhere.attribute("device").attribute("type"),
    }


ALIBI_BIAS = Exercise(
    id="alibi_bias",
    chapter=CHAPTER,
    module="unrolled.positions.alibi",
    section=section("sec-08-alibi"),
    probes=(
        Probe("values, 2 or 4 heads", _power_of_two, 2),
        Probe("a number of heads that is no power of two", _other_numbers, 1),
        Probe("a few new queries after older keys", _last_queries, 1),
        Probe("one head, one query", _ones, 1),
        Probe("default dtype and device", _where_made, 1, values=False, dtype=torch.float64),
    ),
    mistakes=mistakes.ALIBI_BIAS,
    hints=(
        "Two things are multiplied: one slope for each head, and one distance for each pair.",
        "Position j of each key is torch.arange(Tk); the queries are its last Tq entries, as a "
        "column. Slopes of shape (H, 1, 1) line up with distances of (Tq, Tk).",
        "With P the largest power of two up to H, the slopes are 2 ** (-8 * (h + 1) / P) for "
        "h < P, then 2 ** (-4 * (h + 1) / P) for h = 0, 2, 4, ... until there are H.",
    ),
    difficulty=3,
    minutes=25,
)
