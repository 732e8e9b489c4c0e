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
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from torch import nn

from unrolled.checks import modules
from unrolled.checks.exercise import Exercise
from unrolled.checks.needs import borrowed
from unrolled.checks.registry import all_exercises, exercise, exercises

# Shared by chapters and free of answers; every other module is cut to what earlier chapters need.
_FOLDERS = sorted(
    f"{folder}/{path.stem}"
    for folder in ("arguments", "parts", "plots")
    for path in (modules.LIBRARY / folder).glob("*.py")
)
SHARED = ("__init__", *_FOLDERS, "views")
_BOUNDARY = ("__init__", "budget", "fixtures", "host", "sources", "unpacking", "values", "watch",
             "wire")  # fmt: skip
BOUNDARY = tuple(f"candidate/{name}" for name in _BOUNDARY)
# Where names need not be followed: all of it is there.
OPEN = {"", "unrolled", *(f"unrolled.{n.replace('/', '.')}" for n in SHARED)} | {
    f"unrolled.{folder}" for folder in ("arguments", "parts", "plots")
}
INSIDE = sorted(
    f"grading/inside/{path.stem}" for path in (modules.LIBRARY / "grading/inside").glob("*.py")
)

CHECKS_STUB = '''"""Stands for the course's checks, which are asked elsewhere in grading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def check(answer: object, *args: object, **kwargs: object) -> float:
    """Do nothing: marks do not come from here."""
    return 0.0


def hint(*args: object, **kwargs: object) -> None:
    """Do nothing: hints are for learning."""


@contextmanager
def demo(*names: str) -> Iterator[None]:
    """Let what stands below run, as in a notebook: it may be an answer."""
    try:
        yield
    except (Exception, SystemExit) as error:
        print(f"This cell cannot go on: {type(error).__name__}: {error}")


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
    files = {f"unrolled/{name}.py": _read(name) for name in copied}
    files["unrolled/grading/__init__.py"] = ""
    files["unrolled/checks/__init__.py"] = CHECKS_STUB
    files |= {_file(name): text for name, text in _layers(assignment).items()}
    packages = {f"{folder}/__init__.py" for name in files for folder in Path(name).parents[:-2]}
    return dict.fromkeys(packages, "") | files


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


def helper_source(helpers: Iterable[Exercise]) -> str:
    """Return the reference answers to some exercises and to those that they build on.

    What they need beyond is imported: the worker has it, as a notebook may ask for it.
    """
    asked = list(helpers)
    for helper in asked:  # grows while it is read
        asked += [exercise(name) for name in helper.uses if exercise(name) not in asked]
    here = {(helper.module, helper.name) for helper in asked}
    needed = _closure(here, {}, inside=here)
    order = sorted(needed, key=[e.module for e in all_exercises() if e in asked].index)
    text = "\n\n".join(_cut(home, needed[home], {}, here) for home in order)
    future = "from __future__ import annotations\n\n"
    return future + text.replace(future, "")


def _layers(assignment: str) -> dict[str, str]:
    """Cut the layer modules to what the assignment's notebook and earlier answers need."""
    order = list(dict.fromkeys(exercise.chapter for exercise in all_exercises()))
    now = order.index(assignment)
    earlier = [e for e in all_exercises() if order.index(e.chapter) < now]
    answers = {(e.module, e.name): e for e in all_exercises() if order.index(e.chapter) >= now}
    roots = {root for e in earlier for root in ((e.module, e.name), (_public(e), e.name))}
    needed = _closure(roots | borrowed(exercises(assignment)), answers)
    return {home: _cut(home, names, answers) for home, names in needed.items()}


def _public(found: Exercise) -> str:
    return modules.public_home(found.module, found.name)


def _closure(
    roots: Iterable[tuple[str, str]],
    answers: Mapping[tuple[str, str], Exercise],
    inside: Collection[tuple[str, str]] = (),
) -> dict[str, set[str]]:
    """Follow names from definition to definition: module to the names needed of it.

    Args:
        roots: module and name.
        answers: whose insides are left out.
        inside: follow names within the modules of these alone, and not what they import.
    """
    needed: dict[str, set[str]] = {}
    homes = {home for home, _ in inside}
    queue = list(roots)
    while queue:
        home, name = queue.pop()
        if home in OPEN or (homes and home not in homes) or name in needed.get(home, ()):
            continue
        needed.setdefault(home, set()).add(name)
        if (home, name) not in answers:
            queue += _uses(home, name)
    return needed


def _uses(home: str, name: str) -> list[tuple[str, str]]:
    """Module and name of what the statement that binds a name needs of the library."""
    module = modules.module(home)
    if name not in module.bound:  # a module below a package: all of it
        return [(f"{home}.{name}", inner) for inner in modules.module(f"{home}.{name}").bound]
    origin = module.imports(name)
    if origin is not None:
        return [origin] if modules.is_module(origin[0]) else []
    return [(home, used) for used in modules.names_in(module.bound[name]) & module.bound.keys()]


def _cut(
    home: str,
    names: set[str],
    answers: Mapping[tuple[str, str], Exercise],
    here: Collection[tuple[str, str]] = (),
) -> str:
    """Keep the statements that bind ``names``; of an answer, its name alone.

    Args:
        home: the module.
        names: to be bound.
        answers: whose insides are left out.
        here: what need not be imported, being defined beside it.
    """
    module = modules.module(home)
    kept, left_out = [], {name for name in names if (home, name) in answers}
    for statement in module.tree.body:
        bound = set(modules.bound_names(statement)) & names
        if isinstance(statement, ast.Import | ast.ImportFrom):
            free = {n for n in names if modules.definition(home, n) not in here}
            kept += _cut_import(statement, free)
        elif bound & left_out:
            kept += [_stub(answers[home, name]) for name in bound]
        elif bound:
            kept.append(module.text(min(bound)))
    exported = sorted(name for name in names if not name.startswith("_"))
    return "\n\n".join([*kept, f"__all__ = {exported!r}"]) + "\n"


def _stub(answer: Exercise) -> str:
    """The name of an answer that this assignment or a later one asks for, and nothing of it."""
    head = f"def {answer.name}(*args, **kwargs):\n    "
    if isinstance(answer.reference, type):
        base = "nn.Module" if issubclass(answer.reference, nn.Module) else "object"
        head = f"from torch import nn\n\nclass {answer.name}({base}):\n" + (
            "    def __init__(self, *args, **kwargs):\n        "
        )
    return head + f"raise NotImplementedError('{answer.name} is left out: it is asked for')"


def _cut_import(statement: ast.Import | ast.ImportFrom, used: set[str]) -> list[str]:
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return [ast.unparse(statement)]
    bound = [a for a in statement.names if (a.asname or a.name.split(".")[0]) in used]
    if not bound:
        return []
    if isinstance(statement, ast.Import):
        return [ast.unparse(ast.Import(names=bound))]
    return [ast.unparse(ast.ImportFrom(statement.module, bound, statement.level))]


def _file(name: str) -> str:
    """Where a module lies below the package's root."""
    return str(modules.path(name).relative_to(modules.LIBRARY.parent))


def _read(name: str) -> str:
    return (modules.LIBRARY / f"{name}.py").read_text(encoding="utf-8")
