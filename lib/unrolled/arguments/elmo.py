"""What the functions and layers of ``unrolled.elmo`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors


def elmo_targets(ids: Tensor, pad_id: int, ignore_id: int = -100) -> None:
    """Refuse what ``elmo_targets`` cannot use."""
    _sentences(ids, pad_id)


def elmo_mix(layers: Tensor, scores: Tensor, gamma: Tensor) -> None:
    """Refuse what ``elmo_mix`` cannot use."""
    tensors.floating(layers=layers, scores=scores, gamma=gamma)
    tensors.shaped("layers", layers, "(L, B, T, D)", None, None, None, None)
    tensors.exactly("scores", scores, layers.size(0))
    tensors.exactly("gamma", gamma)


def scalar_mix(self: Any, n_layers: int) -> None:
    """Refuse what ``ScalarMix`` cannot be made of."""
    common.at_least_one(n_layers=n_layers)


def mix(self: Any, layers: Tensor) -> None:
    """Refuse another number of layers than there are scores; ``elmo_mix`` looks at the rest."""
    if layers.dim() == 4 and layers.size(0) != len(self.scores):
        raise ValueError(f"layers has L={layers.size(0)}, {len(self.scores)} are wanted")


def bilm(
    self: Any,
    vocab_size: int,
    hidden_size: int,
    num_layers: int = 2,
    dropout: float = 0.0,
    pad_id: int = 0,
) -> None:
    """Refuse what ``BiLM`` cannot be made of."""
    common.at_least_one(vocab_size=vocab_size, hidden_size=hidden_size, num_layers=num_layers)
    common.probability(dropout=dropout)
    common.one_id(vocab_size, pad_id=pad_id)


def read(self: Any, ids: Tensor) -> None:
    """Refuse sentences that ``BiLM`` cannot read."""
    tensors.token_ids(self.vocab_size, ids=ids)
    tensors.padding_last(self.pad_id, ids=ids)


def bilm_loss(logits: Any, ids: Tensor, pad_id: int) -> None:
    """Refuse what ``bilm_loss`` cannot use; the rest is for ``sequence_loss`` to refuse."""
    common.pair("logits", logits, "(forward, backward)")
    tensors.longs(ids=ids)
    _sentences(ids, pad_id)
    for given in logits:
        tensors.one_a_row(given, ids=ids)
        tensors.between(0, given.size(-1) - 1, ids=ids[ids != pad_id])


def _sentences(ids: Tensor, pad_id: int) -> None:
    tensors.integers(ids=ids)
    tensors.shaped("ids", ids, "(B, T)", None, None)
    tensors.some_token(pad_id, ids=ids)
