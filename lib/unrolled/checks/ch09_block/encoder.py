"""The encoder layer."""

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


def _layer(answer: Handle, draw: Draw, **kwargs: Any) -> tuple[Handle, tuple[int, int, int], int]:
    """A layer, the shape of its x, and its number of heads."""
    H, d_k = draw.sizes("H d_k")
    B, T, d_ff = draw.sizes("B T d_ff")
    return draw.layer(answer, H * d_k, H, d_ff, **kwargs), (B, T, H * d_k), H


def _post(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw)
    return layer(draw.normal("x", *shape)).output()


def _pre(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw, norm_first=True)
    return layer(draw.normal("x", *shape)).output()


def _head_masks(answer: Handle, draw: Draw) -> Any:
    layer, (B, T, D), H = _layer(answer, draw)
    return layer(draw.normal("x", B, T, D), draw.mask("mask", B, H, T, T)).output()


def _padding(answer: Handle, draw: Draw) -> Any:
    layer, (B, T, D), _ = _layer(answer, draw, norm_first=True)
    return layer(draw.normal("x", B, T, D), draw.mask("mask", B, 1, 1, T)).output()


def _gelu(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw, activation="gelu")
    return layer(draw.normal("x", *shape)).output()


def _eps(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw, eps=0.5, bias=False)
    return layer(draw.normal("x", *shape)).output()


def _weights(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw, norm_first=True)
    got = layer(draw.normal("x", *shape), need_weights=True)
    return {"out": got[0], "weights": got[1]}


FIXED = attention_adds("attention", 0, 2, 0.5) | feed_forward_adds(1, 2, 0.25)
NAMES = "attention", "the feed-forward network"


def _dropout(answer: Handle, draw: Draw) -> Any:
    x = draw.normal("x", 32, 1, 2 * SHOWN)
    layer = draw.layer(answer, 2 * SHOWN, 2, SHOWN, 0.5, norm_first=True, fixed=FIXED)
    evaluated = layer(x).output()
    layer.call("train")
    trained = layer(x, seed=draw.noise).output()
    return {"in evaluation": evaluated} | values_added(trained, x, NAMES)


def _dropout_post(answer: Handle, draw: Draw) -> Any:
    x = draw.show("x", torch.zeros(8, 1, 2 * SHOWN))
    layer = draw.layer(answer, 2 * SHOWN, 2, SHOWN, 0.5, fixed=biases_alone(FIXED, norms=2))
    evaluated = layer(x).output()
    layer.call("train")
    return {"in evaluation": evaluated} | uneven(layer(x, seed=draw.noise).output(), NAMES)


def _given_attention(answer: Handle, draw: Draw) -> Any:
    B, T, D, d_ff = draw.sizes("B T D d_ff")
    # By position, as twins are only made of these.
    layer = draw.layer(answer, D, 1, d_ff, 0.0, "relu", False, 1e-5, True, Shift(1))
    return layer(draw.normal("x", B, T, D)).output()


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw)
    x = answer.candidate.put(draw.normal("x", *shape), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x).output(), x)
    # A bias on the keys moves all scores of a row alike: its gradient is 0 but for rounding.
    of_parameters.pop("attention.k_proj.bias")
    return {"x": of_x} | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw, norm_first=True)
    x = answer.candidate.put(draw.normal("x", *shape))
    out = layer(x).output()
    return {"out": out, "on the device of x": same_device(out, x), "x": x}


TRANSFORMER_ENCODER_LAYER = Exercise(
    id="TransformerEncoderLayer",
    chapter=CHAPTER,
    module="unrolled.blocks.layers",
    section=library_page("blocks", "TransformerEncoderLayer"),
    probes=(
        Probe("values, post-norm", _post, 2),
        Probe("values, pre-norm", _pre, 1),
        Probe("a mask for each head", _head_masks, 1),
        Probe("a padding mask, pre-norm", _padding, 1),
        Probe("the activation that is asked for", _gelu, 1),
        Probe("another eps, and no biases", _eps, 1),
        Probe("weights of each head on request", _weights, 1),
        Probe("all dropouts while training alone", _dropout, 1),
        Probe("dropout of both sublayers, post-norm", _dropout_post, 1),
        Probe("the class of attention that is given", _given_attention, 1),
        Probe("gradients reach x and every weight (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.TRANSFORMER_ENCODER_LAYER,
    hints=(
        "Two sublayers, attention and the feed-forward network. What is added to what, and what is "
        "normalised: the sum (post-norm), or what the sublayer reads (pre-norm)?",
        "Build it from MultiHeadAttention, your FeedForward and two of your LayerNorm, and hand on "
        "dropout, activation, eps and bias. One nn.Dropout serves what both sublayers give.",
        "Post-norm: x = norm1(x + dropout(attention(x))), then x = norm2(x + "
        "dropout(feed_forward(x))). Pre-norm: x = x + dropout(attention(norm1(x))), and so on.",
    ),
    difficulty=4,
    minutes=40,
    uses=("LayerNorm", "FeedForward"),
    bans=(capabilities.TRANSFORMER,),
)  # fmt: skip
