"""Where to read: the book's sections that reports point to. A test holds them to the chapters."""

from __future__ import annotations

from dataclasses import dataclass

_TITLES = {
    "sec-00-softmax": "0.3 Softmax: from scores to shares",
    "sec-00-cross-entropy": "0.4 Cross-entropy: the price of a guess",
    "sec-00-embedding": "0.5 Embedding lookup: where the scores come from",
    "sec-06-scaled": "6.3 Scaled dot-product attention",
    "sec-06-masks": "6.4 Masks before softmax",
    "sec-06-padding": "6.5 The padding mask: real sentences side by side",
    "sec-06-causal": "6.6 The causal mask: not a word from the future",
    "sec-06-fully-masked": "6.7 A row that may attend nowhere",
    "sec-06-dropout": "6.8 Dropout on the weights",
    "sec-06-self": "6.9 The self-attention layer",
    "sec-07-split": "7.3 Splitting heads",
    "sec-07-merge": "7.4 Merging heads",
    "sec-07-layer": "7.5 The layer",
    "sec-07-output": "7.6 Why the output projection",
    "sec-07-masks": "7.7 One mask for all heads",
    "sec-07-bugs": "7.8 A bug hunt",
    "sec-07-cross": "7.9 Asking another sentence",
}


@dataclass(frozen=True)
class Section:
    """A place in the book."""

    label: str
    title: str


def section(label: str) -> Section:
    """The section of that label, such as ``"sec-06-masks"``."""
    return Section(label, _TITLES[label])


def all_sections() -> tuple[Section, ...]:
    """Every section that a report can point to."""
    return tuple(Section(*item) for item in _TITLES.items())
