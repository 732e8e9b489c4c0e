"""What the functions and layers of ``unrolled.recurrent`` refuse."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

INTEGERS = (torch.long, torch.int32)


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
    _floating(weight_ih, x=x, **states)
    if x.dim() != 2 or 0 in x.shape:
        raise ValueError(f"x has shape {tuple(x.shape)}, (B, I) without an empty axis is wanted")
    H = states["h"].size(-1)
    for name, state in states.items():
        _shape(name, state, (x.size(0), H))
    _shape("weight_ih", weight_ih, (gates * H, x.size(1)))
    _shape("weight_hh", weight_hh, (gates * H, H))
    if (bias_ih is None) != (bias_hh is None):
        given, missing = ("bias_hh", "bias_ih") if bias_ih is None else ("bias_ih", "bias_hh")
        raise ValueError(f"{given} is given and {missing} is not: both or neither are wanted")
    if bias_ih is not None and bias_hh is not None:
        _shape("bias_ih", bias_ih, (gates * H,))
        _shape("bias_hh", bias_hh, (gates * H,))


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
    _at_least_one(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout={dropout} is outside [0, 1)")


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
    if x.dim() != 3 or x.size(2) != self.input_size:
        raise ValueError(f"x has shape {tuple(x.shape)}, (B, T, {self.input_size}) is wanted")
    if 0 in x.shape:
        raise ValueError(f"x has shape {tuple(x.shape)}: B and T of at least 1 are wanted")
    layers = self.num_layers * (2 if self.bidirectional else 1)
    for name, state in states.items():
        _shape(name, state, (layers, x.size(0), self.hidden_size))
    if lengths is not None:
        _lengths(x, lengths)


def cell(self: Any, input_size: int, hidden_size: int, bias: bool = True) -> None:
    """Refuse what a cell cannot be made of."""
    _at_least_one(input_size=input_size, hidden_size=hidden_size)


def cell_read(self: Any, x: Tensor, state: Tensor | None = None) -> None:
    """Refuse what an ``RNNCell`` or ``GRUCell`` cannot read."""
    _cell_read(self, x, {} if state is None else {"state": state})


def cell_read_with_memory(self: Any, x: Tensor, state: Any = None) -> None:
    """Refuse what an ``LSTMCell`` cannot read."""
    _cell_read(self, x, _pair(state))


def _cell_read(self: Any, x: Tensor, states: dict[str, Tensor]) -> None:
    _floating(self.weight_ih, x=x, **states)
    if x.dim() != 2 or x.size(1) != self.input_size:
        raise ValueError(f"x has shape {tuple(x.shape)}, (B, {self.input_size}) is wanted")
    if 0 in x.shape:
        raise ValueError(f"x has shape {tuple(x.shape)}: B of at least 1 is wanted")
    for name, state in states.items():
        _shape(name, state, (x.size(0), self.hidden_size))


def reverse_padded(x: Tensor, lengths: Tensor) -> None:
    """Refuse what ``reverse_padded`` cannot use."""
    if x.dim() < 2 or 0 in x.shape[:2]:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, (B, T, ...) with B >= 1 and T >= 1 is wanted"
        )
    _lengths(x, lengths)


def _lengths(x: Tensor, lengths: Tensor) -> None:
    if not isinstance(lengths, Tensor):
        raise TypeError(f"lengths is a {type(lengths).__name__}, a tensor of integers is wanted")
    if lengths.dtype not in INTEGERS:
        raise TypeError(f"lengths has dtype {lengths.dtype}, torch.int64 or torch.int32 is wanted")
    _shape("lengths", lengths, (x.size(0),))
    if lengths.min() < 1 or lengths.max() > x.size(1):
        raise ValueError(
            f"lengths holds values from {int(lengths.min())} to {int(lengths.max())}, "
            f"1 to {x.size(1)} are wanted"
        )


def _pair(state: Any) -> dict[str, Tensor]:
    if state is None:
        return {}
    if not isinstance(state, tuple | list) or len(state) != 2:
        length = f" of {len(state)}" if isinstance(state, tuple | list) else ""
        raise TypeError(f"state is a {type(state).__name__}{length}, a pair (h, c) is wanted")
    return {"h": state[0], "c": state[1]}


def _floating(weight: Tensor, **tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            raise TypeError(f"{name} has dtype {tensor.dtype}, a floating-point tensor is wanted")
        if tensor.dtype != weight.dtype and not torch.is_autocast_enabled(tensor.device.type):
            raise TypeError(
                f"{name} has dtype {tensor.dtype}, that of the weights, {weight.dtype}, is wanted"
            )


def _shape(name: str, tensor: Tensor, wanted: tuple[int, ...]) -> None:
    if tuple(tensor.shape) != wanted:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}, {wanted} is wanted")


def _at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}={size}: at least 1 is wanted")
