"""Real Dask processes: a scheduler and workers, one of which is killed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from grading.conftest import ASSIGNMENT, LIMITS, notebook
from grading.test_pool import MASK, SLOW, points, task
from unrolled import cli
from unrolled.grading.asking.cluster import ClusterMissing, DaskPool
from unrolled.grading.asking.pool import Failed, Setting
from unrolled.grading.sandbox.tiers import choose_tier

pytestmark = pytest.mark.sandbox

RIGHT = "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]"
LONG = MASK + "\nimport time\ntime.sleep(60)"
ADDRESS = re.compile(r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)")


class Cluster:
    """A scheduler and two workers on this machine, as somebody would start them by hand."""

    def __init__(self, folder):
        self.folder = folder
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        self.scheduler = self.start(words)
        self.address = self.wait_for_address()
        self.workers = [self.worker() for _ in range(2)]

    def start(self, words):
        log = (self.folder / f"{words[0]}-{time.monotonic_ns()}.log").open("w")
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
            stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
        )  # fmt: skip

    def worker(self):
        return self.start(
            ["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
             "--death-timeout", "60"]
        )  # fmt: skip

    def wait_for_address(self):
        (log,) = self.folder.glob("scheduler-*.log")
        for _ in range(600):
            found = ADDRESS.search(log.read_text())
            if found:
                return found[1]
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def stop(self):
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture
def setting(tmp_path, shared_course):
    log = tmp_path / "grade.log"
    return Setting(ASSIGNMENT, tmp_path, shared_course.root, choose_tier(), LIMITS, log)


def test_marks_are_those_of_one_machine(course, submit, cluster, capsys):
    for number in range(1, 5):
        submit(f"learner-0{number}", notebook("import torch", padding_mask=RIGHT))
    words = ["grade", ASSIGNMENT, "--root", str(course.root)]
    assert cli.main([*words, "--dask", cluster.address]) == cli.DONE
    there = (course.class_folder / "grades.csv").read_text()
    assert cli.main([*words, "--again", "--processes", "1"]) == cli.DONE
    here = (course.class_folder / "grades.csv").read_text()
    assert "4.0" in there
    assert here == there


def test_a_lost_workers_submission_is_graded_by_another(setting, cluster):
    victim = cluster.workers[0]
    outcomes = {}
    with DaskPool(setting, cluster.address) as pool:
        for done, (one, marked) in enumerate(pool.run(task(n, SLOW) for n in range(5))):
            if done == 0:
                victim.kill()
            outcomes[one.learner] = points(marked)
    assert outcomes == {f"learner-{n:02d}": 4 for n in range(5)}
    cluster.workers[0] = cluster.worker()


def kill_the_busy(client, times):
    """Kill workers that have a task, so many times."""
    pids = client.run(os.getpid)
    for _ in range(times):
        busy = []
        while not busy:
            time.sleep(0.05)
            busy = [address for address, tasks in client.processing().items() if tasks]
        os.kill(pids.pop(busy[0]), signal.SIGKILL)
        while busy[0] in client.processing():
            time.sleep(0.05)


def test_what_ends_two_workers_is_set_aside(setting, cluster):
    with DaskPool(setting, cluster.address) as pool:
        pool.client.wait_for_workers(2, timeout=120)
        thread = threading.Thread(target=kill_the_busy, args=(pool.client, 2), daemon=True)
        thread.start()
        ((_, done),) = pool.run([task(1, LONG)])
        thread.join()
        assert isinstance(done, Failed)
        assert "2 times" in done.why
        cluster.workers.append(cluster.worker())
        assert [points(marked) for _, marked in pool.run([task(2)])] == [4]


def test_no_cluster_says_how_to_start_one(setting):
    with pytest.raises(ClusterMissing, match="dask worker ADDRESS"):
        DaskPool(setting, "tcp://127.0.0.1:9", seconds=1.0)
