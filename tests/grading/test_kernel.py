"""What the kernel keeps for a question, and no process shows as its own, has its bounds too."""

import pytest

from grading.conftest import run
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.asking.execution import lost_because
from unrolled.grading.sandbox import kernel, memory, staging, workers
from unrolled.grading.sandbox.mounts import TMPFS_FILES

pytestmark = pytest.mark.sandbox

MEBIBYTE = 2**20
FILES = """\
import time
for number in range({files}):
    open(f'/tmp/{{number}}', 'w').close()
time.sleep(60)
"""
# What it takes, and how many MiB of it are to be seen; the kernel took a little less of each.
KERNELS = {
    "sockets": ("import socket\nheld = [socket.socketpair() for _ in range(100)]", 100),
    "a socket in a message": (
        "import array, os, socket\na, b = socket.socketpair()\nfor _ in range(100):\n"
        "    c, d = socket.socketpair()\n    fds = array.array('i', [c.fileno(), d.fileno()])\n"
        "    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])\n"
        "    c.close(); d.close()",
        100,
    ),
    "a connection": (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "s = socket.create_connection(server.getsockname())\ns.setblocking(False)\n"
        "try:\n    while s.send(bytes(10**5)): pass\nexcept OSError: pass",
        4,
    ),
    "tables of pages": (
        "import mmap\nheld = mmap.mmap(-1, 400 * 2**20, flags=0x22, prot=1)\n"
        "for at in range(0, 400 * 2**20, 2**21): held[at]",
        0.7,
    ),
    "many mappings": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.mmap.restype = ctypes.c_void_p\n"
        "at = libc.mmap(None, ctypes.c_size_t(2**28), 0, 0x22, -1, 0)\n"
        "for page in range(at, at + 2**28, 8192):\n"
        "    if libc.mprotect(ctypes.c_void_p(page), 4096, 1): break",
        15,
    ),
    "locks": (
        "import fcntl, struct\nfile = open('/tmp/locked', 'w')\nfor at in range(5000):\n"
        "    lock = struct.pack('hhqqi', fcntl.F_WRLCK, 0, 2 * at, 1, 0)\n"
        "    fcntl.fcntl(file, fcntl.F_SETLK, lock)",
        1,
    ),
    "empty files": ("for number in range(5000): open(f'/tmp/{number}', 'w').close()", 4.5),
}


@pytest.mark.parametrize(("code", "least"), KERNELS.values(), ids=KERNELS)
def test_what_the_kernel_holds_for_a_question_counts(worker, code, least):
    with worker.question() as question:
        question.run_cell("import ctypes, mmap, socket")
        gauge = worker.started.gauge
        before, at_most = gauge.used(), gauge._at_most()
        reply = question.run_cell(code, collect=True)
        assert reply["status"] == "ok", reply["outputs"]
        assert gauge.used() - before >= least * MEBIBYTE
        assert gauge._at_most() - at_most >= least * MEBIBYTE


def test_more_locks_than_are_read_are_too_many(worker, monkeypatch):
    monkeypatch.setattr(kernel, "MOST_READ", 10_000)
    monkeypatch.setattr(workers, "CLEAN_SECONDS", 60.0)
    with pytest.raises(AnswerDied, match="MiB together"):
        run(worker, KERNELS["locks"][0] + "\nimport time\ntime.sleep(60)")


def test_connections_that_are_closed_count_no_more(worker):
    code = (
        "import socket\nwith socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    for _ in range(100):\n"
        "        with socket.create_connection(server.getsockname()): server.accept()[0].close()\n"
        "print(open('/proc/net/tcp').read().count(' 06 ') > 50)"
    )
    with worker.question() as question:
        assert "True" in question.run_cell(code, collect=True)["outputs"][0]["text"]
        assert kernel.sockets(worker.started.gauge.inside) < 5 * MEBIBYTE


def test_files_without_end_end_as_a_full_disk_does(worker):
    if not staging.can_stage():
        pytest.skip("nothing can be mounted before bubblewrap here")
    said = run(worker, FILES.format(files=TMPFS_FILES + 10))
    assert "No space left on device" in said


def test_where_the_kernel_does_not_count_files_the_watchdog_does(worker, monkeypatch):
    for module in (memory, workers):
        monkeypatch.setattr(module, "TMPFS_FILES", 1000)
    monkeypatch.setattr(workers, "CLEAN_SECONDS", 60.0)
    with pytest.raises(AnswerDied, match="it made more than 1,000 files") as died:
        run(worker, FILES.format(files=1001))
    assert lost_because(died.value, 60.0) == "it made more than 1,000 files together."
    assert "fine" in run(worker, "print('fine')")
