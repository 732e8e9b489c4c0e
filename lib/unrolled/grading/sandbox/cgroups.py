"""A cap that the kernel keeps on a sandbox's memory: cgroups of version 2, where they can be had.

systemd hands them out, to an ordinary user for what is his own; as root, without systemd, a folder
is made. It stands behind the watchdog, for what grows faster than that can look.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
TRIAL_BYTES = 64 * 2**20
LEAVE_SECONDS = 1.0

Means = Callable[[int], AbstractContextManager[list[str]]]


@contextlib.contextmanager
def capped(most: int) -> Iterator[list[str]]:
    """Yield the words to put before a command whose memory is to be capped; none if none can be.

    Args:
        most: bytes that it and all its descendants may use together.
    """
    means = cgroup_means()
    if means is None:
        yield []
        return
    with _MEANS[means](most) as words:
        yield words


@functools.cache
def cgroup_means() -> str | None:
    """Say how a cgroup can be had here, or None if it cannot."""
    if not (ROOT / "cgroup.controllers").exists():  # version 1, another system
        return None
    return next((means for means in _MEANS if _works(_MEANS[means])), None)


def _works(means: Means) -> bool:
    """Whether a command's own group says what was asked for."""
    look = f"cat {ROOT}$(sed -n s/^0:://p /proc/self/cgroup)/memory.max"
    try:
        with means(TRIAL_BYTES) as words:
            done = subprocess.run(
                [*words, "sh", "-c", look], capture_output=True, text=True, timeout=10, check=False
            )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == str(TRIAL_BYTES)


@contextlib.contextmanager
def _by_systemd(most: int, whose: str) -> Iterator[list[str]]:
    limits = ["-p", f"MemoryMax={most}", "-p", "MemorySwapMax=0"]
    yield ["systemd-run", whose, "--scope", "--quiet", "--collect", *limits, "--"]


@contextlib.contextmanager
def _by_folder(most: int) -> Iterator[list[str]]:
    folder = Path(tempfile.mkdtemp(prefix="unrolled-", dir=ROOT))
    try:
        (folder / "memory.max").write_text(str(most))
        with contextlib.suppress(OSError):  # a kernel without swap
            (folder / "memory.swap.max").write_text("0")
        yield ["sh", "-ec", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(folder)]
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a group, once the last of its processes is gone."""
    deadline = time.monotonic() + LEAVE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            os.rmdir(folder)
            return
        time.sleep(0.01)


_MEANS: dict[str, Means] = {
    "systemd": functools.partial(_by_systemd, whose="--system"),
    "systemd --user": functools.partial(_by_systemd, whose="--user"),
    "a folder of root's": _by_folder,
}


def group_of(pid: int) -> Path | None:
    """The folder of a process's cgroup of version 2, if it has one."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            if line.startswith("0::/"):
                return ROOT / line.removeprefix("0::/")
    return None


def out_of_memory_kills(group: Path | None) -> int:
    """How often the kernel has ended a process of a group because of its cap."""
    if group is None:
        return 0
    with contextlib.suppress(OSError, ValueError):
        for line in (group / "memory.events").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
