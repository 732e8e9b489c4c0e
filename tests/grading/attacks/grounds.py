"""Where attacks are tried: a course with secrets in it, with every defence and without."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.attacks.attack import MASK, RIGHT

ASSIGNMENT = "06-self-attention"
IPC_CREATE, IPC_REMOVE = 0o1000, 0


@dataclass
class Grounds:
    """A course to be attacked.

    Attributes:
        course: its folder.
        elsewhere: a folder of the instructor's outside it.
        secret: stands in everything that nobody may read.
        port, name, key: of services and a memory segment of the machine.
        bystander: a process of the instructor's.
    """

    course: Path
    elsewhere: Path
    secret: str
    port: int
    name: str
    key: int
    bystander: subprocess.Popen[bytes]

    def knowledge(self, mark: str) -> str:
        """A cell with all that an attacker is told."""
        known = {
            "MARK": mark, "COURSE": str(self.course), "ASSIGNMENT": ASSIGNMENT, "PORT": self.port,
            "ELSEWHERE": str(self.elsewhere), "NAME": self.name, "KEY": self.key,
            "BYSTANDER": self.bystander.pid,
        }  # fmt: skip
        return "\n".join(f"{name} = {value!r}" for name, value in known.items())

    def effects(self, mark: str, shown: str, *folders: Path) -> set[str]:
        """What an attack has done, of all that it may not do; its processes are ended.

        Args:
            mark: the word that it leaves.
            shown: all that came out of it.
            folders: further ones that it may not write to.
        """
        found = set()
        if self.secret in shown or mark in shown:
            found.add("read")
        if any(_holds(folder, mark) for folder in (self.course, self.elsewhere, *folders)):
            found.add("wrote")
        if processes := _named(mark):
            found.add("stayed")
        for process in processes:
            os.kill(process, signal.SIGKILL)
        if self.bystander.poll() is not None:
            found.add("killed")
            self.bystander = _bystander(self.secret)
        return found


def new_mark() -> str:
    """A word of its own for each attempt, short enough for the name of a process."""
    return f"left-{secrets.token_hex(4)}"


@contextlib.contextmanager
def grounds(course: Path, scratch: Path, secret: str = "") -> Iterator[Grounds]:
    """Put secrets into a course and services beside it; take the services away afterwards."""
    secret = secret or f"hidden-{secrets.token_hex(8)}"
    elsewhere = scratch / "instructor"
    elsewhere.mkdir()
    _plant(course, elsewhere, secret)
    with contextlib.ExitStack() as stack:
        name = f"unrolled-{secrets.token_hex(4)}"
        port = _services(stack, secret, name, elsewhere)
        key = _segment(stack, secret)
        ground = Grounds(course, elsewhere, secret, port, name, key, _bystander(secret))
        stack.callback(lambda: ground.bystander.kill())
        yield ground


def _plant(course: Path, elsewhere: Path, secret: str) -> None:
    handed_in = new_notebook(cells=[new_code_cell(RIGHT[MASK]), new_markdown_cell(secret)])
    for folder in ("submitted/learner-99", "autograded/learner-01", "feedback/learner-99"):
        path = course / "class" / folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(handed_in, path)
    with contextlib.closing(sqlite3.connect(course / "class" / "gradebook.db")) as book:
        book.execute("create table if not exists memo (text)")
        book.execute("insert into memo values (?)", [secret])
        book.commit()
    (course / "class" / "secret").write_text(secret.ljust(64, "."))
    for name in ("token", "profile"):
        (elsewhere / name).write_text(secret)


def _services(stack: contextlib.ExitStack, secret: str, name: str, elsewhere: Path) -> int:
    """Serve the secret over TCP, UDP and two Unix sockets until the stack unwinds."""
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = tcp.getsockname()[1]
    udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", port))
    sockets = [tcp]
    for address in ("\0" + name, str(elsewhere / "socket")):
        sockets.append(stack.enter_context(socket.socket(socket.AF_UNIX)))
        sockets[-1].bind(address)
        sockets[-1].listen()
    for server in sockets:
        threading.Thread(target=_greet, args=(server, secret), daemon=True).start()
    threading.Thread(target=_answer, args=(udp, secret), daemon=True).start()
    return port


def _greet(server: socket.socket, secret: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            with server.accept()[0] as visitor:
                visitor.sendall(secret.encode())


def _answer(server: socket.socket, secret: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.sendto(secret.encode(), server.recvfrom(64)[1])


def _segment(stack: contextlib.ExitStack, secret: str) -> int:
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    key = int(secret[-7:], 16)
    segment = libc.shmget(key, 64, IPC_CREATE | 0o600)
    stack.callback(libc.shmctl, segment, IPC_REMOVE, None)
    ctypes.memmove(libc.shmat(segment, None, 0), secret.encode(), len(secret))
    return key


def _bystander(secret: str) -> subprocess.Popen[bytes]:
    """A process of the instructor's, with a token in its environment and its arguments."""
    command = [sys.executable, "-c", "import time; time.sleep(3600)", secret]
    return subprocess.Popen(command, env={**os.environ, "CLASS_TOKEN": secret})


def _holds(folder: Path, mark: str) -> bool:
    """Whether a file says so; what was handed in, and its copies, say it in their code."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    theirs = ("learner-01", "learner-02")
    return any(
        mark.encode() in path.read_bytes()
        for path in files
        if not (path.suffix == ".ipynb" and any(name in path.parts for name in theirs))
    )


def _named(mark: str) -> set[int]:
    """The machine's processes with this in their command line or the name of a thread."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        for path in _names(process):
            with contextlib.suppress(OSError):
                if mark.encode() in path.read_bytes():
                    found.add(int(process.name))
    return found - {os.getpid()}


def _names(process: Path) -> list[Path]:
    with contextlib.suppress(OSError):  # it may end while it is looked at
        return [process / "cmdline", *process.glob("task/*/comm")]
    return []
