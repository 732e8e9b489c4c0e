"""What an exercise asks to be written by hand: a teaching rule, read from the syntax tree."""

from __future__ import annotations

import ast


def banned(source: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Find uses of banned names: ``x.name``, ``from module import name``.

    A plain ``name`` is free: it is often the learner's own function of that name.

    Args:
        source: Python source; what does not parse uses nothing.
        names: attribute names.

    Returns:
        The banned names that are used, in the order of ``names``.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            used.update(alias.name for alias in node.names)
    return tuple(name for name in names if name in used)
