"""How much memory everything in a sandbox uses together, watched from outside while it is asked.

Every process has a limit of its own, but a question may have many. Pages that a child shares with
the warm process count once (PSS), pages of files not at all: the kernel can drop those.
"""

from __future__ import annotations

import contextlib
import os
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unrolled.grading.sandbox.gpus import Gpu

LOOK_SECONDS = 0.2
PAGE = resource.getpagesize()
# Memory that belongs to no file: what was touched stays, even where no process shows it.
UNNAMED = ("/dev/zero", "/memfd:", "/SYSV")


class Gauge:
    """Measures a sandbox; made while it is warm and asked nothing.

    Args:
        root: its outermost process.
        folders: its private temporary folders, as it names them, if they are kept in memory.
        gpu: that it may use a share of.
    """

    def __init__(self, root: int, folders: Sequence[str], gpu: Gpu | None = None):
        self.root = root
        self.gpu = gpu
        self.folders = folders
        warm = [_statm(pid) for pid in processes(root)]
        self.inside = processes(root)[-1]
        self.virtual = max((size for size, _, _ in warm), default=0)
        self.own = 0
        self.own = max((resident - shared for _, resident, shared in warm), default=0)
        self.fresh = self.used()

    def over(self, most: int) -> bool:
        """Whether a question uses more than ``most`` bytes beyond what a fresh process has.

        The fresh process is counted twice: its copy may have rewritten every page. So one process
        that is greedy meets its own limit first, which is an error that its code can see.
        """
        if self.gpu is not None and self.gpu.over(processes(self.root)):
            return True
        return self._at_most() > most and self.used() - 2 * self.fresh > most

    def _at_most(self) -> int:
        """An upper bound that takes microseconds, and nobody's permission."""
        sizes = [_statm(pid) for pid in processes(self.root)]
        pages = sum(max(resident, size - self.virtual) for size, resident, _ in sizes)
        return pages * PAGE + self._in_folders()

    def used(self) -> int:
        """Bytes in use: by processes, by memory that they share, and by files in memory."""
        unnamed: set[tuple[str, ...]] = set()
        total = self._in_folders()
        for pid in processes(self.root):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += self._anonymous(pid)
                unnamed.update(_unnamed(pid))
        return total + sum(_length(addresses) for *_, addresses in unnamed)

    def _anonymous(self, pid: int) -> int:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (
            PermissionError
        ):  # in a container without CAP_SYS_PTRACE: what is known to be its own
            _, resident, shared = _statm(pid)
            return max(0, resident - shared - self.own) * PAGE
        fields = dict(line.split(":") for line in rollup.splitlines()[1:])
        parts = [fields.get("Pss_Anon", fields["Pss"]), fields.get("SwapPss", "0 kB")]
        return sum(int(part.split()[0]) for part in parts) * 1024

    def _in_folders(self) -> int:
        total = 0
        for folder in self.folders:
            with contextlib.suppress(OSError):
                state = os.statvfs(f"/proc/{self.inside}/root{folder}")
                total += (state.f_blocks - state.f_bfree) * state.f_frsize
        return total


class Watchdog:
    """Looks now and then while a question runs, which it is a context manager of.

    One thread for all questions of a sandbox: to start one for each would cost more than a look.

    Args:
        gauge: of the sandbox.
        most: bytes that a question may use.
        end: called once if it uses more.

    Attributes:
        over: whether the last question did.
    """

    def __init__(self, gauge: Gauge, most: int, end: Callable[[], object]):
        self.gauge = gauge
        self.most = most
        self.end = end
        self.over = False
        self._asked = False
        self._looking = threading.Lock()
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> Watchdog:
        self._asked, self.over = True, False
        return self

    def __exit__(self, *ignored: object) -> None:
        with self._looking:  # what it may have begun is finished
            self._asked = False

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            with self._looking:
                if self._asked and not self.over and self.gauge.over(self.most):
                    self.over = True
                    self.end()


def processes(root: int) -> list[int]:
    """A process and all its descendants, outermost first, as far as they hold still."""
    found = [root]
    for pid in found:  # grows while it is read
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += [int(child) for child in children.split()]
    return found


def _statm(pid: int) -> tuple[int, int, int]:
    """Pages: addressed, resident, and of those the ones that files or other processes may hold."""
    try:
        size, resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0, 0
    return int(size), int(resident), int(shared)


def _unnamed(pid: int) -> Iterator[tuple[str, ...]]:
    """Shared mappings that belong to no file: device, inode, offset and addresses of each.

    Counted in full, because a process can touch a page, and then hide it.
    """
    with contextlib.suppress(PermissionError):
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            fields = line.split(maxsplit=5)
            if len(fields) == 6 and fields[1].endswith("s") and fields[5].startswith(UNNAMED):
                yield fields[3], fields[4], fields[2], fields[0]


def _length(addresses: str) -> int:
    start, end = (int(address, 16) for address in addresses.split("-"))
    return end - start
