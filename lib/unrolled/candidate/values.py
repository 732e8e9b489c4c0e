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

from unrolled.candidate.budget import ValueRefused

# Of one message; what all of a question's may hold together is a `Budget`.
MAX_DEPTH = 24
MAX_NODES = 20_000
MAX_TEXT = 200_000
MAX_TENSORS = 2_000
MAX_TENSOR_BYTES = 64 * 2**20
MAX_ITEMS = 1_000  # of an iterator, which may have no end
MAX_DIGITS = 1_000
MAX_DIMENSIONS = 16

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype)
}


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


class Counted:
    """Counts what one message holds, and refuses what is too much."""

    def __init__(self):
        self.nodes = 0
        self.text = 0
        self.bytes = 0

    @property
    def spent(self) -> dict[str, int]:
        """What to take off a budget."""
        return {"nodes": self.nodes, "text": self.text, "bytes": self.bytes}

    def count_node(self, depth: int) -> None:
        """Count one value."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ValueRefused(f"nested deeper than {MAX_DEPTH} or more than {MAX_NODES} items")

    def count_text(self, number: int) -> None:
        """Count the characters of a string."""
        self.text += number
        if self.text > MAX_TEXT:
            raise ValueRefused(f"text of {self.text:,} characters, at most {MAX_TEXT:,} can cross")

    def count_tensor(self, tensor: Tensor) -> None:
        """Count a tensor anew each time that it is referred to: what is made of it is made anew.

        An axis of size 0 counts as one of size 1, for it must not hide the others.
        """
        if tensor.dim() > MAX_DIMENSIONS:
            raise ValueRefused(
                f"a tensor of {tensor.dim():,} dimensions, at most {MAX_DIMENSIONS} can cross"
            )
        numbers = tensor.numel() or math.prod(max(1, size) for size in tensor.shape)
        self.bytes += numbers * tensor.element_size()
        if self.bytes > MAX_TENSOR_BYTES:
            raise ValueRefused(f"tensors of more than {MAX_TENSOR_BYTES:,} bytes")


class Packer(Counted):
    """Writes values as trees that share one list of tensors."""

    def __init__(self):
        super().__init__()
        self.tensors: list[Tensor] = []
        self.numbers: dict[int, int] = {}
        self.kept: list[Any] = []  # keeps ids unique while packing

    def tree(self, value: Any, depth: int = 0) -> Any:
        """Return the JSON tree of a value; its tensors join :attr:`tensors`."""
        self.count_node(depth)
        write = _EXACTLY.get(type(value))
        if write is None:
            write = next((w for types, w in _WRITERS if isinstance(value, types)), _opaque)
        return write(self, value, depth)

    def _many(self, values: Any, depth: int) -> list[Any]:
        return [self.tree(value, depth + 1) for value in values]

    def _text(self, value: str, depth: int) -> str:
        self.count_text(len(value))
        return str.encode(value, "utf-8", "replace").decode()

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
        else:
            self.count_tensor(self.tensors[number])
        return {"tensor": number, "device": value.device.type}

    def _add(self, value: Tensor) -> int:
        plain = value.detach()
        if plain.layout != torch.strided:
            plain = plain.to_dense()
        # as_subclass drops a tensor subclass, whose methods are the learner's own.
        plain = plain.as_subclass(Tensor)
        self.count_tensor(plain)
        plain = plain.cpu().resolve_conj().resolve_neg()
        if len(self.tensors) == MAX_TENSORS:  # safetensors compares each with all others
            raise ValueRefused(f"more than {MAX_TENSORS:,} tensors")
        self.tensors.append(plain.clone(memory_format=torch.contiguous_format))
        return len(self.tensors) - 1

    def _array(self, value: np.ndarray, depth: int) -> Any:
        try:
            return {"array": self._add(torch.from_numpy(np.ascontiguousarray(value).copy()))}
        except TypeError:
            return {"opaque": self._text(f"ndarray of {value.dtype}"[:200], depth)}

    def _bytes(self, value: bytes | bytearray, depth: int) -> Any:
        self.count_text(2 * len(value))
        return {"bytes": base64.b64encode(value).decode()}

    def _range(self, value: range, depth: int) -> Any:
        ends = short_range([value.start, value.stop, value.step])
        return {"range": self._many(ends, depth)}

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
    (Opaque, lambda p, v, d: {"opaque": p._text(v.type_name, d)}),
    (tuple, lambda p, v, d: {"tuple": p._many(v, d)}),
    (list, lambda p, v, d: p._many(v, d)),
    (Mapping, Packer._mapping),
    ((set, frozenset), lambda p, v, d: {"set": p._many(v, d)}),
    ((bytes, bytearray), Packer._bytes),
    (complex, lambda p, v, d: {"complex": p._many((v.real, v.imag), d)}),
    (np.ndarray, Packer._array),
    (np.generic, lambda p, v, d: p.tree(v.item(), d + 1)),
    (torch.dtype, lambda p, v, d: {"dtype": str(v).removeprefix("torch.")}),
    (torch.device, lambda p, v, d: {"device_of": str(v)}),
    (range, Packer._range),
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
    return {"opaque": packer._text(type(value).__name__[:200], depth)}


def short_range(ends: list[int]) -> list[int]:
    """Refuse a range that nobody could write out."""
    if range(*ends)[MAX_NODES:]:
        raise ValueRefused(f"a range of more than {MAX_NODES:,} numbers")
    return ends
