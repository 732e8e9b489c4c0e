"""What ``unrolled.vit`` refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from unrolled.arguments.bert import encoder_config
from unrolled.arguments.common import at_least_one, floating, shaped
from unrolled.arguments.gpt import fixed

# Fields of a Hugging Face config that change what the model computes, and what we compute.
VIT_FIXED = {"model_type": "vit", "qkv_bias": True, "pooler_act": "tanh"}


def vit_config(config: Any) -> None:
    """Refuse sizes that no ViT can have."""
    encoder_config(config)
    sizes = ("image_size", "patch_size", "num_channels", "num_labels")
    at_least_one(**{name: getattr(config, name) for name in sizes})
    if config.image_size % config.patch_size:
        raise ValueError(
            f"image_size={config.image_size} is not divisible by patch_size={config.patch_size}"
        )


def from_hf_vit(config: Mapping[str, Any]) -> None:
    """Refuse a ViT config that asks for what ``ViT`` does not compute."""
    fixed(config, VIT_FIXED)


def patch_embed(images: Tensor, weight: Tensor, bias: Tensor, patch_size: int) -> None:
    """Refuse what ``patch_embed`` cannot cut."""
    _pixels(images)
    at_least_one(patch_size=patch_size)
    P, channels = patch_size, images.size(1)
    if images.size(2) % P or images.size(3) % P:
        raise ValueError(
            f"images has height {images.size(2)} and width {images.size(3)}, multiples of "
            f"patch_size={P} are wanted"
        )
    shaped("weight", weight, f"(D, {channels}, {P}, {P})", None, channels, P, P)
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"bias has shape {tuple(bias.shape)}, ({weight.size(0)},) is wanted")


def vit(self: Any, images: Tensor) -> None:
    """Refuse what ``ViT`` cannot look at."""
    channels, side = self.config.num_channels, self.config.image_size
    floating(images=images)
    shaped("images", images, f"(B, {channels}, {side}, {side})", None, channels, side, side)


def _pixels(images: Tensor) -> None:
    floating(images=images)
    shaped("images", images, "(B, C, height, width)", None, None, None, None)
