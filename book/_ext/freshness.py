"""A page is executed again when the library code that it imports has changed.

The execution cache knows a page by its cells and its kernelspec alone. Before a page is parsed, a
digest of all that it imports from the repository, directly or not, and of the files that its cells
name, is written into the kernelspec: an edit in ``lib/`` changes the key of the pages that import
it and of no other. Which files of real data lie here counts too, for the pages that import what
fetches them: one that was executed without is executed again with them. After a build with warnings
the next one reads every page again, or else it would keep quiet about pages that have not changed
since.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sphinx.util import logging

from unrolled.data import registry

LOG = logging.getLogger(__name__)
FETCHES = "lib/unrolled/data/registry.py"  # a page that imports it may show real data
CELL = re.compile(r"^(`{3,}|:{3,})\{code-cell\}[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
KERNELSPEC = re.compile(r"^kernelspec:[ ]*\n", re.MULTILINE)


def page_cells(text: str) -> list[str]:
    """Return the code of each of a page's cells, without options and notebook magics."""
    bodies = (OPTIONS.sub("", cell[2]) for cell in CELL.finditer(text))
    return ["\n".join(x for x in b.splitlines() if not x.startswith(("%", "!"))) for b in bodies]


def imported_files(cells: list[str], roots: list[Path]) -> set[Path]:
    """Return the files that pieces of code import from some folders, and what those import.

    Args:
        cells: Python sources; one that does not parse is left to fail when it is executed.
        roots: folders in which modules are looked for, first come first served.
    """
    found: set[Path] = set()
    waiting = [file for cell in cells for file in _files(cell, roots, None)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _files(file.read_text(encoding="utf-8"), roots, file)
    return found


def named_files(cells: list[str], folder: Path, root: Path) -> set[Path]:
    """Return the files below ``root`` whose path, seen from ``folder``, is a string in a cell."""
    strings = (m[2] for cell in cells for m in re.finditer(r"""(["'])([^"'\n]+\.\w+)\1""", cell))
    paths = {(folder / text).resolve() for text in strings}
    return {path for path in paths if path.is_relative_to(root) and path.is_file()}


def digest(files: set[Path], root: Path, data: Iterable[str] = ()) -> str:
    """Return a hash of the names and contents of files below ``root``, and of other names."""
    total = hashlib.sha256("".join(data).encode())
    for file in sorted(files):
        total.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def _files(code: str, roots: list[Path], origin: Path | None) -> Iterator[Path]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    names = set(_names(tree, origin, roots))
    if origin and "importlib" in names:  # it finds modules by itself: its whole package counts
        yield from (file.resolve() for file in origin.parent.glob("*.py"))
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):  # importing a.b.c runs a, a.b and a.b.c
            yield from _module("/".join(parts[:end]), roots)


def _names(tree: ast.Module, origin: Path | None, roots: list[Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and origin:
                root = next(root for root in roots if origin.is_relative_to(root))
                package = origin.relative_to(root).parts[: -node.level]
                base = ".".join([*package, *base.split(".")]).rstrip(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)  # perhaps a module


def _module(path: str, roots: list[Path]) -> Iterator[Path]:
    for root in roots:
        for file in (root / f"{path}.py", root / path / "__init__.py"):
            if file.exists():
                yield file.resolve()
                return


def _mark(app: Any, page: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(page))
    if path.suffix != ".md" or not CELL.search(source[0]):
        return
    if not KERNELSPEC.search(source[0]):
        LOG.warning("the page has code cells but no kernelspec", location=page)
        return
    root = Path(app.srcdir).resolve()
    folder, cells = path.parent.resolve(), page_cells(source[0])
    files = imported_files(cells, [root / "lib", folder]) | named_files(cells, folder, root)
    files |= set(folder.glob("*.safetensors"))  # trained weights beside the page
    for file in files:
        app.env.note_dependency(str(file))
    data: tuple[str, ...] = ()
    if root / FETCHES in files:
        data = app.env.metadata[page]["real_data"] = registry.present()
    line = f"  sources: {digest(files, root, data)}\n"
    source[0] = KERNELSPEC.sub(lambda found: found[0] + line, source[0], count=1)


def _with_other_data(app: Any, env: Any, *pages: set[str]) -> list[str]:
    """Name the pages that were read when other data were here: their own files are as before."""
    now = registry.present()
    return [page for page, known in env.metadata.items() if known.get("real_data", now) != now]


def _forget_a_bad_build(app: Any, problem: Exception | None) -> None:
    if app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("env-get-outdated", _with_other_data)
    app.connect("source-read", _mark)
    app.connect("build-finished", _forget_a_bad_build)
    return {"parallel_read_safe": True}
