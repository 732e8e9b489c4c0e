"""The gated recurrent unit: a gate decides how much of the state each position replaces.

One step is ``gru_step`` in ``steps.py``; here it is walked over positions, directions and layers.
``scaffold.py`` has what is no mathematics, ``kernels.py`` what is faster.

Shapes: ``B`` batch, ``T`` positions, ``I`` = input_size, ``H`` = hidden_size.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import recurrent as arguments
from unrolled.parts import part
from unrolled.recurrent.kernels import run_kernel
from unrolled.recurrent.scaffold import (
    Weights,
    add_weights,
    directions,
    each_direction,
    no_state,
    padded_positions,
    weights_of,
    without_padding,
)
from unrolled.recurrent.steps import gru_step
from unrolled.views import views

__all__ = ["GRU"]


def _aten(layer: GRU, x: Tensor, state: Tensor | None = None, lengths: Tensor | None = None) -> Any:
    """All positions, layers and directions in torch's kernel."""
    h_0 = no_state(layer, x) if state is None else state
    return run_kernel(layer, gru_step, torch.gru, x, (h_0,), lengths)


class GRU(nn.Module):
    r"""Read a sequence and let a gate decide how much of the state each position replaces.

    .. math::
        \begin{aligned}
            r, z &= \sigma(W_{r, z} x_t + b_{r, z} + U_{r, z} h_{t-1} + b'_{r, z}) \\
            n &= \tanh(W_n x_t + b_n + r \odot (U_n h_{t-1} + b'_n)), \quad
            h_t = (1 - z) \odot n + z \odot h_{t-1}
        \end{aligned}

    Cho et al. 2014, equations 5 to 8, with the reset gate after ``U_n`` as in torch. Layers,
    directions and lengths are as in :class:`RNN`.

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
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.bias = num_layers, bias
        self.dropout, self.bidirectional = dropout, bidirectional
        self._step = part(gru_step)
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(directions(self))
            for suffix in directions(self):
                add_weights(self, f"_l{layer}{suffix}", width, hidden_size, 3, bias)

    @views(check=arguments.read, fast=_aten)
    def forward(
        self, x: Tensor, state: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read ``x`` from ``state`` on (default: zeros); ``lengths`` says where padding begins."""
        h_0 = no_state(self, x) if state is None else state  # (layers * directions, B, H)
        padding = padded_positions(x, lengths)  # (B, T), or None
        x = without_padding(x, padding)
        finals: list[Tensor] = []
        for layer in range(self.num_layers):
            if layer > 0:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for backward, suffix in each_direction(self):
                weights = weights_of(self, f"_l{layer}{suffix}")
                before = h_0[len(finals)]  # (B, H)
                output, after = self._unroll(x, before, weights, backward, padding)
                outputs.append(output)  # (B, T, H)
                finals.append(after)
            x = without_padding(torch.cat(outputs, dim=-1), padding)  # (B, T, directions * H)
        return x, torch.stack(finals)  # (B, T, directions * H), (layers * directions, B, H)

    def _unroll(
        self, x: Tensor, h: Tensor, weights: Weights, backward: bool, padding: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Walk through all positions in one direction; return every state and the last one."""
        inputs = x.unbind(dim=1)  # T times (B, I)
        positions = range(len(inputs))
        states = []
        for t in reversed(positions) if backward else positions:
            new_h = self._step(inputs[t], h, *weights)  # (B, H)
            # At padding the state stays: going back, it is still the one before the first step.
            if padding is not None:
                new_h = torch.where(padding[:, t, None], h, new_h)
            h = new_h
            states.append(h)
        if backward:
            states.reverse()  # the order of the positions again
        return torch.stack(states, dim=1), h  # (B, T, H), (B, H)
