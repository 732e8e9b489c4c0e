"""Scaling laws: how the loss falls as a model grows.

Shapes: ``n`` measurements, one of each size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.arguments import scaling as arguments
from unrolled.views import views

__all__ = ["fit_scaling_law", "scaling_law"]

WIDTH = 1e-3  # residuals above this, in the logarithm of the loss, count as outliers
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # where the search begins: E as a share of the lowest loss,
SLOPES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0)  # and alpha


@views(check=arguments.scaling_law)
def scaling_law(sizes: Tensor, E: float, A: float, alpha: float) -> Tensor:
    r"""Say what loss a model of each size should reach.

    .. math:: L(N) = E + \frac{A}{N^{\alpha}}

    Hoffmann et al. 2022, equation 2, without its term in the number of training tokens. With ``E =
    0`` it is equation 1.1 of Kaplan et al. 2020.

    Args:
        sizes: numbers of parameters (or of tokens, or of steps), above 0.
        E: the loss that no size can beat: the entropy of the text.
        A: how much there is to win.
        alpha: how fast it is won.

    Shape:
        sizes ``(n,)``, result ``(n,)``.

    Returns:
        The losses.

    Raises:
        ValueError: if a size is not above 0.

    >>> scaling_law(torch.tensor([1.0, 100.0]), E=1.5, A=4.0, alpha=0.5)
    tensor([5.5000, 1.9000])
    """
    return E + A * sizes**-alpha  # (n,)


@views(check=arguments.fit_scaling_law)
def fit_scaling_law(
    sizes: Sequence[float] | Tensor, losses: Sequence[float] | Tensor
) -> tuple[float, float, float]:
    r"""Find the curve on which the losses of ever larger models lie.

    .. math:: \min_{E, A, \alpha} \sum_{i=1}^{n} \mathrm{Huber}_{0.001}\left(
        \log\left(E + \frac{A}{N_i^{\alpha}}\right) - \log L_i\right)

    Hoffmann et al. 2022, equation 3, for one variable: L-BFGS from the best point of a grid, and
    the Huber loss, which is a square near 0 and a straight line beyond, so that a run gone wrong
    does not bend the curve. The logarithm makes a percent at a high loss count as much as one at a
    low loss.

    Args:
        sizes: numbers of parameters (or of tokens, or of steps), above 0; at least 4 different.
        losses: the loss reached at each size, above 0.

    Shape:
        sizes ``(n,)``, losses ``(n,)``.

    Returns:
        ``(E, A, alpha)``: the loss no size can beat, how much there is to win, how fast it is won.

    Raises:
        ValueError: if there are fewer than 4 sizes, numbers are not finite and above 0, lengths
            differ, or the largest model's loss is not below the smallest's.

    Recovers the parameters of exact data within 1e-6 of their values, in float64. Where all sizes
    are far from the floor, ``E`` and ``alpha`` trade off against each other: report a spread.

    >>> sizes = torch.tensor([1e3, 1e4, 1e5, 1e6, 1e7])
    >>> E, A, alpha = fit_scaling_law(sizes, scaling_law(sizes, E=1.7, A=40.0, alpha=0.3))
    >>> round(E, 2), round(A, 1), round(alpha, 3)
    (1.7, 40.0, 0.3)
    """
    log_sizes = torch.as_tensor(sizes).double().log()  # (n,)
    log_losses = torch.as_tensor(losses).double().log()  # (n,)
    middle = log_sizes.mean()  # () slope and height are easier to tell apart around the middle

    def misfit(theta: Tensor) -> Tensor:
        log_floor, log_height, log_alpha = theta
        falling = log_height - log_alpha.exp() * (log_sizes - middle)  # (n,)
        predicted = torch.logaddexp(log_floor, falling)  # (n,)
        return F.huber_loss(predicted / WIDTH, log_losses / WIDTH, reduction="sum")  # ()

    log_floor, log_height, log_alpha = _lowest(misfit, _starts(log_losses))
    alpha = log_alpha.exp()
    return log_floor.exp().item(), (log_height + alpha * middle).exp().item(), alpha.item()


def _starts(log_losses: Tensor) -> list[Tensor]:
    """Some of the loss as floor, the rest of the mean loss as what falls, at several slopes."""
    floors = [log_losses.min().exp() * share for share in SHARES]
    return [
        torch.stack([floor, log_losses.mean().exp() - floor, floor.new_tensor(slope)]).log()  # (3,)
        for floor in floors
        for slope in SLOPES
    ]


def _lowest(misfit: Callable[[Tensor], Tensor], starts: list[Tensor]) -> Tensor:
    """Go to the bottom from the best starting point."""
    return _descend(misfit, min(starts, key=misfit), 100)


def _descend(misfit: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Tensor:
    """Follow the gradient downhill."""
    theta = start.clone().requires_grad_()
    lbfgs = torch.optim.LBFGS(
        [theta], max_iter=steps, tolerance_grad=1e-12, tolerance_change=1e-15,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        lbfgs.zero_grad()
        value = misfit(theta)
        value.backward()
        return value

    lbfgs.step(closure)
    return theta.detach()
