"""Which of a notebook's cells an answer stands on."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.submissions.sources import defined_names, names_read


def defining(cells: Sequence[CodeCell], name: str) -> list[CodeCell]:
    """The cells that bind a name, in order."""
    return [cell for cell in cells if name in defined_names(cell.source)]


def used(cells: Sequence[CodeCell], name: str) -> list[CodeCell]:
    """The last cell that binds a name, and those of the names that it reads, and so on; in order.

    Other cells may do what they like, such as compare with torch's own layer.
    """
    definitions = [(cell, defined_names(cell.source)) for cell in cells]
    found: list[CodeCell] = []
    waiting = defining(cells, name)[-1:]
    while waiting:
        cell = waiting.pop()
        if cell not in found:
            found.append(cell)
            names = names_read(cell.source)
            waiting += [c for c, defined in definitions if names & defined]
    return [cell for cell in cells if cell in found]
