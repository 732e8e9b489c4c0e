"""Writing with a causal model: one token at a time, with a cache where the model has one.

Shapes: ``B`` texts, ``T`` tokens of each that are given, ``V`` vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.arguments import gpt as arguments
from unrolled.attention import causal_mask
from unrolled.decoding import apply_temperature, top_k_filter, top_p_filter
from unrolled.decoding.state import Step
from unrolled.gpt.attention import CachedAttention
from unrolled.gpt.cache import KVCache
from unrolled.gpt.step import read_quickly
from unrolled.parts import part
from unrolled.views import views

__all__ = ["CausalModel"]


class CausalModel(nn.Module):
    """What GPT and Llama share: a mask, a cache and a way to write.

    A subclass has ``blocks``, each with an ``attention``, and a
    ``forward(ids, cache=None, mask=None, last_only=False)``.

    Args:
        vocab_size: V.
        max_len: the longest text that can be read.

    Attributes:
        vocab_size, max_len: as given.
    """

    def __init__(self, vocab_size: int, max_len: int):
        super().__init__()
        self.vocab_size = vocab_size
        self.max_len = max_len
        self._cache = part(KVCache)
        self._apply_temperature = part(apply_temperature)
        self._top_k_filter = part(top_k_filter)
        self._top_p_filter = part(top_p_filter)

    @property
    def can_cache(self) -> bool:
        """Whether every block's attention keeps a cache: the reference's does."""
        return all(isinstance(block.attention, CachedAttention) for block in self.blocks)

    def new_cache(self) -> KVCache:
        """Return an empty cache for this model.

        Returns:
            What :class:`KVCache` is in this model, with one layer for each block.
        """
        return self._cache(len(self.blocks))

    def visible(self, ids: Tensor, start: int, mask: Tensor | None = None) -> Tensor | None:
        """Return where the positions of ``ids``, which stand after ``start`` others, may attend.

        Returns:
            A boolean mask ``(..., T, start + T)``, or None: causal attention without other limits,
            which the reference's attention does in a kernel that needs no mask.
        """
        if mask is None and self.can_cache:
            return None
        T = ids.size(1)
        causal = causal_mask(T, start + T, ids.device)  # (T, start + T)
        return causal if mask is None else causal & mask

    @views(check=arguments.begin, fast=read_quickly)
    @torch.no_grad()
    def read(self, ids: Tensor, use_cache: bool = True) -> tuple[Step, Any]:
        """Read all tokens but the last, and return how decoding goes on from there.

        Args:
            ids: the beginning of each text.
            use_cache: keep keys and values instead of reading the text anew for every token.
                Default: True; without effect where the attention keeps no cache.

        Shape:
            ids ``(B, T)``.

        Returns:
            ``(step, state)`` for ``greedy_decode``, ``sample`` and ``beam_search`` of
            ``unrolled.decoding``; their ``bos_id`` is ``ids[:, -1]``. ``step`` uses the weights
            that the model has now.

        Raises:
            TypeError: if ``ids`` are no integers.
            ValueError: if an id is out of range, or the text is empty or too long.
        """
        if not (use_cache and self.can_cache):
            return self._step_without_cache, ids[:, :-1]
        cache = self.new_cache()
        if ids.size(1) > 1:
            self(ids[:, :-1], cache, last_only=True)
        return self._step, cache

    def _step(self, last: Tensor, cache: KVCache) -> tuple[Tensor, KVCache]:
        return self(last[:, None], cache, last_only=True)[:, 0], cache  # (B, V)

    def _step_without_cache(self, last: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        text = torch.cat([text, last[:, None]], dim=1)  # (B, T + 1)
        return self(text, last_only=True)[:, 0], text  # (B, V)

    @views(check=arguments.generate)
    @torch.no_grad()
    def generate(
        self,
        ids: Tensor,
        max_new_tokens: int,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float | None = None,
        eos_id: int | None = None,
        generator: torch.Generator | None = None,
        use_cache: bool = True,
    ) -> Tensor:
        """Go on with a text; dropout is off while writing.

        Args:
            ids: the beginning of each text, all of one length.
            max_new_tokens: most tokens to add, at least 1.
            temperature: 0 takes the most probable token each time (greedy); above 0 tokens are
                drawn, see ``unrolled.decoding.apply_temperature``. Default: 0.
            top_k: draw from the k most probable tokens alone. Default: from all.
            top_p: draw from the most probable tokens that hold this probability. Default: all.
            eos_id: the token after which a text has ended. Default: none, every text goes on.
            generator: where chance comes from. Default: torch's own.
            use_cache: read each token once. Default: True; the tokens are the same without.

        Shape:
            ids ``(B, T)``, result ``(B, T + n)`` with ``n <= max_new_tokens``.

        Returns:
            The texts with what was added; one that ended early is filled up with ``eos_id``.

        Raises:
            TypeError: if ``ids`` are no integers.
            ValueError: if an id is out of range, the result could be longer than the model can
                read, or a number is out of range.

        Matches Hugging Face's ``generate(do_sample=False)`` token for token.
        """
        with _evaluating(self):
            step, state = self.read(ids, use_cache)
            last = ids[:, -1].long()  # (B,)
            ended = torch.zeros_like(last, dtype=torch.bool)  # (B,)
            texts = [ids]
            for _ in range(max_new_tokens):
                logits, state = step(last, state)  # (B, V)
                last = self._choose(logits, temperature, top_k, top_p, generator)  # (B,)
                if eos_id is not None:
                    last = last.masked_fill(ended, eos_id)
                    ended = ended | (last == eos_id)
                texts.append(last[:, None])
                if eos_id is not None and ended.all():
                    break
        return torch.cat(texts, dim=1)  # (B, T + n)

    def _choose(
        self,
        logits: Tensor,
        temperature: float,
        top_k: int | None,
        top_p: float | None,
        generator: torch.Generator | None,
    ) -> Tensor:
        if temperature == 0.0:
            return logits.argmax(dim=-1)  # (B,)
        logits = self._apply_temperature(logits, temperature)
        logits = logits if top_k is None else self._top_k_filter(logits, top_k)
        logits = logits if top_p is None else self._top_p_filter(logits, top_p)
        drawn = torch.multinomial(logits.softmax(dim=-1), 1, generator=generator)  # (B, 1)
        return drawn.squeeze(1)  # (B,)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation, and each of its modules back into the mode it was in."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
