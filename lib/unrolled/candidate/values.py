"""Any Python value as a tree of plain JSON and a list of tensors, and back.

What JSON lacks is tagged with one key: ``{"tuple": [...]}``, ``{"dict": [[key, value], ...]}``,
``{"tensor": 3}``. Tensors are detached, dense and contiguous; the same tensor twice is one entry
referred to twice. What has no plain form becomes ``{"opaque": "ClassName"}``: an answer can return
anything, and the asking side only needs to say what it was.
"""

from __future__ import annotations

import base64
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

MAX_DEPTH = 24
MAX_NODES = 20_000
MAX_TEXT = 1_000_000
MAX_ITEMS = 1_000  # of an iterator, which may have no end
MAX_DIGITS = 1_000
MAX_TENSOR_BYTES = 64 * 2**20

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype)
}


class ValueRefused(ValueError):
    """A value that cannot cross: too deep, too large, or not what the format allows."""


@dataclass(frozen=True)
class Opaque:
    """Something with no plain form, known by its type's name alone."""

    type_name: str


NO_GRADIENT = Opaque("missing gradient")


@dataclass(frozen=True)
class Iterated:
    """What an iterator gave, up to a cap; ``more`` if it had not ended."""

    items: tuple[Any, ...]
    more: bool


@dataclass(frozen=True)
class Reference:
    """A thing that lives on the host's side, named by number."""

    number: int


def pack(value: Any) -> tuple[Any, list[Tensor]]:
    """Turn a value into a JSON tree and its tensors.

    Raises:
        ValueRefused: if it is deeper, longer or larger than the limits above.
    """
    packer = Packer()
    return packer.tree(value), packer.tensors


def unpack(tree: Any, tensors: list[Tensor], resolve: Callable[[int], Any] = Reference) -> Any:
    """Rebuild a value; ``resolve`` says what a reference means on this side.

    Raises:
        ValueRefused: if the tree is not one that :func:`pack` could have written.
    """
    try:
        return _unpack(tree, tensors, resolve, 0)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
    ) as error:
        raise ValueRefused(f"a malformed value: {error}"[:200]) from None


