"""Cells: a step together with its weights, for a sequence that is not known in advance.

Shapes: ``B`` batch, ``I`` = input_size, ``H`` = hidden_size.
"""

from __future__ import annotations

from torch import Tensor, nn

from unrolled.arguments import recurrent as arguments
from unrolled.parts import part
from unrolled.recurrent.scaffold import add_weights, weights_of
from unrolled.recurrent.steps import gru_step, lstm_step, rnn_step
from unrolled.views import views

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class RNNCell(nn.Module):
    """One step of a plain recurrent network, :func:`rnn_step`, with weights of its own.

    Args:
        input_size: width of what is read, at least 1.
        hidden_size: width of the state, at least 1.
        bias: add the two biases. Default: True.

    Shape:
        x ``(B, I)``, state ``(B, H)``; result ``(B, H)``.

    Returns:
        The state after this position.

    Raises:
        ValueError: if an argument is out of range or a shape does not fit.
        TypeError: if ``x`` or ``state`` is not floating point.

    Parameters: ``weight_ih`` (H, I), ``weight_hh`` (H, H), ``bias_ih`` and ``bias_hh`` (H,).

    Matches ``nn.RNNCell``, whose state dict it loads, within 1e-5 (float32) and 1e-10 (float64).

    >>> RNNCell(3, hidden_size=4)(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    @views(check=arguments.cell)
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self._step = part(rnn_step)
        add_weights(self, "", input_size, hidden_size, 1, bias)

    @views(check=arguments.cell_read)
    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        """Read one position from ``state`` on (default: zeros)."""
        h = x.new_zeros(x.size(0), self.hidden_size) if state is None else state  # (B, H)
        return self._step(x, h, *weights_of(self, ""))


class LSTMCell(nn.Module):
    """One step of a long short-term memory, :func:`lstm_step`, with weights of its own.

    Args:
        input_size: width of what is read, at least 1.
        hidden_size: width of the state, at least 1.
        bias: add the two biases. Default: True.

    Shape:
        x ``(B, I)``, state two tensors ``(B, H)``; both results ``(B, H)``.

    Returns:
        ``(h, c)`` after this position.

    Raises:
        ValueError: if an argument is out of range or a shape does not fit.
        TypeError: if ``x`` is not floating point, or ``state`` not a pair of floating-point
            tensors.

    Parameters: ``weight_ih`` (4 * H, I), ``weight_hh`` (4 * H, H), ``bias_ih`` and ``bias_hh``
    (4 * H,), gates in the order i, f, g, o.

    Matches ``nn.LSTMCell``, whose state dict it loads, within 1e-5 (float32) and 1e-10 (float64).

    >>> h, c = LSTMCell(3, hidden_size=4)(torch.zeros(2, 3))
    >>> c.shape
    torch.Size([2, 4])
    """

    @views(check=arguments.cell)
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self._step = part(lstm_step)
        add_weights(self, "", input_size, hidden_size, 4, bias)

    @views(check=arguments.cell_read_with_memory)
    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read one position from ``state`` on (default: zeros)."""
        zeros = x.new_zeros(x.size(0), self.hidden_size)  # (B, H)
        h, c = (zeros, zeros) if state is None else state
        return self._step(x, h, c, *weights_of(self, ""))


class GRUCell(nn.Module):
    """One step of a gated recurrent unit, :func:`gru_step`, with weights of its own.

    Args:
        input_size: width of what is read, at least 1.
        hidden_size: width of the state, at least 1.
        bias: add the two biases. Default: True.

    Shape:
        x ``(B, I)``, state ``(B, H)``; result ``(B, H)``.

    Returns:
        The state after this position.

    Raises:
        ValueError: if an argument is out of range or a shape does not fit.
        TypeError: if ``x`` or ``state`` is not floating point.

    Parameters: ``weight_ih`` (3 * H, I), ``weight_hh`` (3 * H, H), ``bias_ih`` and ``bias_hh``
    (3 * H,), gates in the order r, z, n.

    Matches ``nn.GRUCell``, whose state dict it loads, within 1e-5 (float32) and 1e-10 (float64).

    >>> GRUCell(3, hidden_size=4)(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    @views(check=arguments.cell)
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self._step = part(gru_step)
        add_weights(self, "", input_size, hidden_size, 3, bias)

    @views(check=arguments.cell_read)
    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        """Read one position from ``state`` on (default: zeros)."""
        h = x.new_zeros(x.size(0), self.hidden_size) if state is None else state  # (B, H)
        return self._step(x, h, *weights_of(self, ""))
