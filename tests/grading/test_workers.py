"""A question that misbehaves costs itself, and leaves nothing behind."""

import pytest
import torch

from grading.conftest import run
from unrolled.candidate.handles import Candidate
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.execution import CodeCell, execute
from unrolled.grading.workers import Limits, Worker, WorkerFailed

pytestmark = pytest.mark.sandbox

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


def test_processes_do_not_outlive_their_question(worker):
    count = "import os; print(sum(name.isdigit() for name in os.listdir('/proc')))"
    stay = (
        "import subprocess, signal\nsubprocess.Popen(['sleep', '600'], start_new_session=True,"
        " preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))"
    )
    assert run(worker, stay, count).strip() == "3"  # the test can see it while it is there
    assert run(worker, count).strip() == "2"


def test_files_do_not_outlive_their_question(worker):
    places = ("/tmp", "/home/learner", "/dev/shm")
    write = f"for p in {places}: open(p + '/left', 'w').write('x')"
    look = f"import os\nprint([os.listdir(p) for p in {places}])"
    assert "left" in run(worker, write, look)
    assert run(worker, look).strip() == "[[], [], []]"
    assert worker.starts == 1


ADD_KEY = (  # 248 on x86-64, 217 elsewhere; -4 is the user's own keyring
    "import ctypes, platform\nnumber = 248 if platform.machine() == 'x86_64' else 217\n"
    "ring = ctypes.c_int(-4)\n"
    "print(ctypes.CDLL(None).syscall(number, b'user', b'memo', b'answers', 7, ring))"
)


@pytest.mark.parametrize(
    "leave",
    [
        "import ctypes; print(ctypes.CDLL(None).shmget(4711, 100, 0o1600))",
        "import os\nos.mkdir('/tmp/a'); os.mkdir('/tmp/a/b'); os.chmod('/tmp/a', 0)",
        "import resource; resource.prlimit(1, resource.RLIMIT_DATA, (2**30, 2**30))",
        "import os; os.setpriority(os.PRIO_PROCESS, 1, 19)",
        "import os; os.sched_setaffinity(1, {min(os.sched_getaffinity(1))})\n"
        "os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))",
        ADD_KEY,
    ],
    ids=[
        "shared memory",
        "a folder that cannot be emptied",
        "a limit for all who follow",
        "a low priority for all who follow",
        "a place in the queue for all who follow",
        "a memo in the kernel's keyring",
    ],
)
def test_what_cannot_be_cleaned_costs_the_sandbox(package, shared_course, worker, leave):
    with Worker(package, shared_course.root, worker.tier, worker.limits) as own:
        run(own, leave)
        assert "fine" in run(own, "print('fine')")
        assert own.starts == 2


def test_globals_do_not_outlive_their_question(worker):
    run(worker, "import torch\ntorch.allclose = lambda *a, **k: True\nspoiled = 1")
    assert run(worker, "import torch\nprint(torch.allclose(torch.ones(1), torch.zeros(1)))") == (
        "False\n"
    )
    assert "spoiled" in run(worker, "spoiled")  # the message of a NameError


def test_the_answers_budget_is_for_all_requests_together(package, shared_course, worker):
    limits = Limits(cell_seconds=60.0, answer_seconds=3.0)
    slow = "import time\ndef slow():\n    time.sleep(1)\n    return 1"
    with Worker(package, shared_course.root, worker.tier, limits) as own, own.question() as q:
        q.run_cell(slow)
        candidate = Candidate(q, "slow")
        with pytest.raises(AnswerDied, match="time limit"):
            _ = [candidate.answer().value() for _ in range(5)]


def test_the_budget_of_cells_is_for_all_cells_together(package, shared_course, worker):
    limits = Limits(cell_seconds=60.0, cells_seconds=3.0)
    cells = [CodeCell(f"c{n}", "import time; time.sleep(1)") for n in range(9)]
    with Worker(package, shared_course.root, worker.tier, limits) as own:
        done = execute(cells, own)
    assert "took over 3 s" in done.lost["c8"]
    assert "c0" not in done.lost


FORGED = {
    "silence": "import socket, gc\n"
    "[s.close() for s in gc.get_objects() if isinstance(s, socket.socket)]",
    "noise": "s.sendall(b'\\xff' * 1000)",
    "no JSON": "s.sendall(struct.pack('>II', 4, 0) + b'null')",
    "too long": "s.sendall(struct.pack('>II', 2**31, 2**31))",
    "deep JSON": "s.sendall(struct.pack('>II', 100000, 0) + b'[' * 100000)",
    "no reply": "s.sendall(wire.encode({'hello': 1}, []))",
    "tensors missing": "s.sendall(wire.encode({'values': [{'tensor': 7}], 'error': None,"
    " 'printed': '', 'warned': [], 'changed': []}, []))",
    "a million empty tensors": "head = 3 * 2**20\n"
    "s.sendall(struct.pack('>II', 2, 8 + head) + b'{}' + head.to_bytes(8, 'little') + b' ' * head)",
    "calls that never end": "[s.sendall(wire.encode({'callback': 0, 'args': []}, []))"
    " for _ in range(1000)]",
}
FIND_SOCKET = (
    "import gc, socket, struct\nfrom unrolled.candidate import wire\n"
    "s = next(o for o in gc.get_objects() if isinstance(o, socket.socket))\n"
)


@pytest.mark.parametrize("code", FORGED.values(), ids=FORGED.keys())
def test_a_forged_reply_is_the_answers_death(quick_worker, code):
    answer = f"def answer():\n    {(FIND_SOCKET + code).replace(chr(10), chr(10) + '    ')}\n"
    with quick_worker.question() as question:
        question.run_cell(answer)
        with pytest.raises(AnswerDied):
            Candidate(question, "answer").answer().value()


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
