"""What the functions of ``unrolled.training`` refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.arguments import common, tensors

NOTHING = -100


def sequence_loss(logits: Tensor, targets: Tensor, pad_id: int | None) -> None:
    """Refuse what ``sequence_loss`` cannot use."""
    tensors.shaped("logits", logits, "(..., N, V)", ..., None, None)
    _check_scored("targets", logits, targets, targets, pad_id)


def language_model_loss(logits: Tensor, ids: Tensor, pad_id: int | None = None) -> None:
    """Refuse what ``language_model_loss`` cannot use."""
    tensors.shaped("logits", logits, "(B, T, V)", None, None, None)
    if ids.dim() == 2 and ids.size(1) < 2:
        raise ValueError(f"ids has T={ids.size(1)} tokens a row, at least 2 are wanted")
    _check_scored("ids", logits, ids, ids[:, 1:] if ids.dim() == 2 else ids, pad_id)


def label_smoothing_loss(
    logits: Tensor, targets: Tensor, smoothing: float = 0.1, pad_id: int | None = None
) -> None:
    """Refuse what ``label_smoothing_loss`` cannot use."""
    common.probability(smoothing=smoothing)
    sequence_loss(logits, targets, pad_id)


def _check_scored(
    name: str, logits: Tensor, ids: Tensor, scored: Tensor, pad_id: int | None
) -> None:
    """Refuse scores and ids that do not fit; ``scored`` is the part of ``ids`` that counts."""
    tensors.floating(logits=logits)
    tensors.longs(**{name: ids})
    tensors.one_a_row(logits, **{name: ids})
    real = scored != NOTHING
    if pad_id is not None:
        real &= scored != pad_id
    if not real.any():
        raise ValueError(
            f"{name} has no real token to predict (shape {tuple(ids.shape)}, pad_id={pad_id}), "
            f"at least one is wanted"
        )
    tensors.between(0, logits.size(-1) - 1, **{name: scored[real]})


def noam_schedule(step: int, d_model: int, warmup: int = 4000) -> None:
    """Refuse what ``noam_schedule`` cannot use."""
    common.at_least_one(step=step, d_model=d_model, warmup=warmup)


def cosine_schedule(
    step: int, total: int, warmup: int = 0, peak: float = 1e-3, floor: float = 0.0
) -> None:
    """Refuse what ``cosine_schedule`` cannot use."""
    common.at_least_one(step=step)
    if not 0 <= warmup < total:
        raise ValueError(f"warmup={warmup}, total={total}: 0 <= warmup < total is wanted")
    if not (peak > 0 and 0 <= floor <= peak):
        raise ValueError(f"peak={peak}, floor={floor}: 0 <= floor <= peak and peak > 0 are wanted")


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> None:
    """Refuse what ``clip_gradients`` cannot use; ``parameters`` may be used up by a look at it."""
    if not max_norm > 0:
        raise ValueError(f"max_norm={max_norm}: a number above 0 is wanted")


def training_step(
    model: nn.Module,
    batch: Any,
    loss: Callable[[nn.Module, Any], Tensor],
    optimizer: torch.optim.Optimizer,
    max_norm: float | None = None,
) -> None:
    """Refuse what ``training_step`` cannot use."""
    common.instance("model", model, nn.Module, "an nn.Module")
    common.function("a function(model, batch)", loss=loss)
    common.instance("optimizer", optimizer, torch.optim.Optimizer, "a torch optimizer")
    if max_norm is not None:
        clip_gradients((), max_norm)


def seed_everything(seed: int) -> None:
    """Refuse what ``seed_everything`` cannot use."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed}: 0 to {2**32 - 1} is wanted")


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
    common.function(**common.given(schedule=schedule, validate=validate))
    common.function(**{f"callbacks[{i}]": callback for i, callback in enumerate(callbacks)})
    if epochs is None and steps is None:
        raise ValueError("epochs and steps are both None, at least one is wanted")
    optional = common.given(
        epochs=epochs, steps=steps, validate_every=validate_every, patience=patience
    )
    common.at_least_one(**optional, save_every=save_every)
    if validate is None and (validate_every or patience or keep_best):
        raise ValueError("validate is None, but validate_every, patience or keep_best needs one")
    common.one_of("precision", precision, ("float32", "bfloat16"))
    if next(model.parameters(), None) is None:
        raise ValueError(f"model is a {type(model).__name__} without parameters to train")
