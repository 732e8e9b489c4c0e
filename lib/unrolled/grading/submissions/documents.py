"""Words that were handed in beside the notebook: in documents, in pictures, in other notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from unrolled.grading.submissions.files import NOTEBOOK, OTHER, PICTURE, File
from unrolled.grading.submissions.repair import Said, Unreadable, decode
from unrolled.grading.submissions.times import NEARLY
from unrolled.grading.submissions.words import says_something, words_of_code

if TYPE_CHECKING:
    from unrolled.grading.submissions.reading import Cell

MOST_FILES = 5
MOST_SHOWN = 20_000  # characters of each
TEXT = re.compile(r"\.(?:md|markdown|txt|rst|tex|html?)$", re.IGNORECASE)
NO_TEXT = re.compile(r"\.(?:pdf|docx?|odt|rtf|pages|heic|gif|webp|svg)$", re.IGNORECASE)
NO_WORDS = re.compile(rf"\.|requirements|{NEARLY.pattern}", re.IGNORECASE)


def words_beside(
    found: Sequence[File],
    chosen: File,
    cells: Collection[Cell],
    parse: Callable[[bytes], tuple[Cell, ...]],
) -> Iterator[str]:
    """What other files of a submission say that may answer a question in words.

    Args:
        found: the files.
        chosen: the notebook that is graded.
        cells: its cells; what they say or name as well is passed over.
        parse: reads a notebook.
    """
    said = {cell.source.strip() for cell in cells}
    others = [file for file in found if file is not chosen and _may_have_words(file, said)]
    for file in islice(others, MOST_FILES):
        try:
            text = _text(file, said, parse)
        except Unreadable:
            continue  # what is no notebook is named elsewhere
        if says_something(text):
            yield text[:MOST_SHOWN]


def _may_have_words(file: File, said: Collection[str]) -> bool:
    *folders, name = file.name.split("/")
    hidden = any(part.startswith(".") for part in folders) or NO_WORDS.match(name)
    meant = file.kind in (NOTEBOOK, PICTURE) or TEXT.search(name) or NO_TEXT.search(name)
    return bool(meant and not hidden and not any(name in source for source in said))


def _text(file: File, said: Collection[str], parse: Callable[[bytes], tuple[Cell, ...]]) -> str:
    if file.kind == NOTEBOOK:
        own = [cell for cell in parse(file.read()) if cell.source.strip() not in said]
        return "\n\n".join(_words(cell) for cell in own)
    if file.kind == OTHER and TEXT.search(file.name):
        text = decode(file.read(), Said()).strip()
        return f"{file.name}:\n\n{text}" if says_something(text) else ""
    return f"{file.name} (not shown here; it is among the files that were handed in)"


def _words(cell: Cell) -> str:
    return words_of_code(cell.source, ()).text if cell.kind == "code" else cell.source
