"""Patches of images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch14 as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "14-beyond"


def _images(
    draw: Draw, rows: int, columns: int, P: int, layout: str = "images"
) -> tuple[Tensor, Tensor, Tensor, int]:
    B, C, D = draw.sizes("B C D")
    height, width = rows * P, columns * P
    shape = (B, C, height, width) if layout == "images" else (B, height, width, C)
    images = draw.normal(layout, *shape)
    weight = draw.normal("weight", D, C, P, P, scale=(C * P * P) ** -0.5)
    return images, weight, draw.normal("bias", D), draw.show("patch_size", P)


def _square(answer: Handle, draw: Draw) -> Any:
    side = draw.integer(2, 3)
    return answer(*_images(draw, side, side, draw.integer(2, 3)))


def _rectangle(answer: Handle, draw: Draw) -> Any:
    rows = draw.integer(2, 3)
    return answer(*_images(draw, rows, 5 - rows, draw.integer(2, 3)))


def _one_patch(answer: Handle, draw: Draw) -> Any:
    return answer(*_images(draw, 1, 1, draw.integer(2, 4)))


def _pixels(answer: Handle, draw: Draw) -> Any:
    return answer(*_images(draw, 2, 3, 1))


def _channels_behind(answer: Handle, draw: Draw) -> Any:
    stored, *others = _images(draw, 2, 3, 2, "images, stored (B, height, width, C)")
    images = answer.candidate.put(stored)
    return {"patches": answer(images.call("permute", 0, 3, 1, 2), *others), "images": images}


def _patch_gradients(answer: Handle, draw: Draw) -> Any:
    *tensors, P = _images(draw, 2, 3, 2)
    inputs = [answer.candidate.put(value, requires_grad=True) for value in tensors]
    out = answer(*inputs, P)
    found = draw.pulled(out, inputs)
    return dict(zip(("images", "weight", "bias"), found, strict=True))


def _patches_kept(answer: Handle, draw: Draw) -> Any:
    *tensors, P = _images(draw, 3, 2, 2)
    images, weight, bias = (answer.candidate.put(value) for value in tensors)
    out = answer(images, weight, bias, P)
    return {"patches": out, "on the device of images": same_device(out, images),
            "images": images, "weight": weight, "bias": bias}  # fmt: skip


PATCH_EMBED = Exercise(
    id="patch_embed",
    chapter=CHAPTER,
    module="unrolled.vit",
    section=library_page("vit", "patch_embed"),
    probes=(
        Probe("square images of several patches", _square, 2),
        Probe("images that are wider or higher", _rectangle, 1),
        Probe("one patch is the whole image", _one_patch, 1),
        Probe("patches of one pixel", _pixels, 1),
        Probe("images that are not contiguous, left unmodified", _channels_behind, 1),
        Probe("gradients (float64)", _patch_gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _patches_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.PATCH_EMBED,
    hints=(
        "Cut the height into (rows, P) and the width into (columns, P): six axes in all.",
        "images.unfold(2, P, P).unfold(3, P, P), or unflatten twice; then permute, so that "
        "(rows, columns) come before (C, P, P).",
        "Flatten (C, P, P) to one axis and (rows, columns) to N; multiply by weight.flatten(1).T "
        "and add the bias.",
    ),
    difficulty=3,
    minutes=20,
)  # fmt: skip
