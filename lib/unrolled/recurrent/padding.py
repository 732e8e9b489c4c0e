"""Sequences of unequal lengths in one batch: what lies behind a row's last token is padding.

Shapes: ``B`` batch, ``T`` positions; ``...`` any further axes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.arguments import recurrent as arguments
from unrolled.views import views

__all__ = ["reverse_padded"]


@views(check=arguments.reverse_padded)
def reverse_padded(x: Tensor, lengths: Tensor) -> Tensor:
    """Turn each sequence round and leave its padding behind it.

    Reversing all T positions would bring the padding to the front, and a network that reads
    backward would begin with it.

    Args:
        x: sequences, filled up behind to one length; token ids or features.
        lengths: how many positions of each row are real, from 1 to T.

    Shape:
        x ``(B, T, ...)``, lengths ``(B,)``, result ``(B, T, ...)``.

    Returns:
        A tensor in which position t of row b is ``x[b, lengths[b] - 1 - t]``; padding stays where
        it is. Applied twice, it gives ``x`` again.

    Raises:
        ValueError: if ``x`` has fewer than two axes or is empty, or a length is not in [1, T].
        TypeError: if ``lengths`` holds no integers.

    >>> reverse_padded(torch.tensor([[1, 2, 3, 0], [4, 5, 6, 7]]), torch.tensor([3, 4]))
    tensor([[3, 2, 1, 0],
            [7, 6, 5, 4]])
    """
    positions = torch.arange(x.size(1), device=x.device)  # (T,)
    ends = lengths.to(x.device).unsqueeze(1)  # (B, 1)
    sources = torch.where(positions < ends, ends - 1 - positions, positions)  # (B, T)
    rows = torch.arange(x.size(0), device=x.device).unsqueeze(1)  # (B, 1)
    return x[rows, sources]  # (B, T, ...)
