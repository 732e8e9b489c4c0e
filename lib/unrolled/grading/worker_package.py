"""The ``unrolled`` that a sandboxed worker sees: no answers, no probes, no grading.

Layers come with everything cut out that this assignment or a later one asks for. What exercises of
earlier chapters need stays, followed by name through the library's sources.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from unrolled.checks.exercise import Exercise
from unrolled.checks.registry import all_exercises

LIBRARY = Path(__file__).parents[1]
# Shared by chapters and free of answers; every other module is cut to what earlier chapters need.
_FOLDERS = sorted(
    f"{folder}/{path.stem}"
    for folder in ("arguments", "parts", "plots")
    for path in (LIBRARY / folder).glob("*.py")
)
SHARED = ("__init__", *_FOLDERS, "views")
BOUNDARY = ("candidate/__init__", "candidate/fixtures", "candidate/host", "candidate/values",
            "candidate/wire")  # fmt: skip
# Where names need not be followed.
OPEN = {"", "unrolled", *(f"unrolled.{n}" for n in ("arguments", "parts", "plots", *SHARED))}
INSIDE = ("grading/inside/__init__", "grading/inside/zygote", "grading/inside/cells")

CHECKS_STUB = '''"""Stands for the course's checks, which are asked elsewhere in grading."""

from __future__ import annotations


def check(answer: object, *args: object, **kwargs: object) -> float:
    """Do nothing: marks do not come from here."""
    return 0.0


def hint(*args: object, **kwargs: object) -> None:
    """Do nothing: hints are for learning."""


def __getattr__(name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *args, **kwargs: None
'''


def worker_files(assignment: str) -> dict[str, str]:
    """Return the worker's package: path below its root to text.

    Args:
        assignment: the one being graded, such as ``"06-self-attention"``.
    """
    copied = [*SHARED, *BOUNDARY, *INSIDE]
    files = {f"unrolled/{name}.py": _read(name) for name in copied if _path(name).exists()}
    files["unrolled/grading/__init__.py"] = ""
    files["unrolled/checks/__init__.py"] = CHECKS_STUB
    for name, text in _earlier_layers(assignment).items():
        files[f"{name.replace('.', '/')}.py"] = text
    return files


def build_worker_package(assignment: str, build: Path) -> Path:
    """Write the worker's package, once for each state of the library.

    Args:
        assignment: the one being graded.
        build: folder for intermediate files.

    Returns:
        The folder to put on the worker's path.
    """
    files = worker_files(assignment)
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    target = build / "worker" / digest
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=target.parent))
    for name, text in files.items():
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        (partial / name).write_text(text, encoding="utf-8")
    partial.chmod(0o755)  # the worker is another user
    try:
        os.replace(partial, target)
    except OSError:  # another grader was first
        shutil.rmtree(partial)
    return target


@dataclass
class _Module:
    """A layer module's top-level statements by the names they bind."""

    tree: ast.Module
    source: str
    bound: dict[str, ast.stmt] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str) -> _Module:
        source = _read(name.removeprefix("unrolled.").replace(".", "/"))
        module = cls(ast.parse(source), source)
        for statement in module.tree.body:
            for bound in _bound_names(statement):
                module.bound[bound] = statement
        return module


def helper_source(helpers: Iterable[Exercise]) -> str:
    """Return the reference answers to some exercises of one module, with all they need of it."""
    roots = [(helper.module, helper.name) for helper in helpers]
    needed = _closure(roots, without=set())
    return _cut(_Module.read(roots[0][0]), needed[roots[0][0]])


def _earlier_layers(assignment: str) -> dict[str, str]:
    """Cut the layer modules to what exercises before the assignment need."""
    order = list(dict.fromkeys(exercise.chapter for exercise in all_exercises()))
    now = order.index(assignment)
    earlier = [e for e in all_exercises() if order.index(e.chapter) < now]
    answers = {e.name for e in all_exercises() if order.index(e.chapter) >= now}
    needed = _closure([(e.module, e.name) for e in earlier], without=answers)
    return {module: _cut(_Module.read(module), names) for module, names in needed.items()}


def _closure(roots: list[tuple[str, str]], without: set[str]) -> dict[str, set[str]]:
    """Follow names from definition to definition: module to the names needed of it."""
    needed: dict[str, set[str]] = {}
    queue = list(roots)
    while queue:
        home, name = queue.pop()
        if name in without or name in needed.setdefault(home, set()):
            continue
        needed[home].add(name)
        bound = _Module.read(home).bound
        used = (_followed(bound[u], home, u) for u in _names_in(bound[name]) & bound.keys())
        queue += [(where, what) for where, what in used if where not in OPEN]
    return {home: names for home, names in needed.items() if names}


def _followed(statement: ast.stmt, home: str, name: str) -> tuple[str, str]:
    """Say in which module a used name is defined; ``("", name)`` outside the layers."""
    if isinstance(statement, ast.ImportFrom):
        origin = statement.module or ""
        if not origin.startswith("unrolled."):
            return "", name
        return origin, next(a.name for a in statement.names if (a.asname or a.name) == name)
    return ("", name) if isinstance(statement, ast.Import) else (home, name)


def _cut(module: _Module, names: set[str]) -> str:
    """Keep the definitions of ``names`` and the imports that these use."""
    used = set().union(*(_names_in(module.bound[name]) for name in names)) | names
    kept = []
    for statement in module.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            kept += _cut_import(statement, used)
        elif set(_bound_names(statement)) & names:
            first = min([statement.lineno, *(d.lineno for d in _decorators(statement))])
            lines = module.source.splitlines()[first - 1 : statement.end_lineno]
            kept.append("\n".join(lines))
    exported = sorted(name for name in names if not name.startswith("_"))
    return "\n\n".join([*kept, f"__all__ = {exported!r}"]) + "\n"


def _cut_import(statement: ast.Import | ast.ImportFrom, used: set[str]) -> list[str]:
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return [ast.unparse(statement)]
    bound = [a for a in statement.names if (a.asname or a.name.split(".")[0]) in used]
    if not bound:
        return []
    if isinstance(statement, ast.Import):
        return [ast.unparse(ast.Import(names=bound))]
    return [ast.unparse(ast.ImportFrom(statement.module, bound, statement.level))]


def _decorators(statement: ast.stmt) -> list[ast.expr]:
    return getattr(statement, "decorator_list", [])


def _bound_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    return []


def _names_in(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _path(name: str) -> Path:
    return LIBRARY / f"{name}.py"


def _read(name: str) -> str:
    return _path(name).read_text(encoding="utf-8")
