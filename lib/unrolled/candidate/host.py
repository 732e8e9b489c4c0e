"""The side that holds the learner's code: carries out steps on its objects, and sends values back.

A message is a list of steps. Each names an operation and, where it makes something, the number
under which the host keeps it, so that later steps can pass it on. The first step that fails ends
the message. The host decides nothing: what it sends may be forged by the code it runs.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import linecache
import random
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from unrolled.candidate.budget import MAX_CALL_BYTES, Budget, ValueRefused
from unrolled.candidate.unpacking import unpack
from unrolled.candidate.values import Packer
from unrolled.candidate.watch import watched
from unrolled.candidate.wire import Callback, Message

MAX_PRINTED = 20_000  # of all messages together, as is MAX_WARNED
MAX_WARNED = 20
MAX_MESSAGE = 2_000
# What answers may change of torch.
GLOBALS = ("default dtype", "default device", "gradient mode", "random seed")


class Host:
    """Runs steps on the objects of one namespace.

    Args:
        namespace: the learner's global names; read, never written.
    """

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.objects: dict[int, Any] = {}
        self.call_back: Callback | None = None
        self.budget = Budget()
        self.printed_left, self.warned_left = MAX_PRINTED, MAX_WARNED
        self.seed = 0  # that torch's generator should have
        self.others: tuple[Any, Any] | None = None  # states of the other generators, before a seed

    def handle(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Carry out a message's steps; reply with the values asked for, or the first error."""
        self.call_back = callback
        tensors = [tensor.to(message["device"]) for tensor in tensors]
        if message["strided"]:
            tensors = [torch.stack((tensor, tensor), dim=-1)[..., 0] for tensor in tensors]
        packer = Packer()
        reply: Message = {"values": [], "error": None}
        watching = watched(message["watch"]) if message["watch"] else nullcontext([])
        with self._captured(reply), self._restored(reply), watching as reply["seen"]:
            for step in message["steps"]:
                try:
                    self._step(step, tensors, packer, reply["values"])
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # GeneratorExit, SystemExit, one of their own
                    reply["error"] = described(error)
                    break
        return reply, packer.tensors if reply["error"] is None else []

    def _step(self, tree: Any, tensors: list[Tensor], packer: Packer, values: list[Any]) -> None:
        step = unpack(tree, tensors, self.objects.__getitem__)
        result = _OPERATIONS[step.pop("do")](self, **{k: step[k] for k in step if k != "keep"})
        if "keep" in step:
            self.objects[step["keep"]] = result
        else:
            values.append(packer.tree(result))
            self.budget.spend(**packer.spent)  # one step of a message wants a value, the last

    @contextlib.contextmanager
    def _captured(self, reply: Message) -> Iterator[None]:
        """Keep what the answer prints and warns about away from the reader."""
        printed = _Capped(self.printed_left)
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            warnings.catch_warnings(record=True) as warned,
        ):
            warnings.simplefilter("always")
            # Python warns of these when it happens to collect garbage, whoever left it.
            warnings.simplefilter("ignore", ResourceWarning)
            yield
        reply["printed"] = printed.getvalue()[: self.printed_left]
        reply["warned"] = [str(w.message)[:MAX_MESSAGE] for w in warned[: self.warned_left]]
        self.printed_left -= len(reply["printed"])
        self.warned_left -= len(reply["warned"])

    @contextlib.contextmanager
    def _restored(self, reply: Message) -> Iterator[None]:
        """Put back what an answer may change globally, and say what it was."""
        generator, self.others = torch.get_rng_state(), None
        dtype, device, grad = (
            torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()
        )  # fmt: skip
        torch.set_grad_enabled(True)
        self.seed = torch.initial_seed()
        try:
            yield
        finally:
            now = (
                torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled(),
                torch.initial_seed(),
            )  # fmt: skip
            wanted = dtype, device, True, self.seed
            reply["changed"] = [n for n, a, b in zip(GLOBALS, wanted, now, strict=True) if a != b]
            torch.set_default_dtype(dtype)
            torch.set_default_device(None if device == torch.device("cpu") else device)
            torch.set_grad_enabled(grad)
            torch.set_rng_state(generator)
            if self.others is not None:
                np.random.set_state(self.others[0])
                random.setstate(self.others[1])

    # What a step can do. A learner's object arrives as itself: references are resolved before.

    def get(self, name: str) -> Any:
        """Look a global name up."""
        if name not in self.namespace:
            raise NameError(f"name '{name}' is not defined")
        return self.namespace[name]

    def put(self, value: Any, requires_grad: bool = False) -> Any:
        """Keep a value, so that it can be passed several times and looked at afterwards."""
        return value.requires_grad_() if requires_grad else value

    def call(
        self, target: Any, method: str | None, args: tuple, kwargs: dict, seed: int | None
    ) -> Any:
        """Call a thing or its method, all sources of randomness seeded first if asked."""
        if seed is not None:
            # Not before it is needed: numpy's takes longer than most answers.
            self.others = self.others or (np.random.get_state(), random.getstate())
            _seed_torch(seed)
            self.seed = torch.initial_seed()
            np.random.seed(seed % 2**32)
            random.seed(seed)
        return (target if method is None else getattr(target, method))(*args, **kwargs)

    def item(self, target: Any, key: Any) -> Any:
        """Index a thing."""
        return target[key]

    def output(self, target: Any) -> Any:
        """Return the first of a tuple, or the thing: ``(out, weights)`` is an answer too."""
        return target[0] if isinstance(target, tuple) and target else target

    def attribute(self, target: Any, name: str, default: Any) -> Any:
        """Read an attribute, or the default where there is none."""
        return getattr(target, name, default)

    def value(self, target: Any) -> Any:
        """Send a thing back as a value."""
        return target

    def state(self, target: nn.Module, values: bool) -> Any:
        """Describe a module: parameters and buffers by name, which of them are one, its maps."""
        if not isinstance(target, nn.Module):
            raise TypeError(f"an nn.Module is wanted, a {type(target).__name__} was made")
        first: dict[int, str] = {}
        parameters = {}
        for name, parameter in target.named_parameters(remove_duplicate=False):
            parameters[name] = (  # the fields of handles.Parameter, in order
                tuple(parameter.shape),
                parameter if values else None,
                parameter.grad if values else None,
                parameter.requires_grad,
                first.setdefault(id(parameter), name),
            )
        return {
            "parameters": parameters,
            "buffers": dict(target.named_buffers()) if values else {},
            "maps": {
                path: module.PARAM_MAP
                for path, module in target.named_modules()
                if hasattr(type(module), "PARAM_MAP")
            },
        }

    def load(self, target: nn.Module, values: dict[str, Tensor]) -> None:
        """Overwrite parameters and buffers by name, in place."""
        slots = dict(target.named_parameters(remove_duplicate=False)) | dict(target.named_buffers())
        with torch.no_grad():
            for name, value in values.items():
                slots[name].copy_(value)

    def vjp(self, outputs: list[Tensor], cotangents: list[Tensor], wrt: list[Any]) -> list[Any]:
        """Pull cotangents back to inputs and parameters; None where nothing depends on them."""
        inputs = [
            dict(thing[0].named_parameters())[thing[1]] if isinstance(thing, tuple) else thing
            for thing in wrt
        ]
        live = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
        asked = [thing for thing in inputs if thing.requires_grad]
        if not live or not asked:
            return [None] * len(inputs)
        found = torch.autograd.grad(
            [o for o, _ in live], asked, [c for _, c in live], retain_graph=True, allow_unused=True
        )
        of = {id(thing): gradient for thing, gradient in zip(asked, found, strict=True)}
        return [of.get(id(thing)) for thing in inputs]

    def table(self, rows: Tensor, last: bool) -> Callable[..., Tensor]:
        """Make an answer-free function: token ids to rows, of all ids or of the last alone."""

        def look_up(ids: Tensor, *_: Any, **__: Any) -> Tensor:
            return rows[ids[..., -1] if last else ids]

        return look_up

    def ask(self, number: int) -> Callable[..., Any]:
        """Make a function whose calls are answered, and counted, by the asking side."""

        def asks(*args: Any, **kwargs: Any) -> Any:
            packer = Packer()
            tree = packer.tree((args, kwargs))
            if packer.bytes > MAX_CALL_BYTES:
                raise ValueRefused(f"a call with tensors of more than {MAX_CALL_BYTES:,} bytes")
            self.budget.spend(calls=1, **packer.spent)
            reply, tensors = self.call_back({"callback": number, "args": tree}, packer.tensors)
            return unpack(reply["value"], tensors, self.objects.__getitem__)

        return asks

    def library(self, name: str) -> Any:
        """Import a thing by its full name, such as ``torch.nn.Linear``."""
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)

    def environment(self) -> dict[str, Any]:
        """Report what an answer may have changed around it."""
        return {
            "default_dtype": torch.get_default_dtype(),
            "device": str(torch.get_default_device()),
            "grad_enabled": torch.is_grad_enabled(),
        }


