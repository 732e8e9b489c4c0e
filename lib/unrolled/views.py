"""Two views of one layer: the body that is read and the path that is fast.

The function under :func:`views` is the readable reference: what the book lists, what learners
write and what the checks patch. The decorator puts argument checks before it and, where there is
one, a faster equivalent beside it. Tests hold that both paths agree.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch

from unrolled.arguments import kinds

Function = TypeVar("Function", bound=Callable[..., Any])


def views(
    check: Callable[..., None] | None = None, fast: Callable[..., Any] | None = None
) -> Callable[[Function], Function]:
    """Give a readable function its argument checks, a fast path, or both.

    Args:
        check: called with the arguments first; raises ``ValueError`` or ``TypeError``.
            Default: none, for what is not public.
        fast: called next; returns ``NotImplemented`` for arguments it does not serve.

    Returns:
        A decorator. The undecorated body stays reachable as ``function.__wrapped__``.
    """

    def decorate(readable: Function) -> Function:
        plain = kinds.plain(readable)

        @functools.wraps(readable)
        def public(*args: Any, **kwargs: Any) -> Any:
            # A check reads values, which a graph has not yet.
            if check and not torch.compiler.is_compiling():
                try:
                    check(*args, **kwargs)
                except (AttributeError, RuntimeError, TypeError) as error:
                    kinds.explain(readable, check, args, kwargs, error)
                    raise
                if plain:
                    kinds.refuse_other_kinds(plain, args, kwargs)
            result = fast(*args, **kwargs) if fast else NotImplemented
            return readable(*args, **kwargs) if result is NotImplemented else result

        # torch.compile counts recompilations by code object: without its own, every function
        # here would use up the limit of all the others.
        public.__code__ = public.__code__.replace(co_name=readable.__name__)
        return public  # type: ignore[return-value]

    return decorate
