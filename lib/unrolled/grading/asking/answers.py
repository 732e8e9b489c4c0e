"""Which of a notebook's cells, and what in them, an answer stands on."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from unrolled.checks.bans import EVALUATE
from unrolled.checks.bindings import called, imported
from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.submissions.sources import UNREADABLE, as_python, defined_names, names_read

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MANY = 2_000  # statements: each may lead to another, so that all are looked at as often
PUTS = (*EVALUATE, "setattr", "update")  # what they bind is not to be read off their statement


def defining(cells: Sequence[CodeCell], name: str) -> list[CodeCell]:
    """The cells that bind a name, in order."""
    return [cell for cell in cells if name in defined_names(cell.source)]


def stood_on(cells: Sequence[CodeCell], name: str) -> str:
    """The statements that an answer stands on, as Python: what it reads, and so on.

    Others beside it may do what they like, such as compare with torch's own layer.
    """
    text = "\n".join(as_python(cell.source) for cell in used(cells, name))
    try:
        statements = ast.parse(text).body
        found = _reached(statements, name) if len(statements) <= MANY else []
        return "\n".join(map(ast.unparse, found)) or text
    except UNREADABLE:  # what runs in a notebook may be more than Python
        return text


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


def _reached(statements: list[ast.stmt], name: str) -> list[ast.stmt]:
    reached, kept, left = {name}, set[int](), dict(enumerate(map(_named, statements)))
    changes = {number for number, statement in enumerate(statements) if _changes(statement)}
    while new := [n for n, (bound, _) in left.items() if n in changes or bound & reached]:
        for number in new:
            reached |= left.pop(number)[1]
        kept |= {*new}
    return [statement for number, statement in enumerate(statements) if number in kept]


def _named(statement: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a statement binds, and those that it reads."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return frozenset(name for name, _ in imported(statement)), frozenset()
    text = ast.unparse(statement)
    return defined_names(text), names_read(text)


def _changes(statement: ast.stmt) -> bool:
    """Whether it may change what others bind: ``from m import *``, ``f.forward = g``, ``exec``."""
    if isinstance(statement, DEFINITIONS):
        return False
    return any(
        (isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Call) and called(node) in PUTS)
        or (isinstance(node, ast.alias) and node.name == "*")
        for node in ast.walk(statement)
    )
