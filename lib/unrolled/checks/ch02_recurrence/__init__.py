"""Chapter 2: the recurrent network, its loss, and how it is trained."""

from unrolled.checks.ch02_recurrence.layer import RNN
from unrolled.checks.ch02_recurrence.step import TRAINING_STEP
from unrolled.checks.ch02_recurrence.steps import CHAPTER, RNN_STEP
from unrolled.checks.ch02_recurrence.training import CLIP_GRADIENTS, LANGUAGE_MODEL_LOSS

__all__ = ["CHAPTER", "EXERCISES"]

EXERCISES = (RNN_STEP, RNN, LANGUAGE_MODEL_LOSS, CLIP_GRADIENTS, TRAINING_STEP)
