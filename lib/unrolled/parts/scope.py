"""Which part stands for a reference layer in the models being built now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

from torch import nn

__all__ = ["part", "provenance", "references", "use"]

Part = TypeVar("Part", bound=Callable[..., Any])
_scope: ContextVar[Mapping[str, Any]] = ContextVar("parts in use", default=MappingProxyType({}))


def part(reference: Part) -> Part:
    """Return what stands for a reference layer or function in the models being built now.

    Args:
        reference: a public class or function of ``unrolled``; its name is the name of the part.

    Returns:
        ``reference``, or what :func:`use` put in its place.

    >>> from unrolled.basics import softmax
    >>> with use({"softmax": torch.softmax}):
    ...     part(softmax) is torch.softmax
    True
    """
    return _scope.get().get(reference.__name__, reference)


@contextmanager
def use(parts: Mapping[str, Any]) -> Iterator[None]:
    """Build models from these parts inside the ``with`` block; outer blocks hold for other names.

    Args:
        parts: name of a reference layer or function to what is used in its place.

    Raises:
        TypeError: if a part cannot be called.
    """
    for name, given in parts.items():
        if not callable(given):
            raise TypeError(
                f"parts[{name!r}] is a {type(given).__name__}, a class or function is wanted"
            )
    token = _scope.set({**_scope.get(), **parts})
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def references() -> Iterator[None]:
    """Build models from the reference's parts alone inside the ``with`` block."""
    token = _scope.set(MappingProxyType({}))
    try:
        yield
    finally:
        _scope.reset(token)


def provenance(model: nn.Module) -> dict[str, str]:
    """Say for each part of a model where it comes from.

    Args:
        model: any module.

    Returns:
        Path of the part in the model to where its class or function is defined, for example
        ``{"blocks.0.attention": "unrolled.attention.MultiHeadAttention"}``; torch's own layers are
        left out.
    """
    found = {}
    for path, module in model.named_modules():
        found[path or "(model)"] = _origin(type(module))
        for name, value in vars(module).items():
            if callable(value) and not isinstance(value, nn.Module) and hasattr(value, "__name__"):
                found[f"{path}.{name}".removeprefix(".")] = _origin(value)
    return {path: origin for path, origin in found.items() if not origin.startswith("torch.")}


def _origin(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
