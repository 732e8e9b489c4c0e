"""A notebook's cell as Python: its magic commands passed over, and the names that it binds.

Both sides read cells here, so that what the grader takes for an answer is what the worker runs.
"""

from __future__ import annotations

import ast
import functools
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator

CELLS = 256  # what was found out about so many is kept: every exercise asks it of every cell
# Cell magics below which stands another language, or what is not to run in this notebook.
ELSEWHERE = frozenset(
    ("HTML", "R", "SVG", "ai", "bash", "bigquery", "cmd", "html", "javascript", "js", "julia",
     "latex", "markdown", "perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh",
     "skip", "sql", "svg", "sx", "system")
)  # fmt: skip
CELL_MAGIC = re.compile(r"\s*%%(\w+)")
MAGIC = re.compile(
    r"^([ \t]*+)"
    r"(?:([\w.][\w., \t]*+=[ \t]*+)?(?:%%?[A-Za-z_]|!(?!=)|\?)(?:.*\\\n)*.*"  # %x, !x, ?x, y = %x
    r"|[\w.*]+\?\??[ \t]*$)",  # x?, x??
    re.MULTILINE,
)
DEFINES = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)"  # def f, class C
    r"|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)",  # f = ..., f: T = ...
    re.MULTILINE,
)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
NAMESPACE = ("globals", "locals", "vars")


def _tree(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the learner's code, to nobody who could mend it
        try:
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            return compile(text, "<cell>", "exec", flags)
        except UNREADABLE:
            return None


def _nothing(magic: re.Match[str]) -> str:
    """What does nothing in a magic command's place, on as many lines."""
    does = f"{magic[2]}None" if magic[2] else "pass"
    return f"{magic[1]}{does}" + "\n" * magic[0].count("\n")


@functools.lru_cache(maxsize=CELLS)
def _read(source: str) -> str | None:
    if is_elsewhere(source):
        return None
    # A line of Python may begin with % too, so a text that is Python is left as it is.
    if _tree(source) is not None:
        return source
    text = MAGIC.sub(_nothing, source)
    return text if _tree(text) is not None else None


def is_elsewhere(source: str) -> bool:
    """Whether a cell's first line sends the rest of it elsewhere, as ``%%bash`` does."""
    magic = CELL_MAGIC.match(source)
    return magic is not None and magic[1] in ELSEWHERE


def as_python(source: str) -> str:
    """A cell's text, its magic commands passed over line for line; empty if it is not Python."""
    return _read(source) or ""


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell, its magic commands passed over; None if it is not Python."""
    text = _read(source)
    return None if text is None else _tree(text)


@functools.lru_cache(maxsize=CELLS)
def defined_names(source: str) -> frozenset[str]:
    """The names that a cell binds for the whole notebook, however deep in ``if`` or ``with``.

    An import binds none: what it brings was written elsewhere. Where a cell does not parse, the
    definitions at its left margin count.
    """
    if is_elsewhere(source):
        return frozenset()
    text = _read(source)
    try:
        if text is not None:
            return frozenset(_bound(text)) | frozenset(_put(text))
    except UNREADABLE:  # what parses may not compile
        pass
    return frozenset(function or variable for function, variable in DEFINES.findall(source))


def scopes(text: str) -> Iterator[symtable.SymbolTable]:
    """The tables of names of some Python, the outermost first, however deep they lie."""
    tables = [symtable.symtable(text, "<cell>", "exec")]
    while tables:
        yield (table := tables.pop())
        tables += table.get_children()


def _bound(text: str) -> Iterator[str]:
    """Names assigned at the top, and those that a function declares to be the notebook's."""
    for table in scopes(text):
        for symbol in table.get_symbols():
            everywhere = table.get_type() == "module" or symbol.is_declared_global()
            if everywhere and symbol.is_assigned():
                yield symbol.get_name()


def _put(text: str) -> Iterator[str]:
    """Names that are put into the notebook's dictionary: ``globals()["f"] = f``, and ``update``."""
    tree = _tree(text) if any(f"{name}()" in text for name in NAMESPACE) else None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _texts([node.slice] if _is_namespace(node.value) else [])
        elif isinstance(node, ast.Call) and _is_update(node.func):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
            tables = [given for given in node.args if isinstance(given, ast.Dict)]
            yield from _texts([key for table in tables for key in table.keys])


def _is_update(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "update" and _is_namespace(node.value)


def _is_namespace(node: ast.expr) -> bool:
    name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
    return name in NAMESPACE


def _texts(nodes: Iterable[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
