"""What a learner has installed and the grader has not costs the answers beside it nothing.

An import that fails leaves a stand-in under its name, and only a statement that uses that is left
out. Imports that a learner expects to fail, in a ``try``, fail as they would anywhere.
"""

from __future__ import annotations

import ast
from typing import Any, NoReturn

OURS = ("unrolled", "__future__")  # what of the course is not there is not there on purpose


class PackageMissing(ModuleNotFoundError):
    """Raised by what uses a stand-in."""


class StandIn:
    """Stands for a module, or something of it, that is not installed.

    It can be named, as annotations do; whatever else is done with it raises.

    Args:
        package: what is missing.
    """

    def __init__(self, package: str):
        self.__package = package

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):  # asked by Python itself, as in copying
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> StandIn:
        return self

    def __or__(self, other: Any) -> StandIn:
        return self

    __ror__ = __or__

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self.__package}, which is not installed>"

    def __use(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PackageMissing(
            f"No module named {self.__package!r} where notebooks are graded", name=self.__package
        )

    __call__ = __iter__ = __len__ = __bool__ = __contains__ = __enter__ = __use
    __mro_entries__ = __setitem__ = __delitem__ = __next__ = __await__ = __format__ = __use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = __use
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __use
    __pow__ = __rpow__ = __and__ = __rand__ = __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __use
    __pos__ = __invert__ = __abs__ = __round__ = __int__ = __float__ = __index__ = __array__ = __use
    __aenter__ = __aiter__ = __use


class WithStandIns(ast.NodeTransformer):
    """Lets imports of a cell fail one by one: each that does leaves a stand-in.

    What stands in a function, a ``with`` or a ``try`` is left alone: it may be caught.
    """

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        """Guard each module of ``import a, b.c as d``."""
        return [
            _guarded(node, ast.Import([alias]), alias.asname or top, alias.name, "")
            if (top := alias.name.split(".")[0]) not in OURS
            else ast.copy_location(ast.Import([alias]), node)
            for alias in node.names
        ]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        """Guard each name of ``from a import b, c as d``."""
        if node.level or node.module is None or node.module.split(".")[0] in OURS:
            return node
        return [
            _guarded(
                node, ast.ImportFrom(node.module, [alias], 0), alias.asname or alias.name,
                node.module, alias.name,
            )
            for alias in node.names
        ]  # fmt: skip

    def visit_Try(self, node: Any) -> ast.stmt:
        """Guard in what follows a ``try`` alone."""
        for block in (*(handler.body for handler in node.handlers), node.finalbody):
            block[:] = [done for inner in block for done in _listed(self.visit(inner))]
        return node

    def visit_With(self, node: ast.stmt) -> ast.stmt:
        """Leave it alone."""
        return node

    visit_TryStar = visit_Try
    visit_AsyncWith = visit_FunctionDef = visit_AsyncFunctionDef = visit_With
    visit_ClassDef = visit_Lambda = visit_With


def _listed(visited: Any) -> list[ast.stmt]:
    return visited if isinstance(visited, list) else [visited]


def _guarded(node: ast.stmt, one: ast.stmt, bound: str, module: str, name: str) -> ast.stmt:
    """An import of one name, with what stands in for it if that fails."""
    call = f"get_ipython().stand_in({bound!r}, {module!r}, {name!r})"
    does = call if bound == "*" else f"{bound} = {call}"
    guarded: Any = ast.parse(f"try:\n    pass\nexcept ImportError:\n    {does}").body[0]
    guarded.body = [one]
    for inner in ast.walk(guarded):
        ast.copy_location(inner, node)
    return guarded


def package_of(error: BaseException | None, module: str, name: str) -> str:
    """What is missing when an import fails: mostly what was asked for, or something it needs."""
    missing = getattr(error, "name", None) or module
    if not isinstance(error, ModuleNotFoundError):  # it is there, and has no such name
        return f"{module}.{name}" if name else module
    return module if f"{module}.".startswith(f"{missing}.") else missing
