"""Layer normalisation (Ba et al. 2016).

Shapes: ``D`` = d_model; ``...`` any leading axes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.arguments import blocks as arguments
from unrolled.views import views

__all__ = ["LayerNorm"]


def _fused_layer_norm(self: LayerNorm, x: Tensor) -> Tensor:
    """Mean, variance, scale and shift in one kernel."""
    return torch.layer_norm(x, (self.d_model,), self.weight, self.bias, self.eps)


class LayerNorm(nn.Module):
    r"""Give every position mean 0 and variance 1 over its features, then a learned scale and shift.

    .. math:: y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \odot \gamma + \beta, \quad
        \mu = \frac{1}{D} \sum_i x_i, \quad \sigma^2 = \frac{1}{D} \sum_i (x_i - \mu)^2

    Ba et al. 2016, equations 3 and 4. Each position is normalised alone: neither the batch nor
    the rest of the sentence enters. The variance is divided by D, not by D - 1; epsilon, which
    the paper does not have, stands inside the root.

    Args:
        d_model: number of features, at least 1.
        eps: added to the variance, at least 0. Default: 1e-5.
        bias: learn a shift. Default: True.

    Shape:
        x ``(..., D)``, result ``(..., D)``.

    Returns:
        The normalised features.

    Raises:
        TypeError: if ``x`` is not floating point.
        ValueError: if ``d_model`` or ``eps`` is out of range, or ``x`` has another width.

    Parameters: ``weight`` (D,), ones at first; ``bias`` (D,), zeros at first.

    Matches ``nn.LayerNorm`` within 1e-5 (float32) and 1e-10 (float64); its state dict loads.

    >>> LayerNorm(2)(torch.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)
    """

    @views(check=arguments.layer_norm)
    def __init__(self, d_model: int, eps: float = 1e-5, bias: bool = True):
        super().__init__()
        self.d_model = d_model
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.register_parameter("bias", nn.Parameter(torch.zeros(d_model)) if bias else None)

    @views(check=arguments.normalise, fast=_fused_layer_norm)
    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis of ``x``."""
        mean = x.mean(dim=-1, keepdim=True)  # (..., 1)
        variance = (x - mean).square().mean(dim=-1, keepdim=True)  # (..., 1)
        normalised = (x - mean) / (variance + self.eps).sqrt()  # (..., D)
        scaled = normalised * self.weight
        return scaled if self.bias is None else scaled + self.bias
