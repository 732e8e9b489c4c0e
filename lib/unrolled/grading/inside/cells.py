"""Runs a learner's cells as a notebook would, and answers questions about what they defined."""

from __future__ import annotations

import base64
import codeop
import contextlib
import os
import socket
import sys
import traceback
from typing import Any, TextIO

import torch
from torch import Tensor
from traitlets import Type
from traitlets.config import Config

from unrolled.candidate import watch, wire
from unrolled.candidate.host import Host
from unrolled.candidate.values import Packer, Reference
from unrolled.grading.inside.kernel import KernelShell
from unrolled.grading.inside.streams import Hook, Publisher, stream

MAX_TEXT = 100_000
MAX_IMAGES = 8 * 2**20  # of one cell, together
MAX_OUTPUTS = 100
MAX_ERROR = 2_000
KEPT_TYPES = ("text/plain", "image/png")  # nothing that a browser would execute


class Outputs:
    """What a cell shows, in order and capped."""

    def __init__(self):
        self.items: list[dict[str, Any]] = []
        self.text_left = MAX_TEXT
        self.images_left = MAX_IMAGES

    def stream(self, name: str, text: str) -> None:
        """Add printed text, joined with what was printed just before."""
        text = self._capped(text)
        last = self.items[-1] if self.items else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self._add({"output_type": "stream", "name": name, "text": text})

    def show(self, output_type: str, data: dict[str, Any]) -> None:
        """Add a displayed object: its text and, where there is one, its picture."""
        kept = {}
        for kind in KEPT_TYPES:
            value = data.get(kind)
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode()
            if isinstance(value, str) and kind == "text/plain":
                kept[kind] = self._capped(value)
            elif isinstance(value, str) and len(value) <= self.images_left:
                kept[kind] = value
                self.images_left -= len(value)
        self._add({"output_type": output_type, "data": kept})

    def error(self, name: str, message: str, lines: list[str]) -> None:
        """Add a traceback."""
        text = self._capped("\n".join(lines))
        fields = {"ename": name[:200], "evalue": message[:MAX_ERROR], "traceback": [text]}
        self._add({"output_type": "error", **fields})

    def _capped(self, text: str) -> str:
        kept = text[: self.text_left]
        self.text_left -= len(kept)
        return kept

    def _add(self, output: dict[str, Any]) -> None:
        if len(self.items) < MAX_OUTPUTS:
            self.items.append(output)