_OPERATIONS: dict[str, Callable[..., Any]] = {
    name: getattr(Host, name)
    for name in (
        "get", "put", "call", "item", "output", "attribute", "value", "state", "load", "vjp",
        "table", "ask", "library", "environment",
    )
}  # fmt: skip


def _seed_torch(seed: int) -> None:
    """As ``torch.manual_seed``, which first writes down where it was called, for every device."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


class _Capped(io.StringIO):
    """Keeps what is printed first."""

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def close(self) -> None:
        """Stay readable: an answer that closes stdout closes nothing of ours."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, self.most - self.tell())])
        return len(text)


def described(error: BaseException) -> dict[str, Any]:
    """Say what went wrong and where in the learner's own code, without a traceback of ours."""
    try:
        text = str(error)[:MAX_MESSAGE]
    except Exception:
        text = ""
    if isinstance(error, ValueRefused):
        return {"type": "ValueRefused", "message": text, "line": ""}
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if not _is_ours(frame.filename):
            source = linecache.getline(frame.filename, frame.lineno or 0).strip()
            line = source[:200] or line
    return {"type": type(error).__name__[:100], "message": text, "line": line}


_NOT_THEIRS = (
    sys.prefix,
    sys.base_prefix,
    str(Path(__file__).parents[1]),
    str(Path(torch.__file__).parent),
    "<frozen",
)


def _is_ours(filename: str) -> bool:
    return filename.startswith(_NOT_THEIRS)
