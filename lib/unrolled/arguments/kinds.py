"""What kind of thing an argument is: read off its annotation, so that no check has to repeat it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

# An annotation's beginning to what it stands for, in types and in words.
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "Tensor": ((Tensor,), "a tensor"),
    "int": ((int,), "an integer"),
    "str": ((str,), "a str"),
    "Sequence": ((Sequence, Tensor), "a list or a tensor"),
    "Iterable": ((Iterable,), "a list"),
    "Container": ((Container,), "a dict or a set"),
    "Mapping": ((Mapping,), "a dict"),
    "nn.Module": ((nn.Module,), "an nn.Module"),
    "Transformer": ((nn.Module,), "a Transformer"),
}


def plain(function: Callable[..., Any]) -> list[tuple[int, str, str]]:
    """List place, name and annotation of the arguments that are an int or a str alone."""
    parameters = inspect.signature(function).parameters.items()
    return [
        (place, name, str(parameter.annotation))
        for place, (name, parameter) in enumerate(parameters)
        if str(parameter.annotation).removesuffix(" | None") in ("int", "str")
    ]


def refuse_other_kinds(
    wanted: list[tuple[int, str, str]], args: tuple, kwargs: Mapping[str, Any]
) -> None:
    """Refuse a float for an int, a number for a str; what no check compares would go unnoticed."""
    for place, name, annotation in wanted:
        if name in kwargs:
            _refuse(name, annotation, kwargs[name])
        elif place < len(args):
            _refuse(name, annotation, args[place])


def explain(
    function: Callable[..., Any],
    check: Callable[..., None],
    args: tuple,
    kwargs: Mapping[str, Any],
    error: Exception,
) -> None:
    """Say which argument is of another kind than annotated, after a check stumbled over one.

    The check of a fast path may take an argument more than the function that stands beside it.

    Raises:
        TypeError: if there is one, unless the check's own sentence says what is wanted.
    """
    if "wanted" in str(error):
        return
    called = function
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        if not _takes(check, args, kwargs):
            raise
        called = check
    signature = inspect.signature(called)
    for name, given in signature.bind(*args, **kwargs).arguments.items():
        _refuse(name, str(signature.parameters[name].annotation), given)


def _takes(function: Callable[..., Any], args: tuple, kwargs: Mapping[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _refuse(name: str, annotation: str, given: Any) -> None:
    kind = KINDS.get(annotation.split(" ")[0].split("[")[0])
    if kind is None or annotation.startswith("int | Tensor"):
        return
    if given is None and annotation.endswith("None"):
        return
    types, words = kind
    if not isinstance(given, types) or (int in types and isinstance(given, bool)):
        raise TypeError(f"{name}={_short(given)} is a {type(given).__name__}, {words} is wanted")


def _short(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 40 else f"{text[:37]}..."
