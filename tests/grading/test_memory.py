"""A question that uses too much with all its processes together costs itself, and says so."""

import os
import subprocess
import sys
import threading

import pytest

from grading.conftest import run
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.asking.execution import lost_because
from unrolled.grading.sandbox import cgroups, memory, workers
from unrolled.grading.sandbox.memory import Gauge, processes
from unrolled.grading.sandbox.tiers import NONE, choose_tier
from unrolled.grading.sandbox.workers import Limits, Worker

pytestmark = pytest.mark.sandbox

MEBIBYTE = 2**20
LIMITS = Limits(cell_seconds=60.0, answer_seconds=60.0, memory_mib=300)
MANY = """\
import os, time
for _ in range(12):
    if os.fork() == 0:
        hog = bytearray(80 * 2**20)
        time.sleep(60)
time.sleep(60)
"""
HIDDEN = """\
import mmap, os, time
for _ in range(12):
    if os.fork() == 0:
        hog = mmap.mmap(-1, 80 * 2**20)  # shared with nobody, and in no file
        hog.write(bytes(80 * 2**20))
        hog.madvise(mmap.MADV_DONTNEED)  # no page is counted as this process's any more
        time.sleep(60)
time.sleep(60)
"""
SOCKETS = """\
import os, socket, time
for _ in range(10):
    if os.fork() == 0:
        pairs = [socket.socketpair() for _ in range(120)]
        for one in (one for pair in pairs for one in pair):
            one.setblocking(False)
            try:
                while one.send(bytes(60_000)): pass
            except OSError: pass
        time.sleep(60)
time.sleep(60)
"""
SHARING = """\
import os, time
kept = bytearray(60 * 2**20)
for _ in range(12):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(4 * {look})
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a loaded machine cleaning takes longer, and what costs a sandbox here is to be found."""
    monkeypatch.setattr(workers, "CLEAN_SECONDS", 60.0)


@pytest.fixture(scope="module")
def small(package, shared_course):
    with Worker(package, shared_course.root, choose_tier(), LIMITS) as worker:
        yield worker


@pytest.mark.parametrize("code", [MANY, HIDDEN, SOCKETS], ids=["own", "hidden", "sockets"])
def test_many_small_processes_are_one_large_question(small, code):
    assert "fine" in run(small, "print('fine')")
    before = small.starts
    with pytest.raises(AnswerDied, match="it used more than 300 MiB together") as died:
        run(small, code)
    assert lost_because(died.value, 60.0) == "it used more than 300 MiB together."
    assert "fine" in run(small, "print('fine')")
    assert small.starts == before, "it costs the question, not the sandbox"


def test_without_walls_the_watchdog_looks_all_the_same(package, shared_course):
    with Worker(package, shared_course.root, NONE, LIMITS) as worker:
        with pytest.raises(AnswerDied, match="together"):
            run(worker, MANY)
        assert "fine" in run(worker, "print('fine')")
        assert processes(worker.process.pid) == [worker.process.pid]


def test_an_answer_that_was_asked_is_told_the_same(small):
    from unrolled.candidate.handles import Candidate

    answer = "def answer():\n    " + MANY.replace("\n", "\n    ")
    with small.question() as question:
        question.run_cell(answer)
        with pytest.raises(AnswerDied, match="it used more than 300 MiB together"):
            Candidate(question, "answer").answer().value()


def test_pages_that_processes_share_count_once(small):
    """Thirteen times 60 MiB are over the cap, were they not the same 60."""
    run(small, SHARING.format(look=memory.LOOK_SECONDS), "pass")


def test_one_greedy_process_meets_an_error_that_its_code_can_see(small):
    grow = (
        "import time\nkept = []\ntry:\n    while True: kept.append(bytearray(10 * 2**20))\n"
        f"except MemoryError: print('MemoryError after', len(kept) > 20)\n"
        f"time.sleep({3 * memory.LOOK_SECONDS})"
    )
    assert run(small, grow) == "MemoryError after True\n"


def test_files_in_memory_count(small):
    with small.question() as question:
        before = small.started.gauge.used()
        question.run_cell("for p in '/tmp/a', '/dev/shm/a': open(p, 'wb').write(bytes(40 * 2**20))")
        assert small.started.gauge.used() - before > 75 * MEBIBYTE


