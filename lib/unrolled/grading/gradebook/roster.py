"""Who is in the class: from nbgrader's, Canvas' or Moodle's CSV file into the gradebook.

Nobody is ever removed, and an empty cell never empties what is known. What the gradebook has no
column for and Canvas wants back is kept in ``class/lms.csv``.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from unrolled.grading.gradebook.columns import FIELDS, FORMATS, Format, column_key, format_of
from unrolled.grading.gradebook.names import same_name, written
from unrolled.grading.gradebook.scores import Learner, learners
from unrolled.grading.submissions.folders import LEARNER
from unrolled.grading.submissions.repair import plain

LMS = "lms.csv"
LMS_COLUMNS = ("SIS User ID", "SIS Login ID", "Section")
MOST_BYTES = 10 * 2**20
MOST_CHARACTERS = 128  # as nbgrader's database has it
EXCEL = re.compile(r"\A\"?sep=(.)\"?[,;\t]*\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A line of a roster that can be used.

    Attributes:
        line: its number in the file.
        lms: the columns of Canvas that nbgrader's gradebook lacks.
    """

    line: int
    learner: Learner
    lms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Roster:
    """What a file holds.

    Attributes:
        format: nbgrader, Canvas or Moodle.
        id_column: the column that names a learner.
        entries: one a learner.
        problems: lines that were left out, each with number and reason.
        notes: what else to look at.
    """

    format: str
    id_column: str
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def read_roster(path: Path, id_column: str = "") -> Roster:
    """Read a roster.

    Args:
        path: CSV in UTF-8, UTF-16 or as Excel writes it, with comma, semicolon or tab.
        id_column: the column with the learners' ids, which name their folders. Default: the first
            that is filled of ``SIS Login ID``, ``SIS User ID``, ``ID`` for Canvas, of
            ``Username``, ``ID number``, ``Email address`` for Moodle, in any of its languages.

    Raises:
        ValueError: if the file is no roster.
    """
    rows = _rows(path)
    columns = rows[0][1]
    kind = format_of(columns)
    if kind is None:
        wanted = "; ".join(f"{k.name}: {', '.join(s[0] for s in k.signs)}" for k in FORMATS)
        raise ValueError(f"{path}: columns {columns} are no roster's. Wanted are {wanted}")
    lines = [(n, dict(zip(columns, row, strict=False))) for n, row in rows[1:] if _is_learner(row)]
    asked = [c for c in columns if id_column and column_key(c) == column_key(id_column)]
    chosen = id_column or _filled(kind.ids, lines)
    if chosen not in columns and len(asked) == 1:
        chosen = asked[0]
    if chosen not in columns:
        raise ValueError(f"{path} has no column {chosen!r}; it has {', '.join(columns)}")
    entries, problems = _entries(kind, chosen, lines)
    return Roster(kind.name, chosen, entries, tuple(problems), _alike(entries))


def enter_roster(gradebook: Gradebook, roster: Roster, dry_run: bool = False) -> list[str]:
    """Put a roster into the gradebook.

    Args:
        gradebook: nbgrader's, open.
        roster: what a file holds.
        dry_run: only say what would change.

    Returns:
        What changes, and who is in the gradebook alone; one sentence each.
    """
    known = {learner.id: learner for learner in learners(gradebook)}
    says = []
    for entry in roster.entries:
        given = {k: v for k, v in asdict(entry.learner).items() if k in FIELDS and v}
        before = asdict(known[entry.learner.id]) if entry.learner.id in known else None
        changes = {k: v for k, v in given.items() if before is None or before[k] != v}
        if before is not None and not changes:
            continue
        says.append(_says(entry.learner.id, before, changes))
        if not dry_run:
            gradebook.update_or_create_student(entry.learner.id, **changes)
    absent = known.keys() - {entry.learner.id for entry in roster.entries}
    return says + [f"kept     {name}, who is not in the file" for name in sorted(absent)]


def keep_lms_columns(path: Path, roster: Roster) -> None:
    """Keep the columns of Canvas' file that go back to Canvas with the marks.

    Args:
        path: ``class/lms.csv``.
        roster: what a file holds; of another LMS it adds nothing.
    """
    fresh = {
        entry.learner.id: dict(entry.lms) for entry in roster.entries if any(entry.lms.values())
    }
    if not fresh:
        return
    kept = read_lms_columns(path) | fresh
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", *LMS_COLUMNS], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"id": learner} | kept[learner] for learner in sorted(kept))


