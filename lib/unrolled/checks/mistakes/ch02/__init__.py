"""Known mistakes of chapter 2."""

from unrolled.checks.mistakes.ch02.layer import RNN
from unrolled.checks.mistakes.ch02.losses import LANGUAGE_MODEL_LOSS
from unrolled.checks.mistakes.ch02.steps import RNN_STEP
from unrolled.checks.mistakes.ch02.training import CLIP_GRADIENTS, TRAINING_STEP

__all__ = ["CLIP_GRADIENTS", "LANGUAGE_MODEL_LOSS", "RNN", "RNN_STEP", "TRAINING_STEP"]
