"""The side that asks: an answer as probes see it, here or behind a sandbox.

Steps are queued and sent when a value is wanted, so one probe is usually one message. An error in
the answer is raised then, as :class:`AnswerError`.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from unrolled.candidate.budget import ValueRefused
from unrolled.candidate.host import GLOBALS, MAX_WARNED, Host
from unrolled.candidate.limits import LIMIT, TimeLimit, TimeUp
from unrolled.candidate.unpacking import unpack
from unrolled.candidate.values import MAX_DIMENSIONS, NO_GRADIENT, Opaque, Packer, Reference
from unrolled.candidate.watch import MAX_NAME, MAX_SEEN
from unrolled.candidate.wire import AnswerDied, Callback, Message, Transport, WireError

MAX_MESSAGE = 2_000
MAX_KEPT = 20_000  # characters of what an answer prints
ERROR = {"type": 100, "message": MAX_MESSAGE, "line": 200}  # characters of each part


class AnswerError(Exception):
    """The answer raised: its error's type, message, and the learner's own line."""

    def __init__(self, type_name: str, message: str, line: str = ""):
        super().__init__(f"{type_name}: {message}")
        self.type_name = type_name
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Parameter:
    """One parameter of an answer's module; value and gradient only if they were asked for."""

    shape: tuple[int, ...]
    value: Tensor | None
    grad: Tensor | None
    requires_grad: bool
    tied_to: str


@dataclass(frozen=True)
class State:
    """A module's parameters and buffers by name, and the ``PARAM_MAP`` of each of its parts."""

    parameters: dict[str, Parameter]
    buffers: dict[str, Tensor]
    maps: dict[str, Any]


@dataclass
class Callee:
    """A function of the asking side that an answer may call; every call is on record."""

    function: Callable[..., Any]
    calls: list[tuple[tuple, dict]] = field(default_factory=list)


class LocalTransport:
    """The same process, for learning: the host is called directly.

    Args:
        host: holds the answer.
        seconds: how long the answer may run, all requests together.
    """

    def __init__(self, host: Host, seconds: float = LIMIT):
        self.host = host
        self.limit = TimeLimit(seconds)

    def request(
        self, message: Message, tensors: list[Tensor], callback: Callback
    ) -> tuple[Message, list[Tensor]]:
        """Let the host carry the message out."""
        if self.limit.spent:
            raise AnswerError("TimeUp", self.limit.says)
        try:
            with self.limit:
                return self.host.handle(message, tensors, callback)
        except TimeUp:  # rung while the host put things back in order
            raise AnswerError("TimeUp", self.limit.says) from None


