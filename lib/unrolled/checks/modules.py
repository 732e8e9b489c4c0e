"""The library's layer modules as text: which names a module binds, and where each is defined."""

from __future__ import annotations

import ast
import functools
import importlib
from dataclasses import dataclass, field
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
PACKAGE = "unrolled"


@dataclass(frozen=True)
class Module:
    """A module's top-level statements by the names they bind."""

    name: str
    source: str
    tree: ast.Module
    bound: dict[str, ast.stmt] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The source of the statement that binds a name, decorators included."""
        statement = self.bound[name]
        first = min([statement.lineno, *(d.lineno for d in decorators(statement))])
        return "\n".join(self.source.splitlines()[first - 1 : statement.end_lineno])

    def imports(self, name: str) -> tuple[str, str] | None:
        """Module and name that an imported name comes from; None if it is not imported."""
        statement = self.bound[name]
        if isinstance(statement, ast.ImportFrom):
            wanted = next(a.name for a in statement.names if (a.asname or a.name) == name)
            return statement.module or "", wanted
        return ("", name) if isinstance(statement, ast.Import) else None


@functools.cache
def module(name: str) -> Module:
    """Read a module of the library, such as ``unrolled.recurrent.steps``."""
    source = path(name).read_text(encoding="utf-8")
    tree = ast.parse(source)
    bound = {b: statement for statement in tree.body for b in bound_names(statement)}
    return Module(name, source, tree, bound)


def path(name: str) -> Path:
    """The file of a module; of a package, its ``__init__``."""
    found = LIBRARY.joinpath(*name.split(".")[1:])
    return found / "__init__.py" if found.is_dir() else found.with_suffix(".py")


def is_module(name: str) -> bool:
    """Whether the library has a module of that name."""
    return name.startswith(f"{PACKAGE}.") and path(name).exists()


def definition(home: str, name: str) -> tuple[str, str]:
    """Follow a name through imports to the module of the library that defines it.

    Returns:
        Module and name there; ``("", name)`` if it comes from outside the library.
    """
    while True:
        if name not in module(home).bound:
            return ("", name)
        origin = module(home).imports(name)
        if origin is None:
            return home, name
        if not is_module(origin[0]):
            return "", name
        home, name = origin
        if is_module(f"{home}.{name}"):
            return f"{home}.{name}", ""


def public_home(home: str, name: str) -> str:
    """The outermost package through which a module's name is offered."""
    parts = home.split(".")
    for length in range(2, len(parts)):
        package = importlib.import_module(".".join(parts[:length]))
        if name in getattr(package, "__all__", ()):
            return ".".join(parts[:length])
    return home


def bound_names(statement: ast.stmt) -> list[str]:
    """The names that a top-level statement binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    return []


def names_in(node: ast.AST) -> set[str]:
    """All plain names used somewhere below a node."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def decorators(statement: ast.stmt) -> list[ast.expr]:
    """The decorators of a definition; none of anything else."""
    return getattr(statement, "decorator_list", [])
