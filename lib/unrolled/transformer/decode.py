"""How a Transformer translates: token by token, from what it has written so far.

Shapes: ``B`` sentences, ``N`` rows that are decoded side by side (``B``, or ``B`` times the beams),
``t`` tokens written so far, ``D`` = d_model, ``V`` words of the target language.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.arguments import transformer as arguments
from unrolled.decoding import beam_search, greedy_decode
from unrolled.parts import part
from unrolled.transformer.model import Transformer
from unrolled.views import views

__all__ = ["decode_transformer"]

State = tuple[Tensor, Tensor, Tensor]  # what is written (N, t), memory (N, Ts, D), its mask


@views(check=arguments.decode_transformer)
@torch.no_grad()
def decode_transformer(
    model: Transformer,
    source: Tensor,
    bos_id: int,
    eos_id: int,
    max_len: int,
    beam_size: int = 1,
    length_penalty: float = 0.0,
) -> Tensor:
    """Translate: read the source once, then write the likeliest next token until all have ended.

    Tokens go through the same embeddings, scale and positions as in training, for the model's own
    :meth:`Transformer.decode` does it. Call ``model.eval()`` first, or dropout is at work.

    Args:
        model: trained, in evaluation mode.
        source: sentences to translate, filled up with the model's ``pad_id``.
        bos_id: the id that every translation starts with; not the model's ``pad_id``.
        eos_id: the id that ends a translation.
        max_len: most tokens to write, ``eos_id`` included; at least 1.
        beam_size: number of beams, at least 1. Default: 1, greedy.
        length_penalty: of :func:`beam_search`, at least 0. Default: 0, none.

    Shape:
        source ``(B, Ts)``, result ``(B, T)`` with ``T <= max_len``.

    Returns:
        The translations without ``bos_id``, filled up with ``eos_id`` after their end.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an id or a number is out of range, or the batch or a sentence is empty.

    >>> model = Transformer(11, 13, d_model=8, n_heads=2, n_layers=1, d_ff=32).eval()
    >>> ids = decode_transformer(model, torch.tensor([[4, 5, 6]]), bos_id=1, eos_id=2, max_len=5)
    >>> ids.shape[0], ids.shape[1] <= 5
    (1, True)
    """

    def step(last_ids: Tensor, state: State) -> tuple[Tensor, State]:
        written, memory, memory_mask = state
        written = torch.cat([written, last_ids[:, None]], dim=1)  # (N, t)
        features = model.decode(written, memory, memory_mask)  # (N, t, D)
        return model.generator(features[:, -1]), (written, memory, memory_mask)  # (N, V)

    nothing = source.new_empty(source.size(0), 0)  # (B, 0)
    state = (nothing, *model.encode(source))
    if beam_size == 1:
        return part(greedy_decode)(step, state, bos_id, eos_id, max_len)
    search = part(beam_search)
    return search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
