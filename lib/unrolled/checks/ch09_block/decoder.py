"""The decoder layer."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.fixtures import Shift
from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.ch09_block.dropping import (
    SHOWN,
    attention_adds,
    biases_alone,
    feed_forward_adds,
    uneven,
    values_added,
)
from unrolled.checks.ch09_block.norms import CHAPTER
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch09 as mistakes
from unrolled.checks.sections import library_page


def _layer(answer: Handle, draw: Draw, **kwargs: Any) -> tuple[Handle, tuple[int, ...]]:
    """A layer, and the sizes B, H, Tq, Tk and D."""
    H, d_k = draw.sizes("H d_k")
    B, Tq, Tk, d_ff = draw.sizes("B Tq Tk d_ff")
    return draw.layer(answer, H * d_k, H, d_ff, **kwargs), (B, H, Tq, Tk, H * d_k)


def _values(answer: Handle, draw: Draw, **kwargs: Any) -> Any:
    layer, (B, _, Tq, Tk, D) = _layer(answer, draw, **kwargs)
    return layer(draw.normal("x", B, Tq, D), draw.normal("memory", B, Tk, D)).output()


def _post(answer: Handle, draw: Draw) -> Any:
    return _values(answer, draw)


def _pre(answer: Handle, draw: Draw) -> Any:
    return _values(answer, draw, norm_first=True)


def _gelu(answer: Handle, draw: Draw) -> Any:
    return _values(answer, draw, activation="gelu")


def _eps(answer: Handle, draw: Draw) -> Any:
    return _values(answer, draw, eps=0.5, bias=False)


def _head_masks(answer: Handle, draw: Draw) -> Any:
    layer, (B, H, Tq, Tk, D) = _layer(answer, draw)
    x, memory = draw.normal("x", B, Tq, D), draw.normal("memory", B, Tk, D)
    return layer(x, memory, draw.mask("mask", B, H, Tq, Tq)).output()


def _padding(answer: Handle, draw: Draw) -> Any:
    layer, (B, _, Tq, Tk, D) = _layer(answer, draw)
    x, memory = draw.normal("x", B, Tq, D), draw.normal("memory", B, Tk, D)
    return layer(x, memory, memory_mask=draw.mask("memory_mask", B, 1, 1, Tk)).output()


def _both_masks(answer: Handle, draw: Draw) -> Any:
    # As many positions in memory as in x: masks that are mixed up fit, and give other numbers.
    layer, (B, _, T, _, D) = _layer(answer, draw, norm_first=True)
    x, memory = draw.normal("x", B, T, D), draw.normal("memory", B, T, D)
    masks = draw.mask("mask", B, 1, T, T), draw.mask("memory_mask", B, 1, T, T)
    return layer(x, memory, *masks).output()


def _weights(answer: Handle, draw: Draw) -> Any:
    layer, (B, _, Tq, Tk, D) = _layer(answer, draw, norm_first=True)
    got = layer(draw.normal("x", B, Tq, D), draw.normal("memory", B, Tk, D), need_weights=True)
    return {"out": got[0], "self_weights": got[1][0], "cross_weights": got[1][1]}


FIXED = (
    attention_adds("self_attention", 0, 3, 0.5)
    | attention_adds("cross_attention", 1, 3, 0.25)
    | feed_forward_adds(2, 3, 0.75)
)
NAMES = "self-attention", "cross-attention", "the feed-forward network"


def _dropout(answer: Handle, draw: Draw) -> Any:
    D = 3 * SHOWN
    x, memory = draw.normal("x", 32, 1, D), draw.normal("memory", 32, 1, D)
    layer = draw.layer(answer, D, 2, SHOWN, 0.5, norm_first=True, fixed=FIXED)
    evaluated = layer(x, memory).output()
    layer.call("train")
    trained = layer(x, memory, seed=draw.noise).output()
    return {"in evaluation": evaluated} | values_added(trained, x, NAMES)


def _dropout_post(answer: Handle, draw: Draw) -> Any:
    D = 3 * SHOWN
    x, memory = draw.show("x", torch.zeros(8, 1, D)), draw.normal("memory", 8, 1, D)
    layer = draw.layer(answer, D, 2, SHOWN, 0.5, fixed=biases_alone(FIXED, norms=3))
    evaluated = layer(x, memory).output()
    layer.call("train")
    trained = layer(x, memory, seed=draw.noise).output()
    return {"in evaluation": evaluated} | uneven(trained, NAMES)


def _given_attention(answer: Handle, draw: Draw) -> Any:
    B, Tq, Tk, D, d_ff = draw.sizes("B Tq Tk D d_ff")
    # By position, as twins are only made of these.
    layer = draw.layer(answer, D, 1, d_ff, 0.0, "relu", False, 1e-5, True, Shift(1))
    return layer(draw.normal("x", B, Tq, D), draw.normal("memory", B, Tk, D)).output()


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, (B, _, Tq, Tk, D) = _layer(answer, draw)
    x = answer.candidate.put(draw.normal("x", B, Tq, D), requires_grad=True)
    memory = answer.candidate.put(draw.normal("memory", B, Tk, D), requires_grad=True)
    of_inputs, of_parameters = draw.gradients(layer, layer(x, memory).output(), x, memory)
    # A bias on the keys moves all scores of a row alike: its gradient is 0 but for rounding.
    for name in ("self_attention.k_proj.bias", "cross_attention.k_proj.bias"):
        of_parameters.pop(name)
    return dict(zip(("x", "memory"), of_inputs, strict=True)) | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, (B, _, Tq, Tk, D) = _layer(answer, draw, norm_first=True)
    x = answer.candidate.put(draw.normal("x", B, Tq, D))
    memory = answer.candidate.put(draw.normal("memory", B, Tk, D))
    out = layer(x, memory).output()
    return {"out": out, "on the device of x": same_device(out, x), "x": x, "memory": memory}


TRANSFORMER_DECODER_LAYER = Exercise(
    id="TransformerDecoderLayer",
    chapter=CHAPTER,
    module="unrolled.blocks.layers",
    section=library_page("blocks", "TransformerDecoderLayer"),
    probes=(
        Probe("values, post-norm", _post, 2),
        Probe("values, pre-norm", _pre, 1),
        Probe("mask: what each position may see of x", _head_masks, 1),
        Probe("memory_mask: padding of the memory", _padding, 1),
        Probe("both masks at once, pre-norm", _both_masks, 1),
        Probe("the activation that is asked for", _gelu, 1),
        Probe("another eps, and no biases", _eps, 1),
        Probe("weights of both attentions on request", _weights, 1),
        Probe("all dropouts while training alone", _dropout, 1),
        Probe("dropout of the three sublayers, post-norm", _dropout_post, 1),
        Probe("the class of self-attention that is given", _given_attention, 1),
        Probe("gradients reach inputs and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, x and memory unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.TRANSFORMER_DECODER_LAYER,
    hints=(
        "Three sublayers in this order: self-attention, attention to the memory, the feed-forward "
        "network. Each has its own residual connection and its own norm.",
        "In cross-attention x gives the queries, and memory keys and values. The memory comes from "
        "the encoder as it is to be used: only x is normalised.",
        "Post-norm: x = norm1(x + self(x)); x = norm2(x + cross(x, memory, memory)); x = norm3(x + "
        "feed_forward(x)), each sublayer followed by dropout. Pre-norm: x = x + self(norm1(x)), "
        "and so on.",
    ),
    runs=150,
    difficulty=4,
    minutes=40,
    uses=("LayerNorm", "FeedForward"),
    bans=(capabilities.TRANSFORMER,),
)  # fmt: skip
