"""One update of a model's weights, and the clip that keeps it small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.arguments import training as arguments
from unrolled.views import views

__all__ = ["clip_gradients", "training_step"]


def _fused_clip(parameters: Tensor | Iterable[Tensor], max_norm: float) -> Tensor:
    """The same in a few kernels for all parameters together."""
    return nn.utils.clip_grad_norm_(parameters, max_norm)


@views(check=arguments.clip_gradients, fast=_fused_clip)
def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> Tensor:
    r"""Shorten the gradient, taken as one long vector, to at most ``max_norm``.

    .. math:: \hat g \leftarrow g \cdot
        \min\left(1, \frac{\mathit{threshold}}{\lVert g \rVert}\right)

    Pascanu, Mikolov and Bengio 2013, algorithm 1. All gradients shrink by the same factor, so their
    direction stays. Torch's 1e-6 in the denominator is kept; the paper has none.

    Args:
        parameters: what has gradients; those without one are passed over.
        max_norm: the longest the gradient may be, above 0.

    Shape:
        parameters of any shape, result ``()``.

    Returns:
        The norm before clipping, 0 if there is no gradient. Gradients change in place.

    Raises:
        ValueError: if ``max_norm`` is not above 0.

    Matches ``torch.nn.utils.clip_grad_norm_`` within 1e-5 (float32) and 1e-10 (float64).

    >>> weight = torch.zeros(2, requires_grad=True)
    >>> weight.grad = torch.tensor([3.0, 4.0])
    >>> clip_gradients([weight], max_norm=1.0), weight.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()  # ()
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)  # ()
    for gradient in gradients:
        gradient.mul_(factor)
    return norm


@views(check=arguments.training_step)
def training_step(
    model: nn.Module,
    batch: Any,
    loss: Callable[[nn.Module, Any], Tensor],
    optimizer: torch.optim.Optimizer,
    max_norm: float | None = None,
) -> float:
    r"""Change the weights once, so that the loss on this batch goes down.

    .. math:: \theta \leftarrow \theta - \eta\, \nabla_\theta L(\theta;\, \mathit{batch})

    Written for plain gradient descent; ``optimizer`` decides what is made of the gradient. The
    order matters: old gradients away, forward, backward, clip, update.

    Args:
        model: what is trained; set to training mode.
        batch: anything ``loss`` can read.
        loss: a function of model and batch that returns a scalar tensor.
        optimizer: holds the model's parameters and the learning rate.
        max_norm: the longest the gradient may be, above 0. Default: None, as long as it is.

    Shape:
        the loss is ``()``.

    Returns:
        The loss before the update. The clipped gradients stay on the parameters, to be looked at.

    Raises:
        TypeError: if ``model``, ``loss`` or ``optimizer`` is something else.
        ValueError: if ``max_norm`` is not above 0.

    Matches the loop of the same five torch calls exactly.

    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.constant_(model.weight, 3.0)
    >>> sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> training_step(model, torch.ones(1, 1), lambda model, x: model(x).square().mean(), sgd)
    9.0
    >>> model.weight.item()   # 3 - 0.1 * 2 * 3
    2.4000000953674316
    """
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)  # ()
    value.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return value.item()
