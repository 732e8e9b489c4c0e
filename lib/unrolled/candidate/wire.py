"""Messages as bytes: one length, one JSON head, one safetensors body.

Everything read here may have been forged by a learner's code: sizes are capped before anything is
allocated, and any malformed frame is a :class:`WireError`, which costs that question alone.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

from safetensors import torch as safetensors
from torch import Tensor

MAX_FRAME = 96 * 2**20
MAX_RECEIVED = 512 * 2**20  # of all replies to one transport together: what is kept of them adds up
MAX_HEAD = 16 * 2**20  # JSON grows twentyfold when parsed
MAX_TENSOR_HEAD = 2 * 2**20
MAX_CALLBACKS = 100_000
_HEAD = struct.Struct(">II")

Message = dict[str, Any]
Callback = Callable[[Message, list[Tensor]], tuple[Message, list[Tensor]]]


class AnswerDied(Exception):
    """The process that held the answer is gone, silent for too long, or talks nonsense."""


class WireError(AnswerDied):
    """Bytes that are not a message."""


class Transport(Protocol):
    """Takes a request to the host and brings its reply, serving callbacks on the way."""

    def request(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Send one message and wait for the reply."""
        ...


def encode(message: Message, tensors: list[Tensor]) -> bytes:
    """Turn a message and its tensors into one frame."""
    head = json.dumps(message, allow_nan=False).encode()
    body = safetensors.save({str(number): tensor for number, tensor in enumerate(tensors)})
    return _HEAD.pack(len(head), len(body)) + head + body


def send(sock: socket.socket, message: Message, tensors: list[Tensor]) -> None:
    """Write one frame.

    Raises:
        AnswerDied: if the other side has closed the connection or does not read.
    """
    try:
        sock.sendall(encode(message, tensors))
    except OSError as error:
        raise AnswerDied(_why(error)) from None


def receive(
    sock: socket.socket, seconds: float | None = None, most: int = MAX_FRAME
) -> tuple[Message, list[Tensor]]:
    """Read one frame.

    Args:
        sock: a connected stream socket.
        seconds: how long the whole frame may take. Default: no limit.
        most: bytes that it may have.

    Raises:
        AnswerDied: if the connection ends or the time passes.
        WireError: if the bytes are not a message.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    head, body = _HEAD.unpack(_read(sock, _HEAD.size, deadline))
    if head > MAX_HEAD or head + body > most:
        raise WireError(f"a message of {head} + {body} bytes is larger than any reply may be")
    return decode(_read(sock, head, deadline), _read(sock, body, deadline))


def decode(head: bytes, body: bytes) -> tuple[Message, list[Tensor]]:
    """Turn bytes back into a message and its tensors.

    Raises:
        WireError: if they are not a message.
    """
    if int.from_bytes(body[:8], "little") > MAX_TENSOR_HEAD:  # a million empty tensors, say
        raise WireError("a malformed message: too many tensors")
    try:
        message = json.loads(head)
        named = safetensors.load(body)
        tensors = [named[str(number)] for number in range(len(named))]
    except Exception as error:  # two parsers of hostile bytes: whatever they raise
        raise WireError(f"a malformed message: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise WireError("a malformed message: a JSON object is wanted")
    return message, tensors


class SocketTransport:
    """The asking side of a socket: a request, callbacks while it runs, a reply.

    Args:
        sock: connected to a process that runs :func:`serve`.
        seconds: how long one request may take, callbacks included.
    """

    def __init__(self, sock: socket.socket, seconds: float):
        self.sock = sock
        self.seconds = seconds
        self.bytes_left = MAX_RECEIVED

    def request(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Send one message and wait for the reply.

        Raises:
            AnswerDied: if there is none in time, or it is not a message.
        """
        deadline = time.monotonic() + self.seconds
        self.sock.settimeout(self.seconds)  # a worker that does not read must not hold us either
        send(self.sock, message, tensors)
        for _ in range(MAX_CALLBACKS):
            left = max(0.001, deadline - time.monotonic())
            reply, values = receive(self.sock, left, min(MAX_FRAME, self.bytes_left))
            self.bytes_left -= sum(value.nbytes for value in values)
            if "callback" not in reply:
                return reply, values
            answer, values = callback(reply, values)
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            send(self.sock, answer, values)
        raise AnswerDied(f"more than {MAX_CALLBACKS} calls back")


class Serves(Protocol):
    """What :func:`serve` needs: a host, or a worker that has one."""

    def handle(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Carry out one message."""
        ...


def serve(sock: socket.socket, host: Serves) -> None:
    """Answer requests until the asking side closes the connection."""

    def callback(message: Message, tensors: list[Tensor]) -> tuple[Message, list[Tensor]]:
        send(sock, message, tensors)
        return receive(sock)

    with contextlib.suppress(AnswerDied):
        while True:
            message, tensors = receive(sock)
            send(sock, *host.handle(message, tensors, callback))


def _read(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    buffer = bytearray()
    while len(buffer) < size:
        try:
            if deadline is not None:
                sock.settimeout(max(0.001, deadline - time.monotonic()))
            part = sock.recv(min(size - len(buffer), 2**20))
        except OSError as error:
            raise AnswerDied(_why(error)) from None
        if not part:
            raise AnswerDied("the process that ran the answer ended without a reply")
        buffer += part
    return bytes(buffer)


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no reply within the time limit"
    return "the process that ran the answer ended without a reply"
