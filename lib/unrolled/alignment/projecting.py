"""The decoders' fast paths: the memory's share of the scores, computed once a sentence.

The readable loops ask an attention anew at every step. Shapes as in ``scores`` and ``decoders``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def bahdanau_decoder(
    self: Any, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
) -> Any:
    """Read as ``AttentionDecoder`` does, with one projection of the memory."""
    if not _may_project(self):
        return NotImplemented
    projected = self.attention.project(memory)  # (B, Tk, A)
    words = self.dropout(self.embedding(inputs))  # (B, T, E)
    features, weights = [], []
    for word in words.unbind(dim=1):  # (B, E)
        context, looked = self.attention(state[:, None], memory, mask, projected)
        context = context.squeeze(1)  # (B, M)
        state = self.cell(torch.cat([word, context], dim=1), state)  # (B, H)
        features.append(torch.cat([state, context, word], dim=1))
        weights.append(looked)
    features = torch.stack(features, dim=1)  # (B, T, H + M + E)
    return self.out(self.dropout(features)), torch.cat(weights, dim=2)  # (B, 1, T, Tk)


def luong_decoder(
    self: Any, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
) -> Any:
    """Read as ``LuongDecoder`` with input feeding does, with one projection of the memory."""
    if not self.input_feeding or not _may_project(self):
        return NotImplemented
    projected = self.attention.project(memory)  # (B, Tk, A)
    words = self.dropout(self.embedding(inputs))  # (B, T, E)
    state, fed = state[None], torch.zeros_like(state)[:, None]  # (1, B, H), (B, 1, H)
    features, weights = [], []
    for word in words.split(1, dim=1):  # (B, 1, E)
        output, state = self.rnn(torch.cat([word, fed], dim=2), state)
        context, looked = self.attention(output, memory, mask, projected)
        fed = self.combine(torch.cat([context, output], dim=2)).tanh()  # (B, 1, H)
        features.append(fed)
        weights.append(looked)
    features = torch.cat(features, dim=1)  # (B, T, H)
    return self.out(self.dropout(features)), torch.cat(weights, dim=2)  # (B, 1, T, Tk)


def _may_project(decoder: Any) -> bool:
    """Whether decoder and attention are the library's own, and nobody listens to the attention.

    A class that is derived from one of them may take a step, or attend, in its own way.
    """
    attention = decoder.attention
    return (
        type(decoder).__module__ == "unrolled.alignment.decoders"
        and type(attention).__module__ == "unrolled.alignment.scores"
        and not {"advance", "start"} & vars(decoder).keys()
        and "forward" not in vars(attention)
        and not _has_hooks(attention)
    )


def _has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks or module._backward_hooks)
