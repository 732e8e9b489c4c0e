"""``check(answer)`` and ``hint(answer)``: what a learner types in a notebook."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

from unrolled.candidate.handles import AnswerDied
from unrolled.checks.examine import examine
from unrolled.checks.exercise import Exercise
from unrolled.checks.registry import exercise
from unrolled.checks.report import Report

_opened: Counter[str] = Counter()


def check(answer: Any) -> float:
    """Show what is right about an answer and what to fix first; return its points.

    The points are the cell's value, so that plain nbgrader gives partial credit.

    Args:
        answer: the function or class an exercise asks for, under its own name.

    Returns:
        The points earned.
    """
    name = getattr(answer, "__name__", None)
    try:
        found = exercise(name)
    except KeyError as error:
        print(
            f"check() takes the function or class itself, such as check(softmax): {error.args[0]}"
        )
        return 0
    try:
        report = examine(found.id, answer, source=_source(answer))
    except AnswerDied as error:
        print(f"{found.id}: {error}")
        return 0
    show(report)
    return report.points


def hint(answer: Any) -> None:
    """Open the next of an exercise's three hints.

    Args:
        answer: the exercise's id, or the function or class itself.
    """
    name = answer if isinstance(answer, str) else getattr(answer, "__name__", "")
    try:
        found: Exercise = exercise(name)
    except KeyError as error:
        print(error.args[0])
        return
    number = min(_opened[found.id], len(found.hints) - 1)
    _opened[found.id] += 1
    print(f"Hint {number + 1} of {len(found.hints)}: {found.hints[number]}")


def show(report: Report) -> None:
    """Display a report: as a table in a notebook, as text in a terminal."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(report.text())
        return
    if get_ipython() is None:
        print(report.text())
        return
    data = {"text/plain": report.text(), "text/html": report._repr_html_()}
    display(data, raw=True)


def _source(answer: Any) -> str | None:
    """The text of the answer, if Python can find it; a notebook's cells are in linecache."""
    try:
        return inspect.getsource(answer)
    except (OSError, TypeError):
        pass
    for method in vars(answer).values() if isinstance(answer, type) else ():
        if inspect.isfunction(method):
            try:
                return "".join(inspect.findsource(method)[0])
            except OSError:
                return None
    return None
