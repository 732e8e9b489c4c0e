"""Learning rates as functions of the step, which is counted from 1: the first update is step 1."""

from __future__ import annotations

import math

from unrolled.arguments import training as arguments
from unrolled.views import views

__all__ = ["cosine_schedule", "noam_schedule"]


@views(check=arguments.noam_schedule)
def noam_schedule(step: int, d_model: int, warmup: int = 4000) -> float:
    r"""Raise the learning rate in a straight line, then let it fall with the root of the step.

    .. math:: \mathrm{lrate} = d_{\mathrm{model}}^{-0.5} \cdot
        \min(\mathit{step}^{-0.5},\ \mathit{step} \cdot \mathit{warmup}^{-1.5})

    Vaswani et al. 2017, equation 3. The two branches meet at ``step == warmup``, where the rate is
    highest. There is no step 0: the rate there would be 0 and the update wasted.

    Args:
        step: number of the update, at least 1.
        d_model: width of the model, at least 1.
        warmup: number of steps in which the rate rises, at least 1. Default: 4000, as in the paper.

    Shape:
        three numbers to one.

    Returns:
        The learning rate of this step.

    Raises:
        ValueError: if ``step``, ``d_model`` or ``warmup`` is below 1.

    Matches equation 3 exactly.

    >>> [round(noam_schedule(step, d_model=4, warmup=16), 4) for step in (1, 16, 64)]
    [0.0078, 0.125, 0.0625]
    """
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


@views(check=arguments.cosine_schedule)
def cosine_schedule(
    step: int, total: int, warmup: int = 0, peak: float = 1e-3, floor: float = 0.0
) -> float:
    r"""Raise the learning rate in a straight line, then let it fall along half a cosine.

    .. math:: \eta_t = \eta_{\min} + \tfrac{1}{2} (\eta_{\max} - \eta_{\min})
        \left(1 + \cos\left(\pi\, \frac{t - t_w}{T - t_w}\right)\right)

    Loshchilov and Hutter 2017, equation 5, without restarts, after ``warmup`` steps in which the
    rate is ``peak * step / warmup``. The rate is ``peak`` at ``step == warmup``, ``floor`` at
    ``step == total``, and stays there.

    Args:
        step: number of the update, at least 1.
        total: the step at which the floor is reached, above ``warmup``.
        warmup: number of steps in which the rate rises, at least 0. Default: 0, none.
        peak: the highest rate, above 0. Default: 1e-3.
        floor: the rate at the end, from 0 to ``peak``. Default: 0.

    Returns:
        The learning rate of this step.

    Raises:
        ValueError: if ``step`` is below 1, ``warmup`` below 0, ``total`` not above ``warmup``,
            ``peak`` not above 0, or ``floor`` not in [0, peak].

    Matches ``torch.optim.lr_scheduler.CosineAnnealingLR`` (no warm-up) within 1e-12.

    >>> [round(cosine_schedule(step, total=12, warmup=4, peak=1.0), 3) for step in (1, 4, 8, 12)]
    [0.25, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return peak * step / warmup
    done = min((step - warmup) / (total - warmup), 1.0)  # 0 at the peak, 1 at the end
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * done))
