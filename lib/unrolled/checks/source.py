"""The reference's own source: what notebooks, listings and mistakes are made from."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from typing import Any

PART = re.compile(r"\bpart\((?:\w+, own=)?(\w+)\)")


def readable_source(reference: Any, docstring: bool = True) -> str:
    """Return a function's or class's source as a reader should see it.

    Args:
        reference: a function or class of ``unrolled``.
        docstring: keep the docstrings. Default: True.

    Returns:
        The source without the library's argument checks (``@views``), and with
        ``part(LayerNorm)`` as the ``LayerNorm`` that stands there, ending in a newline.
    """
    return readable(textwrap.dedent(inspect.getsource(inspect.unwrap(reference))), docstring)


def readable(source: str, docstring: bool = True) -> str:
    """The same for the source of one statement."""
    dropped: set[int] = set()
    for inner in ast.walk(ast.parse(source)):
        for decorator in getattr(inner, "decorator_list", []):
            if ast.unparse(decorator).startswith("views("):
                dropped.update(range(decorator.lineno - 1, decorator.end_lineno or 0))
        if docstring or not isinstance(inner, ast.FunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(inner):
            first = inner.body[0]
            dropped.update(range(first.lineno - 1, first.end_lineno or first.lineno))
    kept = [line for number, line in enumerate(source.splitlines()) if number not in dropped]
    text = PART.sub(r"\1", "\n".join(kept))
    while "\n\n\n" in text or ":\n\n" in text:  # what a removed docstring leaves behind
        text = text.replace("\n\n\n", "\n\n").replace(":\n\n", ":\n")
    return text.strip() + "\n"
