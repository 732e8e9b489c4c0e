"""Which parameters weight decay is for."""

from __future__ import annotations

from typing import Any

from torch import nn

from unrolled.arguments import gpt as arguments
from unrolled.views import views

__all__ = ["decay_groups"]


@views(check=arguments.decay_groups)
def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Sort a model's parameters into those that weight decay shrinks and those that it leaves.

    Matrices (projections, embeddings) decay. Vectors do not: pulling the scale of a norm or a bias
    towards zero changes what the layer computes and regularises nothing. Frozen parameters are in
    neither group; a tied one is in its group once.

    Args:
        model: any module.
        weight_decay: of the matrices, at least 0.

    Shape:
        parameters of any shape.

    Returns:
        Two parameter groups for an optimiser: the decayed, then the rest with a decay of 0.

    Raises:
        ValueError: if ``weight_decay`` is negative, or no parameter is trainable.

    >>> decayed, rest = decay_groups(torch.nn.Linear(3, 2), weight_decay=0.1)
    >>> [tuple(p.shape) for p in decayed["params"]], [tuple(p.shape) for p in rest["params"]]
    ([(2, 3)], [(2,)])
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    matrices = [parameter for parameter in trained if parameter.dim() >= 2]
    vectors = [parameter for parameter in trained if parameter.dim() < 2]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
