"""Known mistakes of chapter 13."""

from unrolled.checks.mistakes.ch13.attention import GROUPED
from unrolled.checks.mistakes.ch13.layers import RMS_NORM, SWIGLU
from unrolled.checks.mistakes.ch13.lora import LORA
from unrolled.checks.mistakes.ch13.scaling import SCALING

__all__ = ["GROUPED", "LORA", "RMS_NORM", "SCALING", "SWIGLU"]
