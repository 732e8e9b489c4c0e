"""Modules beside a chapter, imported as its page does, and kept apart from another chapter's."""

import contextlib
import importlib
import sys
from pathlib import Path

from .conftest import ROOT

BENCHMARKS = ROOT / "benchmarks"


def beside(room: Path, name: str):
    """A module of a chapter's folder, imported by its plain name.

    What it imports from its folder is imported once and shared. Afterwards all of them go by the
    folder's name too, so that two chapters may each have a module of one name.
    """
    with _open(room):
        return importlib.import_module(name)


def script(name: str):
    """A benchmark of ``benchmarks``; one of a chapter's imports from the chapter's folder."""
    with _open(BENCHMARKS, *sorted((ROOT / "book").glob(f"{name.removeprefix('chapter')}-*"))):
        return importlib.import_module(name)


@contextlib.contextmanager
def _open(*rooms: Path):
    plain = {file.stem: file.parent.name for room in rooms for file in room.glob("*.py")}
    others = {name: sys.modules.pop(name) for name in plain if name in sys.modules}
    path = sys.path[:]
    for name, room in plain.items():
        if (known := sys.modules.get(f"{room} {name}")) is not None:
            sys.modules[name] = known
    sys.path[:0] = map(str, rooms)
    try:
        yield
    finally:
        for name, room in plain.items():
            if name in sys.modules:
                sys.modules[f"{room} {name}"] = sys.modules.pop(name)
        sys.modules.update(others)
        sys.path[:] = path