class LearnerShell(KernelShell):
    """An IPython shell without history, terminal or files, that collects what cells show."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def __init__(self, **kwargs: Any):
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.xmode = "Context"
        self.outputs = Outputs()
        self.collects = True
        super().__init__(config=config, **kwargs)
        # A prompt waits for the rest of what is incomplete; a cell is all there is, and Python 3.13
        # would name a class of its own, `_IncompleteInputError`, that no learner has heard of.
        self.compile.flags &= ~codeop.PyCF_ALLOW_INCOMPLETE_INPUT

    def reset_outputs(self) -> None:
        """Forget what was shown."""
        self.outputs = Outputs()

    def execute(self, source: str, collect: bool = True) -> dict[str, Any]:
        """Run one cell.

        Args:
            source: its text.
            collect: keep what it shows. A traceback that nobody reads is dear to format.

        Returns:
            ``{"status": "ok" or "error", "error": None or its name, message and line, "outputs",
            "missing": pairs of a name and the package that was to bind it}``.
        """
        self.reset_outputs()
        self.nested, self.missing = None, {}
        self.collects = collect
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._stream("stdout"), self._stream("stderr")
        try:
            result = self.run_cell(source, store_history=False)
        finally:
            sys.stdout, sys.stderr = before
        error = result.error_before_exec or result.error_in_exec or self.nested
        described = None if error is None else _described(error)
        return {
            "status": "ok" if error is None else "error",
            "error": described,
            "outputs": self.outputs.items if collect else [],
            "missing": list(self.missing.items()),
        }

    def _stream(self, name: str) -> TextIO:
        return stream(name, lambda text: self.outputs.stream(name, text))

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Show an error, if anybody reads it."""
        if self.collects:
            super().showtraceback(*args, **kwargs)

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """Show a syntax error, if anybody reads it."""
        if self.collects:
            super().showsyntaxerror(*args, **kwargs)

    def define(self, source: str, names: list[str]) -> dict[str, Any]:
        """Put the grader's own definitions under these names, beside what the cells defined."""
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(source, watch.GIVEN, "exec"), namespace)
        self.user_ns.update({name: namespace[name] for name in names})
        return {"status": "ok", "error": None, "outputs": []}

    def serve(self, descriptors: list[int]) -> None:
        """Run cells and answer questions until the grader closes the connection.

        Args:
            descriptors: of the connection, and of one more for each :meth:`branch`.
        """
        self.sock, *branches = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        self.branches = branches
        with self.builtin_trap:  # display() and get_ipython() also inside a later call
            wire.serve(self.sock, _Answering(self))

    def branch(self) -> dict[str, Any]:
        """Fork a process that goes on here, on the next connection; reply when it has ended."""
        sock, *self.branches = self.branches
        if (pid := os.fork()) == 0:
            with contextlib.suppress(BaseException):
                for other in (self.sock, *self.branches):
                    other.close()
                wire.send(sock, {"status": "ok"}, [])
                wire.serve(sock, _Answering(self))
            os._exit(0)
        sock.close()
        with contextlib.suppress(ChildProcessError):  # a learner's code may reap it first
            os.waitpid(pid, 0)
        return {"status": "ok", "error": None, "outputs": []}

    def rehearse(self) -> None:
        """Answer a question about a layer of torch's, so that no learner pays for the first."""
        packer = Packer()
        tensors = torch.ones(3, 2), torch.ones(3, 4)
        call = {"do": "call", "method": None, "kwargs": {}, "seed": None}
        layer, x, y = Reference(1), Reference(2), Reference(3)
        steps = [
            {"do": "library", "name": "torch.nn.Linear", "keep": 0},
            {**call, "target": Reference(0), "args": (2, 4), "seed": 0, "keep": 1},
            {"do": "put", "value": tensors[0], "requires_grad": True, "keep": 2},
            {**call, "target": layer, "args": (x,), "keep": 3},
            {"do": "vjp", "outputs": [y], "cotangents": [tensors[1]], "wrt": [x]},
            {"do": "state", "target": layer, "values": True},
            {**call, "target": layer, "args": (), "keep": 4},  # an error
        ]
        message = {"steps": [*map(packer.tree, steps)], "device": "cpu", "strided": False}
        message["watch"] = "softmax"
        ours, theirs = socket.socketpair()
        with ours, theirs:
            wire.send(ours, message, packer.tensors)
            ours.shutdown(socket.SHUT_WR)
            wire.serve(theirs, _Answering(self))

    def _showtraceback(self, etype: type, evalue: BaseException, stb: Any) -> None:
        lines = [stb] if isinstance(stb, str) else list(stb)
        self.outputs.error(getattr(etype, "__name__", str(etype)), _text(evalue), lines)


class _Answering:
    """Sorts messages: cells, definitions and branches to the shell, questions to the host."""

    def __init__(self, shell: LearnerShell):
        self.shell = shell
        self.host = Host(shell.user_ns)

    def handle(
        self, message: wire.Message, tensors: list[Tensor], callback: wire.Callback
    ) -> tuple[wire.Message, list[Tensor]]:
        """Carry out one message."""
        if "cell" in message:
            return self.shell.execute(message["cell"], message["collect"]), []
        if "define" in message:
            return self.shell.define(message["define"], message["names"]), []
        if "branch" in message:
            return self.shell.branch(), []
        return self.host.handle(message, tensors, callback)


def _described(error: BaseException) -> dict[str, Any]:
    """An error's name and message, and the number of the learner's line that raised it."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or frame.filename.startswith("<ipython-input")
    ]
    if isinstance(error, SyntaxError):
        lines = [error.lineno or 0]
    name = type(error).__name__[:200]
    text = str(error.msg)[:MAX_ERROR] if isinstance(error, SyntaxError) else _text(error)
    return {"type": name, "message": text, "line": lines[-1] if lines else 0}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_ERROR]
    except Exception:
        return ""
