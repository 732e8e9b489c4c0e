"""The answer to a question as a span of the passage (Devlin et al. 2019, section 4.2).

Shapes: ``B`` batch, ``T`` positions.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.arguments import bert as arguments
from unrolled.views import views

__all__ = ["span_answer"]


@views(check=arguments.span_answer)
def span_answer(
    start_logits: Tensor, end_logits: Tensor, mask: Tensor | None = None, max_len: int = 30
) -> tuple[Tensor, Tensor]:
    r"""Find the best span: where it starts and where it ends, the end included.

    .. math:: (\hat\imath, \hat\jmath) = \arg\max_{i \le j < i + \mathrm{max\_len}} S \cdot T_i + E
        \cdot T_j

    Devlin et al. 2019, section 4.2, where the score of a span is the sum of its two logits. The
    best start and the best end alone may be the wrong way round, so pairs are compared. Of equal
    spans the one that starts first wins, then the shorter. The limit on the length is in the
    authors' code and not in the paper.

    Args:
        start_logits: scores of each position as the start.
        end_logits: scores of each position as the end.
        mask: boolean, True where an answer may lie: the passage, neither question nor padding.
            Default: everywhere.
        max_len: the longest answer in tokens, at least 1. Default: 30.

    Shape:
        start_logits, end_logits, mask ``(B, T)``; start, end ``(B,)``.

    Returns:
        ``(start, end)`` positions with ``start <= end < start + max_len``.

    Raises:
        TypeError: if the logits are not floating point or ``mask`` is not boolean.
        ValueError: if shapes do not fit, the batch is empty, a row of ``mask`` allows nothing or
            ``max_len`` is below 1.

    >>> span_answer(torch.tensor([[0.0, 1.0, 5.0]]), torch.tensor([[9.0, 2.0, 0.0]]))
    (tensor([0]), tensor([0]))
    """
    T = start_logits.size(-1)
    scores = start_logits[:, :, None] + end_logits[:, None, :]  # (B, T, T): start, end
    pairs = torch.ones(T, T, dtype=torch.bool, device=scores.device)  # (T, T)
    allowed = pairs.triu().tril(max_len - 1)  # (T, T): start <= end < start + max_len
    if mask is not None:
        allowed = allowed & mask[:, :, None] & mask[:, None, :]  # (B, T, T)
    best = scores.masked_fill(~allowed, float("-inf")).flatten(1).argmax(dim=-1)  # (B,)
    return best // T, best % T  # (B,), (B,)
