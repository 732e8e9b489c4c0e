"""What a learner types in a notebook: ``check``, ``hint``, ``solution`` and ``welcome``."""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import replace
from typing import Any

from unrolled.candidate.handles import AnswerDied
from unrolled.candidate.sources import as_python
from unrolled.checks import ledger
from unrolled.checks.beside import TRIES, Beside, beside
from unrolled.checks.draw import kind
from unrolled.checks.examine import examine
from unrolled.checks.exercise import Exercise
from unrolled.checks.keeping import Leans, definition, standalone
from unrolled.checks.registry import all_exercises, exercise
from unrolled.checks.report import Report, blank_reason
from unrolled.checks.unwritten import Unwritten, guard_checks
from unrolled.parts.mylib import mine, passed, store

_last: dict[str, tuple[str, Report]] = {}  # by exercise: the source checked last, its report


def check(answer: Any) -> float:
    """Show what is right about an answer and what to fix first; return its points.

    The points are the cell's value, so that plain nbgrader gives partial credit. An answer that
    passes goes into ``mylib/``.

    Args:
        answer: the function or class an exercise asks for, under its own name.

    Returns:
        The points earned.
    """
    found = _asked_for(getattr(answer, "__name__", None))
    if found is None:
        print(_not_an_answer(answer))
        return 0
    cell = _source(answer)
    try:
        report = examine(found.id, answer, source=cell)
    except AnswerDied as error:
        print(f"{found.id}: {error}")
        return 0
    notes = [*report.notes]
    if report.smallest is not None:  # a case that fails, and not a stub or a ban
        notes += _wrong_helpers(found, answer)
    notes += _remembered(found, answer, definition(cell or "", found.name), report)
    show(replace(report, notes=tuple(notes)))
    return report.points


def hint(answer: Any) -> None:
    """Open the next of an exercise's three hints; ``mylib/progress.json`` counts them.

    Args:
        answer: the exercise's id, or the function or class itself.
    """
    found = _named(answer, "hint")
    if found is None:
        return
    number = min(_hints_opened(found), len(found.hints) - 1)
    print(f"Hint {number + 1} of {len(found.hints)}: {found.hints[number]}")


def solution(answer: Any) -> None:
    """Show the reference beside one's own answer, after a pass or three different tries.

    Args:
        answer: the exercise's id, or the function or class itself.
    """
    found = _named(answer, "solution")
    if found is None:
        return
    tries = len(ledger.read().get(found.id, ledger.Entry()).tries)
    own, report = _last.get(found.id) or _kept(found)
    if report is None:
        print(f"Check your {found.name} first: check({found.name}).")
    elif report.passed or tries >= TRIES:
        show(beside(found, own, report))
    else:
        print(
            f"The reference opens when your {found.name} passes, or after {TRIES} different "
            f"tries; you have made {tries}. A hint may help: hint({found.name!r})."
        )


def welcome(namespace: dict[str, Any]) -> None:
    """Put a learner's own passed answers in the place of the course's that a notebook imports.

    From here on ``check(softmax)`` says so if there is no ``softmax``, and raises no NameError.

    Args:
        namespace: the notebook's names: ``globals()``.
    """
    guard_checks()
    if not ledger.keeps() or not passed():
        return
    try:
        own = mine()
    except ValueError as error:
        print(f"The course's own layers are used: {error}.")
        return
    used = sorted(own.keys() & namespace.keys())
    namespace.update({name: own[name] for name in used})
    here = f" This notebook runs on your {', '.join(used)}." if used else ""
    print(f"In your mylib: {', '.join(sorted(own))}.{here}")


def _hints_opened(found: Exercise) -> int:
    """Count one more; how many were open before."""
    try:
        entry = ledger.update(found.id, lambda e: replace(e, hints=e.hints + 1))
    except OSError:
        return 0
    return entry.hints - 1


def _remembered(found: Exercise, answer: Any, source: str | None, report: Report) -> list[str]:
    """Write down what was earned, and keep an answer that passed; say what came of it."""
    _last[found.id] = source or "", report
    if not ledger.keeps():
        return []
    blank = bool(blank_reason(report.probes))
    try:
        ledger.update(
            found.id,
            lambda e: ledger.tried(e, None if blank else source, report.points, report.passed),
        )
        if not report.passed or source is None:
            return []
        path = store(found.name, standalone(found, answer, source))
    except Leans as error:
        return [
            f"It passes, and is not put into mylib: it uses {error} from elsewhere in the "
            f"notebook. Bring that inside {found.name}, and check again."
        ]
    except OSError as error:
        return [f"mylib cannot be written: {error.strerror or error}."]
    return [f"It is yours now: {path.parent.name}/{path.name}. Compare: solution({found.name!r})."]


def _kept(found: Exercise) -> tuple[str, Report | None]:
    """A passed answer of an earlier session."""
    path = passed().get(found.name)
    if path is None:
        return "", None
    try:
        answer = mine(unpassed=True)[found.name]
    except ValueError:
        return "", None
    source = path.read_text(encoding="utf-8")
    return definition(source, found.name) or source, examine(found.id, answer, source=source)


def show(report: Report | Beside) -> None:
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


def _named(answer: Any, asked: str) -> Exercise | None:
    """The exercise meant by a name or an answer; if there is none, say so."""
    name = answer if isinstance(answer, str) else getattr(answer, "__name__", None)
    found = _asked_for(name)
    if found is None:
        example = f'{asked}("softmax")'
        print(f"{asked}() takes the name of an exercise, such as {example}. {_known()}")
    return found


def _asked_for(name: Any) -> Exercise | None:
    try:
        return exercise(name)
    except KeyError:
        return None


def _known() -> str:
    return f"There are {', '.join(found.name for found in all_exercises())}."


def _not_an_answer(answer: Any) -> str:
    """Say what ``check`` wants instead."""
    if isinstance(answer, Unwritten):
        return f"There is no {answer.name} yet: write it in the cell above, run that, then this."
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
    """The text of the answer, if it can be found; a notebook's cells are in linecache."""
    try:
        return textwrap.dedent(inspect.getsource(answer))
    except (OSError, TypeError):
        pass
    for method in vars(answer).values() if isinstance(answer, type) else ():
        if inspect.isfunction(method):
            try:
                return "".join(inspect.findsource(method)[0])
            except OSError:
                break
    return _typed(answer.__name__)


def _typed(name: str) -> str | None:
    """The last cell that defines a name: of what runs below ``%%time``, linecache knows nothing."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    cells = shell.history_manager.input_hist_raw if shell else ()
    return next((as_python(c) for c in reversed(cells) if definition(c, name) is not None), None)
