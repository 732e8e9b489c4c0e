"""A training run: what happened so far, what is saved of it, and its place in the data."""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.training import checkpoints
from unrolled.training.device import Randomness

__all__ = ["Run", "replay"]

END = object()
SAVED = (
    "step", "epoch", "batch", "losses", "rates", "validations", "best_step", "best_weights",
    "stale", "seed", "fingerprint",
)  # fmt: skip


@dataclass
class Run:
    """What :func:`fit` did so far; callbacks look at it, and may set ``stop``.

    Args:
        model: what is trained; after a step its gradients are still there.
        optimizer: what changes the weights.
        step: updates made.
        epoch: times the data were gone through.
        batch: batches used in this epoch.
        losses: loss of each step, before its update.
        rates: learning rate of each step, that of the first parameter group.
        validations: (step, value) of each validation.
        best_step: the step with the lowest validation, or None.
        best_weights: the weights of that step, if they are kept.
        stale: validations since then.
        seed: what the order of the data is drawn from.
        fingerprint: of the batch used last, so that a resumed run knows its data again.
        stop: True ends the run after this step.

    Raises:
        FloatingPointError: if a loss or a validation is NaN or infinite.

    >>> model = torch.nn.Linear(1, 1)
    >>> run = Run(model, torch.optim.SGD(model.parameters(), lr=0.5))
    >>> run.add(batch=None, loss=2.0)
    >>> run.step, run.losses, run.rates
    (1, [2.0], [0.5])
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    step: int = 0
    epoch: int = 0
    batch: int = 0
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    validations: list[tuple[int, float]] = field(default_factory=list)
    best_step: int | None = None
    best_weights: dict[str, Tensor] | None = None
    stale: int = 0
    seed: int = 0
    fingerprint: int = 0
    stop: bool = False
    _last: Any = field(default=None, init=False, repr=False)

    @classmethod
    def start(
        cls, model: nn.Module, optimizer: torch.optim.Optimizer, folder: str | Path | None
    ) -> Run:
        """Begin a run, or take up the one that was saved in ``folder``."""
        if folder and checkpoints.has_checkpoint(folder):
            return cls(model, optimizer, **checkpoints.load_checkpoint(folder, model, optimizer))
        # Read off, not drawn: nothing is used up, and dropout goes on as without us.
        return cls(model, optimizer, seed=zlib.crc32(torch.get_rng_state().numpy()))

    @property
    def best(self) -> float | None:
        """The lowest validation, or None if there was none."""
        return min((value for _, value in self.validations), default=None)

    def is_over(self, epochs: int | None, steps: int | None, patience: int | None) -> bool:
        """Say whether it is time to stop."""
        return (
            self.stop
            or (epochs is not None and self.epoch >= epochs)
            or (steps is not None and self.step >= steps)
            or (patience is not None and self.stale >= patience)
        )

    def add(self, batch: Any, loss: float) -> None:
        """Count one step, unless it went wrong."""
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss of step {self.step + 1} is {loss}")
        self.step += 1
        self.batch += 1
        self._last = batch
        self.losses.append(float(loss))
        self.rates.append(float(self.optimizer.param_groups[0]["lr"]))

    def next_epoch(self) -> None:
        """Count one epoch."""
        self.epoch += 1
        self.batch = 0

    def validate(self, measure: Callable[[nn.Module], float], keep_weights: bool) -> None:
        """Measure the model as it is used, and see whether this is its best."""
        self.model.eval()
        with torch.no_grad(), Randomness(self.seed):
            value = float(measure(self.model))
        self.model.train()
        if not math.isfinite(value):
            raise FloatingPointError(f"the validation after step {self.step} is {value}")
        self.stale += 1
        if self.best is None or value < self.best:
            self.stale, self.best_step = 0, self.step
            self.best_weights = checkpoints.weights(self.model) if keep_weights else None
        self.validations.append((self.step, value))

    def restore_best(self) -> None:
        """Give the model the weights it had when its validation was lowest."""
        if self.best_weights is not None:
            checkpoints.load(self.model, self.best_weights)

    def save(self, folder: str | Path) -> None:
        """Write a checkpoint."""
        self.fingerprint = _fingerprint(self._last) if self._last is not None else self.fingerprint
        progress = {name: getattr(self, name) for name in SAVED}
        checkpoints.save_checkpoint(folder, self.model, self.optimizer, progress)


def replay(batches: Iterable[Any] | Callable[[int], Iterable[Any]], run: Run) -> Iterator[Any]:
    """Yield the batches of the run's epoch that it has not used yet.

    Batches are drawn under random numbers that depend on the run's seed and the epoch alone: what
    dropout uses up in between changes nothing, so those already used can be drawn again and passed
    over.

    Args:
        batches: as in :func:`fit`.
        run: where the run is.

    Raises:
        ValueError: if there is no batch at all, or they are not those that the run used.
    """
    used, last = run.batch, None
    own = Randomness(random.Random(f"{run.seed} {run.epoch}").getrandbits(32))
    with own:
        source = iter(batches(run.epoch) if callable(batches) else batches)
        for _ in range(used):
            last = next(source, END)
    if used and (last is END or _fingerprint(last) != run.fingerprint):
        raise ValueError(
            f"batches gives other data in epoch {run.epoch} than the saved run used: their order "
            f"must come from the epoch or from the global random generators"
        )
    while True:
        with own:
            batch = next(source, END)
        if batch is END:
            break
        yield batch
    if not run.batch:
        raise ValueError(f"batches gave nothing in epoch {run.epoch}, at least one is wanted")


def _fingerprint(batch: Any) -> int:
    """A number that differs, almost surely, for different batches."""
    if isinstance(batch, Tensor):
        data = batch.detach().cpu().contiguous().view(torch.uint8) if batch.dim() else batch.item()
        return zlib.crc32(f"{batch.dtype}{tuple(batch.shape)}{_crc(data)}".encode())
    if isinstance(batch, dict):
        batch = [*batch, *batch.values()]
    if isinstance(batch, tuple | list):
        return zlib.crc32(repr([_fingerprint(item) for item in batch]).encode())
    return zlib.crc32(repr(batch).encode())


def _crc(data: Any) -> int | str:
    return zlib.crc32(data.numpy()) if isinstance(data, Tensor) else repr(data)
