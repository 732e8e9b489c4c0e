"""The norm and the feed-forward network of a Llama.

Shapes: ``D`` = d_model; ``...`` any leading axes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import llama as arguments
from unrolled.views import views

__all__ = ["RMSNorm", "SwiGLU"]


def _fused_rms_norm(self: RMSNorm, x: Tensor) -> Tensor:
    """Scale by the root mean square in torch's own kernel, which sums half precision in float32."""
    return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


class RMSNorm(nn.Module):
    r"""Give every position a root mean square of 1 over its features, then a learned scale.

    .. math:: y = \frac{x}{\mathrm{RMS}(x)} \odot g, \quad
        \mathrm{RMS}(x) = \sqrt{\frac{1}{D} \sum_i x_i^2 + \epsilon}

    Zhang and Sennrich 2019, equation 4, as Llama has it: epsilon is not in the paper. Compared
    with LayerNorm no mean is subtracted and nothing is shifted.

    Args:
        d_model: number of features, at least 1.
        eps: added to the mean square, at least 0. Default: 1e-6.

    Shape:
        x ``(..., D)``, result ``(..., D)``.

    Returns:
        The normalised features.

    Raises:
        TypeError: if ``x`` is not floating point.
        ValueError: if ``d_model`` or ``eps`` is out of range, or ``x`` has another width.

    Parameters: ``weight`` (D,), ones at first.

    Matches ``nn.RMSNorm`` and Hugging Face's ``LlamaRMSNorm`` within 1e-5 (float32), the first
    within 1e-10 (float64); the second computes in float32 always.

    >>> RMSNorm(2, eps=0.0)(torch.tensor([[1.0, 7.0]])).detach()
    tensor([[0.2000, 1.4000]])
    """

    @views(check=arguments.rms_norm)
    def __init__(self, d_model: int, eps: float = 1e-6):
        super().__init__()
        self.d_model = d_model
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))

    @views(check=arguments.normalise, fast=_fused_rms_norm)
    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis of ``x``."""
        mean_square = x.square().mean(dim=-1, keepdim=True)  # (..., 1)
        return x / (mean_square + self.eps).sqrt() * self.weight  # (..., D)


class SwiGLU(nn.Module):
    r"""A feed-forward network with a gate: one projection decides how much of another passes.

    .. math:: \mathrm{FFN}_{\mathrm{SwiGLU}}(x) = (\mathrm{Swish}(x W) \odot x V) W_2, \quad
        \mathrm{Swish}(z) = z \, \sigma(z)

    Shazeer 2020, equation 6. :math:`W` is ``gate_proj``, :math:`V` ``up_proj`` and :math:`W_2`
    ``down_proj``. With three matrices instead of two, two thirds of the usual width in between
    have the usual number of parameters.

    Args:
        d_model: width of the input and of the output, at least 1.
        d_ff: width in between, at least 1.
        bias: add a bias in the three projections. Default: False.

    Shape:
        x ``(..., D)``, result ``(..., D)``.

    Returns:
        The transformed features; no position sees another.

    Raises:
        TypeError: if ``x`` is not floating point.
        ValueError: if a width is below 1 or ``x`` has another one.

    Parameters: ``gate_proj`` and ``up_proj``, each a Linear (d_ff, D); ``down_proj``, a Linear
    (D, d_ff).

    Matches Hugging Face's ``LlamaMLP`` within 1e-5 (float32) and 1e-10 (float64).

    >>> SwiGLU(8, d_ff=21)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=arguments.swiglu)
    def __init__(self, d_model: int, d_ff: int, bias: bool = False):
        super().__init__()
        self.d_model = d_model
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    @views(check=arguments.transform)
    def forward(self, x: Tensor) -> Tensor:
        """Transform the last axis of ``x``."""
        gate = F.silu(self.gate_proj(x))  # (..., d_ff)
        return self.down_proj(gate * self.up_proj(x))  # (..., D)
