"""The warm process of a sandbox: imports torch once, forks for every question, cleans up after it.

It is process 1 of its own process table. Orders arrive on the control socket as single bytes, so
there is nothing to parse: ``F`` with a descriptor forks a child that serves that socket, ``C``
kills every other process and wipes the temporary folders. Replies: ``r`` ready, ``f`` forked, ``c``
clean, ``d`` not clean, which costs the sandbox and nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import shutil
import signal
import socket
import sys
from pathlib import Path

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
READ, GET_PERSISTENT = 11, 22  # of keyctl, as are the keyrings' numbers
PROCESS_KEYRING, USER_KEYRINGS = -2, (-4, -5)
MEBIBYTE = 2**20
# What notebooks do: compute, draw, and end with an error, whose traceback is dear the first time.
WARM_UP = (
    "import torch; _ = torch.ones(2) @ torch.ones(2); del torch, _",
    "import matplotlib.pyplot as plt; plt.plot([0, 1]); plt.show(); plt.close(); del plt",
    "1 / 0",
)


def main() -> None:
    """Run as ``python -m unrolled.grading.inside.zygote CONTROL MEMORY_MIB FOLDER...``."""
    control = _control(sys.argv[1])
    memory, folders = int(sys.argv[2]) * MEBIBYTE, [Path(arg) for arg in sys.argv[3:]]
    # Out of reach for a child's Ctrl-C; as process 1 it cannot be killed from inside at all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _become_private()
    shell = _warm_up()
    _be_silent()
    untouched = _lasting()
    control.sendall(b"r")
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if order == b"F" and len(descriptors) == 1:
            if os.fork() == 0:
                control.close()
                _child(shell, descriptors[0], memory)
            os.close(descriptors[0])
            control.sendall(b"f")
        elif order == b"C":
            control.sendall(b"c" if _clean(folders) and _lasting() == untouched else b"d")
        else:  # the grader is gone
            return


def _control(where: str) -> socket.socket:
    """The socket that orders come over: a descriptor's number, or a path to connect to."""
    if where.isdecimal():
        return socket.socket(fileno=int(where))
    control = socket.socket(socket.AF_UNIX)
    control.connect(where)
    return control


def _be_silent() -> None:
    """Close the way that start-up errors took; cells' output must not take it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _become_private() -> None:
    """Let no child open this process's memory or descriptors, and let it be killed first."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE was refused")
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _warm_up() -> object:
    """Import what every question needs, train a step and run some cells.

    Torch imports much when it is first used: a first gradient took 0.3 s, a first optimizer over a
    second, and every question would pay anew. A fork after a gradient is safe on the CPU: torch
    makes its engine anew in the child.
    """
    import torch

    torch.set_num_threads(1)
    torch.nn.functional.scaled_dot_product_attention(*torch.ones(3, 1, 1, 2, 2))
    layer = torch.nn.Linear(2, 2)
    layer(torch.ones(1, 2)).sum().backward()
    torch.optim.Adam(layer.parameters()).step()
    import matplotlib.pyplot  # noqa: F401 (most notebooks draw, and its import is slow)

    from unrolled.grading.inside.cells import LearnerShell

    shell = LearnerShell.instance()
    for cell in WARM_UP:
        shell.execute(cell)
    shell.reset_outputs()
    gc.collect()
    gc.freeze()  # a child that collects garbage must not copy every page
    return shell


def _child(shell: object, descriptor: int, memory: int) -> None:
    """Serve one question and end; nothing of it returns to the zygote."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _limit(memory)
        with socket.socket(fileno=descriptor) as sock:
            shell.serve(sock)  # type: ignore[attr-defined]
        status = 0
    finally:
        os._exit(status)


def _limit(memory: int) -> None:
    """Cap what one question may take, above what the warm process already has."""
    pages = [int(field) for field in Path("/proc/self/statm").read_text().split()]
    size, data = pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: size + 2 * memory,
        resource.RLIMIT_DATA: data + memory,
        resource.RLIMIT_NPROC: 64,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_FSIZE: 64 * MEBIBYTE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,  # a queue would outlive its question
        resource.RLIMIT_MEMLOCK: 0,
    }
    for kind, limit in limits.items():
        _, hard = resource.getrlimit(kind)
        capped = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (capped, capped))


def _clean(folders: list[Path]) -> bool:
    """Kill every other process and empty the folders; say whether that could be done."""
    _kill_others()
    try:
        for folder in folders:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        os.unlink(entry.path)
    except (OSError, RecursionError):
        return False
    return True


def _lasting() -> list[object]:
    """What a question can leave behind although its processes are gone.

    A child is the same user as this process, and so may change its limits, its priority and where
    it runs, which every later child would inherit. System V objects and keys live in the kernel.
    """
    limits = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    mine = [
        *(resource.getrlimit(kind) for kind in limits),
        os.getpriority(os.PRIO_PROCESS, 0),
        os.sched_getaffinity(0),
        os.sched_getscheduler(0),
        ctypes.CDLL(None).syscall(252 if os.uname().machine == "x86_64" else 31, 1, 0),  # ioprio
    ]
    if os.getpid() != 1:  # without walls the kernel's objects are everybody's
        return mine
    tables = [Path(f"/proc/sysvipc/{kind}").read_text() for kind in ("shm", "sem", "msg")]
    return [*mine, *tables, _keys()]


def _keys() -> list[int]:
    """How much is in the user's keyrings, which outlive processes; negative if not to be read."""
    keyctl = 250 if os.uname().machine == "x86_64" else 219
    call = ctypes.CDLL(None).syscall
    persistent = call(keyctl, GET_PERSISTENT, -1, PROCESS_KEYRING)
    return [call(keyctl, READ, ring, None, 0) for ring in (*USER_KEYRINGS, persistent)]


def _kill_others() -> None:
    while True:
        with contextlib.suppress(ProcessLookupError):
            if os.getpid() == 1:
                os.kill(-1, signal.SIGKILL)
            else:  # without a process table of its own: all descendants, as their subreaper
                for child in _children():
                    os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    me = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]


if __name__ == "__main__":
    main()
