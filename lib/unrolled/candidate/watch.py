"""What runs while an answer runs: torch's operators, and functions of installed packages.

Whatever an answer calls a thing, and however it came by it, torch's dispatcher is asked for the
same operator: ``aten:_softmax``. What is no operator of its own is a function of some package:
``torch.nn.utils.clip_grad:clip_grad_norm_``. What the course's own functions run does not count,
since a notebook offers them. Watching changes no number that an answer gives.
"""

from __future__ import annotations

import contextlib
import cProfile
import functools
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from torch import autograd

MAX_SEEN = 100
MAX_NAME = 120
GIVEN = "<given by the course>"  # the file name of helpers that a grader defines
_HERE = Path(__file__).parent
_BOUNDARY = (str(_HERE), str(_HERE.parent / "grading"))
_COURSE = (GIVEN, str(_HERE.parent))
_INSTALLED = (sys.prefix, sys.base_prefix, str(Path(autograd.__file__).parents[1]), "<frozen")


@contextlib.contextmanager
def watched(pattern: str) -> Iterator[list[str]]:
    """Collect the names of what runs inside, where a pattern is found in them.

    Args:
        pattern: a regular expression, for names in small letters without underscores.

    Yields:
        A list that is filled at the end: ``"aten:softmax"``, ``"module:Class.method"``.
    """
    seen: list[str] = []
    watch = _Watch(set())
    before = sys.getprofile(), threading.getprofile()
    watch.turn(True)
    sys.setprofile(watch.note)
    threading.setprofile(watch.thread)
    try:
        yield seen
    finally:
        _profile_as(before[0])
        threading.setprofile(before[1])
        watch.turn(False)
    found = re.compile(pattern)
    seen += sorted(n[:MAX_NAME] for n in watch.names if found.search(squashed(n)))[:MAX_SEEN]


def _profile_as(before: Any) -> None:
    """Go on with a profiler of the learner's; cProfile's is an object and cannot be called."""
    sys.setprofile(before if callable(before) else None)
    if isinstance(before, cProfile.Profile):
        before.enable()


def squashed(name: str) -> str:
    """A name without what differs between ``LogSoftmax`` and ``_log_softmax``."""
    return name.replace("_", "").lower()


class _Watch:
    """Follows calls, and looks at operators wherever the course does not call them."""

    def __init__(self, names: set[str]):
        self.names = names
        self.on = self.profiles = False
        self.outer: list[bool] = []  # of each call that has not returned: whether it was on before
        self.noted: dict[int, CodeType] = {}  # kept, so that no other takes its id

    def note(self, frame: FrameType, event: str, argument: Any) -> None:
        """Take what :func:`sys.setprofile` tells."""
        if event == "call":
            self.outer.append(self.on)
            if id(frame.f_code) not in self.noted:
                self._enter(frame)
        elif event == "return" and self.outer and self.outer.pop() is not self.on:
            self.turn(not self.on)

    def thread(self, frame: FrameType, event: str, argument: Any) -> None:
        """Follow a new thread from its first call until its last returns."""
        watch = _Watch(self.names)
        watch.outer.append(False)
        watch.turn(self.on)
        sys.setprofile(watch.note)
        watch.note(frame, event, argument)

    def _enter(self, frame: FrameType) -> None:
        code = frame.f_code
        whose = _whose(code.co_filename)
        if whose is not None:
            self.turn(whose == "theirs")
        elif self.on:
            self.names.add(f"{frame.f_globals.get('__name__')}:{code.co_qualname}")
            self.noted[id(code)] = code

    def turn(self, on: bool) -> None:
        """Begin or cease to look at operators."""
        if on == self.on:
            return
        self.on = on
        # Another torch may lack it, and the learner may profile, or end it. It is the older of
        # torch's two profilers: it starts in a tenth of a millisecond, and is silent.
        with contextlib.suppress(RuntimeError, AttributeError, TypeError, ImportError):
            if on:
                autograd._enable_profiler_legacy(_quietly())
                self.profiles = True
            elif self.profiles:
                self.profiles = False
                events = [e for thread in autograd._disable_profiler_legacy() for e in thread]
                names = {event.name().replace("::", ":", 1) for event in events}
                # The way back goes through the course's functions, too, and is the same for all.
                self.names |= {name for name in names if "backward" not in name.lower()}


@functools.lru_cache(maxsize=4096)
def _whose(filename: str) -> str | None:
    """Whether a file is "theirs", the learner's, or "ours", the course's; None for others."""
    if filename.startswith(_BOUNDARY):
        return None
    if filename.startswith(_COURSE):
        return "ours"
    return None if filename.startswith(_INSTALLED) else "theirs"


def _quietly() -> Any:
    """Settings of the profiler: the names of operators, and nothing of their inputs."""
    from torch._C._profiler import _ExperimentalConfig

    cpu = autograd.ProfilerState.CPU
    return autograd.ProfilerConfig(cpu, False, False, False, False, False, _ExperimentalConfig())
