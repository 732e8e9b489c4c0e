"""From a file's bytes to the cells of a notebook, as JSON has them; damaged files included.

A sound file is read by ``json`` and nothing else is tried. A damaged one is mended only where one
reading of it stands out, and what was mended or lost is said: a wrong guess would cost a mark in
silence. Every step takes time linear in the size of the file.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from unrolled.grading.submissions.kept import LEFT_OVER, OTHER_SIDE, damaged_cell, kept_cell
from unrolled.grading.submissions.merges import merged

MAX_CELLS = 1_000
MAX_PARTS = 500_000  # lists and objects: two bytes of a file become 64 and more in memory
MAX_LOST = 20  # places where no cell can be read; each may cost a pass through the file
LOOK = "Your instructor should look at it."

STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
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
        """Say what made no difference to the answers; once, of however many cells."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def doubt(self, sentence: str) -> None:
        """Say what may have made one."""
        if sentence not in self.doubts:
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
    if _parts(text) > MAX_PARTS and _parts(STRING.sub("", text)) > MAX_PARTS:
        raise Unreadable(f"The file has more than {MAX_PARTS:,} lists and objects in it.")
    beside: list[dict[str, Any]] = []
    notebook = _parsed(text, said, beside)
    cells = _salvaged(text, said) if notebook is None else _cells_of(notebook, said)
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The notebook has more than {MAX_CELLS} cells.")
    return [*cells, *beside]


def _parts(text: str) -> int:
    return text.count("[") + text.count("{")


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


def _attempts(text: str) -> Iterator[tuple[str, str, str, str]]:
    """What to try to parse in turn.

    Yields:
        A text, what is doubtful about it, what is not, and the text on the other side of a merge.
    """
    for version, doubt, lost in chain([(text, "", "")], merged(text)):
        yield version, doubt, "", lost
        if LAST_COMMA.search(version):
            mended = TRAILING_COMMA.sub(r"\1", version)
            note = "The file was not quite JSON; trailing commas were taken out."
            yield mended, doubt, note, lost


def _parsed(text: str, said: Said, beside: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Parse the whole file, mended if it has to be; None if it does not parse.

    What is left of the file beside the notebook goes into cells of its own.
    """
    for version, doubt, note, lost in _attempts(text):
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
        leads = ((OTHER_SIDE, lost), (LEFT_OVER, left))
        beside += [kept_cell(lead, rest) for lead, rest in leads if rest]
        return parsed
    return None


def _is_notebook(parsed: Any) -> bool:
    return isinstance(parsed, dict) and ("cells" in parsed or "worksheets" in parsed)


def _number(digits: str) -> float:
    return int(digits) if len(digits) < 20 else float(digits)  # Python refuses very long ones


DECODER = json.JSONDecoder(parse_int=_number, strict=False)


def _first_value(text: str) -> tuple[Any, str]:
    """The first value in a text, from its start or from its first brace; and what else there is."""
    for start in (len(text) - len(text.lstrip()), text.find("{")):
        try:
            value, end = DECODER.raw_decode(text, max(start, 0))
        except (ValueError, RecursionError, MemoryError):
            continue
        return value, (text[: max(start, 0)] + text[end:]).strip()
    return None, ""


def _salvaged(text: str, said: Said) -> list[Any]:
    """Read cell by cell what does not parse as a whole, as far as it goes."""
    version, doubt, other = next(merged(text), (text, "", ""))
    if doubt:
        said.doubt(doubt)
    opening = CELLS.search(version)
    begin = end = opening.end() if opening else len(version)
    cells: list[dict[str, Any] | None] = []
    whole = 0
    for cell, start, end in _one_by_one(version, begin):
        whole += cell is not None
        cells.append(cell or damaged_cell(version[start:end]))
    if not whole:
        raise Unreadable("The file is not a notebook: it is not valid JSON, and no cell is whole.")
    end = BETWEEN.match(version, end).end()  # type: ignore[union-attr]
    if whole < len(cells) or not version.startswith("]", end):
        which = "it is cut off or damaged, and what could not be read is lost"
        said.doubt(f"The file is not whole: {which}. {whole} cells were read.")
    else:
        said.note("The file was damaged around its cells; the cells themselves were whole.")
    cells += [kept_cell(OTHER_SIDE, other)] if other else []
    return [cell for cell in cells if cell is not None]


def _one_by_one(text: str, at: int) -> Iterator[tuple[dict[str, Any] | None, int, int]]:
    """The cells from a place on, with where each begins and ends; None for one that is damaged."""
    count = lost = 0
    while at < len(text) and count <= MAX_CELLS:
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if text.startswith("]", at):
            return
        cell, end = _cell_at(text, at) if lost < MAX_LOST else (None, at)
        if cell is None:
            lost += 1
            following = CELL_START.search(text, at + 1)
            end = following.start() if following else len(text)
        yield cell, at, end
        count, at = count + 1, end


def _cell_at(text: str, at: int) -> tuple[dict[str, Any] | None, int]:
    """The cell that begins at a place, and where it ends; None if none does."""
    try:
        cell, end = DECODER.raw_decode(text, at)
    except (ValueError, RecursionError, MemoryError):
        return None, at
    if isinstance(cell, dict) and ("source" in cell or "input" in cell):
        return cell, end
    return None, at  # another object, inside a damaged cell


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
