"""All exercises, by chapter and by name."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from unrolled.checks.exercise import Exercise


@functools.cache
def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise, in the order of the book: one module ``chNN_*`` a chapter."""
    package = importlib.import_module("unrolled.checks")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[:2] == "ch")
    chapters = [importlib.import_module(f"unrolled.checks.{n}") for n in names if n[2].isdigit()]
    return tuple(exercise for chapter in chapters for exercise in chapter.EXERCISES)


def exercises(chapter: str) -> tuple[Exercise, ...]:
    """The exercises of an assignment, such as ``"06-self-attention"``.

    Raises:
        KeyError: if there is none, naming those there are.
    """
    found = tuple(e for e in all_exercises() if e.chapter == chapter)
    if not found:
        known = ", ".join(dict.fromkeys(e.chapter for e in all_exercises()))
        raise KeyError(f"no exercises for {chapter!r}; there are some for {known}")
    return found


def exercise(name: str) -> Exercise:
    """The exercise of that id, or whose answer has that name.

    Raises:
        KeyError: if there is none, naming those there are.
    """
    for found in all_exercises():
        if name in (found.id, found.name):
            return found
    known = ", ".join(e.name for e in all_exercises())
    raise KeyError(f"no exercise is called {name!r}; there are {known}")
