"""What is faster than the readable loops, for layers whose step is the reference's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from unrolled.recurrent.scaffold import Weights, directions, weights_of
from unrolled.recurrent.steps import lstm_step

__all__ = ["run_kernel", "unroll_lstm"]


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


def unroll_lstm(
    layer: nn.Module,
    x: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Weights,
    backward: bool,
    padding: Tensor | None,
) -> Any:
    """Walk as ``LSTM._unroll`` does, with the inputs of all positions projected in one product.

    They wait for no state. It is what runs where no kernel can: in a graph that is being traced.

    Returns:
        Every h and the last ``(h, c)``; ``NotImplemented`` if the layer has another step.
    """
    if layer._step is not lstm_step:
        return NotImplemented
    weight_ih, weight_hh, bias_ih, bias_hh = weights
    bias = None if bias_ih is None else bias_ih + bias_hh  # (4 * H,)
    inputs = F.linear(x, weight_ih, bias).unbind(dim=1)  # T times (B, 4 * H)
    positions = range(len(inputs))
    h, c = state
    states = []
    for t in reversed(positions) if backward else positions:
        i, f, g, o = torch.addmm(inputs[t], h, weight_hh.t()).chunk(4, dim=1)  # (B, H) each
        new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        new_h = o.sigmoid() * new_c.tanh()
        if padding is not None:
            new_h = torch.where(padding[:, t, None], h, new_h)
            new_c = torch.where(padding[:, t, None], c, new_c)
        h, c = new_h, new_c
        states.append(h)
    if backward:
        states.reverse()
    return torch.stack(states, dim=1), (h, c)  # (B, T, H), (B, H) each
