"""The warm process of a sandbox: imports torch once, forks for every question, cleans up after it.

It is process 1 of its own process table. Orders arrive on the control socket as single bytes, so
there is nothing to parse:

- ``F`` with descriptors forks a child that serves the first; the others are for its branches.
- ``K`` asks whether that child may be kept, to be forked again: ``k``, or ``n`` for no.
- ``B`` ends a branch: kills every process but the kept one, and wipes the temporary folders.
- ``C`` kills every other process, and wipes.

Replies: ``r`` ready, ``f`` forked, ``c`` clean, ``g`` clean, and the kept one gone as well, ``d``
not clean, which costs the sandbox and nothing else.
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
import time
from pathlib import Path

MAX_DESCRIPTORS = 100
CHASE_SECONDS = 0.3  # what forks faster than it is killed one by one is then killed at one blow

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
FILTER = "filter"  # beside the control socket, where it was not set up on the way here
READ, GET_PERSISTENT = 11, 22  # of keyctl, as are the keyrings' numbers
PROCESS_KEYRING, USER_KEYRINGS = -2, (-4, -5)
MEBIBYTE = 2**20
GPU = os.environ.get("UNROLLED_GPU_SHARE", "")  # how much of it a process may fill with tensors
# What notebooks do: compute, draw, and end with an error, whose traceback is dear the first time.
WARM_UP = (
    "import torch; x = torch.ones(2) @ torch.ones(2); del torch, x",
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
    _wipe(folders)  # the first question finds what every other one finds
    control.sendall(b"r")
    child = 0
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 1, MAX_DESCRIPTORS)
        if order == b"F" and descriptors:
            child = os.fork()
            if child == 0:
                control.close()
                _child(shell, descriptors, memory)
            for descriptor in descriptors:
                os.close(descriptor)
            control.sendall(b"f")
        elif order == b"K":
            control.sendall(b"k" if _is_plain(child, folders) else b"n")
        elif order in (b"B", b"C"):
            kept = order == b"B" and _kill_others_but(child)
            if not kept:
                _kill_others()
            clean = _wipe(folders) and _lasting() == untouched
            control.sendall((b"c" if kept or order == b"C" else b"g") if clean else b"d")
        else:  # the grader is gone
            return


def _filter_calls(path: Path) -> None:
    """Have the kernel refuse calls to this process and all its children, as the file says."""
    if not path.exists():  # the grader's machine cannot write one
        return

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    instructions = path.read_bytes()
    program = Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")


def _control(where: str) -> socket.socket:
    """The socket that orders come over: a descriptor's number, or a path to connect to."""
    if where.isdecimal():
        return socket.socket(fileno=int(where))
    _filter_calls(Path(where).with_name(FILTER))
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
    """Import what every question needs, train a step, run some cells and answer a question.

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
    if GPU:  # done when a child first touches CUDA; a process that has touched it cannot fork
        torch.cuda._lazy_call(lambda: torch.cuda.set_per_process_memory_fraction(float(GPU)))
    import matplotlib.pyplot  # noqa: F401 (most notebooks draw, and its import is slow)

    from unrolled.grading.inside.cells import LearnerShell
    from unrolled.grading.inside.kernel import settle

    settle()
    shell = LearnerShell.instance()
    for cell in WARM_UP:
        shell.execute(cell)
    shell.reset_outputs()
    shell.rehearse()
    gc.collect()
    gc.freeze()  # a child that collects garbage must not copy every page
    return shell


def _child(shell: object, descriptors: list[int], memory: int) -> None:
    """Serve one question and end; nothing of it returns to the zygote."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _limit(memory)
        shell.serve(descriptors)  # type: ignore[attr-defined]
        status = 0
    finally:
        os._exit(status)


def _limit(memory: int) -> None:
    """Cap what one question may take, above what the warm process already has."""
    pages = [int(field) for field in Path("/proc/self/statm").read_text().split()]
    size, data = pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()
    limits = {
        # CUDA takes addresses by the terabyte, and memory of its own.
        resource.RLIMIT_AS: resource.RLIM_INFINITY if GPU else size + 2 * memory,
        resource.RLIMIT_DATA: resource.RLIM_INFINITY if GPU else data + memory,
        resource.RLIMIT_NPROC: 64,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_FSIZE: 64 * MEBIBYTE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,  # a queue would outlive its question
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_SIGPENDING: 256,  # timers, too: the kernel keeps a signal for each
    }
    for kind, limit in limits.items():
        _, hard = resource.getrlimit(kind)
        known = [value for value in (limit, hard) if value != resource.RLIM_INFINITY]
        capped = min(known, default=resource.RLIM_INFINITY)
        resource.setrlimit(kind, (capped, capped))


def _is_plain(child: int, folders: list[Path]) -> bool:
    """Say whether all that the child's cells left behind is in its own memory.

    Then a fork of it is as good as running the cells again. Threads do not survive a fork; files
    and further processes would be wiped with the first branch, and missed by the next.
    """
    with contextlib.suppress(OSError):
        return (
            _others() == [child]
            and len(os.listdir(f"/proc/{child}/task")) == 1
            and not any(os.listdir(folder) for folder in folders)
        )
    return False


def _wipe(folders: list[Path]) -> bool:
    """Empty the folders; say whether that could be done."""
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
                for child in _children(os.getpid()):
                    os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _kill_others_but(kept: int) -> bool:
    """Kill every process but one; say whether that one is still there, and alone."""
    until = time.monotonic() + CHASE_SECONDS
    while time.monotonic() < until:
        found = _others()
        if kept not in found or found == [kept]:
            return found == [kept]
        for pid in found:
            if pid != kept:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.0005)  # its branch is a child of the kept one, which has to notice
    return False


def _others() -> list[int]:
    """All other processes of the sandbox."""
    if os.getpid() == 1:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal() and name != "1"]
    found = _children(os.getpid())
    for pid in found:  # grows while it is read
        with contextlib.suppress(OSError):
            found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


if __name__ == "__main__":
    main()
