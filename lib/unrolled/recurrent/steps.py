"""One step of a recurrent network: from the state before a position to the state after it.

Shapes: ``B`` batch, ``I`` = input_size, ``H`` = hidden_size. The gates of a step lie below one
another in one matrix, in torch's order, so that one product computes them all.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from unrolled.arguments import recurrent as arguments
from unrolled.views import views

__all__ = ["gru_step", "lstm_step", "rnn_step"]


def _aten_rnn(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None) -> Tensor:
    return torch.rnn_tanh_cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh)


def _aten_lstm(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None) -> tuple[Tensor, Tensor]:
    return torch.lstm_cell(x, (h, c), weight_ih, weight_hh, bias_ih, bias_hh)


def _aten_gru(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None) -> Tensor:
    return torch.gru_cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh)


@views(check=arguments.rnn_step, fast=_aten_rnn)
def rnn_step(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> Tensor:
    r"""Mix what is read now with what is remembered, and squash the sum.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Graves 2013, equation 1, of the network that Elman 1990 draws in figure 2 (with logistic units).
    Two biases, of which one would do, are torch's habit.

    Args:
        x: what is read at this position.
        h: the state before this position.
        weight_ih: from input to state.
        weight_hh: from state to state.
        bias_ih: added to the input's share. Default: none.
        bias_hh: added to the state's share; given if ``bias_ih`` is. Default: none.

    Shape:
        x ``(B, I)``, h ``(B, H)``, weight_ih ``(H, I)``, weight_hh ``(H, H)``, biases ``(H,)``;
        result ``(B, H)``.

    Returns:
        The state after this position, each value in [-1, 1].

    Raises:
        ValueError: if shapes do not fit, the batch is empty, or one bias comes without the other.
        TypeError: if ``x`` or ``h`` is not floating point.

    Matches ``nn.RNNCell`` within 1e-5 (float32) and 1e-10 (float64).

    >>> rnn_step(torch.tensor([[1.0]]), torch.tensor([[0.5]]), torch.eye(1), torch.eye(1))
    tensor([[0.9051]])
    """
    return torch.tanh(F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh))  # (B, H)


@views(check=arguments.lstm_step, fast=_aten_lstm)
def lstm_step(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Forget part of a memory, add to it, and show part of it.

    .. math::
        \begin{aligned}
            i, f, o &= \sigma(W_{i, f, o}\, [x_t; h_{t-1}] + b_{i, f, o}), \quad
            g = \tanh(W_g\, [x_t; h_{t-1}] + b_g) \\
            c_t &= f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh(c_t)
        \end{aligned}

    Graves 2013, equations 7 to 11, without the paper's peepholes (the gates do not see ``c``): the
    memory of Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000. The memory
    is carried on by a sum, so a gradient that meets ``f`` near 1 neither vanishes nor explodes.

    Args:
        x: what is read at this position.
        h: what the memory showed before this position.
        c: the memory before this position.
        weight_ih: from input to the gates i, f, g, o, in this order.
        weight_hh: from ``h`` to the gates, in the same order.
        bias_ih: added to the input's share. Default: none.
        bias_hh: added to the state's share; given if ``bias_ih`` is. Default: none.

    Shape:
        x ``(B, I)``, h and c ``(B, H)``, weight_ih ``(4 * H, I)``, weight_hh ``(4 * H, H)``, biases
        ``(4 * H,)``; both results ``(B, H)``.

    Returns:
        ``(h, c)`` after this position.

    Raises:
        ValueError: if shapes do not fit, the batch is empty, or one bias comes without the other.
        TypeError: if ``x``, ``h`` or ``c`` is not floating point.

    Matches ``nn.LSTMCell`` within 1e-5 (float32) and 1e-10 (float64).

    >>> h, c = lstm_step(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[2.0]]),
    ...                  torch.zeros(4, 1), torch.zeros(4, 1))
    >>> c, h   # every gate is half open: 0.5 * 2 + 0.5 * 0, then 0.5 * tanh(1)
    (tensor([[1.]]), tensor([[0.3808]]))
    """
    gates = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)  # (B, 4 * H)
    i, f, g, o = gates.chunk(4, dim=1)  # (B, H) each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, c


@views(check=arguments.gru_step, fast=_aten_gru)
def gru_step(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> Tensor:
    r"""Keep part of the state and replace the rest, with one gate for both.

    .. math::
        \begin{aligned}
            r, z &= \sigma(W_{r, z} x_t + b_{r, z} + U_{r, z} h_{t-1} + b'_{r, z}) \\
            n &= \tanh(W_n x_t + b_n + r \odot (U_n h_{t-1} + b'_n)), \quad
            h_t = (1 - z) \odot n + z \odot h_{t-1}
        \end{aligned}

    Cho et al. 2014, equations 5 to 8. There ``r`` meets the state before ``U_n``; here, as in
    torch, after it (and so it also gates :math:`b'_n`), which lets one product serve all gates.

    Args:
        x: what is read at this position.
        h: the state before this position.
        weight_ih: from input to the gates r, z, n, in this order.
        weight_hh: from ``h`` to the gates, in the same order.
        bias_ih: added to the input's share. Default: none.
        bias_hh: added to the state's share; given if ``bias_ih`` is. Default: none.

    Shape:
        x ``(B, I)``, h ``(B, H)``, weight_ih ``(3 * H, I)``, weight_hh ``(3 * H, H)``, biases
        ``(3 * H,)``; result ``(B, H)``.

    Returns:
        The state after this position.

    Raises:
        ValueError: if shapes do not fit, the batch is empty, or one bias comes without the other.
        TypeError: if ``x`` or ``h`` is not floating point.

    Matches ``nn.GRUCell`` within 1e-5 (float32) and 1e-10 (float64).

    >>> gru_step(torch.ones(1, 1), torch.ones(1, 1), torch.zeros(3, 1), torch.zeros(3, 1))
    tensor([[0.5000]])
    """
    x_r, x_z, x_n = F.linear(x, weight_ih, bias_ih).chunk(3, dim=1)  # (B, H) each
    h_r, h_z, h_n = F.linear(h, weight_hh, bias_hh).chunk(3, dim=1)  # (B, H) each
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return (1 - z) * n + z * h
