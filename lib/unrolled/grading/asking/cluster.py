"""Grade on a Dask cluster: the same work in the cluster's processes, one writer here.

Every worker of the cluster needs this library at the same version and a sandbox of its own; one
thread a worker process is best. Dask's serialisation stays between trusted processes: learners'
code is inside the sandbox that each worker starts.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unrolled.grading.asking.pool import TRIES, Failed, Outcome, Setting, Task
from unrolled.grading.sandbox.gpus import find_gpus
from unrolled.grading.sandbox.workers import WorkerFailed

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 2  # submissions in the cluster for each of its threads: one is asked while one waits


class ClusterMissing(Exception):
    """No cluster answers, or Dask is not installed; the message says what to do."""


class DaskPool:
    """A cluster's processes; use as a context manager.

    Args:
        setting: what they grade, and how.
        address: of the scheduler, such as ``"tcp://10.0.0.1:8786"``.

    Raises:
        ClusterMissing: if there is no such scheduler, or it has no workers.
    """

    def __init__(self, setting: Setting, address: str, seconds: float = 30.0):
        self.setting = setting
        self.client = _connect(address, seconds)
        # A worker that is lost with a submission may have been lost because of it.
        self.client.run_on_scheduler(_allow_failures, TRIES - 1)

    def __enter__(self) -> DaskPool:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.client.close()

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Grade tasks; see :class:`~unrolled.grading.asking.pool.Pool`."""
        from distributed import as_completed

        waiting = iter(tasks)
        running: dict[str, Task] = {}
        first = itertools.islice(waiting, self._room())
        done = as_completed([self._submit(task, running) for task in first])
        for future in done:
            # Room is looked at anew: a cluster grows and shrinks while it works.
            for task in itertools.islice(waiting, max(0, self._room() - len(running) + 1)):
                done.add(self._submit(task, running))
            yield running.pop(future.key), _result(future)
            future.release()

    def _room(self) -> int:
        return AHEAD * max(1, sum(self.client.nthreads().values()))

    def _submit(self, task: Task, running: dict[str, Task]) -> Future:
        future = self.client.submit(_mark, task, self.setting, pure=False)
        running[future.key] = task
        return future


def _connect(address: str, seconds: float) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterMissing(
            "--dask needs Dask: install it with `pip install 'unrolled[cluster]'`"
        ) from None
    try:
        client = Client(address, timeout=seconds)
        client.wait_for_workers(1, timeout=seconds)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterMissing(
            f"no Dask scheduler with a worker answers at {address!r} within {seconds:g} s "
            f"({type(error).__name__}: {error}); start them with `dask scheduler` and "
            "`dask worker ADDRESS --nthreads 1`"
        ) from None
    return client


def _allow_failures(number: int, dask_scheduler: Any = None) -> None:
    dask_scheduler.allowed_failures = number


def _mark(task: Task, setting: Setting) -> Any:
    """Runs in the cluster, where the course's own folders may not be."""
    from unrolled.grading.asking.process import mark_once

    build = Path(tempfile.gettempdir(), "unrolled-grading")
    # A worker of dask-cuda sees its own GPU first.
    gpus = find_gpus(setting.per_gpu)[:1] if setting.device == "cuda" else ()
    return mark_once(task, replace(setting, build=build, gpus=gpus))


def _result(future: Future) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return Failed(f"grading it ended the cluster's worker {TRIES} times")
    except WorkerFailed:
        raise
    except Exception as error:  # what a cluster does to a task has many names
        return Failed(f"the cluster could not grade it ({type(error).__name__}: {error})")
