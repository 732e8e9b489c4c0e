"""The key-value cache: why writing the next token need not read the whole text again.

A causal model's keys and values at a position depend on nothing that comes later. What was
computed for the tokens so far therefore stays right, and a new token adds one of each.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.arguments import gpt as arguments
from unrolled.views import views

__all__ = ["KVCache"]


def _append_in_place(
    cache: KVCache, layer: int, key: Tensor, value: Tensor
) -> tuple[Tensor, Tensor]:
    """Append into memory set aside in advance, so that what is there is not copied each time."""
    tracked = torch.is_grad_enabled() and (key.requires_grad or value.requires_grad)
    if tracked or torch.compiler.is_compiling():
        return NotImplemented  # writing in place would change what a backward pass still needs
    rooms = vars(cache).setdefault("_rooms", {})
    both = []
    for kept, new in ((cache.keys, key), (cache.values, value)):
        old = kept[layer]
        start = 0 if old is None else old.size(2)
        end = start + new.size(2)
        room = rooms.get((layer, id(kept)))
        if room is None or room.size(2) < end or old is None or old.data_ptr() != room.data_ptr():
            room = new.new_empty(*new.shape[:2], 2 * end, new.size(3))  # (B, H, 2T, d_k)
            if old is not None:
                room[:, :, :start] = old
            rooms[layer, id(kept)] = room
        room[:, :, start:end] = new
        kept[layer] = room[:, :, :end]  # (B, H, T, d_k)
        both.append(kept[layer])
    return both[0], both[1]


class KVCache:
    """The keys and values of the positions that a model has read, layer by layer.

    A model is given the new tokens alone and appends their keys and values here; queries then
    attend to all of them. The first call (the prefill) may hold a whole prompt, later ones a token
    or several. Positions go on at :attr:`length`, and ``causal_mask(Tq, Tk)`` is aligned
    bottom-right for this use.

    Args:
        n_layers: number of attention layers, at least 1.

    Attributes:
        keys, values: one tensor a layer, ``(B, H, T, d_k)``; None before the first call.

    Shape:
        keys and values ``(B, H, T, d_k)`` in each layer.

    Raises:
        ValueError: if ``n_layers`` is below 1.

    >>> cache = KVCache(n_layers=1)
    >>> prompt, token = torch.zeros(1, 2, 5, 4), torch.ones(1, 2, 1, 4)
    >>> keys, values = cache.append(0, prompt, prompt)
    >>> keys, values = cache.append(0, token, token)
    >>> keys.shape, cache.length
    (torch.Size([1, 2, 6, 4]), 6)
    """

    @views(check=arguments.kv_cache)
    def __init__(self, n_layers: int):
        self.keys: list[Tensor | None] = [None] * n_layers
        self.values: list[Tensor | None] = [None] * n_layers

    @property
    def length(self) -> int:
        """Number of positions that every layer has seen: where the next token stands."""
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    @views(check=arguments.append, fast=_append_in_place)
    def append(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Add the keys and values of new positions behind those that a layer has.

        Args:
            layer: number of the layer, from 0.
            key: what the new positions offer to be found by.
            value: what the new positions hand over.

        Shape:
            key and value ``(B, H, t, d_k)``, results ``(B, H, T + t, d_k)``.

        Returns:
            The layer's keys and values so far, the new ones last.

        Raises:
            ValueError: if there is no such layer, or shapes do not fit each other or the cache.
            TypeError: if the dtype is not the cache's.
        """
        if self.keys[layer] is not None:
            key = torch.cat([self.keys[layer], key], dim=2)  # (B, H, T + t, d_k)
            value = torch.cat([self.values[layer], value], dim=2)  # (B, H, T + t, d_k)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    @views(check=arguments.reorder)
    def reorder(self, index: Tensor) -> None:
        """Let row ``i`` go on from what was row ``index[i]``, as a beam search asks for.

        Args:
            index: rows to keep, in their new order; a row may come several times or never.

        Shape:
            index ``(N,)``; the cache holds N rows afterwards.

        Raises:
            TypeError: if ``index`` does not hold integers.
            ValueError: if ``index`` is not a non-empty vector, names a row that is not there, or
                the cache is empty.
        """
        for layer in range(len(self.keys)):
            self.keys[layer] = self.keys[layer].index_select(0, index)  # (N, H, T, d_k)
            self.values[layer] = self.values[layer].index_select(0, index)  # (N, H, T, d_k)