def test_memory_that_no_process_shows_cannot_be_had(small):
    said = run(small, "import os\ntry: os.memfd_create('x')\nexcept OSError as e: print('no', e)")
    assert said.startswith("no")


def test_a_question_is_looked_at_cheaply(small):
    """PSS takes milliseconds a process: it is read when more may be used than is allowed."""
    with small.question() as question:
        question.run_cell("import torch")
        small.started.gauge.used = None  # an error, were it called
        assert not small.started.gauge.over(2**31)
        del small.started.gauge.used


def test_without_the_right_to_look_closely_what_is_certain_counts(small):
    """In a container the grader may lack CAP_SYS_PTRACE."""
    root = small.started.process.pid if small.started else small.start().process.pid
    if os.geteuid() != 0:
        pytest.skip("an ordinary user owns the sandbox, and so has that right in it")
    look = (
        "import sys\nfrom unrolled.grading.sandbox.memory import *\n"
        f"gauge = Gauge({root}, ['/tmp'])\n"
        "try: open(f'/proc/{gauge.inside}/smaps_rollup').read()\n"
        "except PermissionError: print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(gauge.used() - gauge.fresh)"
    )
    bare = ["setpriv", "--bounding-set", "-sys_ptrace,-perfmon,-sys_admin"]
    with subprocess.Popen(
        [*bare, sys.executable, "-c", look],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as looking:
        assert looking.stdout.readline() == "ready\n"
        with small.question() as question:
            question.run_cell("hog = bytes(100 * 2**20); hog = bytearray(hog)")
            used, _ = looking.communicate("\n")
    assert 90 * MEBIBYTE < int(used) < 220 * MEBIBYTE


def test_two_graders_at_once_do_not_disturb_each_other(small, package, shared_course):
    died = []

    def misbehave():
        with Worker(package, shared_course.root, small.tier, LIMITS) as other:
            for code in (MANY, "import os; os._exit(0)", "import os; os.kill(1, 9); os.fork()"):
                try:
                    run(other, code, "pass")
                except AnswerDied as error:
                    died.append(str(error))

    thread = threading.Thread(target=misbehave)
    thread.start()
    asked = 0
    while thread.is_alive():
        assert run(small, "print(1)") == "1\n"
        asked += 1
    assert asked > 5
    assert "together" in died[0]
    assert len(died) >= 2


def test_a_process_that_is_gone_uses_nothing():
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert Gauge(ended.pid, ["/tmp"]).used() == 0


def test_a_kill_by_the_kernel_is_told_as_what_it_is(small, tmp_path):
    events = tmp_path / "memory.events"
    events.write_text("low 0\noom 4\noom_kill 3\n")
    small.started.group, kept = tmp_path, small.started.group
    try:
        with small.question() as question:
            events.write_text("low 0\noom 5\noom_kill 4\n")
            with pytest.raises(AnswerDied, match="together"):
                question.run_cell("import os; os._exit(0)")
        with small.question() as question, pytest.raises(AnswerDied, match="ended without"):
            question.run_cell("import os; os._exit(0)")
    finally:
        small.started.group = kept


def test_a_cgroup_of_the_kernels_holds_what_the_watchdog_does_not_see():
    if cgroups.cgroup_means() is None:
        pytest.skip("no cgroup v2 can be had on this machine")
    with cgroups.capped(64 * MEBIBYTE) as words:
        hog = [*words, sys.executable, "-c", "bytearray(500 * 2**20)"]
        assert subprocess.run(hog, check=False).returncode == -9


def test_a_folder_of_roots_becomes_a_cgroup(tmp_path, monkeypatch):
    """What is written where; whether a kernel obeys is the test above."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(cgroups, "LEAVE_SECONDS", 0.0)
    with cgroups._by_folder(123) as words:
        (folder,) = tmp_path.iterdir()
        subprocess.run([*words, "true"], check=True)
        assert (folder / "memory.max").read_text() == "123"
        assert (folder / "memory.swap.max").read_text() == "0"
        assert int((folder / "cgroup.procs").read_text()) > 1


def test_without_cgroups_a_command_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    cgroups.cgroup_means.cache_clear()
    try:
        with cgroups.capped(123) as words:
            assert words == []
    finally:
        cgroups.cgroup_means.cache_clear()
