"""What the kernel keeps for a sandbox and shows of no process as its own: bytes, estimated.

A cgroup counts all of it. Where none can be had it is counted here, by what ``/proc`` says from
outside. Each estimate is a little above what was measured for a thing of its kind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

FILE = 1024  # an empty one in a tmpfs: its inode and its name
MAPPING = 256
LOCK = 256
# What waits in one, sent and not read; the filter of system calls keeps anybody from asking for
# more. What a TCP connection shows to wait is data alone, and more memory holds it.
SOCKET = 512 * 2**10
TCP_OVERHEAD = 4
SOCKETS = ("unix", "udp", "udp6", "udplite", "udplite6", "netlink", "tcp", "tcp6")
TIME_WAIT = "06"  # closed, with nothing left in it
# Of a list that code can make longer and longer so much is read: what is not is more than anybody
# may have.
MOST_READ, BEYOND = 8 * 2**20, 2**50


def tables(pid: int) -> int:
    """The tables that say where a process's pages are: they grow with what it only reserves."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmPTE:"):
                return int(line.split()[1]) * 1024
    return 0


def sockets(pid: int) -> int:
    """What sockets of a process's network may hold, also those on their way in a message.

    Args:
        pid: of a process in a network namespace that is the sandbox's alone.
    """
    return sum(_in_socket(table, line) for table in SOCKETS for line in _lines(pid, table))


def _lines(pid: int, table: str) -> Iterator[str]:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/net/{table}", errors="replace") as file:
        next(file, None)  # the head
        yield from file


def _in_socket(table: str, line: str) -> int:
    if not table.startswith("tcp"):
        return SOCKET
    _, _, _, state, queues = line.split(maxsplit=5)[:5]
    if state == TIME_WAIT:
        return 0
    return SOCKET + TCP_OVERHEAD * sum(int(queue, 16) for queue in queues.split(":"))


def locks(pid: int) -> int:
    """Locks on parts of files, of which one process may hold any number.

    Args:
        pid: of a process that sees the sandbox's own ``/proc``: it lists no other's locks.
    """
    with contextlib.suppress(OSError), open(f"/proc/{pid}/root/proc/locks", "rb") as file:
        listed = file.read(MOST_READ)
        return LOCK * listed.count(b"\n") if len(listed) < MOST_READ else BEYOND
    return 0
