"""English sentences and their Chinese translations from the Tatoeba project.

Licence: CC-BY 2.0 FR. Whoever shows a sentence names its authors, so every row keeps its credit.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from unrolled.data.registry import fetch

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
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    lines = fetch("tatoeba-cmn-eng.txt").read_text(encoding="utf-8").splitlines()
    return [_row(line) for line in lines]


def load_pairs() -> list[tuple[str, str]]:
    """Return every (English, Chinese) pair; :func:`load_rows` also has the attributions.

    Raises:
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    return [(row.english, row.chinese) for row in load_rows()]


def _row(line: str) -> Row:
    sentences, credit = line.rsplit("\t", 1)
    english, chinese = _BETWEEN_LANGUAGES.split(sentences, maxsplit=1)
    return Row(english, chinese, credit)
