"""``check(answer)`` and ``hint(answer)``: what a learner types in a notebook."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from unrolled.candidate.handles import AnswerDied
from unrolled.checks.draw import kind
from unrolled.checks.examine import examine
from unrolled.checks.exercise import Exercise
from unrolled.checks.registry import all_exercises, exercise
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
    found = _asked_for(getattr(answer, "__name__", None))
    if found is None:
        print(_not_an_answer(answer))
        return 0
    try:
        report = examine(found.id, answer, source=_source(answer))
    except AnswerDied as error:
        print(f"{found.id}: {error}")
        return 0
    if report.smallest is not None:  # a case that fails, and not a stub or a ban
        report = replace(report, notes=(*report.notes, *_wrong_helpers(found, answer)))
    show(report)
    return report.points


def hint(answer: Any) -> None:
    """Open the next of an exercise's three hints.

    Args:
        answer: the exercise's id, or the function or class itself.
    """
    name = answer if isinstance(answer, str) else getattr(answer, "__name__", None)
    found = _asked_for(name)
    if found is None:
        print(f'hint() takes the name of an exercise, such as hint("softmax"). {_known()}')
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


def _asked_for(name: Any) -> Exercise | None:
    try:
        return exercise(name)
    except KeyError:
        return None


def _known() -> str:
    return f"There are {', '.join(found.name for found in all_exercises())}."


def _not_an_answer(answer: Any) -> str:
    """Say what ``check`` wants instead."""
    if isinstance(answer, str) and (found := _asked_for(answer)):
        return f'Leave out the quotation marks: check({found.name}), not check("{answer}").'
    if found := _asked_for(type(answer).__name__):
        return f"Give the class itself, not a layer made from it: check({found.name})."
    what = getattr(answer, "__name__", None) or kind(answer)
    wanted = "an exercise's function or class, such as check(softmax)"
    return f"check() takes {wanted}, not {what}. {_known()}"


def _wrong_helpers(found: Exercise, answer: Any) -> list[str]:
    """A sentence if earlier answers of the learner's, which this one may call, are not right."""
    own = getattr(sys.modules.get(getattr(answer, "__module__", "")), "__dict__", {})
    helpers = [exercise(name) for name in found.uses]
    wrong = [h.name for h in helpers if h.name in own and not examine(h.id, own[h.name]).passed]
    if not wrong:
        return []
    return [
        f"Not right yet among your own: {', '.join(wrong)}. If {found.name} calls that, mend that "
        f"first; handed in, {found.name} is marked with the course's own in its place."
    ]


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
