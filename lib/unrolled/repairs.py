"""What the bug hunts become: code with faults in it, put right.

Shapes: ``B`` batch, ``T`` positions, ``D`` = embed_dim, ``H`` = num_heads, ``d_k`` = D / H.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from unrolled.arguments import attention as arguments
from unrolled.views import views

__all__ = ["RepairedMultiHead"]


class RepairedMultiHead(nn.Module):
    """What chapter 7's bug hunt becomes: a multi-head attention with four faults, put right.

    It keeps the names of the code it repairs; the layer to use is
    :class:`~unrolled.attention.MultiHeadAttention`.

    Args:
        embed_dim: width of the input and of the output.
        num_heads: number of heads; divides ``embed_dim``.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, H, T, T)``.

    Returns:
        What every position gathered, ``(B, T, D)``.

    Raises:
        TypeError: if ``x`` is not floating point or ``mask`` not boolean.
        ValueError: if ``num_heads`` does not divide ``embed_dim`` or ``x`` has another shape.

    Parameters: ``query``, ``key``, ``value``, ``out``, each a Linear (D, D).

    >>> RepairedMultiHead(8, 2)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=arguments.repaired)
    def __init__(self, embed_dim: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    @views(check=arguments.attend_repaired)
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Let every position of ``x`` attend to every position the mask allows."""
        B, T, D = x.shape
        split = (B, T, self.num_heads, self.head_dim)
        q = self.query(x).view(split).transpose(1, 2)  # (B, H, T, d_k)
        k = self.key(x).view(split).transpose(1, 2)  # (B, H, T, d_k)
        v = self.value(x).view(split).transpose(1, 2)  # (B, H, T, d_k)
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.head_dim)  # (B, H, T, T)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        # A row that may attend nowhere is a softmax over -inf alone: NaN, which becomes zeros.
        weights = torch.softmax(scores, dim=-1).nan_to_num()  # (B, H, T, T)
        heads = (weights @ v).transpose(1, 2).reshape(B, T, D)  # (B, T, D)
        return self.out(heads)  # (B, T, D)