class Candidate:
    """An answer to an exercise: the named object of a namespace that a transport reaches.

    Args:
        transport: brings steps to a :class:`~unrolled.candidate.host.Host`.
        name: the global name of the answer.
        device: where the answer finds every tensor it is given. Values come back to the CPU.
        strided: tensors reach the answer with gaps in memory, so that none is contiguous.
    """

    def __init__(self, transport: Transport, name: str, device: str = "cpu", strided: bool = False):
        self.transport = transport
        self.name = name
        self.device = device
        self.strided = strided
        self.steps: list[dict[str, Any]] = []
        self.numbers = itertools.count()
        self.callees: list[Callee] = []
        self.printed = ""
        self.warned: list[str] = []
        self.changed: set[str] = set()
        self.watch = ""  # a pattern of names; what runs and has such a name is noted
        self.seen: set[str] = set()

    @classmethod
    def local(cls, answer: Any, name: str, device: str = "cpu") -> Candidate:
        """Wrap an object of this process."""
        return cls(LocalTransport(Host({name: answer})), name, device)

    @property
    def answer(self) -> Handle:
        """The learner's object itself."""
        return self.keep("get", name=self.name)

    def keep(self, do: str, **arguments: Any) -> Handle:
        """Queue a step that makes something."""
        number = next(self.numbers)
        self.steps.append({"do": do, "keep": number, **arguments})
        return Handle(self, number)

    def ask(self, do: str, **arguments: Any) -> Any:
        """Send the queue, with one last step whose value is wanted.

        Raises:
            AnswerError: if a step raised.
            AnswerDied: if the process is gone, silent or sends nonsense.
        """
        self.steps.append({"do": do, **arguments})
        steps, self.steps = self.steps, []
        packer = Packer()
        trees = [packer.tree(step) for step in steps]
        message = {"steps": trees, "device": self.device, "strided": self.strided}
        message["watch"] = self.watch
        reply, tensors = self.transport.request(message, packer.tensors, self._called)
        try:
            return self._read(reply, tensors)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WireError(f"a malformed reply: {type(error).__name__}") from None

    def _read(self, reply: Message, tensors: list[Tensor]) -> Any:
        self.printed = (self.printed + _text(reply["printed"], MAX_KEPT))[:MAX_KEPT]
        warned = [_text(warning) for warning in reply["warned"][:MAX_WARNED]]
        self.warned = [*self.warned, *warned][:MAX_WARNED]
        self.seen |= {_text(name, MAX_NAME) for name in reply["seen"][:MAX_SEEN]}
        self.changed |= set(GLOBALS).intersection(map(_text, reply["changed"]))
        if reply["error"] is not None:
            error = reply["error"]
            raise AnswerError(*(_text(error[part], most) for part, most in ERROR.items()))
        (tree,) = reply["values"]
        return unpack(tree, tensors)

    def _called(self, message: Message, tensors: list[Tensor]) -> tuple[Message, list[Tensor]]:
        try:
            callee = self.callees[message["callback"]]
            args, kwargs = unpack(message["args"], tensors)
        except (IndexError, TypeError, ValueError):
            raise WireError("a malformed call back") from None
        callee.calls.append((args, kwargs))
        packer = Packer()
        tree = packer.tree(callee.function(*args, **kwargs))
        return {"value": tree}, packer.tensors

    def put(self, value: Any, requires_grad: bool = False) -> Handle:
        """Send a value ahead, to be passed several times or looked at afterwards."""
        return self.keep("put", value=value, requires_grad=requires_grad)

    def table(self, rows: Tensor, last: bool = False) -> Handle:
        """Make a function on the other side that looks ids up in a table of tensors."""
        return self.keep("table", rows=rows, last=last)

    def function(self, function: Callable[..., Any]) -> tuple[Handle, Callee]:
        """Make a function on the other side whose calls come back here, counted."""
        callee = Callee(function)
        self.callees.append(callee)
        return self.keep("ask", number=len(self.callees) - 1), callee

    def library(self, name: str) -> Handle:
        """A thing that no exercise asks for, such as ``torch.nn.Linear``, on the other side."""
        return self.keep("library", name=name)

    def twin(self, value: Any) -> Handle:
        """The same frozen dataclass (a model's config) on the other side."""
        kind = type(value)
        given = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        return self.library(f"{kind.__module__}.{kind.__qualname__}")(**given)

    def resolved(self, tree: Any) -> Any:
        """A tree of tuples, lists and dicts with the value of each handle in it, in one message.

        Whatever else is in the tree never leaves this side, so that no answer can change it.
        """
        handles = list(_handles(tree))
        values = self.ask("value", target=handles)
        if not isinstance(values, list) or len(values) != len(handles):
            raise WireError("a malformed reply: not one value for each thing that was asked for")
        return _filled(tree, iter(values))

    def vjp(
        self, outputs: list[Handle], cotangents: list[Tensor], wrt: list[Any]
    ) -> list[Tensor | Opaque]:
        """Pull cotangents back through the answer.

        Args:
            outputs: tensors the answer made.
            cotangents: one for each, of the same shape.
            wrt: handles of inputs put with ``requires_grad``, or ``(module, parameter name)``.

        Returns:
            One gradient each, ``NO_GRADIENT`` where the outputs do not depend on it.

        Raises:
            WireError: if the other side sends anything but one for each.
        """
        found = self.ask("vjp", outputs=outputs, cotangents=cotangents, wrt=wrt)
        if not isinstance(found, list) or len(found) != len(wrt):
            raise WireError("a malformed reply: not one gradient for each thing")
        return [NO_GRADIENT if gradient is None else gradient for gradient in found]

    def environment(self) -> dict[str, Any]:
        """What the answer left as default dtype, device and gradient mode."""
        return self.ask("environment")


