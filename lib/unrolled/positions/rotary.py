"""Rotary positions: queries and keys are turned by their place (Su et al. 2021).

Shapes: ``B`` batch, ``H`` heads, ``T`` positions (``Tq`` of queries, ``Tk`` of keys), ``d_k`` width
of a key. Positions count from 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.arguments import positions as arguments
from unrolled.attention import scaled_dot_product_attention
from unrolled.parts import part
from unrolled.positions.relative import RelativeAttention
from unrolled.views import views

__all__ = ["RotaryAttention", "apply_rope"]


@views(check=arguments.apply_rope)
def apply_rope(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    r"""Rotate pairs of features of a query or key by an angle that grows with its position.

    .. math:: \begin{pmatrix} y_i \\ y_{i + d_k/2} \end{pmatrix} =
        \begin{pmatrix} \cos m\theta_i & -\sin m\theta_i \\ \sin m\theta_i & \cos m\theta_i
        \end{pmatrix} \begin{pmatrix} x_i \\ x_{i + d_k/2} \end{pmatrix}, \quad
        \theta_i = 10000^{-2i/d_k}

    Su et al. 2021, equations 14 and 15, for position :math:`m`. Scores of rotated queries and keys
    depend on how far they are apart and not on where they stand. The paper pairs neighbours
    (2i, 2i + 1); here feature i goes with i + d_k/2, as in Llama and GPT-NeoX, which is the same
    up to the order of features. Values are not rotated.

    Args:
        x: queries or keys, split into heads.
        positions: where each token stands; after a cache of n tokens the first one is at n. Angles
            are computed in the dtype of ``x`` and at least in float32; in the dtype of
            ``positions`` if that is floating point (Llama's code has float32 in any model).
        base: the 10000 of the equation, above 0. Default: 10000.

    Shape:
        x ``(B, H, T, d_k)`` with an even d_k, positions ``(T,)`` or ``(B, T)``, result
        ``(B, H, T, d_k)``.

    Returns:
        The rotated features, as long as they were.

    Raises:
        TypeError: if ``x`` is not floating point or ``positions`` are no numbers.
        ValueError: if a shape does not fit, d_k is odd, or ``base`` is out of range.

    Matches the rotary embedding of HF's Llama within 1e-5 (float32), and within 1e-10 (float64)
    for float32 positions.

    >>> x = torch.tensor([1.0, 0.0]).expand(1, 1, 3, 2)
    >>> apply_rope(x, torch.arange(3))[0, 0]
    tensor([[ 1.0000,  0.0000],
            [ 0.5403,  0.8415],
            [-0.4161,  0.9093]])
    """
    wanted = positions.dtype if positions.is_floating_point() else x.dtype
    dtype = torch.promote_types(wanted, torch.float32)  # half precision cannot count to 3000
    two_i = torch.arange(0, x.size(-1), 2, device=x.device).to(dtype)  # (d_k / 2,)
    theta = 1.0 / base ** (two_i / x.size(-1))  # (d_k / 2,)
    angles = positions.to(theta).unsqueeze(-1) * theta  # (T, d_k / 2) or (B, T, d_k / 2)
    if positions.dim() == 2:
        angles = angles.unsqueeze(1)  # (B, 1, T, d_k / 2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)  # (B, H, T, d_k / 2), each
    turned = (first * cos - second * sin, second * cos + first * sin)
    return torch.cat(turned, dim=-1)  # (B, H, T, d_k)


class RotaryAttention(RelativeAttention):
    """Multi-head attention whose queries and keys are turned by their positions.

    Su et al. 2021, section 3.2.2: see :func:`apply_rope`. Values are left as they are.

    Args:
        d_model: width of the input and of the output.
        n_heads: number of heads; ``2 * n_heads`` divides ``d_model``.
        dropout: probability of dropping an attention weight while training. Default: 0.
        bias: add a bias in the four projections. Default: True.
        base: of the angles, above 0. Default: 10000.

    Shape:
        query ``(B, Tq, D)``, key and value ``(B, Tk, D)`` with ``Tq <= Tk``: the queries are the
        last ``Tq`` positions, as in :func:`causal_mask`. Mask broadcasts to ``(B, H, Tq, Tk)``; out
        ``(B, Tq, D)``, weights ``(B, H, Tq, Tk)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``.

    Raises:
        ValueError: if ``2 * n_heads`` does not divide ``d_model``, ``base`` is out of range, or
            there are more queries than keys.

    Parameters: those of :class:`MultiHeadAttention`.

    >>> RotaryAttention(8, n_heads=2)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=arguments.rotary_attention)
    def __init__(
        self,
        d_model: int,
        n_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        base: float = 10000.0,
    ):
        super().__init__(d_model, n_heads, dropout, bias)
        self.base = base
        self._rope = part(apply_rope)

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, need_weights: bool
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Turn queries and keys, then attend."""
        Tq, Tk = q.size(2), k.size(2)
        positions = torch.arange(Tk, device=k.device)  # (Tk,)
        q = self._rope(q, positions[Tk - Tq :], self.base)  # (B, H, Tq, d_k)
        k = self._rope(k, positions, self.base)  # (B, H, Tk, d_k)
        dropout = self.dropout if self.training else 0.0
        return scaled_dot_product_attention(q, k, v, mask, dropout, need_weights)
