"""TinyWorld as one endless text, for language models."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor

from unrolled.data.tinyworld.generation import sentences
from unrolled.data.tinyworld.vocabulary import vocabulary

__all__ = ["batches", "words"]


def words(seed: int = 0, split: str | None = None, language: str = "english") -> Iterator[str]:
    """Yield the words of one sentence after another, without end.

    Args:
        seed: any integer.
        split: ``"train"``, ``"valid"``, ``"test"``, or None for all of the language.
        language: ``"english"``, ``"chinese"`` or ``"german"``.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if ``split`` or ``language`` is unknown.
    """
    vocabulary(language)  # refuses another language
    said = (getattr(sentence, language) for sentence in sentences(seed, split))
    return itertools.chain.from_iterable(said)


def batches(
    batch_size: int,
    length: int,
    seed: int = 0,
    split: str | None = None,
    language: str = "english",
) -> Iterator[Tensor]:
    """Yield batches of ids cut from one endless text, for predicting each id from those before.

    Row follows row in the text, and each begins with the last id of the one before: so every word
    of the text but the first is predicted once. (At a row's start the words before are cut off: a
    model that sees rows only cannot quite reach :func:`entropy_per_token`.)

    Args:
        batch_size: rows, at least 1.
        length: predictions in a row, at least 1.
        seed: any integer.
        split: ``"train"``, ``"valid"``, ``"test"``, or None for all of the language.
        language: ``"english"``, ``"chinese"`` or ``"german"``.

    Shape:
        each batch ``(B, length + 1)``, int64.

    Raises:
        TypeError: if ``seed`` is not an integer.
        ValueError: if a size is below 1, or ``split`` or ``language`` unknown.

    >>> next(batches(batch_size=3, length=8)).shape
    torch.Size([3, 9])
    """
    for name, value in (("batch_size", batch_size), ("length", length)):
        if value < 1:
            raise ValueError(f"{name}={value} is given, at least 1 is wanted")
    return _batches(batch_size, length, words(seed, split, language), language)


def _batches(batch_size: int, length: int, text: Iterator[str], language: str) -> Iterator[Tensor]:
    encode = vocabulary(language).encode
    last = encode([next(text)])
    while True:
        ids = last + encode(list(itertools.islice(text, batch_size * length)))
        last = ids[-1:]
        yield torch.tensor(ids).unfold(0, length + 1, length).clone()  # (B, length + 1)
