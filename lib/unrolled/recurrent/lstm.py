"""Long short-term memory: a state that is carried on by a sum, behind gates.

One step is ``lstm_step`` in ``steps.py``; here it is walked over positions, directions and layers.
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
from unrolled.recurrent.kernels import run_kernel, unroll_lstm
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
from unrolled.recurrent.steps import lstm_step
from unrolled.views import views

__all__ = ["LSTM"]

State = tuple[Tensor, Tensor]


def _aten(layer: LSTM, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> Any:
    """All positions, layers and directions in torch's kernel."""
    h_0, c_0 = (no_state(layer, x), no_state(layer, x)) if state is None else state
    found = run_kernel(layer, lstm_step, torch.lstm, x, (h_0, c_0), lengths)
    return found if found is NotImplemented else (found[0], tuple(found[1:]))


class LSTM(nn.Module):
    r"""Read a sequence with a memory that gates protect.

    .. math::
        \begin{aligned}
            i, f, o &= \sigma(W_{i, f, o}\, [x_t; h_{t-1}] + b_{i, f, o}), \quad
            g = \tanh(W_g\, [x_t; h_{t-1}] + b_g) \\
            c_t &= f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh(c_t)
        \end{aligned}

    Graves 2013, equations 7 to 11, without the paper's peepholes: the memory of Hochreiter and
    Schmidhuber 1997 with the forget gate of Gers et al. 2000. The bias of ``f`` starts like all
    others, as in torch; Jozefowicz et al. 2015 advise to start it at 1. Layers, directions and
    lengths are as in :class:`RNN`.

    Args:
        input_size: width of what is read, at least 1.
        hidden_size: width of the state, at least 1.
        num_layers: layers on top of one another, at least 1. Default: 1.
        bias: add the two biases of a step. Default: True.
        dropout: probability of dropping a value between two layers while training, in [0, 1);
            nothing is dropped after the last. Default: 0.
        bidirectional: also read from right to left. Default: False.

    Shape:
        x ``(B, T, I)``, state two tensors ``(num_layers * directions, B, H)``, lengths ``(B,)``;
        output ``(B, T, directions * H)``, h_n and c_n as the tensors of ``state``.

    Returns:
        ``(output, (h_n, c_n))``: the last layer's h at every position, and each layer's and
        direction's h and c after its last real position. With ``lengths`` padding changes no state,
        the way back begins at each row's last real position, and the output is zero at padding.

    Raises:
        ValueError: if an argument is out of range, a shape does not fit, or a length is not in
            [1, T].
        TypeError: if ``x`` is not floating point, ``state`` is not a pair of floating-point
            tensors, or ``lengths`` holds no integers.

    Parameters: for layer k ``weight_ih_l{k}`` (4 * H, I; from layer 1 on 4 * H, directions * H),
    ``weight_hh_l{k}`` (4 * H, H), ``bias_ih_l{k}`` and ``bias_hh_l{k}`` (4 * H,), gates in the
    order i, f, g, o; with two directions the same again, ending in ``_reverse``.

    Matches ``nn.LSTM(batch_first=True)``, whose state dict it loads, within 1e-5 (float32) and
    1e-10 (float64); with ``lengths`` the same on packed sequences.

    >>> output, (h_n, c_n) = LSTM(3, hidden_size=4, num_layers=2)(torch.zeros(5, 6, 3))
    >>> output.shape, c_n.shape
    (torch.Size([5, 6, 4]), torch.Size([2, 5, 4]))
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
        self._step = part(lstm_step)
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(directions(self))
            for suffix in directions(self):
                add_weights(self, f"_l{layer}{suffix}", width, hidden_size, 4, bias)

    @views(check=arguments.read_with_memory, fast=_aten)
    def forward(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read ``x`` from ``state`` on (default: zeros); ``lengths`` says where padding begins."""
        zeros = no_state(self, x)  # (layers * directions, B, H)
        h_0, c_0 = (zeros, zeros) if state is None else state
        padding = padded_positions(x, lengths)  # (B, T), or None
        x = without_padding(x, padding)
        finals: list[State] = []
        for layer in range(self.num_layers):
            if layer > 0:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for backward, suffix in each_direction(self):
                weights = weights_of(self, f"_l{layer}{suffix}")
                before = h_0[len(finals)], c_0[len(finals)]  # (B, H) each
                output, after = self._unroll(x, before, weights, backward, padding)
                outputs.append(output)  # (B, T, H)
                finals.append(after)
            x = without_padding(torch.cat(outputs, dim=-1), padding)  # (B, T, directions * H)
        h_n, c_n = (torch.stack(each) for each in zip(*finals, strict=True))
        return x, (h_n, c_n)  # (B, T, directions * H), (layers * directions, B, H) twice

    @views(fast=unroll_lstm)
    def _unroll(
        self, x: Tensor, state: State, weights: Weights, backward: bool, padding: Tensor | None
    ) -> tuple[Tensor, State]:
        """Walk through all positions in one direction; return every h and the last (h, c)."""
        inputs = x.unbind(dim=1)  # T times (B, I)
        positions = range(len(inputs))
        h, c = state
        states = []
        for t in reversed(positions) if backward else positions:
            new_h, new_c = self._step(inputs[t], h, c, *weights)  # (B, H) each
            # At padding the state stays: going back, it is still the one before the first step.
            if padding is not None:
                new_h = torch.where(padding[:, t, None], h, new_h)
                new_c = torch.where(padding[:, t, None], c, new_c)
            h, c = new_h, new_c
            states.append(h)
        if backward:
            states.reverse()  # the order of the positions again
        return torch.stack(states, dim=1), (h, c)  # (B, T, H), (B, H) each
