"""Which part stands for a reference layer in the models being built now."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

from torch import nn

__all__ = ["part", "provenance", "references", "taken", "use"]

Part = TypeVar("Part", bound=Callable[..., Any])
_scope: ContextVar[Mapping[str, Any]] = ContextVar("parts in use", default=MappingProxyType({}))


def part(reference: Part, own: Part | None = None) -> Part:
    """Return what stands for a reference layer or function in the models being built now.

    Args:
        reference: a public class or function of ``unrolled``; its name is the name of the part.
        own: what the model has there while nobody put another in the reference's place. Default:
            the reference.

    Returns:
        What :func:`use` put in the reference's place, else ``own``.

    >>> from unrolled.basics import softmax
    >>> with use({"softmax": torch.softmax}):
    ...     part(softmax) is torch.softmax
    True
    """
    chosen = _scope.get().get(reference.__name__, reference)
    return own if own is not None and chosen is reference else chosen


def taken(chosen: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the options that a part takes: a learner's may have fewer than the reference.

    Args:
        chosen: what :func:`part` returned; a ``**kwargs`` takes everything.
        options: by their names in the reference.

    >>> taken(lambda d_model, eps=1e-5: None, {"eps": 0.1, "bias": False})
    {'eps': 0.1}
    """
    parameters = inspect.signature(chosen).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return dict(options)
    return {name: value for name, value in options.items() if name in parameters}


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
