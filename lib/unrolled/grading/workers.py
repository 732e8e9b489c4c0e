"""The trusted end of a sandbox: start it, ask one question at a time, replace it when in doubt."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from unrolled.candidate.wire import AnswerDied, Callback, Message, SocketTransport, receive, send
from unrolled.grading.cgroups import out_of_memory_kills
from unrolled.grading.memory import Watchdog
from unrolled.grading.sandbox import Tier
from unrolled.grading.starting import Started, Wanted, WorkerFailed, start

FORK_SECONDS = 10.0
# All that a question may cost beyond its limits: then the whole sandbox is killed.
CLEAN_SECONDS = 0.8

__all__ = ["Limits", "Question", "Worker", "WorkerFailed"]


@dataclass(frozen=True)
class Limits:
    """What one question may take.

    Attributes:
        cell_seconds: wall-clock time of one cell.
        answer_seconds: of all that one exercise asks an answer, together.
        cells_seconds: of all cells of one question, together.
        memory_mib: of all its processes together, beyond what a fresh worker has.
    """

    cell_seconds: float = 10.0
    answer_seconds: float = 10.0
    cells_seconds: float = 120.0
    memory_mib: int = 2048


class Question:
    """One forked process: runs cells, then answers what is asked of them.

    It is also the transport of a :class:`~unrolled.candidate.handles.Candidate`, with one budget of
    time for all cells together, and one for all requests.

    Args:
        sock: connected to the process.
        limits: what it may take.
        overused: says whether it was ended because it used too much memory.
    """

    def __init__(self, sock: socket.socket, limits: Limits, overused: Callable[[], bool]):
        self.sock = sock
        self.limits = limits
        self.overused = overused
        self.transport = SocketTransport(sock, limits.answer_seconds)
        self.seconds_left = limits.answer_seconds
        self.cells_left = limits.cells_seconds

    def run_cell(self, source: str, collect: bool = False) -> Message:
        """Run one cell; the reply is the learner's to forge and says nothing about marks.

        Raises:
            AnswerDied: if the process is gone, or silent for longer than a cell may take.
        """
        return self._tell({"cell": source, "collect": collect})

    def define(self, source: str, names: list[str]) -> None:
        """Put the course's own definitions under these names.

        Raises:
            AnswerDied: as for :meth:`run_cell`.
        """
        self._tell({"define": source, "names": names})

    def _tell(self, message: Message) -> Message:
        started = time.monotonic()
        try:
            seconds = min(self.limits.cell_seconds, self.cells_left)
            if seconds > 0:
                self.sock.settimeout(seconds)
                send(self.sock, message, [])
                left = max(0.001, started + seconds - time.monotonic())
                return receive(self.sock, left)[0]
        except AnswerDied as error:
            raise self._explained(error) from None
        finally:
            self.cells_left -= time.monotonic() - started
        raise AnswerDied(f"the cells together took over {self.limits.cells_seconds:g} s")

    def request(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Ask the answer; what it takes is counted against the question's budget.

        Raises:
            AnswerDied: if the process is gone or the budget is spent.
        """
        if self.seconds_left <= 0:
            raise AnswerDied("no reply within the time limit")
        self.transport.seconds = self.seconds_left
        started = time.monotonic()
        try:
            return self.transport.request(message, tensors, callback)
        except AnswerDied as error:
            raise self._explained(error) from None
        finally:
            self.seconds_left -= time.monotonic() - started

    def _explained(self, error: AnswerDied) -> AnswerDied:
        if self.overused():
            return AnswerDied(f"it used more than {self.limits.memory_mib} MiB together")
        return error


class Worker:
    """A sandbox kept warm; use as a context manager.

    Args:
        package: folder of the worker's own ``unrolled``.
        forbidden: the course's folder, to be seen nowhere in the sandbox.
        tier: how it is isolated.
        limits: what a question may take.
    """

    def __init__(self, package: Path, forbidden: Path, tier: Tier, limits: Limits | None = None):
        self.package = package
        self.forbidden = forbidden
        self.tier = tier
        self.limits = limits or Limits()
        self.starts = 0
        self.started: Started | None = None
        self.watchdog: Watchdog | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *ignored: Any) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """What was started of the sandbox, on this side."""
        return self.started and self.started.process

    @contextlib.contextmanager
    def question(self) -> Iterator[Question]:
        """Fork a process for one question; afterwards nothing of it is left.

        Raises:
            WorkerFailed: if no sandbox starts.
        """
        ours, started, watchdog = self._forked()
        killed = out_of_memory_kills(started.group)

        def overused() -> bool:
            return watchdog.over or out_of_memory_kills(started.group) > killed

        try:
            with watchdog:
                yield Question(ours, self.limits, overused)
        finally:
            ours.close()
            if not self._clean():
                self.stop()

    def _clean(self) -> bool:
        """Let the zygote end all that a question started; without a reply, end the zygote."""
        if self._order(b"C", CLEAN_SECONDS) == b"c":
            return True
        if self.process is not None:
            self.process.kill()
        return False

    def _forked(self) -> tuple[socket.socket, Started, Watchdog]:
        for _ in range(2):  # the sandbox of the question before may have died unnoticed
            started = self.started or self.start()
            ours, theirs = socket.socketpair()
            with theirs:
                if self._order(b"F", FORK_SECONDS, [theirs.fileno()]) == b"f":
                    assert self.watchdog is not None
                    return ours, started, self.watchdog
            ours.close()
            self.stop()
        raise WorkerFailed("the sandbox starts but cannot fork a process for a question")

    def start(self) -> Started:
        """Start a sandbox and wait until it is warm.

        Raises:
            WorkerFailed: if it does not start, with what it said.
        """
        self.started = start(
            self.tier, Wanted(self.package, self.forbidden, self.limits.memory_mib)
        )
        self.starts += 1
        most = self.limits.memory_mib * 2**20
        self.watchdog = Watchdog(self.started.gauge, most, self._clean)
        return self.started

    def stop(self) -> None:
        """Kill the sandbox and everything in it."""
        if self.watchdog is not None:
            self.watchdog.stop()
        if self.started is not None:
            self.started.stop()
        self.started = self.watchdog = None

    def _order(self, order: bytes, seconds: float, descriptors: list[int] | None = None) -> bytes:
        """Send the zygote one byte; return its one byte, empty if it does not reply."""
        if self.started is None:
            return b""
        control = self.started.control
        try:
            control.settimeout(seconds)
            socket.send_fds(control, [order], descriptors or [])
            return control.recv(1)
        except OSError:
            return b""
