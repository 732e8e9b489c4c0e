"""What a notebook had where it was written and has not where it is graded: packages, a Python.

What that may have cost is for a person to look at; what it did not is only noted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from unrolled.grading.asking.answers import defining, used
from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.asking.marks import Mark, Marked
from unrolled.grading.submissions.repair import Said
from unrolled.grading.submissions.sources import names_read

MOST = 10  # packages or cells that are named
# Of what is installed and hidden from the sandbox, Python says the second.
MISSES = r"(?:No module named '|import of (?=[\w.]+ halted))"
NO_MODULE = re.compile(MISSES + r"(?!unrolled\b)([\w.]{1,100})")
# What an older Python, or an older library of its, says to a newer notebook.
OLDER = re.compile(
    r"(?:Syntax|Indentation|Tab)Error\b.*|(?:module|type object) '[\w.]+' has no attribute '\w+'"
    r"|cannot import name '\w+'.*"
)
UNBOUND = "is not defined"  # what is said of a name that `import *` would have brought
OURS = f"{sys.version_info.major}.{sys.version_info.minor}"


def compared(cells: Sequence[CodeCell], marked: Marked, python: str) -> Said:
    """Say what was missing.

    Args:
        cells: the learner's code, in order.
        marked: what came of it.
        python: the version that the notebook says it was written with; empty if it does not.
    """
    said = Said()
    lost = [_Lost(mark, used(cells, mark.name)) for mark in marked.marks if not mark.full]
    for package in _packages(cells, marked, lost)[:MOST]:
        package.say(said, cells)
    if _is_newer(python):
        _say_older(said, cells, marked, lost, python)
    return said


@dataclass(frozen=True)
class _Lost:
    """A question that earned less than it could, and the cells that its answer stands on."""

    mark: Mark
    cells: Sequence[CodeCell]

    def __str__(self) -> str:
        return f"{self.mark.name} ({self.mark.points:g} of {self.mark.possible:g} points)"


@dataclass
class _Package:
    """One that is not installed: who asked for it, and which names it was to bind."""

    name: str
    cells: list[CodeCell] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    lost: list[_Lost] = field(default_factory=list)

    def concerns(self, lost: _Lost) -> bool:
        """Whether points of a question may be missing for want of it."""
        return (
            any(_is_of(self.name, name) for name in NO_MODULE.findall(lost.mark.text()))
            or any(cell in self.cells for cell in lost.cells)
            or any(self.bound & names_read(cell.source) for cell in lost.cells)
            or ("*" in self.bound and UNBOUND in lost.mark.text())
        )

    def say(self, said: Said, cells: Sequence[CodeCell]) -> None:
        """Say what its absence may have cost."""
        asking = self.cells or [c for lost in self.lost for c in defining(cells, lost.mark.name)]
        head = f"{self.name} is not installed where notebooks are graded. "
        where = _listed(_place(cell, cells) for cell in dict.fromkeys(asking)) or "A cell"
        if self.lost:
            what = _listed(map(str, self.lost))
            said.doubt(f"{head}{where} asked for it, which may have cost points of {what}.")
        else:
            said.note(f"{head}{where} went on without it, which cost nothing.")


def _packages(cells: Sequence[CodeCell], marked: Marked, lost: Sequence[_Lost]) -> list[_Package]:
    """What imports did not find, in cells and when an answer was called."""
    found: dict[str, _Package] = {}
    for cell in cells:
        for bound, name in marked.execution.missing.get(cell.id, {}).items():
            package = _found(found, name)
            package.bound.add(bound)
            if cell not in package.cells:
                package.cells.append(cell)
    for question in lost:
        for name in NO_MODULE.findall(question.mark.text()):
            _found(found, name)
    for package in found.values():
        package.lost = [question for question in lost if package.concerns(question)]
    return list(found.values())


def _found(found: dict[str, _Package], name: str) -> _Package:
    """The package of that name, or the one it is a part of: one sentence tells of both."""
    whole = next((known for known in found if _is_of(known, name)), name)
    return found.setdefault(whole, _Package(whole))


def _is_of(package: str, name: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def _is_newer(python: str) -> bool:
    numbers = [int(number) for number in python.split(".")[:2] if number.isdecimal()]
    return numbers > list(sys.version_info[:2])


def _say_older(
    said: Said, cells: Sequence[CodeCell], marked: Marked, lost: Sequence[_Lost], python: str
) -> None:
    """Say which cells may be right in the notebook's Python, and are not here."""
    errors: dict[str, str] = {}
    concerned = []
    for question in lost:
        ended = [(cell, marked.execution.errors.get(cell.id, "")) for cell in question.cells]
        ended += [(cell, question.mark.text()) for cell in defining(cells, question.mark.name)[-1:]]
        found = [(cell, match[0]) for cell, text in ended if (match := OLDER.search(text))]
        errors |= {_place(cell, cells): error for cell, error in reversed(found)}
        concerned += [question] if found else []
    if concerned:
        where = "; ".join(f"{place}: {error[:200]}" for place, error in list(errors.items())[:MOST])
        said.doubt(
            f"The notebook was written with Python {python} and graded with Python {OURS}, which "
            f"may not know all that is right there ({where}). That may have cost points of "
            f"{_listed(map(str, concerned))}."
        )


def _place(cell: CodeCell, cells: Sequence[CodeCell]) -> str:
    """A cell in words: its number in the notebook, and whose answer it is."""
    digits = cell.id.removeprefix("c")
    number = int(digits) if digits.isdecimal() else cells.index(cell)
    return f"cell {number + 1}" + (f" (the answer to {cell.grade_id})" if cell.grade_id else "")


def _listed(parts: Iterable[str]) -> str:
    *most, last = list(parts)[:MOST] or [""]
    text = f"{', '.join(most)} and {last}" if most else last
    return text[:1].upper() + text[1:] if text.startswith("cell ") else text
