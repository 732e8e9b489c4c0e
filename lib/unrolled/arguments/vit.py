"""What ``unrolled.vit`` refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from unrolled.arguments import common, configs, tensors

# Fields of a Hugging Face config that change what the model computes, and what we compute.
VIT_FIXED = {"model_type": "vit", "qkv_bias": True, "pooler_act": "tanh"}


def vit_config(config: Any) -> None:
    """Refuse sizes that no ViT can have."""
    configs.encoder(config)
    sizes = ("image_size", "patch_size", "num_channels", "num_labels")
    common.at_least_one(**configs.fields(config, *sizes))
    common.divisible(image_size=config.image_size, patch_size=config.patch_size)


def from_hf_vit(config: Mapping[str, Any]) -> None:
    """Refuse a ViT config that asks for what ``ViT`` does not compute."""
    configs.fixed(config, VIT_FIXED)


def patch_embed(images: Tensor, weight: Tensor, bias: Tensor, patch_size: int) -> None:
    """Refuse what ``patch_embed`` cannot cut."""
    tensors.floating(images=images, weight=weight, bias=bias)
    tensors.shaped("images", images, "(B, C, height, width)", None, None, None, None)
    common.at_least_one(patch_size=patch_size)
    P, channels = patch_size, images.size(1)
    if images.size(2) % P or images.size(3) % P:
        raise ValueError(
            f"images has height {images.size(2)} and width {images.size(3)}, multiples of "
            f"patch_size={P} are wanted"
        )
    tensors.shaped("weight", weight, f"(D, {channels}, {P}, {P})", None, channels, P, P)
    tensors.exactly("bias", bias, weight.size(0))


def vit(self: Any, images: Tensor) -> None:
    """Refuse what ``ViT`` cannot look at."""
    channels, side = self.config.num_channels, self.config.image_size
    tensors.floating(images=images)
    tensors.shaped("images", images, f"(B, {channels}, {side}, {side})", None, channels, side, side)
