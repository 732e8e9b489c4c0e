"""From scores to text: greedy and beam search, sampling with its filters, and BLEU to judge it."""

from unrolled.decoding.bleu import bleu, corpus_bleu
from unrolled.decoding.sampling import apply_temperature, sample, top_k_filter, top_p_filter
from unrolled.decoding.search import beam_search, greedy_decode, length_divisor
from unrolled.decoding.state import first_ids, reorder, take_step

__all__ = [
    "apply_temperature", "beam_search", "bleu", "corpus_bleu", "first_ids", "greedy_decode",
    "length_divisor", "reorder", "sample", "take_step", "top_k_filter", "top_p_filter",
]  # fmt: skip
