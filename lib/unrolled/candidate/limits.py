"""How long an answer may run in a learner's own process, where nothing else can stop it."""

from __future__ import annotations

import ctypes
import math
import signal
import threading
import time
from types import FrameType

LIMIT = 10.0  # seconds; an honest answer to a whole exercise needs less than one
AGAIN = 0.5  # an answer that catches everything is told again


class TimeUp(BaseException):
    """Raised in the answer's code. No ``Exception``, so that ``except Exception`` lets it by."""


class TimeLimit:
    """A budget of seconds, spent only inside ``with``.

    In the main thread a timer's signal ends even a sleep; in another thread, or where there are no
    such signals, the error is raised at the next line of Python.

    Args:
        seconds: all uses together; infinite for none.
    """

    def __init__(self, seconds: float):
        self.seconds = self.left = seconds

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    @property
    def says(self) -> str:
        """The sentence for a learner."""
        return f"it was stopped after {self.seconds:g} seconds"

    def __enter__(self) -> TimeLimit:
        self._began = time.monotonic()
        if self.seconds == math.inf:
            return self
        self._by_signal = hasattr(signal, "setitimer") and (
            threading.current_thread() is threading.main_thread()
        )
        if self._by_signal:
            self._before = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self.left, AGAIN)
        else:
            self._done = threading.Event()
            watch = threading.Thread(
                target=self._watch, args=(threading.get_ident(), self._done), daemon=True
            )
            watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.seconds == math.inf:
            return
        if self._by_signal:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
        else:
            self._done.set()
        self.left -= time.monotonic() - self._began

    def _ring(self, number: int, frame: FrameType | None) -> None:
        raise TimeUp(self.says)

    def _watch(self, thread: int, done: threading.Event) -> None:
        wait = self.left
        while not done.wait(wait):
            error = ctypes.py_object(TimeUp)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
            wait = AGAIN
