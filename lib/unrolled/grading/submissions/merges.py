"""Settle merge conflicts, and keep what is on the other side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from unrolled.checks.unwritten import UNWRITTEN
from unrolled.grading.submissions.kept import fragment

OPEN, BASE, MIDDLE, CLOSE = MARKS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
TEXT_LINE = re.compile(r'\s*+(?:"(?:source|input)"\s*+:\s*+)?"(?:[^"\\]++|\\.)*+"?,?\s*+$')


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


def other_side(text: str, settled: str) -> str:
    """The lines of a text with merge conflicts that are not in what was made of it."""
    kept = set(settled.splitlines())
    lines = [line for line in text.splitlines() if line not in kept and line[:7] not in MARKS]
    return "\n".join(lines)


def merged(text: str) -> Iterator[tuple[str, str, str]]:
    """What a file may be after a merge, if it holds conflicts.

    Yields:
        A text without them, what has to be said, and what learners wrote on the other side.
    """
    for choose, which in SIDES if OPEN in text else ():
        settled = settle(text, choose)
        if settled is None:
            return
        lines = [line for line in other_side(text, settled).split("\n") if TEXT_LINE.match(line)]
        said = f"The file held merge conflicts; of each {which}."
        yield settled, said, fragment("\n".join(lines))
