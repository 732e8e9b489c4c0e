"""From a reference's source to the text of an answer cell.

The learner keeps signature and docstring; the bodies stand between nbgrader's solution markers.
"""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

from unrolled.checks.source import readable_source

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def answer_cell(reference: Any, imports: tuple[str, ...] = ()) -> str:
    """Return the reference as the source of a solution cell.

    Args:
        reference: a function or class of ``unrolled``.
        imports: lines such as ``import math`` that the learner is to find missing. They go into
            the bodies that need them: a stub outside a body would stop the whole notebook.
    """
    lines = _without_argument_errors(readable_source(reference)).splitlines()
    node = ast.parse("\n".join(lines)).body[0]
    methods = [node] if isinstance(node, ast.FunctionDef) else _methods(node)
    for method in reversed(methods):  # from the end, so that earlier line numbers stay right
        start, stop = _answer_lines(method)
        indent = " " * method.body[0].col_offset
        needed = [line for line in imports if line.split()[-1] in _names(method)]
        opening = [BEGIN, *needed, *[""][: len(needed)]]
        body = [*(indent + line if line else "" for line in opening), *lines[start:stop]]
        lines[start:stop] = [*body, indent + END]
    return "\n".join(lines)


def signature(reference: Any) -> str:
    """Return how it is called, without types: ``softmax(logits, dim=-1)``."""
    target = inspect.unwrap(reference)
    call = _parameters(target.__init__ if inspect.isclass(target) else target)
    forward = _parameters(target.forward) if hasattr(target, "forward") else ""
    return f"{target.__name__}{call}{forward}"


def shapes(reference: Any) -> str:
    """Return the ``Shape:`` section of the docstring as one line of Markdown; "" without one."""
    section = re.search(r"^Shape:\n((?:[ ]+.*\n)+)", inspect.getdoc(reference) + "\n", re.MULTILINE)
    if section is None:  # of words, not of tensors
        return ""
    return " ".join(section[1].split()).replace("``", "`").rstrip(".")


def _parameters(function: Any) -> str:
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    return str(inspect.Signature(bare))


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]


def _answer_lines(method: ast.FunctionDef) -> tuple[int, int]:
    """Say which lines the learner writes: all after the docstring and ``super().__init__()``."""
    given = 0
    while given < len(method.body) and _is_given(method.body[given]):
        given += 1
    start = method.body[given - 1].end_lineno if given else method.body[0].lineno - 1
    return start, method.end_lineno


def _is_given(statement: ast.stmt) -> bool:
    text = ast.unparse(statement)
    is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_docstring or text == "super().__init__()"


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _without_argument_errors(source: str) -> str:
    """Drop the section ``Raises:`` where the body raises nothing.

    The library checks such arguments around the body; a learner is not asked to.
    """
    if any(isinstance(node, ast.Raise) for node in ast.walk(ast.parse(source))):
        return source
    kept = re.sub(r"^( +)Raises:\n(?:\1 +\S.*\n)+\n?", "", source, flags=re.MULTILINE)
    return re.sub(r'\n\n( +""")$', r"\n\1", kept, flags=re.MULTILINE)  # it stood last
