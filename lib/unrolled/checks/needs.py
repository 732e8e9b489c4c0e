"""What an answer needs that its learner does not write: imports, and code that is given."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from unrolled.checks import modules
from unrolled.checks.exercise import Exercise
from unrolled.checks.source import readable

ALWAYS = {("torch", ""), ("torch.nn.functional", "F"), ("torch", "Tensor"), ("torch", "nn")}


@dataclass(frozen=True)
class Needs:
    """What stands before an answer.

    Attributes:
        imports: module and name; the name is empty for ``import module``.
        given: sources of private helpers and constants, in the order of the module.
    """

    imports: frozenset[tuple[str, str]]
    given: tuple[str, ...]


def needs(exercise: Exercise, own: frozenset[str]) -> Needs:
    """List what a reference uses that is not written in the notebook.

    Public names of the library are imported from the package that offers them; private ones are
    given as code, with what they need in turn.

    Args:
        exercise: whose reference.
        own: names that learners write in the same assignment.
    """
    module = modules.module(exercise.module)
    missing = {line.split()[-1] for line in exercise.imports}  # for the learner to find
    queue = sorted(modules.names_in(ast.parse(exercise.source)) - missing)
    imports, given = set(), set()
    while queue:
        name = queue.pop()
        if name in own or name in given or name not in module.bound:
            continue
        if _is_given(module, name):
            given.add(name)
            queue += sorted(modules.names_in(module.bound[name]))
        else:
            imports.add(_import(module, name))
    ordered = [name for name in module.bound if name in given]
    texts = dict.fromkeys(readable(module.text(name)).strip() for name in ordered)
    return Needs(frozenset(imports - ALWAYS), tuple(texts))


def borrowed(exercises: Iterable[Exercise]) -> set[tuple[str, str]]:
    """What an assignment's notebook imports of the library, as module and name."""
    asked = tuple(exercises)
    own = frozenset(exercise.name for exercise in asked)
    return {
        pair
        for exercise in asked
        for pair in needs(exercise, own).imports
        if modules.is_module(pair[0])
    }


def import_lines(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write imports: whole modules first, then by module; the library last."""
    pairs = sorted(set(pairs), key=lambda pair: (modules.is_module(pair[0]), pair))
    yield from (f"import {module}" for module, name in pairs if not name)
    for module in dict.fromkeys(module for module, name in pairs if name):
        yield f"from {module} import {', '.join(n for m, n in pairs if m == module and n)}"


def _is_given(module: modules.Module, name: str) -> bool:
    return name.startswith("_") and module.imports(name) is None


def _import(module: modules.Module, name: str) -> tuple[str, str]:
    statement = module.bound[name]
    if isinstance(statement, ast.Import):
        alias = next(a for a in statement.names if (a.asname or a.name.split(".")[0]) == name)
        return (alias.name, alias.asname or "")
    home, defined = modules.definition(module.name, name)
    if not home:
        return module.imports(name) or ("", name)
    return modules.public_home(home, defined), defined
