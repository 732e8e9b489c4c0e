"""What the functions and layers of ``unrolled.recurrent`` refuse."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common, tensors


def rnn_step(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> None:
    """Refuse what ``rnn_step`` cannot use."""
    _step(1, x, {"h": h}, weight_ih, weight_hh, bias_ih, bias_hh)


def lstm_step(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> None:
    """Refuse what ``lstm_step`` cannot use."""
    _step(4, x, {"h": h, "c": c}, weight_ih, weight_hh, bias_ih, bias_hh)


def gru_step(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> None:
    """Refuse what ``gru_step`` cannot use."""
    _step(3, x, {"h": h}, weight_ih, weight_hh, bias_ih, bias_hh)


def _step(
    gates: int,
    x: Tensor,
    states: dict[str, Tensor],
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
) -> None:
    _floating(weight_ih, x=x, **states, weight_hh=weight_hh)
    tensors.shaped("x", x, "(B, I)", None, None)
    H = states["h"].size(-1)
    for name, state in states.items():
        tensors.exactly(name, state, x.size(0), H)
    tensors.exactly("weight_ih", weight_ih, gates * H, x.size(1))
    tensors.exactly("weight_hh", weight_hh, gates * H, H)
    if (bias_ih is None) != (bias_hh is None):
        given, missing = ("bias_hh", "bias_ih") if bias_ih is None else ("bias_ih", "bias_hh")
        raise ValueError(f"{given} is given and {missing} is not: both or neither are wanted")
    if bias_ih is not None and bias_hh is not None:
        tensors.exactly("bias_ih", bias_ih, gates * H)
        tensors.exactly("bias_hh", bias_hh, gates * H)
        _floating(weight_ih, bias_ih=bias_ih, bias_hh=bias_hh)


def layer(
    self: Any,
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bias: bool = True,
    dropout: float = 0.0,
    bidirectional: bool = False,
) -> None:
    """Refuse what a recurrent layer cannot be made of."""
    common.at_least_one(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
    common.probability(dropout=dropout)


def read(self: Any, x: Tensor, state: Tensor | None = None, lengths: Tensor | None = None) -> None:
    """Refuse what an ``RNN`` or ``GRU`` cannot read."""
    _read(self, x, {} if state is None else {"state": state}, lengths)


def read_with_memory(
    self: Any, x: Tensor, state: Any = None, lengths: Tensor | None = None
) -> None:
    """Refuse what an ``LSTM`` cannot read."""
    _read(self, x, _pair(state), lengths)


def _read(self: Any, x: Tensor, states: dict[str, Tensor], lengths: Tensor | None) -> None:
    _floating(self.weight_ih_l0, x=x, **states)
    tensors.shaped("x", x, f"(B, T, {self.input_size})", None, None, self.input_size)
    layers = self.num_layers * (2 if self.bidirectional else 1)
    for name, state in states.items():
        tensors.exactly(name, state, layers, x.size(0), self.hidden_size)
    if lengths is not None:
        tensors.real_lengths(lengths, x.size(0), x.size(1))


def cell(self: Any, input_size: int, hidden_size: int, bias: bool = True) -> None:
    """Refuse what a cell cannot be made of."""
    common.at_least_one(input_size=input_size, hidden_size=hidden_size)


def cell_read(self: Any, x: Tensor, state: Tensor | None = None) -> None:
    """Refuse what an ``RNNCell`` or ``GRUCell`` cannot read."""
    _cell_read(self, x, {} if state is None else {"state": state})


def cell_read_with_memory(self: Any, x: Tensor, state: Any = None) -> None:
    """Refuse what an ``LSTMCell`` cannot read."""
    _cell_read(self, x, _pair(state))


def _cell_read(self: Any, x: Tensor, states: dict[str, Tensor]) -> None:
    _floating(self.weight_ih, x=x, **states)
    tensors.shaped("x", x, f"(B, {self.input_size})", None, self.input_size)
    for name, state in states.items():
        tensors.exactly(name, state, x.size(0), self.hidden_size)


def reverse_padded(x: Tensor, lengths: Tensor) -> None:
    """Refuse what ``reverse_padded`` cannot use."""
    if x.dim() < 2 or 0 in x.shape[:2]:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, (B, T, ...), B and T at least 1, is wanted"
        )
    tensors.real_lengths(lengths, x.size(0), x.size(1))


def _pair(state: Any) -> dict[str, Tensor]:
    if state is None:
        return {}
    common.pair("state", state, "(h, c)")
    return {"h": state[0], "c": state[1]}


def _floating(weight: Tensor, **given: Tensor) -> None:
    tensors.floating(**given)
    for name, tensor in given.items():
        if tensor.dtype != weight.dtype and not torch.is_autocast_enabled(tensor.device.type):
            raise TypeError(
                f"{name} has dtype {tensor.dtype}, that of the weights, {weight.dtype}, is wanted"
            )
