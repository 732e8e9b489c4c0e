"""Chapter 12: GPT, how it chooses words, its cache, and what decays."""

from __future__ import annotations

from unrolled.checks.ch12_gpt.cache import KV_CACHE
from unrolled.checks.ch12_gpt.decay import DECAY_GROUPS
from unrolled.checks.ch12_gpt.model import GPT
from unrolled.checks.ch12_gpt.sampling import APPLY_TEMPERATURE, TOP_K_FILTER, TOP_P_FILTER

CHAPTER = "12-gpt"

EXERCISES = (GPT, APPLY_TEMPERATURE, TOP_K_FILTER, TOP_P_FILTER, KV_CACHE, DECAY_GROUPS)
