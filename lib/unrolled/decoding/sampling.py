"""Sampling, and what is done to the scores before: temperature, top-k, top-p.

Shapes: ``B`` rows, ``V`` vocabulary, ``...`` any leading axes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import decoding as arguments
from unrolled.decoding.state import Step, first_ids, take_step
from unrolled.views import views

__all__ = ["apply_temperature", "sample", "top_k_filter", "top_p_filter"]


@views(check=arguments.apply_temperature)
def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    r"""Sharpen or flatten a distribution, before the softmax.

    .. math:: p_i = \frac{e^{z_i / \tau}}{\sum_j e^{z_j / \tau}}

    Hinton et al. 2015, equation 1. Towards 0 the likeliest token takes all; towards infinity all
    tokens become equally likely. Dividing probabilities instead would change nothing once they
    are made to sum to 1 again.

    Args:
        logits: unnormalised scores.
        temperature: :math:`\tau`, above 0 and finite.

    Shape:
        logits ``(..., V)``, result ``(..., V)``.

    Returns:
        The scores of the changed distribution.

    Raises:
        TypeError: if ``logits`` is not floating point.
        ValueError: if ``logits`` has no entry or ``temperature`` is not above 0 and finite.

    Matches Hugging Face's ``TemperatureLogitsWarper`` exactly.

    >>> apply_temperature(torch.tensor([0.0, 1.0]), 0.5)
    tensor([0., 2.])
    """
    return logits / temperature


@views(check=arguments.top_k_filter)
def top_k_filter(logits: Tensor, k: int) -> Tensor:
    """Leave the ``k`` likeliest tokens (Fan et al. 2018, section 5.4).

    Args:
        logits: unnormalised scores.
        k: how many stay, at least 1; all stay if there are no more than ``k``.

    Shape:
        logits ``(..., V)``, result ``(..., V)``.

    Returns:
        The scores, those of removed tokens -inf. Tokens that tie with the last to stay stay too,
        so there may be more than ``k``.

    Raises:
        TypeError: if ``logits`` is not floating point or ``k`` not an integer.
        ValueError: if ``logits`` has no entry or ``k`` is below 1.

    Matches Hugging Face's ``TopKLogitsWarper`` exactly.

    >>> top_k_filter(torch.tensor([2.0, 1.0, 3.0]), k=2)
    tensor([2., -inf, 3.])
    """
    kth = logits.topk(min(k, logits.size(-1)), dim=-1).values[..., -1:]  # (..., 1)
    return logits.masked_fill(logits < kth, -torch.inf)


@views(check=arguments.top_p_filter)
def top_p_filter(logits: Tensor, p: float) -> Tensor:
    r"""Leave the smallest set of likeliest tokens that holds at least the probability ``p``.

    .. math:: \sum_{i \in V^{(p)}} p_i \ge p

    Holtzman et al. 2020, equation 2 (the nucleus). The token that crosses ``p`` stays, so the
    likeliest always does. From the other end: the least likely tokens go, as long as what they
    hold together is no more than ``1 - p``.

    Args:
        logits: unnormalised scores; need not be sorted.
        p: probability to keep, above 0 and at most 1.

    Shape:
        logits ``(..., V)``, result ``(..., V)``.

    Returns:
        The scores, those of removed tokens -inf. Of tokens that tie, those with the higher ids
        stay longest.

    Raises:
        TypeError: if ``logits`` is not floating point.
        ValueError: if ``logits`` has no entry or ``p`` is not in (0, 1].

    Matches Hugging Face's ``TopPLogitsWarper`` exactly.

    >>> top_p_filter(torch.tensor([0.3, 0.1, 0.6]).log(), p=0.7).exp()
    tensor([0.3000, 0.0000, 0.6000])
    """
    ascending, order = logits.sort(dim=-1, stable=True)  # (..., V)
    removed = ascending.softmax(dim=-1).cumsum(dim=-1) <= 1 - p  # (..., V)
    removed[..., -1] = False  # rounding must not take the likeliest
    return logits.masked_fill(removed.scatter(-1, order, removed), -torch.inf)


@views(check=arguments.sample)
@torch.no_grad()
def sample(
    step: Step,
    state: Any,
    bos_id: int | Tensor,
    eos_id: int,
    max_len: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw each next token from the model's distribution, until every sentence has ended.

    Temperature comes first, then top-k, then top-p, as in Hugging Face's ``generate``.

    Args:
        step: ``step(last_ids (B,), state) -> (logits (B, V), state)``.
        state: what the decoder starts from; its tensors have ``B`` rows.
        bos_id: the id that every sentence starts with, or one id a sentence ``(B,)``.
        eos_id: the id that ends a sentence.
        max_len: most tokens to make, ``eos_id`` included; at least 1.
        temperature: see :func:`apply_temperature`. Default: 1.
        top_k: see :func:`top_k_filter`. Default: all tokens.
        top_p: see :func:`top_p_filter`. Default: all tokens.
        generator: where the chance comes from; the same seed, the same ids. Default: torch's own.

    Shape:
        result ``(B, T)`` with ``T <= max_len``.

    Returns:
        The ids drawn, without ``bos_id``. After its end a sentence is filled up with ``eos_id``.

    Raises:
        TypeError: if ``step`` cannot be called, gives no pair, or an id is not an integer.
        ValueError: if a number is out of range or logits are not ``(B, V)``.

    >>> def step(ids, state):
    ...     return torch.tensor([[0.0, 1.0, 2.0]]).expand(len(ids), 3), state
    >>> seeded = torch.Generator().manual_seed(0)
    >>> sample(step, None, torch.tensor([0, 0]), eos_id=0, max_len=4, top_k=1, generator=seeded)
    tensor([[2, 2, 2, 2],
            [2, 2, 2, 2]])
    """
    last = first_ids(bos_id, state)  # (B,)
    ended = torch.zeros_like(last, dtype=torch.bool)  # (B,)
    made = []
    for _ in range(max_len):
        logits, state = take_step(step, last, state, eos_id)  # (B, V)
        logits = apply_temperature(logits, temperature)
        logits = logits if top_k is None else top_k_filter(logits, top_k)
        logits = logits if top_p is None else top_p_filter(logits, top_p)
        drawn = torch.multinomial(logits.softmax(dim=-1), 1, generator=generator)  # (B, 1)
        last = drawn.squeeze(1).masked_fill(ended, eos_id)  # (B,)
        made.append(last)
        ended = ended | (last == eos_id)
        if ended.all():
            break
    return torch.stack(made, dim=1)  # (B, T)
