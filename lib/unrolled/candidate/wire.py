"""Messages as bytes: one length, one JSON head, one safetensors body.

Everything read here may have been forged by a learner's code: what a frame says of its size is paid
for before it is read, and what its head would become before it is parsed. Any malformed frame is a
:class:`WireError`, which costs that question alone.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

from safetensors import torch as safetensors
from torch import Tensor

from unrolled.candidate.budget import MAX_CALL_BYTES, Budget, ValueRefused, received

MAX_FRAME = 72 * 2**20
MAX_HEAD = 12 * 2**20
MAX_TENSOR_HEAD = 2 * 2**20
_HEAD = struct.Struct(">II")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?')  # or without end: it is read once all the same

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
    sock: socket.socket, seconds: float | None = None, budget: Budget | None = None
) -> tuple[Message, list[Tensor]]:
    """Read one frame.

    Args:
        sock: a connected stream socket.
        seconds: how long the whole frame may take. Default: no limit.
        budget: pays for it. Default: it comes from whoever asks, and nobody has to.

    Raises:
        AnswerDied: if the connection ends or the time passes.
        WireError: if the bytes are not a message, or more than the budget has.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    head, body = _HEAD.unpack(_read(sock, _HEAD.size, deadline))
    if head > MAX_HEAD or head + body > MAX_FRAME:
        raise WireError(f"a message of {head} + {body} bytes is larger than any reply may be")
    if budget is not None:
        _pay(budget, text=head, bytes=body)
    tree = _read(sock, head, deadline)
    if budget is not None:
        _pay(budget, nodes=_nodes(tree, budget.nodes))
    return decode(tree, _read(sock, body, deadline))


def _pay(budget: Budget, **amounts: int) -> None:
    try:
        budget.spend(**amounts)
    except ValueRefused as error:
        raise WireError(f"together with what came before it is too much: {error}") from None


def _nodes(head: bytes, enough: int) -> int:
    """At least as many things as JSON would become, a byte or two of it a list of 64.

    Brackets in strings count as long as they can be paid; else those are looked at one by one, and
    no further than there is something left.
    """
    counted, end = _brackets(head, 0, len(head)), 0
    if counted <= enough:
        return counted
    counted = 0
    for string in _STRING.finditer(head):
        counted += 1 + _brackets(head, end, string.start())
        end = string.end()
        if counted > enough:
            return counted
    return counted + _brackets(head, end, len(head))


def _brackets(head: bytes, start: int, end: int) -> int:
    return sum(head.count(sign, start, end) for sign in (b"[", b"{", b","))


def decode(head: bytes, body: bytes) -> tuple[Message, list[Tensor]]:
    """Turn bytes back into a message and its tensors.

    Raises:
        WireError: if they are not a message.
    """
    if int.from_bytes(body[:8], "little") > MAX_TENSOR_HEAD:  # a million empty tensors, say
        raise WireError("a malformed message: too many tensors")
    try:
        # As `encode` writes it. In other encodings one odd character makes all others four bytes.
        message = json.loads(head.decode("ascii"))
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
        budget: of all requests together. Default: what no honest answer uses up.
    """

    def __init__(self, sock: socket.socket, seconds: float, budget: Budget | None = None):
        self.sock = sock
        self.seconds = seconds
        self.budget = budget or received()

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
        while True:
            left = max(0.001, deadline - time.monotonic())
            reply, values = receive(self.sock, left, self.budget)
            if "callback" not in reply:
                return reply, values
            _pay(self.budget, calls=1)
            if sum(value.nbytes for value in values) > MAX_CALL_BYTES:
                raise WireError(f"a call back with tensors of more than {MAX_CALL_BYTES} bytes")
            answer, values = callback(reply, values)
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            send(self.sock, answer, values)


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
