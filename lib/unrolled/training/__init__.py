"""Training: losses over sequences, learning rates, one step, and the loop around it."""

from unrolled.training.checkpoints import has_checkpoint, load_checkpoint, save_checkpoint
from unrolled.training.device import (
    Randomness,
    deterministic,
    device,
    flush_denormals,
    restore_rng,
    rng_state,
    seed_everything,
    to_device,
)
from unrolled.training.fit import fit
from unrolled.training.losses import label_smoothing_loss, language_model_loss, sequence_loss
from unrolled.training.run import Run
from unrolled.training.schedules import cosine_schedule, noam_schedule
from unrolled.training.steps import clip_gradients, training_step

__all__ = [
    "Randomness", "Run", "clip_gradients", "cosine_schedule", "deterministic", "device", "fit",
    "flush_denormals", "has_checkpoint", "label_smoothing_loss", "language_model_loss",
    "load_checkpoint", "noam_schedule", "restore_rng", "rng_state", "save_checkpoint",
    "seed_everything", "sequence_loss", "to_device", "training_step",
]  # fmt: skip
