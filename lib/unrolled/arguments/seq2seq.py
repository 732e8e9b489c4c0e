"""What the functions and models of ``unrolled.seq2seq`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors

CELLS = ("gru", "lstm")


def last_state(outputs: Tensor, lengths: Tensor) -> None:
    """Refuse what ``last_state`` cannot use."""
    tensors.shaped("outputs", outputs, "(B, T, H)", None, None, None)
    tensors.real_lengths(lengths, outputs.size(0), outputs.size(1))


def shift_right(ids: Tensor, bos_id: int) -> None:
    """Refuse what ``shift_right`` cannot use."""
    tensors.integers(ids=ids)
    tensors.shaped("ids", ids, "(B, T)", None, None)
    common.at_least(0, bos_id=bos_id)


def encoder(
    self: Any,
    vocab_size: int,
    embedding_size: int,
    hidden_size: int,
    num_layers: int = 1,
    dropout: float = 0.0,
    cell: str = "gru",
    bidirectional: bool = False,
) -> None:
    """Refuse what ``Encoder`` cannot be made of."""
    common.at_least_one(
        vocab_size=vocab_size,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
    )
    common.probability(dropout=dropout)
    common.one_of("cell", cell, CELLS)


def encode(self: Any, ids: Tensor, lengths: Tensor | None = None) -> None:
    """Refuse what ``Encoder`` cannot read."""
    tensors.token_ids(self.embedding.num_embeddings, ids=ids)
    if lengths is not None:
        tensors.real_lengths(lengths, *ids.shape)


def decoder(
    self: Any,
    vocab_size: int,
    embedding_size: int,
    hidden_size: int,
    num_layers: int = 1,
    dropout: float = 0.0,
    cell: str = "gru",
    context_size: int = 0,
) -> None:
    """Refuse what ``Decoder`` cannot be made of."""
    encoder(self, vocab_size, embedding_size, hidden_size, num_layers, dropout, cell)
    common.at_least(0, context_size=context_size)


def decode(self: Any, inputs: Tensor, state: Any, context: Tensor | None = None) -> None:
    """Refuse what ``Decoder`` cannot read."""
    tensors.token_ids(self.embedding.num_embeddings, inputs=inputs)
    B, L, H = inputs.size(0), self.num_layers, self.hidden_size
    for one in state if isinstance(state, tuple) else (state,):
        tensors.floating(state=one)
        tensors.exactly("state", one, B, L, H)
    if (context is None) != (self.context_size == 0):
        given = "is not given" if context is None else "is given"
        raise ValueError(f"context {given}, and the decoder has context_size={self.context_size}")
    if context is not None:
        tensors.floating(context=context)
        tensors.exactly("context", context, B, self.context_size)


def seq2seq(
    self: Any,
    source_vocab_size: int,
    target_vocab_size: int,
    embedding_size: int,
    hidden_size: int,
    num_layers: int = 1,
    dropout: float = 0.0,
    cell: str = "gru",
    read_context: bool = False,
    pad_id: int = 0,
    bos_id: int = 1,
) -> None:
    """Refuse special ids that are not in their vocabulary; encoder and decoder refuse the rest."""
    special_ids(source_vocab_size, target_vocab_size, pad_id, bos_id)


def special_ids(source_vocab_size: int, target_vocab_size: int, pad_id: int, bos_id: int) -> None:
    """Refuse a padding id outside the source's vocabulary or a start outside the target's."""
    common.at_least_one(source_vocab_size=source_vocab_size, target_vocab_size=target_vocab_size)
    common.one_id(source_vocab_size, pad_id=pad_id)
    common.one_id(target_vocab_size, bos_id=bos_id)


def translate(self: Any, source: Tensor, target: Tensor, teacher_forcing: float = 1.0) -> None:
    """Refuse what ``Seq2Seq`` cannot translate."""
    tensors.same_batch(source=source, target=target)
    tensors.token_ids(self.target_vocab_size, target=target)
    common.fraction(teacher_forcing=teacher_forcing)


def start(self: Any, source: Tensor) -> None:
    """Refuse a source that cannot be read, or of which a sentence holds padding alone."""
    tensors.token_ids(self.source_vocab_size, source=source)
    tensors.padding_last(self.pad_id, source=source)
