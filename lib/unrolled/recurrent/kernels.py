"""Torch's own recurrent kernels, for layers whose step is the reference's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from unrolled.recurrent.scaffold import directions, weights_of

__all__ = ["run_kernel"]


def run_kernel(
    layer: nn.Module,
    reference: Callable[..., Any],
    kernel: Callable[..., Any],
    x: Tensor,
    states: tuple[Tensor, ...],
    lengths: Tensor | None,
) -> Any:
    """Run all layers and directions in one call.

    Args:
        layer: an RNN, LSTM or GRU of ours.
        reference: the step that the kernel computes.
        kernel: ``torch.rnn_tanh``, ``torch.lstm`` or ``torch.gru``.
        x: what is read, (B, T, I).
        states: the tensors of the state to start from.
        lengths: real positions of each row, (B,), or None.

    Returns:
        The output and the tensors of the final state; ``NotImplemented`` if the layer has another
        step, or a graph is being traced: it could not hold the kernel's packed sequences, and the
        loop is what a compiler can fuse.
    """
    if layer._step is not reference or torch.compiler.is_compiling():
        return NotImplemented
    names = [f"_l{n}{end}" for n in range(layer.num_layers) for end in directions(layer)]
    weights = [w for name in names for w in weights_of(layer, name) if w is not None]
    how = (layer.bias, layer.num_layers, layer.dropout, layer.training, layer.bidirectional)
    if lengths is None:
        return kernel(x, _hx(states), weights, *how, True)
    packed = pack_padded_sequence(x, lengths.long().cpu(), batch_first=True, enforce_sorted=False)
    states = tuple(state[:, packed.sorted_indices] for state in states)
    data, *finals = kernel(packed.data, packed.batch_sizes, _hx(states), weights, *how)
    out = PackedSequence(data, *packed[1:])
    out, _ = pad_packed_sequence(out, batch_first=True, total_length=x.size(1))  # (B, T, H)
    return out, *(final[:, packed.unsorted_indices] for final in finals)


def _hx(states: tuple[Tensor, ...]) -> Any:
    return states if len(states) > 1 else states[0]
