"""The vision Transformer: an image is a sentence of patches (Dosovitskiy et al. 2021).

Shapes: ``B`` batch, ``C`` channels, ``P`` side of a patch, ``N`` patches, ``D`` = hidden_size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import configs
from unrolled.arguments import vit as arguments
from unrolled.bert.config import known_fields
from unrolled.bert.model import encoder_layers, initialise
from unrolled.blocks import LayerNorm
from unrolled.parts import part
from unrolled.views import views

__all__ = ["ViT", "ViTConfig", "ViTForImageClassification", "patch_embed"]


@dataclass(frozen=True)
class ViTConfig:
    """The sizes of a ViT, by Hugging Face's names; the defaults are those of ViT-Base.

    Args:
        hidden_size: D, a multiple of ``num_attention_heads``. Default: 768.
        num_hidden_layers: number of layers, at least 1. Default: 12.
        num_attention_heads: heads of each layer. Default: 12.
        intermediate_size: width inside the feed-forward network. Default: 3072.
        hidden_act: ``"gelu"``, ``"gelu_new"`` or ``"relu"``. Default: ``"gelu"``.
        hidden_dropout_prob: dropout of the embeddings and of what each sublayer adds, in [0, 1).
            Default: 0.
        attention_probs_dropout_prob: dropout of attention weights, in [0, 1). Default: 0.
        initializer_range: standard deviation of new weights. Default: 0.02.
        layer_norm_eps: of every LayerNorm. Default: 1e-12.
        image_size: side of the square image, a multiple of ``patch_size``. Default: 224.
        patch_size: P, side of a patch. Default: 16.
        num_channels: C. Default: 3.
        num_labels: classes of a classifier. Default: 2.

    Raises:
        ValueError: if a size is below 1, a probability outside [0, 1), ``hidden_act`` unknown,
            or one size does not divide the other.

    >>> ViTConfig().n_patches
    196
    """

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    image_size: int = 224
    patch_size: int = 16
    num_channels: int = 3
    num_labels: int = 2

    def __post_init__(self) -> None:
        arguments.vit_config(self)

    @property
    def activation(self) -> str:
        """The activation's name in :class:`unrolled.blocks.FeedForward`."""
        return configs.ACTIVATIONS[self.hidden_act]

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> ViTConfig:
        """Read the fields of a Hugging Face ``config.json`` of a ViT.

        Args:
            config: its fields. What does not change the result is left aside.

        Returns:
            The same sizes and rates.

        Raises:
            ValueError: if a field asks for what this model does not compute.

        >>> ViTConfig.from_hf({"model_type": "vit", "image_size": 32}).n_patches
        4
        """
        arguments.from_hf_vit(config)
        return cls(**known_fields(cls, config))

    @property
    def n_patches(self) -> int:
        """N, how many patches an image has."""
        return (self.image_size // self.patch_size) ** 2


def _convolved_patches(images: Tensor, weight: Tensor, bias: Tensor, patch_size: int) -> Tensor:
    """The same sum of products as a convolution that steps from patch to patch."""
    return F.conv2d(images, weight, bias, stride=patch_size).flatten(2).transpose(1, 2)


@views(check=arguments.patch_embed, fast=_convolved_patches)
def patch_embed(images: Tensor, weight: Tensor, bias: Tensor, patch_size: int) -> Tensor:
    r"""Cut images into square patches and project each to one vector.

    .. math:: z_n = E\, x_n + b, \quad x_n \in \mathbb{R}^{C \cdot P^2}

    Dosovitskiy et al. 2021, equation 1. Patches come row by row, from the top left.

    Args:
        images: pixels.
        weight: the projection, stored as a convolution's kernel.
        bias: added to every vector.
        patch_size: P; divides height and width.

    Shape:
        images ``(B, C, height, width)``, weight ``(D, C, P, P)``, bias ``(D,)``; result
        ``(B, N, D)`` with ``N = (height / P) * (width / P)``.

    Returns:
        One vector for each patch.

    Raises:
        TypeError: if ``images`` is not floating point.
        ValueError: if a shape does not fit, the batch is empty, or P does not divide height and
            width.

    Matches ``F.conv2d(images, weight, bias, stride=patch_size)`` within 1e-5 (float32) and 1e-10
    (float64).

    >>> images = torch.arange(16.0).view(1, 1, 4, 4)
    >>> patch_embed(images, torch.ones(1, 1, 2, 2), torch.zeros(1), patch_size=2).flatten()
    tensor([10., 18., 42., 50.])
    """
    P = patch_size
    patches = images.unfold(2, P, P).unfold(3, P, P)  # (B, C, rows, columns, P, P)
    patches = patches.permute(0, 2, 3, 1, 4, 5)  # (B, rows, columns, C, P, P)
    patches = patches.flatten(3).flatten(1, 2)  # (B, N, C * P * P)
    return patches @ weight.flatten(1).T + bias  # (B, N, D)


class ViT(nn.Module):
    r"""An image in, one vector for the whole and one for each patch out.

    .. math:: z^0 = [x_\mathrm{class}; E x_1; \dots; E x_N] + E_\mathrm{pos}, \quad
        z^l = \mathrm{EncoderLayer}(z^{l-1}), \quad y = \mathrm{LayerNorm}(z^L)

    Dosovitskiy et al. 2021, equations 1 to 4. The layers are pre-norm.

    Args:
        config: the sizes.
        pooler: also make the pooled vector, tanh of a projection of the class token, which is
            Hugging Face's and not the paper's. Default: False.

    Shape:
        images ``(B, C, image_size, image_size)``; hidden ``(B, 1 + N, D)``, pooled ``(B, D)``.

    Returns:
        ``(hidden, pooled)``, the class token first; ``pooled`` is None without a pooler.

    Raises:
        TypeError: if ``images`` is not floating point.
        ValueError: if ``images`` has another shape or the batch is empty.

    Parameters: ``patch_weight`` (D, C, P, P), ``patch_bias`` (D,), ``class_token`` (1, 1, D),
    ``position_embedding`` (1, 1 + N, D), those of each of ``layers``, ``norm``, and ``pooler``, a
    Linear (D, D).

    Matches Hugging Face's ``ViTModel`` within 1e-5 (float32) and 1e-10 (float64).

    >>> config = ViTConfig(8, 1, num_attention_heads=2, image_size=8, patch_size=4)
    >>> hidden, pooled = ViT(config)(torch.zeros(1, 3, 8, 8))
    >>> hidden.shape
    torch.Size([1, 5, 8])
    """

    @views(check=configs.built_from("ViTConfig"))
    def __init__(self, config: ViTConfig, pooler: bool = False):
        super().__init__()
        self.config = config
        D, P = config.hidden_size, config.patch_size
        self._patch_embed = part(patch_embed)
        self.patch_weight = nn.Parameter(torch.empty(D, config.num_channels, P, P))
        self.patch_bias = nn.Parameter(torch.empty(D))
        self.class_token = nn.Parameter(torch.empty(1, 1, D))
        self.position_embedding = nn.Parameter(torch.empty(1, 1 + config.n_patches, D))
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.layers = encoder_layers(config, norm_first=True)
        self.norm = part(LayerNorm)(D, config.layer_norm_eps)
        self.pooler = nn.Linear(D, D) if pooler else None
        initialise(self, config.initializer_range)

    @views(check=arguments.vit)
    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Look at ``images``."""
        patches = self._patch_embed(
            images, self.patch_weight, self.patch_bias, self.config.patch_size
        )  # (B, N, D)
        class_tokens = self.class_token.expand(patches.size(0), -1, -1)  # (B, 1, D)
        x = torch.cat([class_tokens, patches], dim=1) + self.position_embedding  # (B, 1 + N, D)
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        pooled = self.pooler(x[:, 0]).tanh() if self.pooler is not None else None  # (B, D)
        return x, pooled


class ViTForImageClassification(nn.Module):
    """ViT that gives an image one of ``num_labels`` classes.

    Args:
        config: the sizes.

    Shape:
        images ``(B, C, image_size, image_size)``, logits ``(B, num_labels)``.

    Returns:
        A score for every class, from the class token.

    Raises:
        TypeError, ValueError: as :class:`ViT` does.

    Parameters: ``vit``, a :class:`ViT` without pooler; ``classifier``, a Linear (num_labels, D).

    Matches Hugging Face's ``ViTForImageClassification`` within 1e-5 (float32) and 1e-10 (float64).

    >>> config = ViTConfig(8, 1, num_attention_heads=2, image_size=8, patch_size=4, num_labels=5)
    >>> ViTForImageClassification(config)(torch.zeros(1, 3, 8, 8)).shape
    torch.Size([1, 5])
    """

    @views(check=configs.built_from("ViTConfig"))
    def __init__(self, config: ViTConfig):
        super().__init__()
        self.config = config
        self.vit = part(ViT)(config)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        initialise(self.classifier, config.initializer_range)

    def forward(self, images: Tensor) -> Tensor:
        """Classify each image."""
        hidden, _ = self.vit(images)  # (B, 1 + N, D)
        return self.classifier(hidden[:, 0])  # (B, num_labels)
