"""What the functions of ``unrolled.training`` refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

NOTHING = -100


def sequence_loss(logits: Tensor, targets: Tensor, pad_id: int | None) -> None:
    """Refuse what ``sequence_loss`` cannot use."""
    if logits.dim() < 2:
        raise ValueError(f"logits has shape {tuple(logits.shape)}, (..., V) is wanted")
    _check_scored("targets", logits, targets, targets, pad_id)


def language_model_loss(logits: Tensor, ids: Tensor, pad_id: int | None = None) -> None:
    """Refuse what ``language_model_loss`` cannot use."""
    if logits.dim() != 3:
        raise ValueError(f"logits has shape {tuple(logits.shape)}, (B, T, V) is wanted")
    if ids.dim() == 2 and ids.size(1) < 2:
        raise ValueError(f"ids has T={ids.size(1)} tokens a row, at least 2 are wanted")
    _check_scored("ids", logits, ids, ids[:, 1:] if ids.dim() == 2 else ids, pad_id)


def label_smoothing_loss(
    logits: Tensor, targets: Tensor, smoothing: float = 0.1, pad_id: int | None = None
) -> None:
    """Refuse what ``label_smoothing_loss`` cannot use."""
    if not 0.0 <= smoothing < 1.0:
        raise ValueError(f"smoothing={smoothing} is outside [0, 1)")
    sequence_loss(logits, targets, pad_id)


def _check_scored(
    name: str, logits: Tensor, ids: Tensor, scored: Tensor, pad_id: int | None
) -> None:
    """Refuse scores and ids that do not fit; ``scored`` is the part of ``ids`` that counts."""
    if not logits.is_floating_point():
        raise TypeError(f"logits has dtype {logits.dtype}, a floating-point tensor is wanted")
    if ids.dtype != torch.long:
        raise TypeError(f"{name} has dtype {ids.dtype}, token ids of torch.int64 are wanted")
    if logits.shape[:-1] != ids.shape:
        raise ValueError(
            f"{name} has shape {tuple(ids.shape)}, {tuple(logits.shape[:-1])} is wanted: "
            f"one id for each row of logits {tuple(logits.shape)}"
        )
    real = scored != NOTHING
    if pad_id is not None:
        real &= scored != pad_id
    if not real.any():
        raise ValueError(
            f"{name} has no real token to predict (shape {tuple(ids.shape)}, pad_id={pad_id}), "
            f"at least one is wanted"
        )
    low, high = int(scored[real].min()), int(scored[real].max())
    if low < 0 or high >= logits.size(-1):
        raise ValueError(
            f"{name} holds ids from {low} to {high}, 0 to {logits.size(-1) - 1} are wanted"
        )


def noam_schedule(step: int, d_model: int, warmup: int = 4000) -> None:
    """Refuse what ``noam_schedule`` cannot use."""
    for name, value in (("step", step), ("d_model", d_model), ("warmup", warmup)):
        if value < 1:
            raise ValueError(f"{name}={value}, at least 1 is wanted")


def cosine_schedule(
    step: int, total: int, warmup: int = 0, peak: float = 1e-3, floor: float = 0.0
) -> None:
    """Refuse what ``cosine_schedule`` cannot use."""
    if step < 1:
        raise ValueError(f"step={step}, at least 1 is wanted")
    if not 0 <= warmup < total:
        raise ValueError(f"warmup={warmup}, total={total}: 0 <= warmup < total is wanted")
    if not (peak > 0 and 0 <= floor <= peak):
        raise ValueError(f"peak={peak}, floor={floor}: 0 <= floor <= peak and peak > 0 are wanted")


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> None:
    """Refuse what ``clip_gradients`` cannot use; ``parameters`` may be used up by a look at it."""
    if not max_norm > 0:
        raise ValueError(f"max_norm={max_norm}, a number above 0 is wanted")


def training_step(
    model: nn.Module,
    batch: Any,
    loss: Callable[[nn.Module, Any], Tensor],
    optimizer: torch.optim.Optimizer,
    max_norm: float | None = None,
) -> None:
    """Refuse what ``training_step`` cannot use."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is a {type(model).__name__}, an nn.Module is wanted")
    if not callable(loss):
        raise TypeError(f"loss is a {type(loss).__name__}, a function(model, batch) is wanted")
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer is a {type(optimizer).__name__}, a torch optimizer is wanted")
    if max_norm is not None:
        clip_gradients((), max_norm)


def seed_everything(seed: int) -> None:
    """Refuse what ``seed_everything`` cannot use."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed}, 0 to {2**32 - 1} is wanted")


def fit(
    model: nn.Module,
    batches: Any,
    loss: Callable[[nn.Module, Any], Tensor],
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    schedule: Callable[[int], float] | None = None,
    max_norm: float | None = None,
    validate: Callable[[nn.Module], float] | None = None,
    validate_every: int | None = None,
    patience: int | None = None,
    keep_best: bool = False,
    callbacks: Sequence[Callable[[Any], None]] = (),
    precision: str = "float32",
    checkpoint: object = None,
    save_every: int = 1000,
    progress: bool = True,
) -> None:
    """Refuse what ``fit`` cannot use."""
    training_step(model, None, loss, optimizer, max_norm)
    if not callable(batches) and not isinstance(batches, Iterable):
        raise TypeError(
            f"batches is a {type(batches).__name__}, "
            f"an iterable or a function of the epoch is wanted"
        )
    _check_functions(schedule=schedule, validate=validate)
    _check_functions(**{f"callbacks[{i}]": callback for i, callback in enumerate(callbacks)})
    if epochs is None and steps is None:
        raise ValueError("epochs and steps are both None, at least one is wanted")
    _check_counts(
        epochs=epochs, steps=steps, validate_every=validate_every, patience=patience,
        save_every=save_every,
    )  # fmt: skip
    if validate is None and (validate_every or patience or keep_best):
        raise ValueError("validate is None, but validate_every, patience or keep_best needs one")
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision={precision!r}, 'float32' or 'bfloat16' is wanted")
    if next(model.parameters(), None) is None:
        raise ValueError(f"model is a {type(model).__name__} without parameters to train")


def _check_functions(**given: object) -> None:
    for name, function in given.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} is a {type(function).__name__}, a function is wanted")


def _check_counts(**given: int | None) -> None:
    for name, count in given.items():
        if count is not None and count < 1:
            raise ValueError(f"{name}={count}, at least 1 is wanted")
