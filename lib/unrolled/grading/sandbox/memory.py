"""How much memory everything in a sandbox uses together, watched from outside while it is asked.

Every process has a limit of its own, but a question may have many. Pages that a child shares with
the warm process count once (PSS), pages of files not at all: the kernel can drop those. What it
keeps of its own, such as what waits in sockets, is estimated: see :mod:`.kernel`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unrolled.grading.sandbox import kernel
from unrolled.grading.sandbox.gpus import Gpu
from unrolled.grading.sandbox.mounts import TMPFS_FILES

LOOK_SECONDS = 0.2
PAGE = resource.getpagesize()
PAGES_A_TABLE = 512  # which is one page itself
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

    def over(self, most: int) -> str:
        """Say of what a question uses too much: ``memory``, ``files``, or nothing.

        It may use ``most`` bytes beyond what a fresh process has.
        The fresh process is counted twice: its copy may have rewritten every page. So one process
        that is greedy meets its own limit first, which is an error that its code can see.
        """
        if any(files > TMPFS_FILES for _, files in self._folders()):
            return "files"
        if self.gpu is not None and self.gpu.over(processes(self.root)):
            return "memory"
        if self._at_most() > most and self.used() - 2 * self.fresh > most:
            return "memory"
        return ""

    def _at_most(self) -> int:
        """An upper bound that takes microseconds, and nobody's permission."""
        sizes = [_statm(pid) for pid in processes(self.root)]
        return sum(self._of_process(*pages) for pages in sizes) + self._together()

    def _of_process(self, size: int, resident: int, _: int) -> int:
        """With what says where its pages are: at worst each is a mapping of its own."""
        own = max(0, size - self.virtual)
        tables = size * PAGE // PAGES_A_TABLE
        return max(resident, own) * PAGE + own * kernel.MAPPING + tables

    def used(self) -> int:
        """Bytes in use: by processes, by memory that they share, by files in memory, and by the
        kernel for all of these.
        """
        unnamed: set[tuple[str, ...]] = set()
        total = self._together()
        for pid in processes(self.root):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                maps = _maps(pid)
                total += self._anonymous(pid) + kernel.tables(pid) + kernel.MAPPING * len(maps)
                unnamed.update(_unnamed(maps))
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

    def _together(self) -> int:
        """What belongs to no process, where the sandbox has walls."""
        if not self.folders:
            return 0
        stored = sum(size + files * kernel.FILE for size, files in self._folders())
        return stored + kernel.sockets(self.inside) + kernel.locks(self.inside)

    def _folders(self) -> Iterator[tuple[int, int]]:
        """Bytes and files of each private folder."""
        for folder in self.folders:
            with contextlib.suppress(OSError):
                state = os.statvfs(f"/proc/{self.inside}/root{folder}")
                size = (state.f_blocks - state.f_bfree) * state.f_frsize
                yield size, state.f_files - state.f_ffree


class Watchdog:
    """Looks now and then while a question runs, which it is a context manager of.

    One thread for all questions of a sandbox: to start one for each would cost more than a look.

    Args:
        gauge: of the sandbox.
        most: bytes that a question may use.
        end: called once if it uses more.

    Attributes:
        over: of what the last question did.
    """

    def __init__(self, gauge: Gauge, most: int, end: Callable[[], object]):
        self.gauge = gauge
        self.most = most
        self.end = end
        self.over = ""
        self._asked = False
        self._looking = threading.Lock()
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> Watchdog:
        self._asked, self.over = True, ""
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
                if self._asked and not self.over:
                    self.over = self.gauge.over(self.most)
                    if self.over:
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


def _maps(pid: int) -> list[str]:
    """What a process has mapped, a line each; nothing without the right to look."""
    with contextlib.suppress(PermissionError):
        return Path(f"/proc/{pid}/maps").read_text().splitlines()
    return []


def _unnamed(maps: list[str]) -> Iterator[tuple[str, ...]]:
    """Shared mappings that belong to no file: device, inode, offset and addresses of each.

    Counted in full, because a process can touch a page, and then hide it.
    """
    for line in maps:
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[1].endswith("s") and fields[5].startswith(UNNAMED):
            yield fields[3], fields[4], fields[2], fields[0]


def _length(addresses: str) -> int:
    start, end = (int(address, 16) for address in addresses.split("-"))
    return end - start
