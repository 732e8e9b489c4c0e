"""Chapter 5: Bahdanau's and Luong's attention, and the decoder that looks back."""

from unrolled.checks.ch05_alignment.additive import ADDITIVE_ATTENTION
from unrolled.checks.ch05_alignment.decoder import ATTENTION_DECODER
from unrolled.checks.ch05_alignment.luong import LUONG_ATTENTION

CHAPTER = "05-alignment"
EXERCISES = (ADDITIVE_ATTENTION, LUONG_ATTENTION, ATTENTION_DECODER)
