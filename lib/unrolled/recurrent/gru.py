"""The gated recurrent unit: the plain network's stack and walk, with another step.

Shapes: ``B`` batch, ``T`` positions, ``I`` = input_size, ``H`` = hidden_size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from unrolled.arguments import recurrent as arguments
from unrolled.parts import part
from unrolled.recurrent.kernels import run_kernel
from unrolled.recurrent.rnn import RNN
from unrolled.recurrent.scaffold import add_weights, directions, no_state
from unrolled.recurrent.steps import gru_step
from unrolled.views import views

__all__ = ["GRU"]


def _aten(layer: GRU, x: Tensor, state: Tensor | None = None, lengths: Tensor | None = None) -> Any:
    """All positions, layers and directions in torch's kernel."""
    h_0 = no_state(layer, x) if state is None else state
    return run_kernel(layer, gru_step, torch.gru, x, (h_0,), lengths)


class GRU(RNN):
    r"""Read a sequence and let a gate decide how much of the state each position replaces.

    .. math::
        \begin{aligned}
            r, z &= \sigma(W_{r, z} x_t + b_{r, z} + U_{r, z} h_{t-1} + b'_{r, z}) \\
            n &= \tanh(W_n x_t + b_n + r \odot (U_n h_{t-1} + b'_n)), \quad
            h_t = (1 - z) \odot n + z \odot h_{t-1}
        \end{aligned}

    Cho et al. 2014, equations 5 to 8, with the reset gate after ``U_n`` as in torch. Layers,
    directions and lengths are :class:`RNN`'s.

    Args:
        input_size: width of what is read, at least 1.
        hidden_size: width of the state, at least 1.
        num_layers: layers on top of one another, at least 1. Default: 1.
        bias: add the two biases of a step. Default: True.
        dropout: probability of dropping a value between two layers while training, in [0, 1);
            nothing is dropped after the last. Default: 0.
        bidirectional: also read from right to left. Default: False.

    Shape:
        x ``(B, T, I)``, state ``(num_layers * directions, B, H)``, lengths ``(B,)``; output
        ``(B, T, directions * H)``, h_n as ``state``.

    Returns:
        ``(output, h_n)``: the last layer's state at every position, and each layer's and
        direction's state after its last real position. With ``lengths`` padding changes no state,
        the way back begins at each row's last real position, and the output is zero at padding.

    Raises:
        ValueError: if an argument is out of range, a shape does not fit, or a length is not in
            [1, T].
        TypeError: if ``x`` or ``state`` is not floating point, or ``lengths`` holds no integers.

    Parameters: for layer k ``weight_ih_l{k}`` (3 * H, I; from layer 1 on 3 * H, directions * H),
    ``weight_hh_l{k}`` (3 * H, H), ``bias_ih_l{k}`` and ``bias_hh_l{k}`` (3 * H,), gates in the
    order r, z, n; with two directions the same again, ending in ``_reverse``.

    Matches ``nn.GRU(batch_first=True)``, whose state dict it loads, within 1e-5 (float32) and 1e-10
    (float64); with ``lengths`` the same on packed sequences.

    >>> output, h_n = GRU(3, hidden_size=4, bidirectional=True)(torch.zeros(2, 5, 3))
    >>> output.shape, h_n.shape
    (torch.Size([2, 5, 8]), torch.Size([2, 2, 4]))
    """

    @views(check=arguments.layer)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        nn.Module.__init__(self)  # RNN's own would make the weights of a single gate
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.dropout, self.bidirectional = bias, dropout, bidirectional
        self._step = part(gru_step)
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(directions(self))
            for direction in directions(self):
                add_weights(self, f"_l{layer}{direction}", width, hidden_size, 3, bias)

    @views(check=arguments.read, fast=_aten)
    def forward(
        self, x: Tensor, state: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read ``x`` from ``state`` on (default: zeros); ``lengths`` says where padding begins."""
        return super().forward(x, state, lengths)
