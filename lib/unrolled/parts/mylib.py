"""A learner's own library: the folder ``mylib/``, one file for each answer that passed.

``mylib/softmax.py`` holds the answer ``softmax``; ``mylib/passed.json`` the SHA-256 that each file
had when its checks passed. An answer may import another: ``from mylib.softmax import softmax``.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["mine", "store"]

PACKAGE = "mylib"
LEDGER = "passed.json"


def mine(folder: str | Path = PACKAGE, unpassed: bool = False) -> dict[str, Any]:
    """Import a learner's own layers, to build models from: ``with use(mine()): ...``.

    Args:
        folder: where they are. Default: ``mylib`` in the working directory.
        unpassed: also take what has not passed its checks, or changed since. Default: False.

    Returns:
        Name of the part to the learner's class or function.

    Raises:
        ValueError: if there is no such folder, a file did not pass in the form it has now, does
            not define its part, or cannot be imported.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"folder={str(folder)!r} does not exist: an answer that passes makes it")
    passed = _passed(folder)
    files = sorted(path for path in folder.glob("*.py") if not path.stem.startswith("_"))
    for path in files:
        if not unpassed and passed.get(path.stem) != _digest(path.read_bytes()):
            raise ValueError(
                f"{path.name} has not passed its checks in the form it has now: check it again, "
                "or ask for mine(unpassed=True)"
            )
    _open_package(folder)
    return {path.stem: _imported(path) for path in files}


def store(name: str, source: str, folder: str | Path = PACKAGE) -> Path:
    """Put an answer that passed into the folder; an older one stays beside it as ``NAME.py.bak``.

    Args:
        name: of the part, a Python identifier.
        source: of a module that defines it.
        folder: made if missing. Default: ``mylib`` in the working directory.

    Returns:
        The file written.

    Raises:
        ValueError: if ``name`` is not an identifier.
    """
    if not name.isidentifier():
        raise ValueError(f"name={name!r} is not a Python name, that of a part is wanted")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if path.exists() and path.read_text(encoding="utf-8") != source:
        path.replace(path.with_suffix(".py.bak"))
    path.write_text(source, encoding="utf-8")
    ledger = {**_passed(folder), name: _digest(path.read_bytes())}
    (folder / LEDGER).write_text(json.dumps(ledger, indent=1) + "\n", encoding="utf-8")
    return path


def _passed(folder: Path) -> dict[str, str]:
    ledger = folder / LEDGER
    return json.loads(ledger.read_text(encoding="utf-8")) if ledger.exists() else {}


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
