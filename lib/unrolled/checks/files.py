"""Answers in a Python file, for those who work outside notebooks."""

from __future__ import annotations

import importlib.util
import linecache
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from unrolled.checks.registry import all_exercises


class NoAnswers(ValueError):
    """A file that cannot be checked; the message says why."""


def answers_in(path: Path) -> dict[str, Any]:
    """Run a file and take the exercises' functions and classes that it defines itself.

    Args:
        path: a ``.py`` file.

    Returns:
        Exercise id to answer, in the order of the book.

    Raises:
        NoAnswers: if there is no such file, it is none of Python, it fails, or has no answer.
    """
    if path.suffix != ".py":
        raise NoAnswers(f"{path} is no .py file; a notebook checks itself, with check(softmax)")
    if not path.is_file():
        raise NoAnswers(f"{path} does not exist")
    module = _run(path)
    found = {
        exercise.id: vars(module)[exercise.name]
        for exercise in all_exercises()
        if getattr(vars(module).get(exercise.name), "__module__", "") == module.__name__
    }
    if not found:
        known = ", ".join(exercise.name for exercise in all_exercises())
        raise NoAnswers(f"{path} defines none of {known}")
    return found


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("answers", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    linecache.checkcache(str(path))
    sys.path.insert(0, str(path.resolve().parent))  # it may import its neighbours
    try:
        spec.loader.exec_module(module)
    except SystemExit:
        pass  # a script that ends itself has defined what it has defined
    except BaseException as error:
        raise NoAnswers(f"{path} fails: {_where(error, path)}") from None
    finally:
        sys.path.pop(0)
    return module


def _where(error: BaseException, path: Path) -> str:
    """The error and the line of the file that it comes from."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} in line {error.lineno}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    place = f" in line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
