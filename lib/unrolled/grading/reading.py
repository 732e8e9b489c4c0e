"""Read what was handed in as if it were written to break the reader.

Nothing here raises for a bad file: a submission that cannot be read says why, in words for its
learner, and the batch goes on. Links are not followed and only plain cells come out.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import parse_utc

MAX_BYTES = 20 * 2**20
MAX_CELLS = 1_000
MAX_SOURCE = 200_000
MAX_NOTEBOOKS = 50
# A learner's id is a folder's name and, in nbgrader, part of a glob.
LEARNER = re.compile(r"[A-Za-z0-9_@+][A-Za-z0-9._@+-]{0,99}")
CELL_TYPES = ("code", "markdown", "raw")


@dataclass(frozen=True)
class Cell:
    """One cell of a submission, with nothing in it but text.

    Attributes:
        kind: code, markdown or raw.
        grade_id: what its nbgrader metadata says, empty if nothing.
        tags: its tags.
    """

    kind: str
    source: str
    grade_id: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """What one learner handed in for one assignment.

    Attributes:
        cells: of the notebook; empty if there is a problem.
        notes: what was put right on the way, one sentence each.
        problem: why there is no notebook to grade, empty if there is one.
        timestamp: the text of a usable ``timestamp.txt``, empty if there is none.
    """

    learner: str
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    timestamp: str = ""


@dataclass
class _Unreadable(Exception):
    """A file that is not a notebook."""

    why: str


@dataclass(frozen=True)
class Found:
    """The learners of a class who handed in an assignment, and the folders passed over."""

    learners: tuple[str, ...]
    refused: dict[str, str] = field(default_factory=dict)


def find_learners(submitted: Path, assignment: str) -> Found:
    """List who handed something in: the folders ``<learner>/<assignment>``.

    Args:
        submitted: folder with one folder a learner.
        assignment: such as ``"06-self-attention"``.
    """
    learners, refused = [], {}
    for entry in sorted(os.scandir(submitted), key=lambda e: e.name) if submitted.is_dir() else ():
        if entry.name.startswith("."):
            continue
        if not _is_real_folder(Path(entry.path)):
            refused[entry.name] = "not a folder (links are not followed)"
        elif not LEARNER.fullmatch(entry.name):
            refused[entry.name] = "a learner's id has letters, digits and . _ - @ + only"
        elif _is_real_folder(Path(entry.path, assignment)):
            learners.append(entry.name)
        elif Path(entry.path, assignment).is_symlink():
            refused[entry.name] = f"{assignment} is a link, and links are not followed"
    return Found(tuple(learners), refused)


def read_submission(submitted: Path, learner: str, assignment: str, ids: set[str]) -> Submission:
    """Read one learner's notebook.

    Args:
        submitted: folder with one folder a learner.
        learner: name of the learner's folder.
        assignment: name of the assignment, and of its notebook.
        ids: the grade ids of the assignment, which tell its notebook from others.
    """
    folder = submitted / learner / assignment
    timestamp, late_notes = _timestamp(folder)
    try:
        name, cells, notes = _best_notebook(folder, f"{assignment}.ipynb", ids)
    except _Unreadable as error:
        return Submission(learner, problem=error.why, timestamp=timestamp, notes=late_notes)
    if name != f"{assignment}.ipynb":
        notes = (f"The notebook is called {name}; it was graded as {assignment}.ipynb.", *notes)
    return Submission(learner, cells, (*notes, *late_notes), timestamp=timestamp)


def _best_notebook(
    folder: Path, wanted: str, ids: set[str]
) -> tuple[str, tuple[Cell, ...], tuple[str, ...]]:
    """Read the notebook of the right name, else the one that has most of the assignment in it."""
    names = sorted(e.name for e in os.scandir(folder) if _is_notebook(e))[:MAX_NOTEBOOKS]
    if not names:
        raise _Unreadable("There is no notebook (.ipynb) in the submission.")
    if wanted in names:
        names = [wanted]
    readable: list[tuple[int, str, tuple[Cell, ...]]] = []
    errors: list[str] = []
    for name in names:
        try:
            cells = parse_notebook(_contents(folder / name))
            readable.append((len({c.grade_id for c in cells} & ids), name, cells))
        except _Unreadable as error:
            errors.append(f"{name}: {error.why}")
    if not readable:
        raise _Unreadable(" ".join(errors[:3]))
    _, name, cells = max(readable, key=lambda found: found[0])
    others = [other for other in names if other != name]
    notes = (f"Other notebooks were left aside: {', '.join(others[:5])}.",) if others else ()
    return name, cells, notes


def parse_notebook(contents: bytes) -> tuple[Cell, ...]:
    """Turn a file's bytes into plain cells.

    Raises:
        _Unreadable: saying what the file is instead of a notebook.
    """
    try:
        parsed = json.loads(contents.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _Unreadable("The file is not text in UTF-8, so it is not a notebook.") from None
    except (ValueError, RecursionError, MemoryError):
        raise _Unreadable("The file is not a notebook: it is not valid JSON.") from None
    if not isinstance(parsed, dict) or not ("cells" in parsed or "worksheets" in parsed):
        raise _Unreadable("The file is JSON, but not a notebook: it has no cells.")
    if not isinstance(parsed.get("cells"), list):
        parsed = _upgraded(parsed)
    if len(parsed["cells"]) > MAX_CELLS:
        raise _Unreadable(f"The notebook has more than {MAX_CELLS} cells.")
    return tuple(_cell(raw) for raw in parsed["cells"] if isinstance(raw, dict))


def _upgraded(parsed: dict[str, Any]) -> dict[str, Any]:
    """Bring a notebook of an older format to the present one."""
    try:
        upgraded = nbformat.convert(nbformat.from_dict(parsed), 4)
        return json.loads(nbformat.writes(upgraded))
    except Exception:  # nbformat raises many kinds for a file that is none
        raise _Unreadable("The notebook is of an old format that cannot be read.") from None


def _cell(raw: dict[str, Any]) -> Cell:
    source = raw.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else ""
    tags = metadata.get("tags")
    kind = raw.get("cell_type")
    return Cell(
        kind=kind if kind in CELL_TYPES else "raw",
        source=plain(source if isinstance(source, str) else "")[:MAX_SOURCE],
        grade_id=plain(grade_id)[:200] if isinstance(grade_id, str) else "",
        tags=tuple(_strings(tags if isinstance(tags, list) else ())),
    )


def plain(text: str) -> str:
    """Text that can be written as UTF-8: JSON lets lone halves of a character through."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _strings(values: Iterable[Any]) -> list[str]:
    return [plain(value)[:100] for value in values if isinstance(value, str)][:20]


def _timestamp(folder: Path) -> tuple[str, tuple[str, ...]]:
    """Read ``timestamp.txt``, which nbgrader reckons late penalties from."""
    try:
        text = _contents(folder / "timestamp.txt")[:200].decode("utf-8").strip()
    except (_Unreadable, UnicodeDecodeError):
        return "", ()
    try:
        parse_utc(text)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return "", ("timestamp.txt holds no time that can be read and was ignored.",)
    return text, ()


def _contents(path: Path) -> bytes:
    """Read a regular file, never through a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise _Unreadable(f"The file cannot be opened: {error.strerror}.") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Unreadable("The file is not a regular file.")
        contents = file.read(MAX_BYTES + 1)
    if len(contents) > MAX_BYTES:
        raise _Unreadable(f"The file is larger than {MAX_BYTES // 2**20} MB.")
    return contents


def _is_notebook(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".ipynb") and entry.is_file(follow_symlinks=False)


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
