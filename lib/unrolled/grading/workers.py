"""The trusted end of a sandbox: start it, ask one question at a time, replace it when in doubt."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from unrolled.candidate.wire import AnswerDied, Callback, Message, SocketTransport, receive, send
from unrolled.grading import sandbox
from unrolled.grading.sandbox import Tier, bwrap_command

START_SECONDS = 60.0
CLEAN_SECONDS = 2.0
MODULE = "unrolled.grading.inside.zygote"


@dataclass(frozen=True)
class Limits:
    """What one question may take.

    Attributes:
        cell_seconds: wall-clock time of one cell.
        answer_seconds: of all that one exercise asks an answer, together.
        cells_seconds: of all cells of one question, together.
        memory_mib: beyond what a fresh worker has.
    """

    cell_seconds: float = 10.0
    answer_seconds: float = 10.0
    cells_seconds: float = 120.0
    memory_mib: int = 2048


class WorkerFailed(RuntimeError):
    """A sandbox that does not start: the fault of the machine, never of a learner."""


class Question:
    """One forked process: runs cells, then answers what is asked of them.

    It is also the transport of a :class:`~unrolled.candidate.handles.Candidate`, with one budget of
    time for all cells together, and one for all requests.
    """

    def __init__(self, sock: socket.socket, limits: Limits):
        self.sock = sock
        self.limits = limits
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
        if self.cells_left <= 0:
            raise AnswerDied(f"the cells together took over {self.limits.cells_seconds:g} s")
        started = time.monotonic()
        self.sock.settimeout(self.limits.cell_seconds)
        try:
            send(self.sock, message, [])
            return receive(self.sock, self.limits.cell_seconds)[0]
        finally:
            self.cells_left -= time.monotonic() - started

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
        finally:
            self.seconds_left -= time.monotonic() - started


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
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.scratch: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *ignored: Any) -> None:
        self.stop()

    @contextlib.contextmanager
    def question(self) -> Iterator[Question]:
        """Fork a process for one question; afterwards nothing of it is left.

        Raises:
            WorkerFailed: if no sandbox starts.
        """
        ours = self._forked()
        try:
            yield Question(ours, self.limits)
        finally:
            ours.close()
            if self._order(b"C", CLEAN_SECONDS) != b"c":
                self.stop()

    def _forked(self) -> socket.socket:
        for _ in range(2):  # the sandbox of the question before may have died unnoticed
            if self.process is None:
                self.start()
            ours, theirs = socket.socketpair()
            with theirs:
                if self._order(b"F", CLEAN_SECONDS, [theirs.fileno()]) == b"f":
                    return ours
            ours.close()
            self.stop()
        raise WorkerFailed("the sandbox starts but cannot fork a process for a question")

    def start(self) -> None:
        """Start a sandbox and wait until it is warm.

        Raises:
            WorkerFailed: if it does not start, with what it said.
        """
        self.control, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as errors:
            self.process = subprocess.Popen(
                **self._command(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            theirs.close()
            self.control.settimeout(START_SECONDS)
            with contextlib.suppress(OSError):
                if self.control.recv(1) == b"r":
                    self.starts += 1
                    return
            self.stop()
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()[-1500:]
        raise WorkerFailed(f"the sandbox ({self.tier.name}) did not start: {said or 'no message'}")

    def stop(self) -> None:
        """Kill the sandbox and everything in it."""
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.scratch is not None:
            self.scratch.cleanup()
        self.process = self.control = self.scratch = None

    def _order(self, order: bytes, seconds: float, descriptors: list[int] | None = None) -> bytes:
        """Send the zygote one byte; return its one byte, empty if it does not reply."""
        assert self.control is not None
        self.control.settimeout(seconds)
        try:
            socket.send_fds(self.control, [order], descriptors or [])
            return self.control.recv(1)
        except OSError:
            return b""

    def _command(self, descriptor: int) -> dict[str, Any]:
        """The arguments of ``Popen`` for this tier."""
        limits = [str(descriptor), str(self.limits.memory_mib)]
        python = ["-P", "-m", MODULE, *limits]
        if self.tier is sandbox.BWRAP:
            folders = list(sandbox.TMPFS_BYTES)
            return {"args": bwrap_command(self.package, self.forbidden, [*python, *folders])}
        self.scratch = tempfile.TemporaryDirectory(prefix="unrolled-unsafe-")
        home, tmp = Path(self.scratch.name, "home"), Path(self.scratch.name, "tmp")
        home.mkdir()
        tmp.mkdir()
        return {
            "args": [sys.executable, *python, str(home), str(tmp)],
            "env": sandbox.environment(self.package, home, tmp),
            "cwd": home,
        }
