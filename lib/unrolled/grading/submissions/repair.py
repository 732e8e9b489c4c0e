"""From a file's bytes to the cells of a notebook, as JSON has them; damaged files included.

A sound file is read by ``json`` and nothing else is tried. A damaged one is mended only where one
reading of it stands out, and what was mended or lost is said: a wrong guess would cost a mark in
silence. Every step takes time linear in the size of the file.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

MAX_CELLS = 1_000
MAX_LOST = 20  # places where no cell can be read; each may cost a pass through the file
LOOK = "Your instructor should look at it."
UNWRITTEN = "raise NotImplementedError"  # what stands in an answer that is still to be written
OPEN, BASE, MIDDLE, CLOSE = "<<<<<<<", "|||||||", "=======", ">>>>>>>"

LAST_COMMA = re.compile(r",\s*+[}\]]")
# A string, or a comma before a closing bracket. Possessive, so that nothing is tried twice.
TRAILING_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*+[}\]])', re.DOTALL)
CELLS = re.compile(r'"cells"\s*+:\s*+\[')
FIELDS = "attachments|cell_type|collapsed|execution_count|id|input|language|level|metadata|source"
CELL_START = re.compile(rf'\{{\s*+"(?:{FIELDS})"')
BETWEEN = re.compile(r"[\s,]*+")
FILE_TYPES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a rar archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"<!doctype": "a web page",
    b"<html": "a web page",
}


@dataclass
class Unreadable(Exception):
    """A file that is not a notebook, and cannot be made one."""

    why: str


@dataclass
class Said:
    """What was put right, one sentence each.

    Attributes:
        notes: everything, for the learner.
        doubts: the part of it that a person should look at.
    """

    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Say what made no difference to the answers."""
        self.notes.append(sentence)

    def doubt(self, sentence: str) -> None:
        """Say what may have made one."""
        self.notes.append(f"{sentence} {LOOK}")
        self.doubts.append(sentence)

    def also(self, other: Said) -> None:
        """Take over what was said elsewhere."""
        self.notes += other.notes
        self.doubts += other.doubts


def plain(text: str) -> str:
    """Text that can be written as UTF-8: JSON lets lone halves of a character through."""
    return text.encode("utf-8", "replace").decode("utf-8")


def read_cells(contents: bytes, said: Said) -> list[Any]:
    """Return a notebook's cells, whatever its format; the caller checks what they hold.

    Args:
        contents: of the file.
        said: takes a sentence for everything that was mended.

    Raises:
        Unreadable: saying what the file is instead of a notebook.
    """
    head = contents[:9].lower()
    for start, file_type in FILE_TYPES.items():
        if head.startswith(start.lower()):
            raise Unreadable(f"The file is {file_type} and is not a notebook (.ipynb).")
    text = decode(contents, said)
    if not text.strip():
        raise Unreadable("The file is empty.")
    notebook = _parsed(text, said)
    cells = _salvaged(text, said) if notebook is None else _cells_of(notebook, said)
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The notebook has more than {MAX_CELLS} cells.")
    return cells


def decode(contents: bytes, said: Said) -> str:
    """Turn bytes into text: the encoding that JSON names, else Windows' own; NULs are dropped."""
    encoding = json.detect_encoding(contents)
    if contents.startswith(codecs.BOM_UTF8):
        said.note("The file began with a byte order mark, which was passed over.")
    try:
        text = contents.decode(encoding)
        if not encoding.startswith("utf-8"):
            said.note(f"The file was saved as {encoding.upper()}; a notebook is UTF-8.")
    except UnicodeDecodeError:
        text = _decoded_otherwise(contents, said)
    if "\0" in text:
        said.note("The file held NUL characters, which no program can have; they were taken out.")
        text = text.replace("\0", "")
    return text


def _decoded_otherwise(contents: bytes, said: Said) -> str:
    """Read what is not quite UTF-8: damaged where most of it still is, else of another system."""
    text = contents.decode("utf-8-sig", "replace")
    damaged = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if beyond_ascii - damaged >= damaged:
        said.doubt(f"{damaged} characters of the file are damaged and show as \ufffd.")
        return text
    said.note("The file was saved in the Windows encoding cp1252; a notebook is UTF-8.")
    return contents.decode("cp1252", "replace")


def settle(text: str, choose: Callable[[str, str], str]) -> str | None:
    """Replace every merge conflict by one of its sides.

    Args:
        text: lines, with git's markers at the left margin.
        choose: picks one of the first and the last side.

    Returns:
        The text without markers; None if there is no conflict, or one does not end.
    """
    kept: list[str] = []
    sides: list[list[str]] = []  # of the conflict that is open: first, perhaps base, last
    halfway, found = False, False
    for line in text.splitlines(keepends=True):
        mark = line[:7]
        if mark == OPEN and not sides:
            sides, halfway = [[]], False
        elif sides and mark in (BASE, MIDDLE) and not halfway:
            sides.append([])
            halfway = mark == MIDDLE
        elif mark == CLOSE and halfway:
            kept.append(choose("".join(sides[0]), "".join(sides[-1])))
            sides, halfway, found = [], False, True
        else:
            (sides[-1] if sides else kept).append(line)
    return "".join(kept) if found and not sides else None


