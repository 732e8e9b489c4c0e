"""Greedy and beam search: the likeliest continuation, looked for with one path or with several.

Shapes: ``B`` sentences, ``K`` beams a sentence, ``V`` vocabulary, ``T`` tokens made so far.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import decoding as arguments
from unrolled.decoding.state import Step, first_ids, reorder, take_step
from unrolled.views import views

__all__ = ["beam_search", "greedy_decode", "length_divisor"]


@views(check=arguments.greedy_decode)
@torch.no_grad()
def greedy_decode(
    step: Step, state: Any, bos_id: int | Tensor, eos_id: int, max_len: int
) -> Tensor:
    r"""Take the likeliest next token, again and again, until every sentence has ended.

    .. math:: y_t = \operatorname{argmax}_v \, p(v \mid y_{<t}, x)

    Args:
        step: ``step(last_ids (B,), state) -> (logits (B, V), state)``.
        state: what the decoder starts from; its tensors have ``B`` rows.
        bos_id: the id that every sentence starts with, or one id a sentence ``(B,)``.
        eos_id: the id that ends a sentence.
        max_len: most tokens to make, ``eos_id`` included; at least 1.

    Shape:
        result ``(B, T)`` with ``T <= max_len``.

    Returns:
        The ids made, without ``bos_id``. After its end a sentence is filled up with ``eos_id``.

    Raises:
        TypeError: if ``step`` cannot be called, gives no pair, or an id is not an integer.
        ValueError: if ``max_len`` is below 1, an id is negative, or logits are not ``(B, V)``.

    Matches Hugging Face's ``generate(do_sample=False)`` with ``pad_token_id=eos_id``, exactly.

    >>> def count_up(ids, state):  # after n comes n + 1
    ...     return torch.eye(6)[ids + 1], state
    >>> greedy_decode(count_up, None, torch.tensor([0, 2]), eos_id=4, max_len=9)
    tensor([[1, 2, 3, 4],
            [3, 4, 4, 4]])
    """
    last = first_ids(bos_id, state)  # (B,)
    ended = torch.zeros_like(last, dtype=torch.bool)  # (B,)
    made = []
    for _ in range(max_len):
        logits, state = take_step(step, last, state, eos_id)  # (B, V)
        last = logits.argmax(dim=-1).masked_fill(ended, eos_id)  # (B,)
        made.append(last)
        ended = ended | (last == eos_id)
        if ended.all():
            break
    return torch.stack(made, dim=1)  # (B, T)


@views(check=arguments.length_divisor)
def length_divisor(length: int, length_penalty: float) -> float:
    r"""What a log-probability is divided by, so that a long sentence is not worse for its length.

    .. math:: \mathrm{lp}(Y) = \left(\frac{5 + |Y|}{6}\right)^\alpha

    Wu et al. 2016, equation 14, without the coverage penalty.

    Args:
        length: :math:`|Y|`, the tokens made, the end token included; at least 1.
        length_penalty: :math:`\alpha`, at least 0. With 0 nothing is corrected.

    Shape:
        two numbers to one.

    Returns:
        The divisor, 1 for one token and growing with the length.

    Raises:
        ValueError: if ``length`` is below 1 or ``length_penalty`` below 0.

    >>> length_divisor(7, 1.0)
    2.0
    """
    return ((5 + length) / 6) ** length_penalty


@views(check=arguments.beam_search)
@torch.no_grad()
def beam_search(
    step: Step,
    state: Any,
    bos_id: int | Tensor,
    eos_id: int,
    max_len: int,
    beam_size: int,
    length_penalty: float = 0.0,
) -> tuple[Tensor, Tensor]:
    r"""Keep the ``K`` likeliest beginnings, lengthen them all, keep the ``K`` likeliest again.

    .. math:: s(Y) = \frac{\sum_t \log p(y_t \mid y_{<t}, x)}{\mathrm{lp}(Y)}

    Log-probabilities are added, and the ``K`` best are taken over beams and vocabulary together.
    A beam that has ended is set aside with its score (Wu et al. 2016, equation 14; see
    :func:`length_divisor`) and does not grow; the next ``K`` come from those still open. The
    search stops when no open beam can win any more: a log-probability only falls, and no divisor
    is larger than that of ``max_len``. A beam still open after ``max_len`` tokens competes as it
    is. With one beam this is greedy search; with ``V ** max_len`` beams, exhaustive search.

    Args:
        step: ``step(last_ids (N,), state) -> (logits (N, V), state)``, with ``N = B * K``.
        state: what the decoder starts from; its tensors have ``B`` rows (see :func:`reorder`).
        bos_id: the id that every sentence starts with, or one id a sentence ``(B,)``.
        eos_id: the id that ends a sentence, below V.
        max_len: most tokens to make, ``eos_id`` included; at least 1.
        beam_size: ``K``, at least 1.
        length_penalty: :math:`\alpha`, at least 0; the larger, the longer. Default: 0, none.

    Shape:
        ids ``(B, T)`` with ``T <= max_len``, scores ``(B,)``.

    Returns:
        ``(ids, scores)``: the best of each sentence, without ``bos_id`` and filled up with
        ``eos_id`` after its end, and its score.

    Raises:
        TypeError: if ``step`` cannot be called, gives no pair, or an id is not an integer.
        ValueError: if a number is out of range or logits are not ``(N, V)``.

    >>> chain = torch.tensor([[0.0, 0.6, 0.4], [0.5, 0.2, 0.3], [1.0, 0.0, 0.0]]).log()
    >>> def step(ids, state):  # the next token depends on the last one alone
    ...     return chain[ids], state
    >>> beam_search(step, None, torch.tensor([0]), eos_id=0, max_len=3, beam_size=1)[0]
    tensor([[1, 0]])
    >>> ids, scores = beam_search(step, None, torch.tensor([0]), eos_id=0, max_len=3, beam_size=2)
    >>> ids, scores.exp()  # 0.4 x 1.0 beats 0.6 x 0.5
    (tensor([[2, 0]]), tensor([0.4000]))
    """
    last = first_ids(bos_id, state)  # (B,)
    B, K = last.size(0), beam_size
    sentence = torch.arange(B, device=last.device)[:, None]  # (B, 1)
    rows = sentence.expand(B, K).flatten()  # (B * K,): each sentence K times
    state, last = reorder(state, rows), last[rows]  # (B * K,)
    scores = torch.zeros(B, K, device=last.device)
    scores[:, 1:] = -torch.inf  # K equal beams would stay K equal beams: only the first counts
    ids = last.new_empty(B, K, 0)
    best = (last.new_full((B, max_len), eos_id), scores.new_full((B,), -torch.inf))
    for length in range(1, max_len + 1):
        logits, state = take_step(step, last, state, eos_id)  # (B * K, V)
        log_probs = logits.log_softmax(dim=-1).unflatten(0, (B, K))  # (B, K, V)
        totals = (scores[:, :, None] + log_probs).flatten(1)  # (B, K * V)
        scores, choice = totals.topk(K, dim=1)  # (B, K)
        beam, token = choice // logits.size(1), choice % logits.size(1)  # (B, K)
        rows = (sentence * K + beam).flatten()  # (B * K,)
        state, last = reorder(state, rows), token.flatten()  # (B * K,)
        ids = torch.cat([ids.flatten(0, 1)[rows].view_as(ids), token[:, :, None]], dim=2)
        ended = (token == eos_id) | (length == max_len)
        final = scores.masked_fill(~ended, -torch.inf) / length_divisor(length, length_penalty)
        best = _better(best, ids, final)
        scores = scores.masked_fill(ended, -torch.inf)
        if (scores.amax(1) / length_divisor(max_len, length_penalty) <= best[1]).all():
            break
    return _trim(best[0], eos_id), best[1]


def _better(best: tuple[Tensor, Tensor], ids: Tensor, final: Tensor) -> tuple[Tensor, Tensor]:
    """Keep for each sentence the best of what was set aside before and what is set aside now."""
    best_ids, best_scores = best
    top, beam = final.max(dim=1)  # (B,)
    wins = top > best_scores
    ended = ids[torch.arange(ids.size(0), device=ids.device), beam]  # (B, T)
    kept = best_ids.clone()
    kept[:, : ids.size(2)] = torch.where(wins[:, None], ended, best_ids[:, : ids.size(2)])
    return kept, torch.where(wins, top, best_scores)


def _trim(ids: Tensor, eos_id: int) -> Tensor:
    """Cut what is ``eos_id`` in every row, but for the one that ends the longest."""
    longest = int((ids != eos_id).sum(dim=1).max())
    return ids[:, : longest + 1]  # (B, T)