class Handle(Reference):
    """Something on the answer's side: called, indexed, passed on, and read when wanted."""

    def __init__(self, candidate: Candidate, number: int):
        super().__init__(number)
        object.__setattr__(self, "candidate", candidate)

    def __call__(self, *args: Any, seed: int | None = None, **kwargs: Any) -> Handle:
        """Call it; ``seed`` sets every source of randomness first."""
        return self._call(None, args, kwargs, seed)

    def call(self, method: str, *args: Any, seed: int | None = None, **kwargs: Any) -> Handle:
        """Call one of its methods."""
        return self._call(method, args, kwargs, seed)

    def _call(self, method: str | None, args: tuple, kwargs: dict, seed: int | None) -> Handle:
        return self.candidate.keep(
            "call", target=self, method=method, args=args, kwargs=kwargs, seed=seed
        )

    def __getitem__(self, key: Any) -> Handle:
        return self.candidate.keep("item", target=self, key=key)

    def output(self) -> Handle:
        """The first of a tuple, or the thing itself."""
        return self.candidate.keep("output", target=self)

    def attribute(self, name: str, default: Any = None) -> Handle:
        """An attribute of it."""
        return self.candidate.keep("attribute", target=self, name=name, default=default)

    def value(self) -> Any:
        """Its value, copied to this side."""
        return self.candidate.ask("value", target=self)

    def state(self, values: bool = True) -> State:
        """Its parameters and buffers, if it is a module; without values, names and shapes."""
        raw = self.candidate.ask("state", target=self, values=values)
        try:
            parameters = {name: _parameter(*made) for name, made in raw["parameters"].items()}
            buffers, maps = dict(raw["buffers"]), dict(raw["maps"])
            if not all(isinstance(name, str) for name in (*parameters, *buffers, *maps)):
                raise TypeError("names are wanted")
            return State(parameters, buffers, maps)
        except (TypeError, KeyError, AttributeError, ValueError):
            raise WireError("a malformed module state") from None

    def load(self, values: dict[str, Tensor]) -> None:
        """Overwrite its parameters and buffers by name."""
        self.candidate.keep("load", target=self, values=values)


def _text(value: Any, most: int = MAX_MESSAGE) -> str:
    if not isinstance(value, str):
        raise TypeError("a string is wanted")
    return value[:most]


def _parameter(shape: Any, value: Any, grad: Any, requires_grad: Any, tied_to: Any) -> Parameter:
    sizes = isinstance(shape, tuple) and all(type(size) is int for size in shape)
    tensors = all(part is None or isinstance(part, Tensor) for part in (value, grad))
    if not sizes or len(shape) > MAX_DIMENSIONS or not tensors or not isinstance(tied_to, str):
        raise TypeError("a shape, two tensors and a name are wanted")
    return Parameter(shape, value, grad, bool(requires_grad), tied_to)


def _handles(tree: Any) -> Iterator[Handle]:
    if isinstance(tree, Handle):
        yield tree
    for part in _parts(tree):
        yield from _handles(part)


def _filled(tree: Any, values: Iterator[Any]) -> Any:
    if isinstance(tree, Handle):
        return next(values)
    if isinstance(tree, dict):
        return {key: _filled(part, values) for key, part in tree.items()}
    parts = _parts(tree)
    return type(tree)(_filled(part, values) for part in parts) if parts else tree


def _parts(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(tree.values())
    return list(tree) if isinstance(tree, tuple | list) else []


__all__ = [
    "AnswerDied", "AnswerError", "Callee", "Candidate", "Handle", "LocalTransport", "Opaque",
    "Parameter", "State", "ValueRefused",
]  # fmt: skip
