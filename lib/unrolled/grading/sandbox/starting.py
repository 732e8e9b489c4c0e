"""Starts the warm process of a sandbox at each tier, and ends it with all that belongs to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unrolled.grading.sandbox import bwrap, cgroups, container, mounts, syscalls
from unrolled.grading.sandbox.gpus import Gpu
from unrolled.grading.sandbox.memory import Gauge
from unrolled.grading.sandbox.tiers import BWRAP, CONTAINER, NONE, Tier

START_SECONDS = 60.0
MODULE = "unrolled.grading.inside.zygote"
# What the kernel allows a whole sandbox beyond its questions: the warm process, and the time
# between two looks of the watchdog.
WARM_MIB = 1024


class WorkerFailed(RuntimeError):
    """A sandbox that does not start: the fault of the machine, never of a learner."""


@dataclass
class Launch:
    """How to start a zygote, and how it is then met.

    Attributes:
        words: the command.
        meet: waits for the zygote; returns the control socket, and a process that all others of
            the sandbox descend from.
        options: further arguments of ``Popen``.
        folders: private temporary folders that are kept in memory.
        capped: the kernel caps the memory of all of it, in a cgroup of its own.
    """

    words: list[str]
    meet: Callable[[subprocess.Popen[bytes]], tuple[socket.socket, int]]
    options: dict[str, Any] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    capped: bool = False


@dataclass
class Started:
    """A warm sandbox.

    Attributes:
        process: what was started, on this side.
        control: the socket that orders go over.
        gauge: of its memory.
        group: its cgroup, if it has one.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    gauge: Gauge
    group: Path | None
    belongings: ExitStack

    def stop(self) -> None:
        """Kill it and everything in it."""
        self.belongings.close()


@dataclass(frozen=True)
class Wanted:
    """What a sandbox is for.

    Attributes:
        package: folder of the worker's own ``unrolled``.
        forbidden: the course's folder, to be seen nowhere in it.
        memory_mib: what a question may use beyond what a fresh worker has.
        gpu: that it may use.
    """

    package: Path
    forbidden: Path
    memory_mib: int
    gpu: Gpu | None = None

    def arguments(self, control: str, folders: tuple[str, ...]) -> list[str]:
        """Words for the interpreter."""
        return ["-P", "-m", MODULE, control, str(self.memory_mib), *folders]


def start(tier: Tier, wanted: Wanted) -> Started:
    """Start a sandbox and wait until it is warm.

    Raises:
        WorkerFailed: if it does not start, with what it said.
    """
    with ExitStack() as belongings:
        errors = belongings.enter_context(tempfile.TemporaryFile())
        with suppress(OSError), ExitStack() as given:  # what only the sandbox keeps
            launch = _LAUNCHES[tier.name](wanted, belongings, given)
            process = subprocess.Popen(
                launch.words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                **launch.options,
            )  # fmt: skip
            belongings.callback(_end, process)
            given.close()
            control, root = launch.meet(process)
            belongings.callback(control.close)
            control.settimeout(START_SECONDS)
            if control.recv(1) == b"r":
                gauge = Gauge(root, launch.folders, wanted.gpu)
                group = cgroups.group_of(root) if launch.capped else None
                return Started(process, control, gauge, group, belongings.pop_all())
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()[-1500:]
    raise WorkerFailed(f"the sandbox ({tier.name}) did not start: {said or 'no message'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _in_bwrap(wanted: Wanted, belongings: ExitStack, given: ExitStack) -> Launch:
    meet, descriptor = _inherited(given)
    passed = [descriptor]
    if syscalls.filter_problem() is None:
        passed.append(os.memfd_create("filter"))
        given.callback(os.close, passed[1])
        os.pwrite(passed[1], syscalls.filter_program(), 0)
    folders = tuple(mounts.TMPFS_BYTES)
    words = bwrap.bwrap_command(
        wanted.package,
        wanted.forbidden,
        wanted.arguments(str(descriptor), folders),
        wanted.gpu,
        *passed[1:],
    )
    cap = cgroups.capped((wanted.memory_mib + WARM_MIB) * 2**20)
    capping = belongings.enter_context(cap)
    return Launch([*capping, *words], meet, {"pass_fds": passed}, folders, bool(capping))


def _in_container(wanted: Wanted, belongings: ExitStack, given: ExitStack) -> Launch:
    home = Path(belongings.enter_context(tempfile.TemporaryDirectory(prefix="unrolled-control-")))
    shown = home / "shown"  # its parent is closed to everybody else on this machine
    shown.mkdir(mode=0o755)
    listener = belongings.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(str(shown / container.SOCKET))
    (shown / container.SOCKET).chmod(0o666)
    listener.listen(1)
    if syscalls.filter_problem() is None:  # the engine's own lets in what its version does not know
        (shown / container.FILTER).write_bytes(syscalls.filter_program())
    name = container.container_name()
    belongings.callback(container.remove_container, name)
    folders = tuple(mounts.TMPFS_BYTES)
    inside = str(container.CONTROL / container.SOCKET)
    words = container.worker_command(
        name, wanted.package, wanted.forbidden, shown, wanted.memory_mib + WARM_MIB,
        wanted.arguments(inside, folders), wanted.gpu,
    )  # fmt: skip
    return Launch(words, lambda process: _accepted(listener, process), {}, folders, capped=True)


def _with_own_rights(wanted: Wanted, belongings: ExitStack, given: ExitStack) -> Launch:
    meet, descriptor = _inherited(given)
    scratch = Path(belongings.enter_context(tempfile.TemporaryDirectory(prefix="unrolled-unsafe-")))
    home, tmp = scratch / "home", scratch / "tmp"
    home.mkdir()
    tmp.mkdir()
    words = [sys.executable, *wanted.arguments(str(descriptor), (str(home), str(tmp)))]
    own = mounts.environment(wanted.package, home, tmp, wanted.gpu)
    return Launch(words, meet, {"env": own, "cwd": home, "pass_fds": [descriptor]})


_LAUNCHES: dict[str, Callable[[Wanted, ExitStack, ExitStack], Launch]] = {
    BWRAP.name: _in_bwrap,
    CONTAINER.name: _in_container,
    NONE.name: _with_own_rights,
}


def _inherited(
    given: ExitStack,
) -> tuple[Callable[[subprocess.Popen[bytes]], tuple[socket.socket, int]], int]:
    """A control socket whose other end is passed on."""
    ours, theirs = socket.socketpair()
    given.enter_context(theirs)
    return lambda process: (ours, process.pid), theirs.fileno()


def _accepted(
    listener: socket.socket, process: subprocess.Popen[bytes]
) -> tuple[socket.socket, int]:
    """Wait for the one connection; nobody can make another."""
    deadline = time.monotonic() + START_SECONDS
    listener.settimeout(0.2)
    with listener:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(TimeoutError):
                control, _ = listener.accept()
                peer = control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                return control, int.from_bytes(peer[:4], sys.byteorder)
    raise ConnectionError("the container ended before it connected")
