"""Positions that are added to the embeddings: a table of waves, or one that is learned.

Shapes: ``B`` batch, ``T`` positions, ``D`` = d_model. Positions count from 0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.arguments import positions as arguments
from unrolled.parts import part
from unrolled.views import views

__all__ = ["LearnedPositions", "SinusoidalPositions", "sinusoidal_positions"]


@views(check=arguments.sinusoidal_positions)
def sinusoidal_positions(T: int, d_model: int, base: float = 10000.0) -> Tensor:
    r"""Make a table of waves, one pair of features for each wavelength, to be added to embeddings.

    .. math:: PE_{(pos, 2i)} = \sin(pos / 10000^{2i/d_{model}}), \quad
        PE_{(pos, 2i+1)} = \cos(pos / 10000^{2i/d_{model}})

    Vaswani et al. 2017, section 3.5. The wavelengths grow from :math:`2\pi` to nearly
    :math:`10000 \cdot 2\pi`. Nothing is learned, and a table of any length can be made. For an odd
    ``d_model``, which the paper leaves open, the last wave has no cosine.

    Args:
        T: number of positions, at least 1.
        d_model: number of features, at least 1.
        base: the 10000 of the equation, above 0. Default: 10000.

    Shape:
        result ``(T, D)``.

    Returns:
        Sine in features 0, 2, 4, ..., cosine in features 1, 3, 5, ..., in the default dtype.

    Raises:
        ValueError: if an argument is out of range.

    >>> sinusoidal_positions(2, 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    pos = torch.arange(T, dtype=torch.float64).unsqueeze(1)  # (T, 1)
    two_i = torch.arange(0, d_model, 2, dtype=torch.float64)  # (D / 2,)
    angles = pos / base ** (two_i / d_model)  # (T, D / 2)
    table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, D) or (T, D + 1)
    return table[:, :d_model].to(torch.get_default_dtype())  # (T, D)


class SinusoidalPositions(nn.Module):
    """Add the table of :func:`sinusoidal_positions` to embeddings.

    The table is a buffer: it moves with the model, is not trained and not saved. It is made for
    ``max_len`` positions and made anew, longer, for a text that needs more.

    Args:
        max_len: number of positions that the table holds, at least 1.
        d_model: number of features, at least 1.

    Shape:
        x ``(B, T, D)``, result ``(B, T, D)``.

    Returns:
        The features with the rows of positions ``start`` to ``start + T - 1`` added.

    Raises:
        TypeError: if ``x`` is not floating point.
        ValueError: if ``x`` is not ``(B, T, D)`` or ``start`` is negative.

    Parameters: none; the buffer ``table`` (max_len, D).

    >>> SinusoidalPositions(max_len=9, d_model=2)(torch.zeros(1, 2, 2))
    tensor([[[0.0000, 1.0000],
             [0.8415, 0.5403]]])
    """

    @views(check=arguments.position_table)
    def __init__(self, max_len: int, d_model: int):
        super().__init__()
        self._make = part(sinusoidal_positions)
        self.register_buffer("table", self._make(max_len, d_model), persistent=False)

    @views(check=arguments.sinusoidal)
    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """Add the rows of positions ``start`` onwards to ``x``."""
        end = start + x.size(1)
        if end > self.table.size(0):
            return x + self._make(end, x.size(2)).to(x)[start:]  # (B, T, D)
        return x + self.table[start:end]  # (B, T, D)


class LearnedPositions(nn.Module):
    r"""Add a learned vector for each position.

    .. math:: y_{b,t} = x_{b,t} + P_{start + t}

    Gehring et al. 2017, section 3.1; BERT and GPT do the same. There is no vector for a position
    past ``max_len``: the model cannot read further than it was built for.

    Args:
        max_len: number of positions, at least 1.
        d_model: number of features, at least 1.

    Shape:
        x ``(B, T, D)``, result ``(B, T, D)``.

    Returns:
        The features with the vectors of positions ``start`` to ``start + T - 1`` added.

    Raises:
        ValueError: if a position has no vector or ``x`` is not ``(B, T, D)``.

    Parameters: ``weight`` (max_len, D), normal with standard deviation 0.02 at first.

    Equals ``x + nn.Embedding(max_len, d_model)(positions)`` with the same weight.

    >>> positions = LearnedPositions(max_len=5, d_model=4)
    >>> torch.equal(positions(torch.zeros(1, 2, 4), start=3)[0], positions.weight[3:5])
    True
    """

    @views(check=arguments.position_table)
    def __init__(self, max_len: int, d_model: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_len, d_model).normal_(std=0.02))

    @views(check=arguments.learned_positions)
    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """Add the vectors of positions ``start`` onwards to ``x``."""
        T = x.size(1)
        last, highest = start + T - 1, self.weight.size(0) - 1
        if start < 0 or last > highest:
            raise ValueError(
                f"start={start} and T={T} ask for positions {start} to {last}, "
                f"0 to {highest} are there"
            )
        return x + self.weight[start : start + T]  # (B, T, D)