def side_with_answer(first: str, last: str) -> str:
    """Of two sides the last, unless only the first has an answer that is written."""
    return first if UNWRITTEN in last and UNWRITTEN not in first else last


SIDES: tuple[tuple[Callable[[str, str], str], str], ...] = (
    (side_with_answer, "the last side was kept, or the first where the last is not written yet"),
    (lambda first, last: last, "the last side was kept"),
    (lambda first, last: first, "the first side was kept"),
)


def _merged(text: str) -> Iterator[tuple[str, str]]:
    """What a text may be after a merge, if it holds conflicts, with what has to be said."""
    for choose, which in SIDES if OPEN in text else ():
        settled = settle(text, choose)
        if settled is None:
            return
        yield settled, f"The file held merge conflicts; of each {which}."


def _attempts(text: str) -> Iterator[tuple[str, str, str]]:
    """What to try to parse in turn: a text, what is doubtful about it, and what is not."""
    for version, doubt in chain([(text, "")], _merged(text)):
        yield version, doubt, ""
        if LAST_COMMA.search(version):
            mended = TRAILING_COMMA.sub(r"\1", version)
            yield mended, doubt, "The file was not quite JSON; trailing commas were taken out."


def _parsed(text: str, said: Said) -> dict[str, Any] | None:
    """Parse the whole file, mended if it has to be; None if it does not parse."""
    for version, doubt, note in _attempts(text):
        parsed, left = _first_value(version)
        if parsed is None or (left and not _is_notebook(parsed)):
            continue
        if not _is_notebook(parsed):
            raise Unreadable("The file is JSON, but not a notebook: it has no cells.")
        if doubt:
            said.doubt(doubt)
        if note:
            said.note(note)
        if left:
            said.doubt("Before or after the notebook the file held more, which was left aside.")
        return parsed
    return None


def _is_notebook(parsed: Any) -> bool:
    return isinstance(parsed, dict) and ("cells" in parsed or "worksheets" in parsed)


def _number(digits: str) -> float:
    return int(digits) if len(digits) < 20 else float(digits)  # Python refuses very long ones


DECODER = json.JSONDecoder(parse_int=_number, strict=False)


def _first_value(text: str) -> tuple[Any, bool]:
    """The first value in a text, from its start or from its first brace; and if there is more."""
    for start in (len(text) - len(text.lstrip()), text.find("{")):
        try:
            value, end = DECODER.raw_decode(text, max(start, 0))
        except (ValueError, RecursionError, MemoryError):
            continue
        return value, bool(text[:start].strip() or text[end:].strip())
    return None, False


def _salvaged(text: str, said: Said) -> list[Any]:
    """Read cell by cell what does not parse as a whole, as far as it goes."""
    version, doubt = next(_merged(text), (text, ""))
    if doubt:
        said.doubt(doubt)
    opening = CELLS.search(version)
    cells, lost, at = [], 0, opening.end() if opening else len(version)
    while at < len(version) and len(cells) <= MAX_CELLS:
        at = BETWEEN.match(version, at).end()  # type: ignore[union-attr]
        if not version.startswith("{", at):
            break
        try:
            cell, end = DECODER.raw_decode(version, at)
        except (ValueError, RecursionError, MemoryError):
            cell, end = {}, at
        if "source" in cell or "input" in cell:  # else another object, inside a damaged cell
            cells.append(cell)
            at = end
            continue
        lost += 1
        following = CELL_START.search(version, at + 1)
        at = following.start() if following and lost < MAX_LOST else len(version)
    if not cells:
        raise Unreadable("The file is not a notebook: it is not valid JSON, and no cell is whole.")
    if lost or not version.startswith("]", at):
        which = "it is cut off or damaged, and what could not be read is lost"
        said.doubt(f"The file is not whole: {which}. {len(cells)} cells were read.")
    else:
        said.note("The file was damaged around its cells; the cells themselves were whole.")
    return cells


def _cells_of(notebook: dict[str, Any], said: Said) -> list[Any]:
    """The cells of a notebook of any format; before the fourth they lay in worksheets."""
    cells = notebook.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = notebook.get("worksheets")
    sheets = [s for s in sheets if isinstance(s, dict)] if isinstance(sheets, list) else []
    lists = [s["cells"] for s in sheets if isinstance(s.get("cells"), list)]
    if not lists:
        raise Unreadable("The file is JSON, but not a notebook: its cells are not a list.")
    said.note("The notebook is of an old format and was brought to the present one.")
    return [cell for cells in lists for cell in cells]
