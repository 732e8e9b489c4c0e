"""Read what was handed in as if it were written to break the reader.

Nothing here raises for a bad file: a submission that cannot be read says why, in words for its
learner, and the batch goes on. Links are not followed; text and pictures come out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from unrolled.checks.unwritten import UNWRITTEN
from unrolled.grading.submissions.documents import words_beside
from unrolled.grading.submissions.files import CHECKPOINT, NOTEBOOK, SCRIPT, File, files
from unrolled.grading.submissions.folders import Place
from unrolled.grading.submissions.kept import OTHER_FILE, kept_source
from unrolled.grading.submissions.pictures import Album, Picture
from unrolled.grading.submissions.placing import with_pictures
from unrolled.grading.submissions.repair import Said, Unreadable, decode, plain, read_cells
from unrolled.grading.submissions.scripts import script_cells
from unrolled.grading.submissions.sources import defined_names, mend_sources
from unrolled.grading.submissions.stamps import NO_STAMP, Stamp, metadata_in, read_stamp
from unrolled.grading.submissions.times import TIMESTAMP, timestamp_of
from unrolled.grading.submissions.words import answers_in_words, ids_in_words

MAX_SOURCE = 200_000
MAX_SOURCES = 2_000_000  # of all cells together; every exercise is looked for in each of them
MAX_NOTEBOOKS = 50
MAX_TOGETHER = 60 * 2**20  # bytes of all files that are looked at
BIG = f"about {MAX_TOGETHER // 2**20} MB"
KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown"}


@dataclass(frozen=True)
class Cell:
    """One cell of a submission, with nothing in it but text and pictures.

    Attributes:
        kind: code, markdown or raw.
        grade_id: what its nbgrader metadata says, empty if nothing.
        tags: its tags.
        id: its own id in the notebook, empty if it has none.
        attachments: the pictures that its text may show.
    """

    kind: str
    source: str
    grade_id: str = ""
    tags: tuple[str, ...] = ()
    id: str = ""
    attachments: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Submission:
    """What one learner handed in for one assignment.

    Attributes:
        cells: of the notebook; empty if there is a problem.
        notes: what was put right on the way, one sentence each.
        problem: why there is no notebook to grade, empty if there is one.
        timestamp: when it was handed in, in UTC and saying so; empty if nobody knows.
        doubts: what of it a person should look at.
        stamp: which version of the assignment the notebook says it is.
    """

    learner: str
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    timestamp: str = ""
    doubts: tuple[str, ...] = ()
    stamp: Stamp = NO_STAMP


def read_submission(
    submitted: Path,
    learner: str,
    assignment: str,
    ids: Collection[str],
    place: Place | None = None,
    zone: tzinfo = UTC,
) -> Submission:
    """Read one learner's notebook.

    Args:
        submitted: folder with one folder a learner.
        learner: the learner's id.
        assignment: name of the assignment, and of its notebook.
        ids: the grade ids of the assignment, which tell its notebook from others.
        place: where the work lies. Default: ``<learner>/<assignment>``.
        zone: the course's, for a ``timestamp.txt`` that names none.
    """
    place = place or Place(submitted / learner / assignment)
    around = Said()
    around.also(place.said)
    timestamp = timestamp_of(place, zone, around)
    there = files(place.folder)
    found = [file for file in there if _is_meant(file, place)]
    try:
        chosen = _chosen(found, f"{assignment}.ipynb", ids)
    except Unreadable as error:
        doubts = (error.why, *around.doubts)
        return Submission(learner, (), tuple(around.notes), error.why, timestamp, doubts)
    said = chosen.said
    said.also(around)
    cells = (*chosen.cells, *_words_beside(found, chosen, ids))
    cells = with_pictures(mend_sources(cells, said), there, chosen.file.name)
    return Submission(
        learner, cells, tuple(said.notes), "", timestamp, tuple(said.doubts), chosen.stamp
    )


def _is_meant(file: File, place: Place) -> bool:
    return not place.only or file.name.split("/")[0] == plain(place.only)[:200]


@dataclass(frozen=True)
class _Read:
    """A file that could be read as a notebook."""

    file: File
    cells: tuple[Cell, ...]
    said: Said
    answers: int
    in_words: tuple[Cell, ...]
    stamp: Stamp

    @property
    def name(self) -> str:
        return self.file.name.split("/")[-1]


def _chosen(found: Sequence[File], wanted: str, ids: Collection[str]) -> _Read:
    """Take the notebook with most answers, of equal ones that of the right name; else a copy."""
    errors: list[str] = []

    def rank(read: _Read) -> tuple[int, int, bool]:
        return read.answers, len(read.in_words), read.name == wanted

    for kind in (NOTEBOOK, CHECKPOINT, SCRIPT):
        readable = _readable([file for file in found if file.kind == kind], ids, errors)
        best, words = None, []
        for read in readable:
            if kind == SCRIPT and not read.answers:
                continue
            words.append((read.file.name, read.in_words))
            if best is None or rank(read) > rank(best):
                best = read
        if best:
            _say_which(best, found, wanted, errors)
            return _with_words_of(words, best)
    if errors:
        raise Unreadable(" ".join(errors[:3]))
    there = ", ".join(file.name for file in found[:5] if file.name != TIMESTAMP)
    what = f"; it holds {there}" if there else ""
    raise Unreadable(f"There is no notebook (.ipynb) in the submission{what}.")


def _with_words_of(others: Iterable[tuple[str, tuple[Cell, ...]]], best: _Read) -> _Read:
    """A notebook, and below it the answers in words to questions that it leaves open."""
    answered = {cell.grade_id for cell in best.in_words}
    for name, in_words in others:
        words = [c.source for c in in_words if c.grade_id not in answered]
        if words:
            best.said.doubt(f"{name} has answers in words that {best.file.name} lacks.")
            shown = [Cell("markdown", kept_source(OTHER_FILE, text, False)) for text in words]
            best = replace(best, cells=(*best.cells, *shown))
    return best


def _words_beside(found: Sequence[File], chosen: _Read, ids: Collection[str]) -> Iterator[Cell]:
    """What other files say, in cells of their own, where a question in words is left open."""
    if ids_in_words(ids) > {cell.grade_id for cell in chosen.in_words}:
        for text in words_beside(found, chosen.file, chosen.cells, parse_notebook):
            yield Cell("markdown", kept_source(OTHER_FILE, text, False))


def _readable(found: Sequence[File], ids: Collection[str], errors: list[str]) -> Iterator[_Read]:
    """Read one file after the other: all of them together may fill the memory."""
    room = MAX_TOGETHER
    for file in found[:MAX_NOTEBOOKS]:
        said = Said()
        try:
            contents = file.read()
            room -= len(contents)
            if room < 0:
                raise Unreadable(f"It was left aside: the files before it are {BIG} together.")
            script = file.kind == SCRIPT
            cells = parse_script(contents, said) if script else parse_notebook(contents, said)
        except Unreadable as error:
            errors.append(f"{file.name}: {error.why}")
            continue
        stamp = read_stamp(metadata_in(contents))
        in_words = answers_in_words(cells, ids)
        in_words = tuple(replace(cell, attachments=()) for cell in in_words)  # kept of every file
        yield _Read(file, cells, said, _answers(cells, ids), in_words, stamp)


def _answers(cells: Iterable[Cell], ids: Collection[str]) -> int:
    """How many questions are answered: their cell, or one that defines them, is written."""
    written = [cell for cell in cells if UNWRITTEN not in cell.source]
    names = {name for cell in written for name in defined_names(cell.source)}
    names |= {cell.grade_id for cell in written if f"check-{cell.grade_id}" in ids}
    return len(names & set(ids))


def _say_which(best: _Read, found: Sequence[File], wanted: str, errors: Sequence[str]) -> None:
    """Say what was graded under another name or from another place, and what was not."""
    if best.file.kind == CHECKPOINT:
        best.said.doubt(f"Only an older copy could be read: {best.file.name} was graded.")
    elif best.file.name != wanted:
        best.said.note(f"The notebook is called {best.file.name}; it was graded as {wanted}.")
    kinds = (NOTEBOOK,) if best.answers else (NOTEBOOK, CHECKPOINT, SCRIPT)
    others = [f.name for f in found if f.kind in kinds and f is not best.file]
    others = [name for name in others if not any(e.startswith(f"{name}: ") for e in errors)]
    if others:
        sentence = f"Other files were left aside: {', '.join(others[:5])}."
        unsure = not best.answers or wanted in others
        (best.said.doubt if unsure else best.said.note)(sentence)
    for error in errors[:3]:
        best.said.doubt(f"Not read: {error}")


def parse_notebook(contents: bytes, said: Said | None = None) -> tuple[Cell, ...]:
    """Turn a file's bytes into plain cells.

    Args:
        contents: of the file.
        said: takes a sentence for everything that was mended.

    Raises:
        Unreadable: saying what the file is instead of a notebook.
    """
    said = said or Said()
    raw = read_cells(contents, said)
    raw = [{"cell_type": "raw", "source": c} if isinstance(c, str) else c for c in raw]
    album = Album()
    cells = tuple(_cell(cell, said, album) for cell in raw if isinstance(cell, dict))
    if len(cells) < len(raw):
        said.doubt(f"{len(raw) - len(cells)} of the notebook's cells are none and were left out.")
    return _limited(cells, said)


def _limited(cells: tuple[Cell, ...], said: Said) -> tuple[Cell, ...]:
    """The cells as they are, unless there is more text in them than any notebook has."""
    if sum(len(cell.source) for cell in cells) <= MAX_SOURCES:
        return cells
    said.doubt(f"The notebook has over {MAX_SOURCES:,} characters; what follows them was cut off.")
    kept, room = [], MAX_SOURCES
    for cell in cells:
        kept.append(replace(cell, source=cell.source[:room]))
        room -= len(kept[-1].source)
    return tuple(kept)


def parse_script(contents: bytes, said: Said) -> tuple[Cell, ...]:
    """Turn a Python script into plain cells.

    Args:
        contents: of the file.
        said: takes a sentence for everything that was mended.

    Raises:
        Unreadable: if it is too long.
    """
    return tuple(_cell(raw, said, Album()) for raw in script_cells(decode(contents, said), said))


def _cell(raw: dict[str, Any], said: Said, album: Album) -> Cell:
    source = raw.get("source", raw.get("input", ""))  # input: before the fourth format
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = plain(source if isinstance(source, str) else "").replace("\r\n", "\n")
    kind = raw.get("cell_type")
    kind = KINDS.get(kind, "raw") if isinstance(kind, str) else "raw"
    source, embedded = (source, []) if kind == "code" else album.embedded(source)
    if "\0" in source:
        said.note("A cell held NUL characters, which no program can have; they were taken out.")
    if len(source) > MAX_SOURCE:
        said.doubt(f"A cell of more than {MAX_SOURCE:,} characters was cut off there.")
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else ""
    tags = metadata.get("tags")
    return Cell(
        kind=kind,
        source=source.replace("\0", "")[:MAX_SOURCE],
        grade_id=plain(grade_id)[:200] if isinstance(grade_id, str) else "",
        tags=_tags(tags if isinstance(tags, list) else ()),
        id=plain(raw["id"])[:200] if isinstance(raw.get("id"), str) else "",
        attachments=(*embedded, *album.attached(raw.get("attachments"))),
    )


def _tags(values: Iterable[Any]) -> tuple[str, ...]:
    """Tags as the format wants them: no commas, none twice."""
    tags = (plain(v)[:100] for v in values if isinstance(v, str) and v and "," not in v)
    return tuple(dict.fromkeys(tags))[:20]
