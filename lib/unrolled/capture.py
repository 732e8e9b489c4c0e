"""Look at what a model attends to, without changing the model."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from unrolled.arguments import capture as arguments
from unrolled.views import views

__all__ = ["Captured", "capture_attention"]


class Captured(dict[str, Tensor]):
    """Attention weights by the path of the part they come from; of several calls, the last.

    ``calls`` has all of them: path to a list, one entry for each time the part was asked. A decoder
    that goes word by word asks its attention once a word. :func:`capture_attention` makes and fills
    it.

    >>> weights = Captured()
    >>> for step in range(2):
    ...     weights.add("attention", torch.full((1, 1, 1, 1), float(step)))
    >>> weights["attention"].item(), len(weights.calls["attention"])
    (1.0, 2)
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, list[Tensor]] = {}

    def add(self, path: str, weights: Tensor) -> None:
        """Keep the weights of one call."""
        self[path] = weights.detach()
        self.calls.setdefault(path, []).append(self[path])


@views(check=arguments.capture_attention)
@contextmanager
def capture_attention(model: nn.Module) -> Iterator[Captured]:
    """Collect the attention weights of every head while the model runs inside ``with``.

    A part is an attention when its ``forward`` takes ``need_weights`` and nothing inside it does:
    :class:`~unrolled.attention.MultiHeadAttention`, :class:`~unrolled.attention.SelfAttention`,
    grouped-query attention, or a learner's own in their place. The alignments of chapter 5, which
    take ``query`` and ``keys`` and always return weights, are attentions too. Each is asked for its
    weights, and what it returns to the model is what it would have returned without us.

    Args:
        model: any module with attention inside. Left as it was, also after an exception. Not the
            result of ``torch.compile``: capture the model it was made of.

    Shape:
        each entry ``(B, H, Tq, Tk)``: before dropout, detached, on the model's device.

    Returns:
        A context manager that gives a :class:`Captured`: ``weights["blocks.0.attention"]``.

    Raises:
        TypeError: if ``model`` is not a module.
        ValueError: if there is no attention in it.

    Matches ``need_weights=True`` exactly. The model's own outputs come by the path that returns
    weights, which equals the fast one within 1e-5 (float32) and 1e-10 (float64).

    >>> from unrolled.attention import MultiHeadAttention
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), MultiHeadAttention(8, n_heads=2))
    >>> with capture_attention(model) as weights:
    ...     _ = model(torch.zeros(1, 3, 4))
    >>> {path: tuple(w.shape) for path, w in weights.items()}
    {'1': (1, 2, 3, 3)}
    """
    captured = Captured()
    with ExitStack() as undo:
        for path, module in _attentions(model):
            listen = _listening(module, lambda weights, path=path: captured.add(path, weights))
            undo.enter_context(_replaced(module, listen))
        yield captured


def _attentions(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """The innermost parts that can give weights; ``""`` is the model itself."""
    return [
        (path, module)
        for path, module in model.named_modules()
        if arguments.gives_weights(module)
        and not any(
            arguments.gives_weights(inner) for inner in module.modules() if inner is not module
        )
    ]


def _listening(module: nn.Module, hear: Callable[[Tensor], None]) -> Callable[..., Any]:
    """A forward that always asks for the weights, and hands them on only to who asked too."""
    forward = module.forward
    signature = inspect.signature(forward)

    @functools.wraps(forward)
    def listening(*args: Any, **kwargs: Any) -> Any:
        if "need_weights" not in signature.parameters:  # it returns them to whoever asks
            out, weights = forward(*args, **kwargs)
            hear(weights)
            return out, weights
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        asked = bound.arguments["need_weights"]
        bound.arguments["need_weights"] = True
        out, weights = forward(*bound.args, **bound.kwargs)
        hear(weights)
        return (out, weights) if asked else out

    return listening


@contextmanager
def _replaced(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Give one module, not its class, another forward for a while."""
    before = vars(module).get("forward")
    module.forward = forward
    try:
        yield
    finally:
        if before is None:
            del module.forward
        else:
            module.forward = before
