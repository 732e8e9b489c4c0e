"""A question that misbehaves costs itself, and leaves nothing behind."""

import contextlib
import os
import signal
import time
import tracemalloc
from pathlib import Path

import pytest
import torch

from grading.conftest import run
from unrolled.candidate.budget import Budget
from unrolled.candidate.handles import Candidate
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.asking.execution import CodeCell, execute
from unrolled.grading.sandbox import syscalls, workers
from unrolled.grading.sandbox.memory import processes
from unrolled.grading.sandbox.workers import Limits, Worker, WorkerFailed

pytestmark = pytest.mark.sandbox

IMPATIENT = workers.CLEAN_SECONDS


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a loaded machine cleaning takes longer, and what costs a sandbox here is to be found."""
    monkeypatch.setattr(workers, "CLEAN_SECONDS", 60.0)


FATAL = {
    "os._exit": "import os; os._exit(0)",
    "kills itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "deep recursion": "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "endless": "while True: pass",
    "endless, deaf": "import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\n"
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
}


@pytest.mark.parametrize("code", FATAL.values(), ids=FATAL.keys())
def test_it_costs_one_question(quick_worker, code):
    with quick_worker.question() as question, pytest.raises(AnswerDied):
        _ = question.run_cell(code), question.run_cell("pass")
    assert "fine" in run(quick_worker, "print('fine')")


def test_a_memory_bomb_is_a_memory_error(worker):
    assert "GOT" not in run(worker, "hog = bytearray(3 * 2**30); print('GOT')")
    assert "GOT" not in run(worker, "import mmap; mmap.mmap(-1, 8 * 2**30); print('GOT')")
    assert "fine" in run(worker, "print('fine')")


def test_a_full_disk_is_an_error(worker):
    fill = (
        "try:\n    for n in range(100): open(f'/tmp/{n}', 'wb').write(bytes(8 * 2**20))\n"
        "except OSError as error: print('full', error.errno)"
    )
    assert "full" in run(worker, fill)
    assert "[]" in run(worker, "import os; print(os.listdir('/tmp'))")


ADD_KEY = (  # 248 on x86-64, 217 elsewhere; -4 is the user's own keyring
    "import ctypes, platform\nnumber = 248 if platform.machine() == 'x86_64' else 217\n"
    "ring = ctypes.c_int(-4)\n"
    "print(ctypes.CDLL(None).syscall(number, b'user', b'memo', b'answers', 7, ring))"
)


IN_THE_KERNEL = {
    "shared memory": "import ctypes; print(ctypes.CDLL(None).shmget(4711, 100, 0o1600))",
    "a memo in a keyring": ADD_KEY,
}


@pytest.mark.parametrize("leave", IN_THE_KERNEL.values(), ids=IN_THE_KERNEL.keys())
def test_what_would_stay_in_the_kernel_is_refused(worker, leave):
    run(worker, "pass")
    before = worker.starts
    assert run(worker, leave).strip() == "-1"
    assert run(worker, "pass") == ""
    assert worker.starts == before


def test_what_stays_in_the_kernel_costs_the_sandbox(package, shared_course, worker, monkeypatch):
    monkeypatch.setattr(syscalls, "filter_problem", lambda: "switched off")
    with Worker(package, shared_course.root, worker.tier, worker.limits) as own:
        for starts, leave in enumerate(IN_THE_KERNEL.values(), start=2):
            assert int(run(own, leave)) >= 0
            assert "fine" in run(own, "print('fine')")
            assert own.starts == starts


def _wait_until_gone(pid):
    deadline = time.monotonic() + 60
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{pid}/cmdline").read_bytes():  # a zombie has none
            assert time.monotonic() < deadline, "it outlives its sandbox"
            time.sleep(0.05)


def test_a_zygote_that_does_not_reply_is_not_waited_for(worker, monkeypatch):
    """What a question costs beyond its limits is this wait, and then everything is killed."""
    assert IMPATIENT < 1
    with worker.question():
        stuck = processes(worker.process.pid)[1]  # behind bubblewrap's own process
        os.kill(stuck, signal.SIGSTOP)
        monkeypatch.setattr(workers, "CLEAN_SECONDS", IMPATIENT)
    assert worker.process is None
    _wait_until_gone(stuck)
    monkeypatch.setattr(workers, "CLEAN_SECONDS", 60.0)
    assert run(worker, "print('fine')") == "fine\n"


def test_the_answers_budget_is_for_all_requests_together(worker, monkeypatch):
    monkeypatch.setattr(worker, "limits", Limits(cell_seconds=60.0, answer_seconds=3.0))
    slow = "import time\ndef slow():\n    time.sleep(1)\n    return 1"
    with worker.question() as q:
        q.run_cell(slow)
        candidate = Candidate(q, "slow")
        with pytest.raises(AnswerDied, match="time limit"):
            _ = [candidate.answer().value() for _ in range(5)]


def test_the_budget_of_cells_is_for_all_cells_together(worker, monkeypatch):
    monkeypatch.setattr(worker, "limits", Limits(cell_seconds=60.0, cells_seconds=3.0))
    cells = [CodeCell(f"c{n}", "import time; time.sleep(1)") for n in range(9)]
    done = execute(cells, worker)
    assert "took over 3 s" in done.lost["c8"]
    assert "c0" not in done.lost


FORGED = {
    "silence": "import socket, gc\n"
    "[s.close() for s in gc.get_objects() if isinstance(s, socket.socket)]",
    "noise": "s.sendall(b'\\xff' * 1000)",
    "no JSON": "s.sendall(struct.pack('>II', 4, 0) + b'null')",
    "too long": "s.sendall(struct.pack('>II', 2**31, 2**31))",
    "deep JSON": "s.sendall(struct.pack('>II', 100000, 0) + b'[' * 100000)",
    "a string without end": "head = b'{\"' + b'[\\\\\"' * 3 * 2**20\n"
    "s.sendall(struct.pack('>II', len(head), 0) + head)",
    "no reply": "s.sendall(wire.encode({'hello': 1}, []))",
    "tensors missing": "s.sendall(wire.encode({'values': [{'tensor': 7}], 'error': None,"
    " 'printed': '', 'warned': [], 'changed': []}, []))",
    "a million empty tensors": "head = 3 * 2**20\n"
    "s.sendall(struct.pack('>II', 2, 8 + head) + b'{}' + head.to_bytes(8, 'little') + b' ' * head)",
    "one tensor many times": "s.sendall(wire.encode({'values': [[{'tensor': 0}] * 10_000],"
    " 'error': None, 'printed': '', 'warned': [], 'changed': []}, [torch.zeros(10_000)]))",
    "100,000 dimensions": "s.sendall(wire.encode({'values': [{'tensor': 0}],"
    " 'error': None, 'printed': '', 'warned': [], 'changed': []}, [torch.ones([1] * 100_000)]))",
    "calls that never end": "[s.sendall(wire.encode({'callback': 0, 'args': []}, []))"
    " for _ in range(1000)]",
}
FIND_SOCKET = (
    "import gc, socket, struct, torch\nfrom unrolled.candidate import wire\n"
    "s = next(o for o in gc.get_objects() if isinstance(o, socket.socket))\n"
)


def forger(code):
    return f"def answer():\n    {(FIND_SOCKET + code).replace(chr(10), chr(10) + '    ')}\n"


@pytest.mark.parametrize("code", FORGED.values(), ids=FORGED.keys())
def test_a_forged_reply_is_the_answers_death(quick_worker, code):
    with quick_worker.question() as question:
        question.run_cell(forger(code))
        with pytest.raises(AnswerDied):
            Candidate(question, "answer").answer().value()


FLOODS = {
    "heads of calls back": "args = {'tuple': [{'tuple': []}, {'dict': [['a', 'x' * 90_000]]}]}\n"
    "for _ in range(700): s.sendall(wire.encode({'callback': 0, 'args': args}, [])), s.recv(9999)",
    "a nested reply": "head = b'{\"a\": [' + b'[],' * 700_000 + b'0]}'\n"
    "body = wire.encode({}, [])[10:]\n"
    "s.sendall(struct.pack('>II', len(head), len(body)) + head + body)",
}


@pytest.mark.parametrize("paid", [True, False], ids=["", "nobody pays"])
@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_does_not_fill_the_trusted_side(worker, code, paid):
    with worker.question() as question:
        question.run_cell(forger(code))
        if not paid:
            question.transport.budget = Budget(*[10**9] * 4)
        candidate = Candidate(question, "answer")
        candidate.function(lambda *args, **kwargs: None)
        tracemalloc.start()
        with contextlib.suppress(AnswerDied):  # where nobody pays, nothing need be wrong
            candidate.answer().value()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (most < 40 * 2**20) == paid


def test_values_cross_the_wall(worker):
    with worker.question() as question:
        question.run_cell("def twice(x):\n    return {'twice': 2 * x, 1: (None, 'a')}")
        given = torch.tensor([[1.0, float("nan")], [2.0, float("inf")]])
        got = Candidate(question, "twice").answer(given).value()
    torch.testing.assert_close(got["twice"], 2 * given, equal_nan=True)
    assert got[1] == (None, "a")


def test_a_sandbox_that_does_not_start_says_why(tmp_path, shared_course, worker):
    with (
        Worker(tmp_path, shared_course.root, worker.tier) as broken,
        pytest.raises(WorkerFailed, match=r"unrolled\.grading\.inside"),
        broken.question(),
    ):
        pass
