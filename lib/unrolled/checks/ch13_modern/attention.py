"""Grouped-query attention with rotary positions."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import dropout_facts, one_hot_rows, same_device
from unrolled.checks.mistakes.ch13 import GROUPED
from unrolled.checks.sections import library_page

Made = tuple[Handle, int, torch.Tensor]


def _made(answer: Handle, draw: Draw, **kwargs: Any) -> Made:
    """A layer with 2 or 3 heads of keys, twice or three times as many of queries; and x."""
    G, d_k = draw.integer(2, 3), 2 * draw.integer(1, 2)
    H = G * draw.integer(2, 3)
    return _layer(answer, draw, (H * d_k, H, G), **kwargs)


def _layer(answer: Handle, draw: Draw, sizes: tuple[int, int, int], **kwargs: Any) -> Made:
    D, H, G = sizes
    layer = draw.layer(answer, D, H, G, **kwargs)
    B, T = draw.sizes("B T")
    return layer, H, draw.normal("x", B, T, D)


def _values(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    return layer(x).output()


def _one_group(answer: Handle, draw: Draw) -> Any:
    H = draw.integer(2, 4)
    layer, _, x = _layer(answer, draw, (4 * H, H, 1))
    return layer(x).output()


def _all_groups(answer: Handle, draw: Draw) -> Any:
    H = draw.integer(2, 4)
    layer, _, x = _layer(answer, draw, (4 * H, H, H))
    return layer(x).output()


def _sizes(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _layer(answer, draw, (draw.integer(5, 7), 6, 3), d_k=4, bias=True)
    return layer(x).output()


def _positions(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    steps = draw.ids("steps", 5, x.size(1)) + 1
    return layer(x, positions=draw.show("positions", steps.cumsum(0))).output()


def _positions_each(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    steps = draw.ids("steps", 5, x.size(0), x.size(1)) + 1
    return layer(x, positions=draw.show("positions", steps.cumsum(1))).output()


def _base(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _layer(answer, draw, (16, 4, 2), base=float(draw.integer(20, 90)))
    return layer(x).output()


def _head_masks(answer: Handle, draw: Draw) -> Any:
    layer, H, x = _made(answer, draw)
    return layer(x, draw.mask("mask", x.size(0), H, x.size(1), x.size(1))).output()


def _padding(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    return layer(x, draw.mask("mask", x.size(0), 1, 1, x.size(1))).output()


def _nowhere(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    mask = draw.mask("mask", x.size(0), 1, x.size(1), x.size(1))
    mask[:, :, 1] = False
    return layer(x, draw.show("mask", mask)).output()[:, 1]


def _weights(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    got = layer(x, need_weights=True)
    return {"out": got[0], "weights": got[1]}


def _dropout(answer: Handle, draw: Draw) -> Any:
    # Position t has the t-th unit vector, twice, as its value and out_proj is the identity: the
    # output shows each head's row of weights, twice.
    T, H = 6, 2
    D = H * 2 * T
    shows = torch.cat([one_hot_rows(T, times=2).T, torch.zeros(2 * T, D - T)], dim=1)
    fixed = {"v_proj.weight": shows, "out_proj.weight": torch.eye(D)}
    layer = draw.layer(answer, D, H, 1, dropout=0.5, fixed=fixed)
    x = draw.normal("x", 2, T, D)
    x[..., :T] = torch.eye(T)
    evaluated = layer(draw.show("x", x)).output()
    layer.call("train")
    trained = layer(x, seed=draw.noise).output()
    heads = [out.call("unflatten", -1, (H, 2 * T)) for out in (evaluated, trained)]
    return dropout_facts(*heads, 0.5) | {"in evaluation": evaluated}


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    x = answer.candidate.put(x, requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x).output(), x)
    return {"x": of_x} | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, _, x = _made(answer, draw)
    mask = answer.candidate.put(draw.mask("mask", x.size(0), 1, 1, x.size(1)))
    x = answer.candidate.put(x)
    out = layer(x, mask).output()
    return {"out": out, "on the device of x": same_device(out, x), "x": x, "mask": mask}


GROUPED_QUERY_ATTENTION = Exercise(
    id="GroupedQueryAttention",
    chapter="13-modern",
    module="unrolled.llama.attention",
    section=library_page("llama", "GroupedQueryAttention"),
    probes=(
        Probe("values, several heads of queries for each of keys", _values, 2),
        Probe("one head of keys for all (multi-query)", _one_group, 1),
        Probe("as many heads of keys as of queries", _all_groups, 1),
        Probe("d_k given, with biases", _sizes, 1),
        Probe("positions with gaps", _positions, 1),
        Probe("positions of each sentence its own", _positions_each, 1),
        Probe("another base", _base, 1),
        Probe("a mask for each head", _head_masks, 1),
        Probe("one padding mask for all heads", _padding, 1),
        Probe("a row that may attend nowhere", _nowhere, 1),
        Probe("weights of each head on request", _weights, 1),
        Probe("dropout while training alone", _dropout, 1),
        Probe("gradients reach x and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=GROUPED,
    hints=(
        "It is MultiHeadAttention with three changes: keys and values have fewer heads, queries "
        "and keys are rotated, and what is missing in heads is repeated before attending.",
        "apply_rope(q, positions, base) wants (B, H, T, d_k), so split first. "
        "repeat_interleave(n_heads // n_kv_heads, dim=1) gives neighbours the same keys.",
        "project, split_heads (n_heads for q, n_kv_heads for k and v), rotate q and k, "
        "repeat_interleave k and v, scaled_dot_product_attention, merge_heads, out_proj.",
    ),
    difficulty=4,
    minutes=40,
    bans=(capabilities.HEADS, capabilities.course("CausalGroupedQueryAttention")),
)  # fmt: skip
