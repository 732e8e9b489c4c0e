"""The trusted end of a sandbox: one question at a time, replaced when in doubt."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unrolled.candidate.wire import AnswerDied
from unrolled.grading.sandbox.cgroups import out_of_memory_kills
from unrolled.grading.sandbox.gpus import Gpu, Turn
from unrolled.grading.sandbox.memory import Watchdog
from unrolled.grading.sandbox.mounts import TMPFS_FILES
from unrolled.grading.sandbox.questions import ENDED_SECONDS, Limits, Question
from unrolled.grading.sandbox.starting import Started, Wanted, WorkerFailed, start
from unrolled.grading.sandbox.tiers import Tier

FORK_SECONDS = 10.0
# All that a question may cost beyond its limits: then the whole sandbox is killed.
CLEAN_SECONDS = 0.8

__all__ = ["Limits", "Question", "Worker", "WorkerFailed"]


@dataclass
class _Kept:
    """A question whose cells have run, and the connections for what branches off it."""

    question: Question
    branches: list[socket.socket] = field(default_factory=list)


def _close(socks: Iterable[socket.socket]) -> None:
    for sock in socks:
        sock.close()


class Worker:
    """A sandbox kept warm; use as a context manager.

    Args:
        package: folder of the worker's own ``unrolled``.
        forbidden: the course's folder, to be seen nowhere in the sandbox.
        tier: how it is isolated.
        limits: what a question may take.
        gpu: where answers compute. Default: on the CPU.

    Attributes:
        starved: whether since :meth:`turn` some code found no memory on the GPU.
    """

    def __init__(
        self,
        package: Path,
        forbidden: Path,
        tier: Tier,
        limits: Limits | None = None,
        gpu: Gpu | None = None,
    ):
        self.package = package
        self.gpu = gpu
        self.forbidden = forbidden
        self.tier = tier
        self.limits = limits or Limits()
        self.starts = 0
        self.started: Started | None = None
        self.watchdog: Watchdog | None = None
        self.kept: _Kept | None = None
        self.starved = False

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *ignored: Any) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """What was started of the sandbox, on this side."""
        return self.started and self.started.process

    @property
    def device(self) -> str:
        """Where answers find every tensor they are given."""
        return self.gpu.device if self.gpu else "cpu"

    @contextlib.contextmanager
    def turn(self) -> Iterator[Turn | None]:
        """Use the GPU, if there is one, beside others."""
        self.starved = False
        with contextlib.ExitStack() as stack:
            yield stack.enter_context(self.gpu.turn(self.package.parent)) if self.gpu else None

    @contextlib.contextmanager
    def question(self, branches: int = 0) -> Iterator[Question]:
        """Fork a process for one question; afterwards nothing of it is left, unless it is kept.

        Args:
            branches: how many may branch off it, if it is kept; it can be the last itself.

        Raises:
            WorkerFailed: if no sandbox starts.
        """
        self.forget()
        socks, started, watchdog = self._forked(1 + branches)
        question = Question(socks[0], self.limits, self._overused(started, watchdog))
        try:
            with watchdog:
                yield question
        finally:
            if self.kept is None or self.kept.question is not question:
                _close(socks)
                if not self._clean():
                    self.stop()
            else:
                self.kept.branches = socks[1:]
            self.starved |= question.starved

    def keep(self, question: Question) -> bool:
        """Keep a question for others to branch off, if all it has is in its own memory.

        Nothing is kept that a fork would miss: threads, further processes, files.
        """
        if self._order(b"K", CLEAN_SECONDS) == b"k":
            self.kept = _Kept(question)
        return self.kept is not None

    @contextlib.contextmanager
    def branch(self) -> Iterator[Question | None]:
        """A process for one question in which the cells have run; None if there is none.

        It is forked from the kept one; the last question is asked in that itself. What a branch
        does stays in it. Whatever it does to the kept process costs no other question anything but
        time: without a branch, its cells are run again.
        """
        question = self._branched()
        if question is None or self.watchdog is None:
            self.forget()
            yield None
            return
        try:
            with self.watchdog:
                yield question
        finally:
            self.starved |= question.starved
            if self.kept is not None and question is not self.kept.question:
                question.sock.close()
                self._end_branch(self.kept)
            else:
                self.forget()

    def _branched(self) -> Question | None:
        if self.kept is None or not self.kept.branches:
            return self.kept and self.kept.question
        assert self.started is not None
        assert self.watchdog is not None
        sock = self.kept.branches.pop(0)
        question = Question(sock, self.limits, self._overused(self.started, self.watchdog))
        with contextlib.suppress(AnswerDied):
            self.kept.question.fork()
            question.wait()
            return question
        sock.close()
        return None

    def _end_branch(self, kept: _Kept) -> None:
        said = self._order(b"B", CLEAN_SECONDS)
        if said == b"g":
            self.forget()
        elif said == b"c":
            try:
                kept.question.wait(ENDED_SECONDS)
            except AnswerDied:  # it does not do as it should
                self.stop()
        else:
            self.stop()

    def forget(self) -> None:
        """End the process that was kept, if there is one."""
        if self.kept is not None:
            _close([self.kept.question.sock, *self.kept.branches])
            self.kept = None
            if not self._clean():
                self.stop()

    def _overused(self, started: Started, watchdog: Watchdog) -> Callable[[], str]:
        killed = out_of_memory_kills(started.group)
        share = f", or {self.gpu.share_mib} MiB of the GPU," if self.gpu else ""
        said = {
            "memory": f"it used more than {self.limits.memory_mib} MiB{share} together",
            "files": f"it made more than {TMPFS_FILES:,} files together",
        }

        def overused() -> str:
            starved = out_of_memory_kills(started.group) > killed
            return said.get(watchdog.over or ("memory" if starved else ""), "")

        return overused

    def _clean(self) -> bool:
        """Let the zygote end all that a question started; without a reply, end the zygote."""
        if self._order(b"C", CLEAN_SECONDS) == b"c":
            return True
        if self.process is not None:
            self.process.kill()
        return False

    def _forked(self, number: int) -> tuple[list[socket.socket], Started, Watchdog]:
        for _ in range(2):  # the sandbox of the question before may have died unnoticed
            started = self.started or self.start()
            pairs = [socket.socketpair() for _ in range(number)]
            ours, theirs = map(list, zip(*pairs, strict=True))
            said = self._order(b"F", FORK_SECONDS, [sock.fileno() for sock in theirs])
            _close(theirs)
            if said == b"f":
                assert self.watchdog is not None
                return ours, started, self.watchdog
            _close(ours)
            self.stop()
        raise WorkerFailed("the sandbox starts but cannot fork a process for a question")

    def start(self) -> Started:
        """Start a sandbox and wait until it is warm.

        Raises:
            WorkerFailed: if it does not start, with what it said.
        """
        self.started = start(
            self.tier, Wanted(self.package, self.forbidden, self.limits.memory_mib, self.gpu)
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
        if self.kept is not None:
            _close([self.kept.question.sock, *self.kept.branches])
        self.started = self.watchdog = self.kept = None

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
