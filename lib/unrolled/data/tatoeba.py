"""English sentences and their Chinese translations from the Tatoeba project.

Licence: CC-BY 2.0 FR. Whoever shows a sentence names its authors, so every row keeps its credit.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from unrolled.data.readers import numbered_lines

__all__ = ["LICENCE", "Row", "load_pairs", "load_rows"]

LICENCE = "CC-BY 2.0 FR, https://tatoeba.org"

# Two of the 29,155 rows separate the languages by spaces; Chinese script starts the second.
_BETWEEN_LANGUAGES = re.compile(r"\t| +(?=[\u4e00-\u9fff])")


class Row(NamedTuple):
    """One translated sentence and who wrote it."""

    english: str
    chinese: str
    credit: str


def load_rows() -> list[Row]:
    """Return every sentence pair with its attribution, in the file's order (short to long).

    Raises:
        ValueError: if a row has not three parts; it is named.
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    return [_row(place, line) for place, line in numbered_lines("tatoeba-cmn-eng.txt")]


def load_pairs() -> list[tuple[str, str]]:
    """Return every (English, Chinese) pair; :func:`load_rows` also has the attributions.

    Raises:
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    return [(row.english, row.chinese) for row in load_rows()]


def _row(place: str, line: str) -> Row:
    sentences, _, credit = line.rpartition("\t")
    parts = _BETWEEN_LANGUAGES.split(sentences, maxsplit=1)
    if len(parts) != 2 or not all((*parts, credit)):
        raise ValueError(f"{place}: {line!r}, English, Chinese and a credit are wanted")
    return Row(*parts, credit)
