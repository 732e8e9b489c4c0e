"""Which of a notebook's cells, and what in them, an answer stands on."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from unrolled.candidate.sources import NAMESPACE
from unrolled.checks.bans import EVALUATE
from unrolled.checks.bindings import GIVEN, called, imported
from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.submissions.sources import UNREADABLE, as_python, defined_names, names_read

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MANY = 2_000  # statements: each may lead to another, so that all are looked at as often


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
    imports = {bound for statement in statements for bound, _ in imported(statement)}
    modules = {*GIVEN, *imports}
    changes = {n for n, statement in enumerate(statements) if _changes(statement, modules)}
    while new := [n for n, (bound, _) in left.items() if n in changes or bound & reached]:
        for number in new:
            reached |= left.pop(number)[1]
        kept |= {*new}
    return [statement for number, statement in enumerate(statements) if number in kept]


def _named(statement: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a statement binds or puts something on, and those that it reads."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return frozenset(name for name, _ in imported(statement)), frozenset()
    text = ast.unparse(statement)
    holders = frozenset(name for holder in _holders(statement) for name in _names(holder))
    return defined_names(text) | holders, names_read(text)


def _holders(statement: ast.stmt) -> Iterator[ast.expr]:
    """What a statement puts something on: ``a`` of ``a.b["c"] = d`` or ``setattr(a, "b", c)``."""
    if isinstance(statement, DEFINITIONS):
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield _innermost(node)
        elif isinstance(node, ast.Call) and called(node) == "setattr" and node.args:
            yield _innermost(node.args[0])
        elif isinstance(node, ast.Call) and called(node) == "update":
            yield _innermost(node.func)


def _innermost(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _changes(statement: ast.stmt, modules: Collection[str]) -> bool:
    """Whether it may change what any other binds: ``from m import *``, ``torch.f = g``, ``exec``.

    What is put on a thing of the learner's own, such as a layer to compare with, changes that.
    """
    if isinstance(statement, DEFINITIONS):
        return False
    return any(_is_shared(holder, modules) for holder in _holders(statement)) or any(
        (isinstance(node, ast.Call) and _evaluates(node))
        or (isinstance(node, ast.alias) and node.name == "*")
        for node in ast.walk(statement)
    )


def _is_shared(holder: ast.expr, modules: Collection[str]) -> bool:
    names = _names(holder)
    spaces = [n for n in ast.walk(holder) if isinstance(n, ast.Call) and not n.args]
    return not names.isdisjoint(modules) or any(called(n) in NAMESPACE for n in spaces)


def _evaluates(call: ast.Call) -> bool:
    """Whether text becomes code; in ``layer.eval()`` and ``torch.compile(layer)`` none does."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr != "compile" and called(call) in EVALUATE and bool(call.args)
    return called(call) in EVALUATE
