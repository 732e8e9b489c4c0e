"""What recurrent layers stand on: parameters by torch's names, directions, first states, padding.

None of it is an answer to an exercise: learners get it as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = [
    "Weights", "add_weights", "directions", "each_direction", "no_state", "padded_positions",
    "weights_of", "without_padding",
]  # fmt: skip

Weights = tuple[Tensor | None, ...]
KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def add_weights(
    module: nn.Module, suffix: str, input_size: int, hidden_size: int, gates: int, bias: bool
) -> None:
    """Give a module the parameters of one direction of one layer.

    Every value is drawn from [-1/sqrt(H), 1/sqrt(H)], in torch's order: the same seed makes the
    same layer.

    Args:
        module: gets ``weight_ih``, ``weight_hh`` and, with ``bias``, ``bias_ih`` and ``bias_hh``.
        suffix: ends their names, for example ``"_l0_reverse"``.
        input_size: width of what is read.
        hidden_size: width of the state.
        gates: how many gates a step has: 1 in an RNN, 3 in a GRU, 4 in an LSTM.
        bias: add the two biases.
    """
    rows, bound = gates * hidden_size, hidden_size**-0.5
    shapes = ((rows, input_size), (rows, hidden_size), (rows,), (rows,))
    for kind, shape in zip(KINDS if bias else KINDS[:2], shapes, strict=False):
        value = torch.empty(shape).uniform_(-bound, bound)
        module.register_parameter(kind + suffix, nn.Parameter(value))


def weights_of(module: nn.Module, suffix: str) -> Weights:
    """Return what :func:`add_weights` added, in a step's order; None for a bias there is not."""
    return tuple(getattr(module, kind + suffix, None) for kind in KINDS)


def directions(layer: nn.Module) -> tuple[str, ...]:
    """Return what the names of a layer's directions end in."""
    return ("", "_reverse") if layer.bidirectional else ("",)


def each_direction(layer: nn.Module) -> tuple[tuple[bool, str], ...]:
    """Return each direction of a layer: whether it reads backward, and what its names end in."""
    return tuple(zip((False, True), directions(layer), strict=False))


def no_state(layer: nn.Module, x: Tensor) -> Tensor:
    """Return the zeros that a layer starts from, (layers * directions, B, H)."""
    return x.new_zeros(layer.num_layers * len(directions(layer)), x.size(0), layer.hidden_size)


def padded_positions(x: Tensor, lengths: Tensor | None) -> Tensor | None:
    """Say which positions of ``x`` (B, T, ...) are padding, (B, T); None without lengths."""
    if lengths is None:
        return None
    return torch.arange(x.size(1), device=x.device) >= lengths.to(x.device).unsqueeze(1)  # (B, T)


def without_padding(x: Tensor, padding: Tensor | None) -> Tensor:
    """Put zeros where ``x`` (B, T, D) is padding, so that nothing which stands there is used."""
    return x if padding is None else x.masked_fill(padding.unsqueeze(-1), 0.0)
