"""The loop around the training step: epochs, learning rate, validation, checkpoints, progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from unrolled.arguments import training as arguments
from unrolled.parts import part
from unrolled.training.device import to_device
from unrolled.training.run import Run, replay
from unrolled.training.steps import training_step
from unrolled.views import views

__all__ = ["fit"]


@views(check=arguments.fit)
def fit(
    model: nn.Module,
    batches: Iterable[Any] | Callable[[int], Iterable[Any]],
    loss: Callable[[nn.Module, Any], Tensor],
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int | None = None, steps: int | None = None,
    schedule: Callable[[int], float] | None = None, max_norm: float | None = None,
    validate: Callable[[nn.Module], float] | None = None, validate_every: int | None = None,
    patience: int | None = None, keep_best: bool = False,
    callbacks: Sequence[Callable[[Run], None]] = (), precision: str = "float32",
    checkpoint: str | Path | None = None, save_every: int = 1000, progress: bool = True,
) -> Run:  # fmt: skip
    r"""Train a model: one :func:`training_step` after another, until it is time to stop.

    .. math:: \theta_{t} = \theta_{t-1} - \eta_t\, \nabla_\theta L(\theta_{t-1};\, \mathit{batch}_t)

    With ``checkpoint`` a run that was cut goes on from the last saved step, and its weights and
    losses are those of a run that was not cut, bit for bit: weights, optimiser, random states and
    the place in the data are saved. For the data this holds when their order comes from ``epoch``
    or from the global random generators, which have a stream of their own while a batch is drawn.
    If a resumed run meets other data than before, it refuses to go on.

    Args:
        model: what is trained. Batches are brought to the device it is on.
        batches: what is gone through in every epoch; or a function of the epoch, counted from 0.
        loss: a function of model and batch that returns a scalar tensor.
        optimizer: holds the model's parameters.
        epochs: how often to go through the data. Default: None, until ``steps``.
        steps: how many updates to make in all. Default: None, until ``epochs``.
        schedule: learning rate of each step, counted from 1. Default: None, the optimiser's own.
        max_norm: the longest a gradient may be, above 0. Default: None, as long as it is.
        validate: a function of the model that returns a number, lower is better; runs in
            evaluation mode, without gradients, and with the same random numbers each time.
        validate_every: steps between validations. Default: None, at the end of every epoch.
        patience: stop after so many validations without a new best. Default: None, never.
        keep_best: give the model its best weights by validation when all is done. Default: False.
        callbacks: functions of the :class:`Run`, called after every step; one may set ``run.stop``.
        precision: ``"float32"``, or ``"bfloat16"`` to compute the loss in mixed precision; weights
            and optimiser stay as they are. Default: ``"float32"``.
        checkpoint: folder to save to, and to go on from if it holds a checkpoint. Default: none.
        save_every: steps between saves, at least 1; one more at the end. Default: 1000.
        progress: show a bar. Default: True.

    Shape:
        the loss is ``()``.

    Returns:
        The run: its losses, learning rates, validations and best step.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if a number is out of range, ``batches`` is empty, or the checkpoint is damaged
            or does not fit.
        FloatingPointError: if the loss is NaN or infinite; the last checkpoint is from before.

    Matches the same loop written by hand exactly.

    >>> model = torch.nn.Linear(1, 1)
    >>> sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> data = [torch.ones(2, 1)]
    >>> loss = lambda model, x: (model(x) - 3).square().mean()
    >>> run = fit(model, data, loss, sgd, epochs=50, progress=False)
    >>> run.step, run.losses[-1] < 1e-4
    (50, True)
    """
    run = Run.start(model, optimizer, checkpoint)
    step_once = part(training_step)
    where = next(model.parameters()).device
    loss = _mixed(loss, where) if precision == "bfloat16" else loss
    measure = partial(Run.validate, measure=validate, keep_weights=keep_best)
    save = partial(Run.save, folder=checkpoint)
    with tqdm(total=steps, initial=run.step, disable=not progress, file=sys.stdout) as bar:
        after = [_shown(bar), *callbacks, _every(validate_every, measure)]
        after += [_every(save_every, save)] if checkpoint else []
        while not run.is_over(epochs, steps, patience):
            for batch in replay(batches, run):
                _set_rate(optimizer, schedule, run.step + 1)
                value = step_once(model, to_device(batch, where), loss, optimizer, max_norm)
                run.add(batch, value)
                for callback in after:
                    callback(run)
                if run.is_over(epochs, steps, patience):
                    break
            else:
                run.next_epoch()
                if validate and not validate_every:
                    measure(run)
    if checkpoint:
        save(run)
    if keep_best:
        run.restore_best()
    return run


def _set_rate(
    optimizer: torch.optim.Optimizer, schedule: Callable[[int], float] | None, step: int
) -> None:
    for group in optimizer.param_groups if schedule else ():
        group["lr"] = schedule(step)


def _every(steps: int | None, act: Callable[[Run], None]) -> Callable[[Run], None]:
    """Do something whenever so many steps have passed; None is never."""
    return lambda run: act(run) if steps and run.step % steps == 0 else None


def _shown(bar: tqdm) -> Callable[[Run], None]:
    """Move the bar on, with the latest loss beside it."""

    def show(run: Run) -> None:
        bar.update()
        bar.set_postfix(loss=f"{run.losses[-1]:.4f}", refresh=False)

    return show


def _mixed(loss: Callable[[nn.Module, Any], Tensor], where: torch.device) -> Callable[..., Tensor]:
    """Compute a loss in bfloat16 where that is safe: it has float32's range, none is scaled."""

    def mixed(model: nn.Module, batch: Any) -> Tensor:
        with torch.autocast(where.type, torch.bfloat16):
            return loss(model, batch)

    return mixed
