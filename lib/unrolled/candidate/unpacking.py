"""From a tree of plain JSON and a list of tensors back to a value; both may have been forged."""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.budget import ValueRefused
from unrolled.candidate.values import (
    DTYPES,
    MAX_DIGITS,
    Counted,
    Iterated,
    Opaque,
    Reference,
    short_range,
)

MAX_ALIKE = 100  # keys with one hash: each is compared with all others


def unpack(tree: Any, tensors: list[Tensor], resolve: Callable[[int], Any] = Reference) -> Any:
    """Rebuild a value; ``resolve`` says what a reference means on this side.

    Raises:
        ValueRefused: if the tree is not one that :func:`pack` could have written.
    """
    try:
        return _Unpacker(tensors, resolve).value(tree)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        StopIteration,
        ArithmeticError,
        RuntimeError,
    ) as error:
        raise ValueRefused(f"a malformed value: {error}"[:200]) from None


_PLAIN = type(None), bool, int, float


class _Unpacker(Counted):
    """Reads one tree, which may have been forged: what it counts, no packer would have written."""

    def __init__(self, tensors: list[Tensor], resolve: Callable[[int], Any]):
        super().__init__()
        self.tensors = tensors
        self.resolve = resolve

    def value(self, tree: Any, depth: int = 0) -> Any:
        """Return the value of a tree."""
        self.count_node(depth)
        if isinstance(tree, _PLAIN):
            return tree
        if isinstance(tree, str):
            return self.string(tree)
        if isinstance(tree, list):
            return self.many(tree, depth)
        tag = next(iter(tree))
        body = tree[tag]
        if tag == "ref":
            return self.resolve(_index(body))
        if tag == "iterator":
            return Iterated(tuple(self.many(body, depth)), bool(tree["more"]))
        return _READERS[tag](self, body, depth)

    def many(self, items: Any, depth: int) -> list[Any]:
        """Return the values of a list of trees."""
        if not isinstance(items, list):
            raise TypeError("a list is wanted")
        return [self.value(item, depth + 1) for item in items]

    def string(self, body: Any) -> str:
        """Return a string, counted."""
        if not isinstance(body, str):
            raise TypeError("a string is wanted")
        self.count_text(len(body))
        return body

    def tensor(self, body: Any) -> Tensor:
        """Return a tensor by its number, counted."""
        tensor = self.tensors[_index(body)]
        self.count_tensor(tensor)
        return tensor

    def integer(self, body: Any, depth: int) -> int:
        """Return an integer that JSON does not hold exactly."""
        if not isinstance(body, str) or len(body) > MAX_DIGITS + 1:
            raise ValueError("an integer as text is wanted")
        return int(body)

    def mapping(self, body: list[Any], depth: int) -> dict[Any, Any]:
        """Return a dict."""
        pairs = [self.many(pair, depth) for pair in body]
        _refuse_alike([key for key, _ in pairs])
        return dict(pairs)  # type: ignore[arg-type]

    def members(self, body: Any, depth: int) -> frozenset[Any]:
        """Return a set."""
        found = self.many(body, depth)
        _refuse_alike(found)
        return frozenset(found)


def _index(body: Any) -> int:
    if not isinstance(body, int) or isinstance(body, bool) or body < 0:
        raise ValueError("an index from 0 is wanted")
    return body


def _refuse_alike(keys: list[Any]) -> None:
    """Refuse keys that were chosen to have one hash: 20,000 of them take seconds to tell apart."""
    if len(keys) > MAX_ALIKE and max(Counter(map(hash, keys)).values()) > MAX_ALIKE:
        raise ValueRefused(f"more than {MAX_ALIKE} keys with one hash")


_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_READERS: dict[str, Callable[[_Unpacker, Any, int], Any]] = {
    "int": _Unpacker.integer,
    "float": lambda u, body, depth: _NOT_FINITE[body],
    "tensor": lambda u, body, depth: u.tensor(body),
    "tuple": lambda u, body, depth: tuple(u.many(body, depth)),
    "dict": _Unpacker.mapping,
    "set": _Unpacker.members,
    "bytes": lambda u, body, depth: base64.b64decode(u.string(body), validate=True),
    "complex": lambda u, body, depth: complex(*u.many(body, depth)),
    "array": lambda u, body, depth: u.tensor(body).numpy(),
    "dtype": lambda u, body, depth: DTYPES[body],
    "device_of": lambda u, body, depth: torch.device(body),
    "range": lambda u, body, depth: range(*short_range(u.many(body, depth))),
    "slice": lambda u, body, depth: slice(*u.many(body, depth)),
    "ellipsis": lambda u, body, depth: ...,
    "opaque": lambda u, body, depth: Opaque(u.string(body)[:200]),
}