def read_lms_columns(path: Path) -> dict[str, dict[str, str]]:
    """The kept columns by learner; none if nothing was kept."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["id"]: {name: row[name] for name in LMS_COLUMNS} for row in rows}


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The file's lines, each with its number, cells without spaces around them."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} is larger than {MOST_BYTES // 2**20} MB: it is no roster")
    text = _text(path).lstrip("\ufeff")
    said = EXCEL.match(text)  # to Excel alone, and no line of the list
    text = EXCEL.sub("\n", text)
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = said[1] if said else max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows, line = [], 1
        for row in reader:
            rows.append((line, [_clean(cell) for cell in row]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
    rows = [(n, row) for n, row in rows if any(row)]
    if not rows:
        raise ValueError(f"{path} is empty")
    return rows


def _text(path: Path) -> str:
    contents = path.read_bytes()
    for encoding in (json.detect_encoding(contents), "cp1252"):  # UTF-8 or -16, then old Excel's
        with contextlib.suppress(UnicodeDecodeError):
            text = contents.decode(encoding)
            if "\0" not in text:
                return text
    raise ValueError(f"{path} is text in neither UTF-8 nor Windows-1252 (nor UTF-16)")


def _clean(cell: str) -> str:
    spaced = " ".join(cell.split())  # of any kind: Excel's does not break, and is not printable
    return plain("".join(c for c in spaced if c.isprintable())).strip()


def _is_learner(row: Sequence[str]) -> bool:
    """Whether it is not one of the lines that Canvas adds: points, posting, its test student."""
    return row[0] not in ("Points Possible", "Student, Test") and any(row[:5])


def _filled(ids: Sequence[str], lines: Sequence[tuple[int, Mapping[str, str]]]) -> str:
    return next((name for name in ids if any(row.get(name) for _, row in lines)), ids[-1])


def _entries(
    kind: Format, id_column: str, lines: Sequence[tuple[int, Mapping[str, str]]]
) -> tuple[tuple[Entry, ...], list[str]]:
    entries: dict[str, Entry] = {}
    problems = []
    for line, row in lines:
        name = row.get(id_column, "")
        learner = Learner(name, **_fields(kind, row))
        entry = Entry(line, learner, {c: row.get(c, "") for c in LMS_COLUMNS})
        if not name:
            problems.append(f"line {line}: {id_column} is empty ({learner.sortable_name})")
        elif not LEARNER.fullmatch(name):
            problems.append(f"line {line}: {id_column} is {name!r}; an id has letters, digits "
                            "and . _ - @ + only")  # fmt: skip
        elif any(len(value) > MOST_CHARACTERS for value in asdict(learner).values()):
            problems.append(f"line {line}: more than {MOST_CHARACTERS} characters in one cell")
        elif name in entries:
            problems.append(f"line {line}: {name} is on line {entries[name].line} already")
        else:
            entries[name] = entry
    return tuple(entries.values()), problems


def _fields(kind: Format, row: Mapping[str, str]) -> dict[str, str]:
    given = {
        name: next((row[column] for column in columns if row.get(column)), "")
        for name, columns in kind.columns.items()
    }
    if kind.name == "Canvas":
        last, _, first = row["Student"].partition(",")
        given |= {"last_name": last.strip(), "first_name": first.strip()}
    return given


def _alike(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Learners whom a download may not tell apart."""
    notes = []
    for what in ("name", "email", "lms_user_id"):
        seen: dict[str, int] = {}
        for entry in entries:
            who = entry.learner
            full = f"{who.first_name} {who.last_name}"
            value = same_name(full if what == "name" else getattr(who, what))
            if value and value in seen:
                notes.append(f"line {entry.line}: the same {what} as line {seen[value]}")
            seen.setdefault(value, entry.line)
    return (*notes, *_written_alike(entries))


def _written_alike(entries: Sequence[Entry]) -> Iterator[str]:
    """Who has another's name once accents or signs are lost, or the first name is the last."""
    seen: dict[str, tuple[str, int]] = {}
    for entry in entries:
        who = entry.learner
        full = same_name(f"{who.first_name} {who.last_name}")
        ways = written(full) | written(f"{who.last_name} {who.first_name}")
        others = {seen[way][1] for way in ways if way in seen and seen[way][0] != full}
        for line in sorted(others):
            yield f"line {entry.line}: the name may be written like that of line {line}"
        for way in ways:
            seen.setdefault(way, (full, entry.line))


def _says(learner: str, before: Mapping[str, str] | None, changes: Mapping[str, str]) -> str:
    if before is None:
        return f"new      {learner}"
    told = (f"{name} {before[name] or '(none)'} -> {new}" for name, new in changes.items())
    return f"changed  {learner}: {', '.join(told)}"
