"""What a learner has tried, earned and looked up: ``mylib/progress.json``, for them alone."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unrolled.parts.mylib import home

FILE = "progress.json"
MAX_TRIES = 100  # that are told apart


@dataclass(frozen=True)
class Entry:
    """One exercise.

    Attributes:
        best: the most points that an answer earned.
        tries: a digest for each different answer that was written and did not pass.
        hints: how many were opened.
    """

    best: float = 0.0
    tries: tuple[str, ...] = ()
    hints: int = 0


def keeps() -> bool:
    """Whether anything is written down: not while nbgrader runs a learner's notebook."""
    return "NBGRADER_EXECUTION" not in os.environ


def read() -> dict[str, Entry]:
    """All entries by exercise id; what cannot be read counts as not there."""
    try:
        found = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {str(name): entry for name, raw in entries if (entry := _entry(raw)) is not None}


def update(exercise: str, change: Callable[[Entry], Entry]) -> Entry:
    """Change an entry and write it down.

    Args:
        exercise: its id.
        change: from the old entry to the new one.

    Returns:
        The new entry.

    Raises:
        OSError: if the folder cannot be written.
    """
    entries = read()
    new = change(entries.get(exercise, Entry()))
    if keeps():
        entries[exercise] = new
        text = json.dumps({name: dataclasses.asdict(e) for name, e in entries.items()}, indent=1)
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep_unreadable(path)
        partial = path.with_suffix(".part")  # a crash leaves the old file whole
        partial.write_text(text + "\n", encoding="utf-8")
        os.replace(partial, path)
    return new


def tried(entry: Entry, source: str | None, points: float, passed: bool) -> Entry:
    """An entry after a check.

    Only answers that differ in more than spaces and comments count as different tries.
    """
    digest = _digest(source) if source and not passed else ""
    new = (digest,) if digest and digest not in entry.tries else ()
    return dataclasses.replace(
        entry, best=max(entry.best, points), tries=(*entry.tries, *new)[:MAX_TRIES]
    )


def _path() -> Path:
    return home() / FILE


def _keep_unreadable(path: Path) -> None:
    """A file that is no ledger of ours is moved aside, not written over."""
    try:
        whole = isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except FileNotFoundError:
        return
    except ValueError:
        whole = False
    if not whole:
        path.replace(path.with_suffix(".json.bak"))


def _digest(source: str) -> str:
    try:
        text = ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        text = source
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _entry(raw: Any) -> Entry | None:
    try:
        return Entry(float(raw["best"]), tuple(map(str, raw["tries"])), int(raw["hints"]))
    except (TypeError, KeyError, ValueError):
        return None
