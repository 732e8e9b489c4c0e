"""The keys' share of a score, computed once a sentence: the fast paths of this package.

The formulas read the keys anew at every call. What these functions give is the same, for callers
who ask about one memory again and again. Shapes as in ``scores`` and ``decoders``.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.basics import masked_softmax


def additive_keys(self: Any, keys: Tensor) -> Tensor:
    """Project keys as the score does: once a sentence, where it is asked once a word."""
    return self.k_proj(keys)  # (B, Tk, A)


def luong_keys(self: Any, keys: Tensor) -> Tensor:
    """Project keys as the score does: once a sentence, where it is asked once a word."""
    if self.score == "dot":
        return keys  # (B, Tk, Dk)
    if self.score == "general":
        return self.w(keys)  # (B, Tk, Dq)
    return F.linear(keys, self.w.weight[:, self.query_size :])  # (B, Tk, A)


def additive(
    self: Any, query: Tensor, keys: Tensor, mask: Tensor | None = None, projected: Any = None
) -> Any:
    """Attend as ``AdditiveAttention`` does, from keys that may be projected already."""
    projected = self.project(keys) if projected is None else projected  # (B, Tk, A)
    return _through_tanh(self, self.q_proj(query), projected, keys, mask)


def luong(
    self: Any, query: Tensor, keys: Tensor, mask: Tensor | None = None, projected: Any = None
) -> Any:
    """Attend as ``LuongAttention`` does, from keys that may be projected already.

    The product with query and key laid end to end is the sum of two, so ``concat`` needs no pairs:
    one product for each query and one for each key.
    """
    if self.score == "concat" and not _plain(self.w):
        return NotImplemented  # its parts are not to be had
    projected = self.project(keys) if projected is None else projected  # (B, Tk, Dq or A)
    if self.score != "concat":
        return _average(query @ projected.transpose(1, 2), keys, mask)
    asked = F.linear(query, self.w.weight[:, : self.query_size])  # (B, Tq, A)
    return _through_tanh(self, asked, projected, keys, mask)


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


def _through_tanh(
    self: Any, asked: Tensor, projected: Tensor, keys: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    both = asked[:, :, None] + projected[:, None]  # (B, Tq, Tk, A)
    return _average(self.v(both.tanh()).squeeze(-1), keys, mask)


def _average(scores: Tensor, keys: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    weights = masked_softmax(scores.unsqueeze(1), mask)  # (B, 1, Tq, Tk)
    return weights.squeeze(1) @ keys, weights  # (B, Tq, Dk), (B, 1, Tq, Tk)


def _may_project(decoder: Any) -> bool:
    """Whether decoder and attention are the library's own, and nobody listens to the attention.

    A class that is derived from one of them may take a step, or attend, in its own way.
    """
    attention = decoder.attention
    return (
        type(decoder).__module__ == "unrolled.alignment.decoders"
        and vars(type(attention)).get("project") in (additive_keys, luong_keys)
        and not {"advance", "start"} & vars(decoder).keys()
        and "forward" not in vars(attention)
        and not _has_hooks(attention)
        and (getattr(attention, "score", "") != "concat" or _plain(attention.w))
    )


def _plain(layer: nn.Module) -> bool:
    """Whether a Linear is nothing more, and nobody listens to it: then its weight says it all."""
    return type(layer) is nn.Linear and "forward" not in vars(layer) and not _has_hooks(layer)


def _has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks or module._backward_hooks)
