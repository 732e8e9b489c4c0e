"""Grade submissions in several processes, each with a sandbox of its own.

A process is given one submission at a time, so if it ends it is known whose it was: that one is
tried once more, and set aside if it ends a second process. Nothing else is lost. Processes never
see the course's secret, the gradebook or another process's submission.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Protocol

from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.asking.marks import Marked
from unrolled.grading.sandbox.gpus import Gpu
from unrolled.grading.sandbox.tiers import Tier
from unrolled.grading.sandbox.workers import Limits, WorkerFailed

log = logging.getLogger("unrolled.grading")

START_SECONDS = 180.0
TRIES = 2


@dataclass(frozen=True)
class Setting:
    """What a grading process needs to know before its first submission.

    Attributes:
        assignment: such as ``"06-self-attention"``.
        build: folder for the worker's package.
        forbidden: the course's folder, to be seen nowhere in a sandbox.
        tier: how learners' code is isolated.
        limits: what a question may take.
        log: where to say what went wrong.
        device: where answers compute, ``"cpu"`` or ``"cuda"``.
        per_gpu: how many submissions at a time share a GPU; 0 for what is usual.
        gpus: this machine's, or this process's one.
    """

    assignment: str
    build: Path
    forbidden: Path
    tier: Tier
    limits: Limits
    log: Path
    device: str = "cpu"
    per_gpu: int = 0
    gpus: tuple[Gpu, ...] = ()

    @property
    def seconds(self) -> float:
        """The most that grading one submission can take before something must be wrong."""
        from unrolled.checks import exercises

        questions = 2 * len(exercises(self.assignment)) + 1  # asked again with the course's helpers
        return 60 + questions * (self.limits.cells_seconds + self.limits.answer_seconds)


@dataclass(frozen=True)
class Task:
    """One submission to be graded.

    Attributes:
        cells: the learner's code.
        seeds: of each exercise's questions.
    """

    learner: str
    cells: tuple[CodeCell, ...]
    seeds: dict[str, int]


@dataclass(frozen=True)
class Failed:
    """A submission that could not be graded.

    Attributes:
        why: a sentence for whoever looks.
    """

    why: str


Outcome = tuple[Task, Marked | Failed]


class Pool(Protocol):
    """Grades tasks somewhere."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Take tasks as there is room for them; yield each once, in any order.

        Raises:
            WorkerFailed: if no sandbox starts.
        """
        ...


class LocalPool:
    """Processes on this machine; use as a context manager.

    Args:
        setting: what they grade, and how.
        processes: how many. Default: one for each core this process may use, or for each share of
            a GPU.
        soon: tasks will come: what they need is imported beside whatever is done until then.
    """

    def __init__(self, setting: Setting, processes: int = 0, soon: bool = False):
        self.setting = setting
        self.soon = soon
        shares = sum(gpu.at_once for gpu in setting.gpus)
        self.processes = processes or shares or len(os.sched_getaffinity(0))
        self.slots: list[_Slot] = []

    def __enter__(self) -> LocalPool:
        if self.soon:
            _server()
        return self

    def __exit__(self, *ignored: object) -> None:
        for slot in self.slots:
            slot.stop()
        self.slots.clear()

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Grade tasks; see :class:`Pool`."""
        waiting, again = iter(tasks), deque[Task]()
        tried: dict[str, int] = {}
        while True:
            while task := self._next(waiting, again):
                tried[task.learner] = tried.get(task.learner, 0) + 1
                self._free().give(task)
            busy = [slot for slot in self.slots if slot.task]
            if not busy:
                return
            for slot in _ready(busy):
                task, done = slot.take()
                if done is not None:
                    yield task, done
                elif tried[task.learner] < TRIES:
                    again.append(task)
                else:
                    yield task, Failed("grading it ended the grader's process twice")

    def _next(self, waiting: Iterator[Task], again: deque[Task]) -> Task | None:
        """The next task, if a process is free for it."""
        if len(self.slots) == self.processes and all(slot.task for slot in self.slots):
            return None
        return again.popleft() if again else next(waiting, None)

    def _free(self) -> _Slot:
        for slot in self.slots:
            if slot.task is None:
                return slot
        gpus = self.setting.gpus  # dealt out in turn
        own = (gpus[len(self.slots) % len(gpus)],) if gpus else ()
        self.slots.append(_Slot(replace(self.setting, gpus=own)))
        return self.slots[-1]


class _Slot:
    """One process, and the submission that it has."""

    def __init__(self, setting: Setting):
        self.setting = setting
        self.task: Task | None = None
        self.process: multiprocessing.process.BaseProcess | None = None
        self.connection: Connection | None = None
        self.deadline = 0.0

    def give(self, task: Task) -> None:
        """Send a task, to a new process if there is none; what fails is found in :meth:`take`."""
        seconds = self.setting.seconds
        if self.process is None:
            self._start()
            seconds += START_SECONDS
        assert self.connection is not None
        self.task, self.deadline = task, time.monotonic() + seconds
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def take(self) -> tuple[Task, Marked | Failed | None]:
        """What became of the task; None if its process is gone or late, and was replaced.

        Raises:
            WorkerFailed: if the process could not start a sandbox.
        """
        assert self.task is not None
        assert self.connection is not None
        task, self.task = self.task, None
        try:
            done = self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            done = None
        if isinstance(done, WorkerFailed):
            raise done
        if done is None:
            log.warning("%s: the grading process ended or took too long", task.learner)
            self.stop()
        return task, done

    def stop(self) -> None:
        """End the process; its sandbox ends with it."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
        if self.connection is not None:
            self.connection.close()
        self.process = self.connection = None

    def _start(self) -> None:
        context = _server()
        self.connection, theirs = context.Pipe()
        from unrolled.grading.asking.process import serve

        self.process = context.Process(target=serve, args=(theirs, self.setting), daemon=True)
        self.process.start()
        theirs.close()


def _server() -> ForkServerContext:
    """A server that has imported everything and has no threads: forks of it are quick and safe."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["unrolled.grading.asking.process"])
    forkserver.ensure_running()
    return context


def _ready(busy: list[_Slot]) -> list[_Slot]:
    """Wait for the first that has something to say, is gone, or is late."""
    left = min(slot.deadline for slot in busy) - time.monotonic()
    by_connection = {slot.connection: slot for slot in busy}
    said = [by_connection[c] for c in wait(list(by_connection), max(0.0, left))]
    return said or [slot for slot in busy if slot.deadline <= time.monotonic()]


def ignore_interrupts() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the one that writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
