"""A learner's own library: the folder ``mylib/``, one file for each answer that passed.

``mylib/softmax.py`` holds the answer ``softmax``; ``mylib/passed.json`` the SHA-256 that each file
had when its checks passed. An answer may import another: ``from mylib.softmax import softmax``.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["home", "mine", "passed", "store"]

PACKAGE = "mylib"
LEDGER = "passed.json"


def home() -> Path:
    """Say where a learner's library is, or will be.

    Returns:
        The folder that ``UNROLLED_MYLIB`` names, else ``mylib`` in the nearest folder at or above
        the working directory that has one or is the course's own, else in the working directory.
    """
    if named := os.environ.get("UNROLLED_MYLIB"):
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PACKAGE).is_dir() or (folder / "_toc.yml").exists():
            return folder / PACKAGE
    return here / PACKAGE


def mine(folder: str | Path | None = None, unpassed: bool = False) -> dict[str, Any]:
    """Import a learner's own layers, to build models from: ``with use(mine()): ...``.

    Args:
        folder: where they are. Default: :func:`home`.
        unpassed: also take what has not passed its checks, or changed since. Default: False.

    Returns:
        Name of the part to the learner's class or function.

    Raises:
        ValueError: if there is no such folder, a file did not pass in the form it has now, does
            not define its part, or cannot be imported.
    """
    folder = home() if folder is None else Path(folder)
    if not folder.is_dir():
        raise ValueError(f"folder={str(folder)!r} does not exist: an answer that passes makes it")
    good = passed(folder)
    files = sorted(path for path in folder.glob("*.py") if not path.stem.startswith("_"))
    for path in files:
        if not unpassed and path.stem not in good:
            raise ValueError(
                f"{path.name} has not passed its checks in the form it has now: check it again, "
                "or ask for mine(unpassed=True)"
            )
    _open_package(folder)
    return {path.stem: _imported(path) for path in files}


def passed(folder: str | Path | None = None) -> dict[str, Path]:
    """List the answers that passed their checks in the form that they have now.

    Args:
        folder: where they are. Default: :func:`home`.

    Returns:
        Name of the part to its file; empty if there is no such folder.
    """
    folder = home() if folder is None else Path(folder)
    files = {name: (folder / f"{name}.py", digest) for name, digest in _ledger(folder).items()}
    return {
        name: path
        for name, (path, digest) in files.items()
        if path.exists() and _digest(path.read_bytes()) == digest
    }


def store(name: str, source: str, folder: str | Path | None = None) -> Path:
    """Put an answer that passed into the folder; what it replaces stays beside it.

    Args:
        name: of the part, a Python identifier.
        source: of a module that defines it.
        folder: made if missing. Default: :func:`home`.

    Returns:
        The file written. An older one is now ``NAME.py.bak``, or ``NAME.py.bak2`` and so on.

    Raises:
        ValueError: if ``name`` is not an identifier.
    """
    if not name.isidentifier():
        raise ValueError(f"name={name!r} is not a Python name, that of a part is wanted")
    folder = home() if folder is None else Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if path.exists() and path.read_text(encoding="utf-8") != source:
        path.replace(_backup(path))
    path.write_text(source, encoding="utf-8")
    ledger = {**_ledger(folder), name: _digest(path.read_bytes())}
    (folder / LEDGER).write_text(json.dumps(ledger, indent=1) + "\n", encoding="utf-8")
    return path


def _backup(path: Path) -> Path:
    """A name beside a file that is not taken."""
    numbers = itertools.chain([""], itertools.count(2))
    names = (path.with_name(f"{path.name}.bak{number}") for number in numbers)
    return next(name for name in names if not name.exists())


def _ledger(folder: Path) -> dict[str, str]:
    """What passed, by the hash it had; a ledger that cannot be read vouches for nothing."""
    try:
        found = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _open_package(folder: Path) -> None:
    """Make ``mylib`` mean this folder as it is now: what was imported of it before is forgotten."""
    for name in [n for n in sys.modules if n == PACKAGE or n.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE)
    package.__path__ = [str(folder.resolve())]
    sys.modules[PACKAGE] = package
    importlib.invalidate_caches()


def _imported(path: Path) -> Any:
    try:
        module = importlib.import_module(f"{PACKAGE}.{path.stem}")
        return getattr(module, path.stem)
    except Exception as error:  # whatever a learner's file raises when it is imported
        raise ValueError(
            f"{path.name} cannot be used: {type(error).__name__}: {error}. It has to define "
            f"{path.stem}, with all that this needs"
        ) from error
