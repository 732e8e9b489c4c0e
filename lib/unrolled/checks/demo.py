"""A cell that shows answers at work: where they cannot be, it says why and stops nothing."""

from __future__ import annotations

import inspect
import sys
import textwrap
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from unrolled.candidate.host import described
from unrolled.candidate.limits import TimeLimit, TimeUp
from unrolled.checks.examine import examine
from unrolled.checks.exercise import Exercise
from unrolled.checks.registry import exercise, exercises
from unrolled.checks.unwritten import UNWRITTEN

# Those of the course need up to twenty. An answer that never ends is not to hold up the rest, nor
# to meet the two minutes after which nbgrader ends the notebook.
SECONDS = 100.0
MOST_CHARACTERS = 300
WIDTH = 88


@contextmanager
def demo(*names: str) -> Iterator[None]:
    """Run the lines of a cell that use answers; where that fails, say why, and go on.

    So *Run All Cells* comes to the end of a notebook that is half done::

        with demo("padding_mask", "causal_mask"):
            print(padding_mask(ids, pad_id=0) & causal_mask(5))

    Args:
        names: the exercises, of one assignment, whose answers the lines use.
    """
    shown = list(_known(names))
    before = _figures()
    limit = TimeLimit(SECONDS)
    try:
        with limit:
            yield
    except KeyboardInterrupt:
        _say("You have stopped this cell. Run it again, and it starts from the beginning.")
        # What called what as it was stopped tells nobody anything, and takes IPython seconds.
        raise KeyboardInterrupt from None
    except (Exception, SystemExit, TimeUp) as error:
        for number in _figures() - before:  # half drawn
            sys.modules["matplotlib.pyplot"].close(number)
        _say(f"This cell {_why(error, shown)}")


def _say(sentence: str) -> None:
    """Print it; JupyterLab would break a long line within a word."""
    print(textwrap.fill(sentence, WIDTH, break_long_words=False, break_on_hyphens=False))


def _known(names: Iterable[str]) -> Iterator[Exercise]:
    for name in names:
        try:
            yield exercise(name)
        except KeyError:
            _say(f'demo() takes names of exercises, such as demo("softmax"), not {name!r:.60}.')


def _figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def _why(error: BaseException, shown: list[Exercise]) -> str:
    """Say what the cell waits for, or whose answer it failed on and with which error."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]  # not demo's own
    cell = frames[0].f_globals if frames else {}  # none: its time was up as it ended
    asked = {e.name: e for found in shown[:1] for e in exercises(found.chapter)}
    inside = [f.f_code.co_qualname.partition(".")[0] for f in frames if f.f_globals is cell]
    raised_in = next((asked[name] for name in reversed(inside) if name in asked), None)
    said = described(error)
    unknown = error.name if isinstance(error, NameError) else None
    missing = raised_in if said["line"].startswith(UNWRITTEN) else asked.get(unknown)
    if missing:
        unwritten = [missing, *(e for e in shown if not _written(e, cell))]
        waits_for = [e for e in asked.values() if e in unwritten]
        it, that = ("them", "their cells") if len(waits_for) > 1 else ("it", "that cell")
        named = _named(waits_for)
        return f"waits for {named}, not written yet: write {it}, run {that}, then this one again."
    if unknown and not raised_in:
        return f"needs {unknown}, which a cell above makes: run that one to its end first."
    blamed = [raised_in] if raised_in else [e for e in shown if not _passes(e, cell)]
    because = f", because of {_named(blamed)}" if blamed else ""
    return f"cannot go on{because}: {_in_words(error, said)}.{_more(blamed)}"


def _named(found: Iterable[Exercise]) -> str:
    *first, last = (f"{e.name} (Exercise {exercises(e.chapter).index(e) + 1})" for e in found)
    return f"your {' and '.join([', '.join(first), last] if first else [last])}"


def _written(found: Exercise, cell: Mapping[str, Any]) -> bool:
    answer = cell.get(found.name)
    parts = [answer, *(vars(answer).values() if isinstance(answer, type) else ())]
    codes = [part.__code__ for part in parts if inspect.isfunction(part)]
    return answer is not None and not any("NotImplementedError" in c.co_names for c in codes)


def _passes(found: Exercise, cell: Mapping[str, Any]) -> bool:
    return found.name in cell and examine(found.id, cell[found.name]).passed


def _in_words(error: BaseException, said: Mapping[str, str]) -> str:
    text = " ".join(said["message"].split())
    text = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
    kind = "" if isinstance(error, TimeUp) else said["type"]
    where = f", in the line `{said['line']}`" if said["line"] else ""
    return ": ".join(filter(None, [kind, text])) + where


def _more(blamed: list[Exercise]) -> str:
    calls = " and ".join(f"check({found.name})" for found in blamed)
    return f" {calls} {'say' if len(blamed) > 1 else 'says'} more." if calls else ""
