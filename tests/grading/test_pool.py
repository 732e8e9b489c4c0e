"""Processes that grade: a submission that ends one costs itself, and nobody else."""

import os
import signal
import threading
import time

import pytest

from grading.conftest import ASSIGNMENT, LIMITS
from unrolled.checks import exercises
from unrolled.grading.asking import pool as pools
from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.asking.marking import graded_seeds
from unrolled.grading.asking.marks import Marked
from unrolled.grading.asking.pool import Failed, LocalPool, Setting, Task
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.sandbox.workers import WorkerFailed

pytestmark = pytest.mark.sandbox

MASK = "import torch\ndef padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]"
SLOW = MASK + "\nimport time\ntime.sleep(1)"


@pytest.fixture(scope="module")
def setting(tmp_path_factory, shared_course):
    folder = tmp_path_factory.mktemp("pool")
    log = folder / "grade.log"
    return Setting(ASSIGNMENT, folder, shared_course.root, choose_tier(), LIMITS, log)


@pytest.fixture(scope="module")
def pool(setting):
    """Two processes for several tests: to start one takes seconds."""
    with LocalPool(setting, 2) as pool:
        yield pool


def task(number, source=MASK):
    learner = f"learner-{number:02d}"
    seeds = graded_seeds(b"s" * 64, learner, exercises(ASSIGNMENT))
    return Task(learner, (CodeCell("c0", source),), seeds)


def points(done):
    assert isinstance(done, Marked)
    return sum(mark.points for mark in done.marks)


def test_every_task_is_graded_once(pool):
    tasks = [task(n, MASK if n % 2 else "x = 1") for n in range(7)]
    outcomes = [(t.learner, points(done)) for t, done in pool.run(tasks)]
    assert sorted(outcomes) == [(t.learner, 4 if n % 2 else 0) for n, t in enumerate(tasks)]


def test_tasks_are_taken_only_when_there_is_room(pool):
    taken = []

    def tasks():
        for n in range(6):
            taken.append(n)
            yield task(n)

    ahead = [len(taken) - done for done, _ in enumerate(pool.run(tasks()))]
    assert max(ahead) <= 3


def kill_when_busy(pool, times, seconds=120):
    """Kill grading processes that have a task, so many times."""

    def kill():
        end, killed = time.monotonic() + seconds, set()
        while len(killed) < times and time.monotonic() < end:
            for slot in list(pool.slots):
                process = slot.process
                if slot.task and process and process.pid and process.pid not in killed:
                    time.sleep(0.3)
                    os.kill(process.pid, signal.SIGKILL)
                    killed.add(process.pid)
                    break
            time.sleep(0.02)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_a_killed_process_costs_nothing(pool):
    thread = kill_when_busy(pool, 1)
    tasks = [task(n, MASK if n else SLOW) for n in range(5)]  # the first is what it has
    outcomes = [(t.learner, points(done)) for t, done in pool.run(tasks)]
    thread.join()
    assert sorted(outcomes) == [(f"learner-{n:02d}", 4) for n in range(5)]


def test_what_ends_two_processes_is_set_aside(pool):
    thread = kill_when_busy(pool, 2)
    (one,) = pool.run([task(1, SLOW)])
    thread.join()
    assert isinstance(one[1], Failed)
    assert "twice" in one[1].why
    assert [points(done) for _, done in pool.run([task(2), task(3)])] == [4, 4]


def test_a_process_that_says_nothing_is_replaced(setting, monkeypatch):
    monkeypatch.setattr(Setting, "seconds", 2.0)
    monkeypatch.setattr(pools, "START_SECONDS", 0.0)
    with LocalPool(setting, 1) as pool:
        (one,) = pool.run([task(1, MASK + "\nimport time\ntime.sleep(30)")])
    assert isinstance(one[1], Failed)


def test_a_sandbox_that_does_not_start_ends_the_run(setting, monkeypatch):
    from dataclasses import replace

    from unrolled.grading.asking import process

    nowhere = replace(setting, assignment=ASSIGNMENT, build=setting.build / "missing")
    monkeypatch.setattr(process, "build_worker_package", lambda *a: setting.build / "missing")
    with process.start_worker(nowhere) as worker, pytest.raises(WorkerFailed):
        process.mark(task(1), nowhere, worker)


def test_nothing_is_left_when_the_pool_is_closed(pool):
    with pool:
        list(pool.run([task(1), task(2)]))
        pids = [slot.process.pid for slot in pool.slots]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
