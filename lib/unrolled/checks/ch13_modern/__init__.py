"""Chapter 13: the layers of today's language models, LoRA, scaling laws."""

from unrolled.checks.ch13_modern.attention import GROUPED_QUERY_ATTENTION
from unrolled.checks.ch13_modern.layers import RMS_NORM, SWIGLU
from unrolled.checks.ch13_modern.lora import LORA_LINEAR
from unrolled.checks.ch13_modern.scaling import FIT_SCALING_LAW

CHAPTER = "13-modern"
EXERCISES = (RMS_NORM, SWIGLU, GROUPED_QUERY_ATTENTION, LORA_LINEAR, FIT_SCALING_LAW)
