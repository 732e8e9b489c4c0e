"""What the functions and models of ``unrolled.seq2seq`` refuse."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.arguments.common import at_least_one, floating, ids_below, one_of, probability, shaped

CELLS = ("gru", "lstm")


def last_state(outputs: Tensor, lengths: Tensor) -> None:
    """Refuse what ``last_state`` cannot use."""
    shaped("outputs", outputs, "(B, T, H)", None, None, None)
    real_lengths(lengths, outputs.size(0), outputs.size(1))


def shift_right(ids: Tensor, bos_id: int) -> None:
    """Refuse what ``shift_right`` cannot use."""
    if ids.dtype not in (torch.long, torch.int32):
        raise TypeError(f"ids has dtype {ids.dtype}, torch.int64 or torch.int32 is wanted")
    shaped("ids", ids, "(B, T)", None, None)
    if not isinstance(bos_id, int) or isinstance(bos_id, bool):
        raise TypeError(f"bos_id={bos_id!r} is a {type(bos_id).__name__}, an integer is wanted")
    if bos_id < 0:
        raise ValueError(f"bos_id={bos_id}: an id of at least 0 is wanted")


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
    at_least_one(
        vocab_size=vocab_size,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
    )
    probability(dropout=dropout)
    one_of("cell", cell, CELLS)


def encode(self: Any, ids: Tensor, lengths: Tensor | None = None) -> None:
    """Refuse what ``Encoder`` cannot read."""
    sentences("ids", ids, self.embedding.num_embeddings)
    if lengths is not None:
        real_lengths(lengths, *ids.shape)


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
    if context_size < 0:
        raise ValueError(f"context_size={context_size}: at least 0 is wanted")


def decode(self: Any, inputs: Tensor, state: Any, context: Tensor | None = None) -> None:
    """Refuse what ``Decoder`` cannot read."""
    sentences("inputs", inputs, self.embedding.num_embeddings)
    B, L, H = inputs.size(0), self.num_layers, self.hidden_size
    for one in state if isinstance(state, tuple) else (state,):
        floating(state=one)
        shaped("state", one, f"({B}, {L}, {H})", B, L, H)
    if (context is None) != (self.context_size == 0):
        given = "is not given" if context is None else "is given"
        raise ValueError(f"context {given}, and the decoder has context_size={self.context_size}")
    if context is not None:
        floating(context=context)
        shaped("context", context, f"({B}, {self.context_size})", B, self.context_size)


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
    at_least_one(source_vocab_size=source_vocab_size, target_vocab_size=target_vocab_size)
    for name, given, size in (
        ("pad_id", pad_id, source_vocab_size),
        ("bos_id", bos_id, target_vocab_size),
    ):
        if not 0 <= given < size:
            raise ValueError(f"{name}={given}: an id from 0 to {size - 1} is wanted")


def translate(self: Any, source: Tensor, target: Tensor, teacher_forcing: float = 1.0) -> None:
    """Refuse what ``Seq2Seq`` cannot translate."""
    same_batch(source, target)
    sentences("target", target, self.target_vocab_size)
    if not 0.0 <= teacher_forcing <= 1.0:
        raise ValueError(f"teacher_forcing={teacher_forcing} is outside [0, 1]")


def start(self: Any, source: Tensor) -> None:
    """Refuse a source that cannot be read, or of which a sentence holds padding alone."""
    sentences("source", source, self.source_vocab_size)
    padding_last(source, self.pad_id)


def same_batch(source: Tensor, target: Tensor) -> None:
    """Refuse two batches that do not belong together."""
    if source.dim() == target.dim() == 2 and source.size(0) != target.size(0):
        raise ValueError(
            f"target has B={target.size(0)}, source has B={source.size(0)}: "
            "equal batch sizes are wanted"
        )


def sentences(name: str, ids: Tensor, vocab_size: int) -> None:
    """Refuse what is not a batch of sentences in this vocabulary."""
    ids_below(vocab_size, **{name: ids})
    shaped(name, ids, "(B, T)", None, None)


def padding_last(source: Tensor, pad_id: int) -> None:
    """Refuse a sentence of nothing but padding, and padding before a token."""
    real = source != pad_id
    if not real[:, 0].all():
        row = int((~real[:, 0]).nonzero()[0])
        raise ValueError(
            f"source[{row}] begins with pad_id={pad_id}: "
            "a token first, and padding after the last token alone, is wanted"
        )
    if (real[:, 1:] & ~real[:, :-1]).any():
        row = int((real[:, 1:] & ~real[:, :-1]).any(dim=1).nonzero()[0])
        raise ValueError(
            f"source[{row}] holds pad_id={pad_id} before a token: "
            "padding after the last token alone is wanted"
        )


def real_lengths(lengths: Tensor, B: int, T: int) -> None:
    """Refuse lengths that are not one a sentence, from 1 to T."""
    if lengths.dtype not in (torch.long, torch.int32):
        raise TypeError(f"lengths has dtype {lengths.dtype}, torch.int64 or torch.int32 is wanted")
    shaped("lengths", lengths, f"({B},)", B)
    if lengths.min() < 1 or lengths.max() > T:
        raise ValueError(
            f"lengths holds values from {int(lengths.min())} to {int(lengths.max())}, "
            f"1 to {T} are wanted"
        )
