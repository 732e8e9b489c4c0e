"""What a grading process does: start a sandbox, then mark one submission after the other."""

from __future__ import annotations

import contextlib
import logging
import threading
from multiprocessing.connection import Connection

import torch

from unrolled.checks import exercises
from unrolled.checks.diagnose import prepare
from unrolled.grading.asking.execution import Execution
from unrolled.grading.asking.marking import SHOWN, mark_submission
from unrolled.grading.asking.marks import Marked, unasked
from unrolled.grading.asking.pool import Setting, Task, ignore_interrupts
from unrolled.grading.logs import log_to
from unrolled.grading.sandbox.worker_package import build_worker_package
from unrolled.grading.sandbox.workers import Worker, WorkerFailed

log = logging.getLogger("unrolled.grading")


def serve(connection: Connection, setting: Setting) -> None:
    """Mark the submissions that come until the connection ends.

    What is sent back is what they earned, or the :class:`WorkerFailed` that stopped everything.
    """
    ignore_interrupts()
    log_to(setting.log)
    torch.set_num_threads(1)
    with start_worker(setting) as worker:
        _warm_up(worker, setting)
        while True:
            try:
                task = connection.recv()
            except EOFError:  # whoever asked is gone
                return
            try:
                done: Marked | WorkerFailed = mark(task, setting, worker)
            except WorkerFailed as error:
                done = error
            connection.send(done)


def _warm_up(worker: Worker, setting: Setting) -> None:
    """Start the sandbox, and while that takes its time run the mistakes that are known.

    The sandbox ends with the thread that starts it, so that is this one.
    """
    enough = threading.Event()
    preparing = threading.Thread(target=_prepare, args=(setting.assignment, enough))
    preparing.start()
    with contextlib.suppress(WorkerFailed):  # said when the first submission is marked
        worker.start()
    enough.set()
    preparing.join()


def _prepare(assignment: str, enough: threading.Event) -> None:
    torch.set_num_threads(1)
    prepare(exercises(assignment), SHOWN, enough.is_set)


def start_worker(setting: Setting) -> Worker:
    """A sandbox for an assignment, not started yet."""
    package = build_worker_package(setting.assignment, setting.build)
    gpu = setting.gpus[0] if setting.gpus else None
    return Worker(package, setting.forbidden, setting.tier, setting.limits, gpu)


def mark(task: Task, setting: Setting, worker: Worker) -> Marked:
    """Mark one submission; whatever it does to the grader, the next one is graded too.

    Raises:
        WorkerFailed: if no sandbox starts.
    """
    asked = exercises(setting.assignment)
    try:
        return mark_submission(task.cells, asked, worker, task.seeds)
    except WorkerFailed:
        raise
    except Exception as error:
        log.exception("%s: the grader failed", task.learner)
        why = f"The grader failed ({type(error).__name__}); your instructor can see why."
        return Marked(tuple(unasked(e, why, fault=True) for e in asked), Execution())


_workers: dict[Setting, Worker] = {}
_lock = threading.Lock()


def mark_once(task: Task, setting: Setting) -> Marked:
    """Mark one submission in a process that belongs to somebody else, such as Dask's.

    The sandbox is kept for the next one, and ends with the process.

    Raises:
        WorkerFailed: if no sandbox starts.
    """
    with _lock:  # a worker with several threads still asks one question at a time
        if setting not in _workers:
            torch.set_num_threads(1)
            _workers[setting] = start_worker(setting)
        return mark(task, setting, _workers[setting])
