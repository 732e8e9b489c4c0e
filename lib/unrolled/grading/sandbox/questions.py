"""The trusted end of one forked process, and what it may take."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from unrolled.candidate.budget import Budget
from unrolled.candidate.wire import AnswerDied, Callback, Message, SocketTransport, receive, send

BRANCH_SECONDS = 1.0  # for a process to fork
ENDED_SECONDS = 0.2  # and to notice that its fork has ended
MAX_WORDS = 1000
MAX_OUTPUTS = 10_000  # brackets and commas of a cell's outputs
MAX_CELL = 12 * 2**20  # characters of what a cell shows, pictures included
OUT_OF_MEMORY = "OutOfMemoryError"  # torch's, of a GPU


@dataclass(frozen=True)
class Limits:
    """What one question may take.

    Attributes:
        cell_seconds: wall-clock time of one cell.
        answer_seconds: of all that one exercise asks an answer, together.
        cells_seconds: of all cells of one question, together.
        memory_mib: of all its processes together, beyond what a fresh worker has.
    """

    cell_seconds: float = 10.0
    answer_seconds: float = 10.0
    cells_seconds: float = 120.0
    memory_mib: int = 2048


class Question:
    """One forked process: runs cells, then answers what is asked of them.

    A question that only ran cells may be kept, and others branch off it, so that the cells run once
    for all of them: see :meth:`Worker.branch`.

    It is also the transport of a :class:`~unrolled.candidate.handles.Candidate`, with one budget of
    time for all cells together, and one for all requests.

    Args:
        sock: connected to the process.
        limits: what it may take.
        overused: says of what it used too much, if it was ended for that; else nothing.
    """

    def __init__(self, sock: socket.socket, limits: Limits, overused: Callable[[], str]):
        self.sock = sock
        self.limits = limits
        self.overused = overused
        self.transport = SocketTransport(sock, limits.answer_seconds)
        self.seconds_left = limits.answer_seconds
        self.cells_left = limits.cells_seconds
        self.starved = False  # some code of it found no memory on the GPU

    def run_cell(self, source: str, collect: bool = False) -> Message:
        """Run one cell; the reply is the learner's to forge and says nothing about marks.

        Raises:
            AnswerDied: if the process is gone, or silent for longer than a cell may take.
        """
        return self._tell({"cell": source, "collect": collect})

    def fork(self) -> None:
        """Have it fork; the reply comes when that process has ended, and is to be read then.

        Raises:
            AnswerDied: if the process is gone.
        """
        self.sock.settimeout(BRANCH_SECONDS)
        send(self.sock, {"branch": True}, [])

    def wait(self, seconds: float = BRANCH_SECONDS) -> None:
        """Wait for a few words that are nobody's answer.

        Raises:
            AnswerDied: if the process is gone or silent.
        """
        receive(self.sock, seconds, Budget(nodes=MAX_WORDS, text=MAX_WORDS, bytes=MAX_WORDS))

    def define(self, source: str, names: list[str]) -> None:
        """Put the course's own definitions under these names.

        Raises:
            AnswerDied: as for :meth:`run_cell`.
        """
        self._tell({"define": source, "names": names})

    def _tell(self, message: Message) -> Message:
        started = time.monotonic()
        try:
            seconds = min(self.limits.cell_seconds, self.cells_left)
            if seconds > 0:
                self.sock.settimeout(seconds)
                send(self.sock, message, [])
                left = max(0.001, started + seconds - time.monotonic())
                budget = Budget(nodes=MAX_OUTPUTS, text=MAX_CELL, bytes=MAX_WORDS)
                reply = receive(self.sock, left, budget)[0]
                self.starved |= _says(reply, OUT_OF_MEMORY)
                return reply
        except AnswerDied as error:
            raise self._explained(error) from None
        finally:
            self.cells_left -= time.monotonic() - started
        raise AnswerDied(f"the cells together took over {self.limits.cells_seconds:g} s")

    def request(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Ask the answer; what it takes is counted against the question's budget.

        Raises:
            AnswerDied: if the process is gone or the budget is spent.
        """
        if self.seconds_left <= 0:
            raise AnswerDied("no reply within the time limit")
        self.transport.seconds = self.seconds_left
        started = time.monotonic()
        try:
            reply, values = self.transport.request(message, tensors, callback)
            self.starved |= _says(reply, OUT_OF_MEMORY)
            return reply, values
        except AnswerDied as error:
            raise self._explained(error) from None
        finally:
            self.seconds_left -= time.monotonic() - started

    def _explained(self, error: AnswerDied) -> AnswerDied:
        said = self.overused()
        return AnswerDied(said) if said else error


def _says(reply: Message, error: str) -> bool:
    said = reply.get("error")
    return isinstance(said, dict) and said.get("type") == error
