"""English sentences and their Chinese translations from the Tatoeba project.

Licence: CC-BY 2.0 FR. Whoever shows a sentence names its authors, so every row keeps its credit.
The Chinese is in simplified script: whoever made the file converted the 12,332 of its 29,155
sentences that were written in traditional script. OpenCC finds 14 rows with one character left.
"""

from __future__ import annotations

from typing import NamedTuple

from unrolled.data.readers import numbered_lines

__all__ = ["LICENCE", "NAME", "Row", "load_pairs", "load_rows"]

NAME = "tatoeba/cmn-simplified.txt"
LICENCE = "CC-BY 2.0 FR, https://tatoeba.org"


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
    # The file begins with a byte order mark and ends with an empty line.
    lines = numbered_lines(NAME, "utf-8-sig")
    return [_row(place, line) for place, line in lines if line]


def load_pairs() -> list[tuple[str, str]]:
    """Return every (English, Chinese) pair; :func:`load_rows` also has the attributions.

    Raises:
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    return [(row.english, row.chinese) for row in load_rows()]


def _row(place: str, line: str) -> Row:
    parts = line.split("\t")
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"{place}: {line!r}, English, Chinese and a credit are wanted")
    return Row(*parts)