class Packer:
    """Writes values as trees that share one list of tensors."""

    def __init__(self):
        self.tensors: list[Tensor] = []
        self.numbers: dict[int, int] = {}
        self.kept: list[Any] = []  # keeps ids unique while packing
        self.nodes = 0
        self.bytes = 0

    def tree(self, value: Any, depth: int = 0) -> Any:
        """Return the JSON tree of a value; its tensors join :attr:`tensors`."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ValueRefused(f"nested deeper than {MAX_DEPTH} or more than {MAX_NODES} items")
        write = _EXACTLY.get(type(value))
        if write is None:
            write = next((w for types, w in _WRITERS if isinstance(value, types)), _opaque)
        return write(self, value, depth)

    def _many(self, values: Any, depth: int) -> list[Any]:
        return [self.tree(value, depth + 1) for value in values]

    def _text(self, value: str, depth: int) -> str:
        if len(value) > MAX_TEXT:
            raise ValueRefused(f"a string of {len(value)} characters, at most {MAX_TEXT} can cross")
        return str(value).encode("utf-8", "replace").decode()

    def _integer(self, value: int, depth: int) -> Any:
        if value.bit_length() > MAX_DIGITS * 3:
            raise ValueRefused(f"an integer of more than {MAX_DIGITS} digits")
        return int(value) if abs(value) < 2**53 else {"int": str(int(value))}

    def _real(self, value: float, depth: int) -> Any:
        return float(value) if math.isfinite(value) else {"float": str(float(value))}

    def _tensor(self, value: Tensor, depth: int) -> Any:
        number = self.numbers.get(id(value))
        if number is None:
            number = self._add(value)
            self.numbers[id(value)] = number
            self.kept.append(value)
        return {"tensor": number, "device": value.device.type}

    def _add(self, value: Tensor) -> int:
        plain = value.detach()
        if plain.layout != torch.strided:
            plain = plain.to_dense()
        # as_subclass drops a tensor subclass, whose methods are the learner's own.
        plain = plain.as_subclass(Tensor).cpu()
        self.bytes += plain.numel() * plain.element_size()
        if self.bytes > MAX_TENSOR_BYTES:
            raise ValueRefused(f"tensors of more than {MAX_TENSOR_BYTES} bytes")
        plain = plain.resolve_conj().resolve_neg()
        self.tensors.append(plain.clone(memory_format=torch.contiguous_format))
        return len(self.tensors) - 1

    def _array(self, value: np.ndarray, depth: int) -> Any:
        try:
            return {"array": self._add(torch.from_numpy(np.ascontiguousarray(value).copy()))}
        except TypeError:
            return {"opaque": f"ndarray of {value.dtype}"}

    def _iterator(self, value: Iterator[Any], depth: int) -> Any:
        items = list(itertools.islice(value, MAX_ITEMS + 1))
        return {"iterator": self._many(items[:MAX_ITEMS], depth), "more": len(items) > MAX_ITEMS}

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        return {"dict": [self._many(pair, depth) for pair in value.items()]}


_WRITERS: list[tuple[Any, Callable[[Packer, Any, int], Any]]] = [
    ((type(None), bool), lambda p, v, d: v),
    (str, Packer._text),
    (int, Packer._integer),
    (float, Packer._real),
    (Tensor, Packer._tensor),
    (Reference, lambda p, v, d: {"ref": v.number}),
    (Opaque, lambda p, v, d: {"opaque": v.type_name}),
    (tuple, lambda p, v, d: {"tuple": p._many(v, d)}),
    (list, lambda p, v, d: p._many(v, d)),
    (Mapping, Packer._mapping),
    ((set, frozenset), lambda p, v, d: {"set": p._many(v, d)}),
    ((bytes, bytearray), lambda p, v, d: {"bytes": base64.b64encode(v[:MAX_TEXT]).decode()}),
    (complex, lambda p, v, d: {"complex": [p._real(v.real, d), p._real(v.imag, d)]}),
    (np.ndarray, Packer._array),
    (np.generic, lambda p, v, d: p.tree(v.item(), d + 1)),
    (torch.dtype, lambda p, v, d: {"dtype": str(v).removeprefix("torch.")}),
    (torch.device, lambda p, v, d: {"device_of": str(v)}),
    (range, lambda p, v, d: {"range": [v.start, v.stop, v.step]}),
    (slice, lambda p, v, d: {"slice": p._many((v.start, v.stop, v.step), d)}),
    (type(...), lambda p, v, d: {"ellipsis": True}),
    (Iterator, Packer._iterator),
]


# Most values are plainly of one of these types: no need to walk the list above.
_EXACTLY = {
    kind: write
    for types, write in _WRITERS
    for kind in (types if isinstance(types, tuple) else (types,))
    if kind in (type(None), bool, str, int, float, Tensor, tuple, list, set, frozenset)
} | {dict: Packer._mapping, torch.nn.Parameter: Packer._tensor}


def _opaque(packer: Packer, value: Any, depth: int) -> Any:
    return {"opaque": type(value).__name__[:200]}


_PLAIN = type(None), bool, str, int, float


def _unpack(tree: Any, tensors: list[Tensor], resolve: Callable[[int], Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(tree, _PLAIN):
        return tree

    def many(items: Any) -> list[Any]:
        if not isinstance(items, list):
            raise TypeError("a list is wanted")
        return [_unpack(item, tensors, resolve, depth + 1) for item in items]

    if isinstance(tree, list):
        return many(tree)
    tag = next(iter(tree))
    body = tree[tag]
    if tag == "tensor":
        return tensors[_index(body)]
    if tag == "ref":
        return resolve(_index(body))
    if tag == "iterator":
        return Iterated(tuple(many(body)), bool(tree["more"]))
    return _READERS[tag](body, many, tensors)


def _index(body: Any) -> int:
    if not isinstance(body, int) or isinstance(body, bool) or body < 0:
        raise ValueError("an index from 0 is wanted")
    return body


def _integer(body: Any, many: Any, tensors: Any) -> int:
    if not isinstance(body, str) or len(body) > MAX_DIGITS + 1:
        raise ValueError("an integer as text is wanted")
    return int(body)


_READERS: dict[str, Callable[[Any, Callable[[Any], list[Any]], list[Tensor]], Any]] = {
    "int": _integer,
    "float": lambda body, many, tensors: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[
        body
    ],
    "tuple": lambda body, many, tensors: tuple(many(body)),
    "dict": lambda body, many, tensors: {key: value for key, value in map(many, body)},
    "set": lambda body, many, tensors: frozenset(many(body)),
    "bytes": lambda body, many, tensors: base64.b64decode(body, validate=True),
    "complex": lambda body, many, tensors: complex(*many(body)),
    "array": lambda body, many, tensors: tensors[_index(body)].numpy(),
    "dtype": lambda body, many, tensors: DTYPES[body],
    "device_of": lambda body, many, tensors: torch.device(body),
    "range": lambda body, many, tensors: range(*many(body)),
    "slice": lambda body, many, tensors: slice(*many(body)),
    "ellipsis": lambda body, many, tensors: ...,
    "opaque": lambda body, many, tensors: Opaque(str(body)[:200]),
}
