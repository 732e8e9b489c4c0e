"""Mend the text of single cells: only what does not parse as it stands, and does afterwards.

An answer that Python accepts is never touched here, right or wrong.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from unrolled.candidate.sources import CELLS, UNREADABLE, as_python, defined_names, parsed
from unrolled.checks.keeping import global_names
from unrolled.grading.submissions.kept import KEPT, OTHER_SIDE, kept_source
from unrolled.grading.submissions.merges import OPEN, SIDES, other_side, settle
from unrolled.grading.submissions.repair import Said

if TYPE_CHECKING:
    from unrolled.grading.submissions.reading import Cell

MAX_JOINED = 20  # cells, and of characters together:
MAX_TOGETHER = 50_000
# What copying from a web page or a chat leaves in code, where Python takes it for an error.
INVISIBLE = {
    **dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"), None),
}


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but space at the ends of lines and around them."""
    return one == other or _trimmed(one) == _trimmed(other)


def _trimmed(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


@functools.lru_cache(maxsize=CELLS)
def names_read(source: str) -> frozenset[str]:
    """The names that a cell reads from outside its definitions; none if it is not Python."""
    try:
        return frozenset(global_names(as_python(source)))
    except UNREADABLE:  # what parses may not compile
        return frozenset()


@functools.lru_cache(maxsize=CELLS)
def import_statements(source: str) -> str:
    """The import statements of a cell alone; empty if it is not Python."""
    tree = parsed(source)
    nodes = ast.walk(tree) if tree is not None else ()
    return "\n".join(ast.unparse(n) for n in nodes if isinstance(n, ast.Import | ast.ImportFrom))


def mend_sources(cells: Sequence[Cell], said: Said) -> list[Cell]:
    """Mend what can be mended in the text of code cells.

    Args:
        cells: of a submission.
        said: takes a sentence for everything that was mended.
    """
    mended: list[Cell] = []
    others: list[Cell] = []
    joined = 0
    for cell in cells:
        if cell.kind == "code":
            whole, cell = cell, replace(cell, source=_mended(cell.source, said))
            others += _other_side(whole, cell)
        if mended and joined < MAX_JOINED and _continues(mended[-1], cell):
            above = mended.pop()
            cell = replace(above, source=f"{above.source.rstrip()}\n{cell.source}")
            joined += 1
            said.doubt("An answer had been split into two cells, which were joined again.")
        mended.append(cell)
    return [*mended, *others]


def _other_side(whole: Cell, settled: Cell) -> list[Cell]:
    """A cell to read what a merge conflict in another one cost, if it held any."""
    lost = other_side(whole.source, settled.source) if OPEN in whole.source else ""
    if whole.source == settled.source or not lost.strip():
        return []
    shown = kept_source(OTHER_SIDE, lost, is_code=True)
    return [replace(settled, kind="markdown", source=shown, grade_id="", tags=(KEPT,), id="")]


def _mended(source: str, said: Said) -> str:
    """A cell without merge conflicts and without characters that nobody sees."""
    if OPEN in source and parsed(source) is None:
        for choose, which in SIDES:
            settled = settle(source, choose)
            if settled is not None and parsed(settled) is not None:
                said.doubt(f"A cell held merge conflicts; of each {which}.")
                source = settled
                break
    visible = source.translate(INVISIBLE)
    if visible != source and parsed(source) is None and parsed(visible) is not None:
        said.note("A cell held invisible characters that are no Python; they were taken out.")
        return visible
    return source


def _continues(above: Cell, below: Cell) -> bool:
    """Whether a cell is the rest of the one above: indented, and Python only together with it."""
    first = next((line for line in below.source.splitlines() if line.strip()), "")
    return (
        above.kind == below.kind == "code"
        and first[:1] in (" ", "\t")
        and len(above.source) + len(below.source) <= MAX_TOGETHER
        and bool(defined_names(above.source))
        and parsed(below.source) is None
        and parsed(f"{above.source.rstrip()}\n{below.source}") is not None
    )


def without_leftover_raise(source: str, stub: str) -> str:
    """Take out the stub's ``raise`` where an answer was written below it and never ran.

    Args:
        source: of an answer.
        stub: the released source, whose own line alone is taken out.

    Returns:
        The source; the very same if there is nothing to take out.
    """
    raises = {line.strip() for line in stub.splitlines() if line.strip().startswith("raise ")}
    tree = parsed(source) if any(line in source for line in raises) else None
    if tree is None:
        return source
    blocks = [getattr(node, name, None) for node in ast.walk(tree) for name in ("body", "orelse")]
    nodes = [n for block in blocks if isinstance(block, list) for n in block[:-1]]
    lines = source.split("\n")
    over = {
        node.lineno - 1
        for node in nodes
        if isinstance(node, ast.Raise) and lines[node.lineno - 1].strip() in raises
    }
    return "\n".join(line for number, line in enumerate(lines) if number not in over)
