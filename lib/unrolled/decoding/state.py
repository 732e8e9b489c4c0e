"""What a decoder carries from one token to the next, handled without knowing what is inside.

Shapes: ``N`` rows that are decoded side by side (``B`` sentences, or ``B * K`` beams), ``V``
vocabulary. In a state the rows are the **first** axis of every tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import decoding as arguments
from unrolled.views import views

__all__ = ["Step", "first_ids", "reorder", "take_step"]

#: ``step(last_ids (N,), state) -> (logits (N, V), state)``: one more token for every row.
Step = Callable[[Tensor, Any], tuple[Tensor, Any]]


@views(check=arguments.reorder)
def reorder(state: Any, index: Tensor) -> Any:
    """Give every row of a decoder's state the place that ``index`` says.

    When beams are chosen anew, what the decoder remembers has to move with them: row ``n`` of the
    result continues row ``index[n]``. A row may be taken twice or not at all.

    Args:
        state: tensors, tuples, lists and dicts of them, objects with a method ``reorder(index)``
            that returns the new object, or None if it changes the old one; numbers, strings,
            None and tensors without axes belong to all rows and stay.
        index: which old row stands at each new place.

    Shape:
        tensors in the state ``(N, ...)`` to ``(M, ...)``, index ``(M,)``.

    Returns:
        The state in its new order. Tensors, tuples, lists and dicts are new; the old ones are kept.

    Raises:
        TypeError: if ``index`` is not int64 or the state holds what cannot be reordered.
        ValueError: if ``index`` is no vector, empty or names a row that a tensor does not have.

    >>> reorder({"h": torch.tensor([[1.0], [2.0]]), "step": 4}, torch.tensor([1, 1]))
    {'h': tensor([[2.],
            [2.]]), 'step': 4}
    """
    if isinstance(state, Tensor):
        return state.index_select(0, index) if state.dim() else state  # (M, ...)
    if hasattr(state, "reorder"):
        moved = state.reorder(index)
        return state if moved is None else moved
    if isinstance(state, dict):
        return type(state)((key, reorder(value, index)) for key, value in state.items())
    if isinstance(state, tuple | list):
        parts = [reorder(value, index) for value in state]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    return state


@views(check=arguments.first_ids)
def first_ids(bos_id: int | Tensor, state: Any) -> Tensor:
    """Make the ids that decoding starts from, one for each row.

    Args:
        bos_id: the id every row starts with, or a tensor with one id a row (say, the last token
            of each prompt).
        state: the decoder's state; tells how many rows there are where ``bos_id`` is one id.

    Shape:
        result ``(N,)``.

    Returns:
        The ids, int64.

    Raises:
        TypeError: if ``bos_id`` is neither an id nor an int64 tensor.
        ValueError: if it is no vector, empty or negative, or one id and no tensor in the state
            tells how many rows there are.

    >>> first_ids(2, torch.zeros(3, 5))
    tensor([2, 2, 2])
    """
    if isinstance(bos_id, Tensor):
        return bos_id
    some = arguments.first_tensor(state)
    return torch.full((some.size(0),), bos_id, device=some.device)  # (N,)


@views(check=arguments.take_step)
def take_step(step: Step, last_ids: Tensor, state: Any, eos_id: int) -> tuple[Tensor, Any]:
    """Ask a decoder for the scores of the next token, and look at what it gave.

    Args:
        step: the decoder's ``step(last_ids, state) -> (logits, state)``.
        last_ids: the token each row holds last.
        state: what the decoder carries along.
        eos_id: the id that is to end a sentence; one of the vocabulary.

    Shape:
        last_ids ``(N,)``, logits ``(N, V)``.

    Returns:
        ``(logits, state)``, as ``step`` gave them.

    Raises:
        TypeError: if ``step`` cannot be called, gives no pair, or logits that are not floating
            point.
        ValueError: if the logits are not ``(N, V)`` with ``eos_id`` below V.

    >>> def repeat(ids, state):
    ...     return torch.eye(4)[ids], state
    >>> logits, state = take_step(repeat, torch.tensor([2]), None, eos_id=0)
    >>> logits
    tensor([[0., 0., 1., 0.]])
    """
    result = step(last_ids, state)
    arguments.step_result(result, last_ids.size(0), eos_id)
    return result
