"""A passed answer as a file of its own: its definition, and the imports that this needs."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from unrolled.candidate.sources import as_python, parsed, scopes
from unrolled.checks import modules
from unrolled.checks.exercise import Exercise
from unrolled.checks.needs import needs
from unrolled.checks.registry import all_exercises
from unrolled.parts.mylib import PACKAGE, passed


class Leans(Exception):
    """An answer that needs what only its notebook has; ``names`` are those to bring inside."""

    def __init__(self, names: list[str]):
        super().__init__(", ".join(names))
        self.names = names


def definition(source: str, name: str) -> str | None:
    """The last definition of a function or class in a cell's source, decorators included.

    It may stand below a magic command, and in ``if __name__ == "__main__":``.
    """
    tree = parsed(source)
    if tree is None:
        return None
    found = [s for s in _run(tree.body) if name in modules.bound_names(s) and hasattr(s, "body")]
    if not found:
        return None
    last = max(found, key=lambda statement: statement.lineno)
    first = min([last.lineno, *(d.lineno for d in modules.decorators(last))])
    lines = as_python(source).split("\n")[first - 1 : last.end_lineno]
    return textwrap.dedent("\n".join(lines)) + "\n"


def _run(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when their cell does: all but those inside of definitions."""
    for statement in block:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            branches = [getattr(statement, name, []) for name in ("handlers", "cases")]
            for branch in (statement, *itertools.chain(*branches)):
                for inner in ("body", "orelse", "finalbody"):
                    yield from _run(getattr(branch, inner, []))


def standalone(exercise: Exercise, answer: Any, source: str) -> str:
    """Return the source of a module that defines the answer, whatever notebook it came from.

    Args:
        exercise: which it answers.
        answer: the function or class, whose globals say what its names mean.
        source: of its definition.

    Raises:
        Leans: if it uses names that only its notebook defines.
    """
    scope = _scope(answer)
    imports, missing = set(), []
    run = global_names(_without_annotations(source))
    for name in sorted(global_names(source) - {exercise.name}):
        line = _import(name, scope, exercise)
        if line:
            imports.add(line)
        elif name in scope and name in run:
            missing.append(name)
    if missing:
        raise Leans(missing)
    # Annotations are not evaluated, and may name what is imported nowhere.
    head = [f'"""My {exercise.name}."""', "", "from __future__ import annotations", ""]
    lines = [*head, *sorted(imports), *[""][: len(imports)], "", source]
    return "\n".join(lines)


def global_names(source: str) -> set[str]:
    """Names that a definition reads from outside itself, but for Python's own."""
    found: set[str] = set()
    for table in scopes(source):
        for symbol in table.get_symbols():
            outermost = table.get_type() == "module"
            if symbol.is_referenced() and (outermost or symbol.is_global()):
                found.add(symbol.get_name())
    return {name for name in found if not hasattr(builtins, name)}


def _without_annotations(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.unparse(tree)


def _scope(answer: Any) -> Mapping[str, Any]:
    answer = inspect.unwrap(answer)  # a decorator's function has its own globals
    if inspect.isfunction(answer):
        return answer.__globals__
    methods = [m for m in vars(answer).values() if inspect.isfunction(m)]
    return methods[0].__globals__ if methods else {}


def _import(name: str, scope: Mapping[str, Any], exercise: Exercise) -> str:
    """The line that gives a name its meaning elsewhere; nothing if there is none."""
    value = scope.get(name)
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}"
    if name in _given(exercise):
        return f"from {exercise.module} import {name}"
    for home, offered in needs(exercise, _own(exercise)).imports:
        if name == offered and _offers(home, name, value):  # a constant does not say where it is
            return f"from {home} import {name}"
    home = getattr(value, "__module__", None)
    original = getattr(value, "__qualname__", name)
    if isinstance(home, str) and home != "__main__" and _offers(home, original, value):
        home = modules.public_home(home, original) if modules.is_module(home) else home
        return f"from {home} import {original}" + (f" as {name}" if original != name else "")
    own = {found.name for found in all_exercises()}
    return f"from {PACKAGE}.{name} import {name}" if name in own and name in passed() else ""


def _offers(home: str, name: str, value: Any) -> bool:
    try:
        return getattr(importlib.import_module(home), name, None) is value
    except Exception:  # a module that was there when the notebook began
        return False


def _given(exercise: Exercise) -> set[str]:
    module = modules.module(exercise.module)
    texts = "\n".join(needs(exercise, _own(exercise)).given)
    return set(module.bound) & {n for s in ast.parse(texts).body for n in modules.bound_names(s)}


def _own(exercise: Exercise) -> frozenset[str]:
    return frozenset(other.name for other in all_exercises() if other.chapter == exercise.chapter)
