"""What the layers and models of ``unrolled.alignment`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors
from unrolled.arguments.seq2seq import special_ids

SCORES = ("general", "dot", "concat")
ATTENTIONS = ("additive", *SCORES)
DECODERS = ("bahdanau", "luong", "luong-fed")


def additive(self: Any, query_size: int, key_size: int, hidden_size: int) -> None:
    """Refuse what ``AdditiveAttention`` cannot be made of."""
    common.at_least_one(query_size=query_size, key_size=key_size, hidden_size=hidden_size)


def luong(
    self: Any,
    query_size: int,
    key_size: int,
    score: str = "general",
    hidden_size: int | None = None,
) -> None:
    """Refuse what ``LuongAttention`` cannot be made of."""
    common.at_least_one(query_size=query_size, key_size=key_size)
    common.one_of("score", score, SCORES)
    common.at_least_one(**common.given(hidden_size=hidden_size))
    if score == "dot" and query_size != key_size:
        raise ValueError(
            f"query_size={query_size}, key_size={key_size}: equal sizes are wanted for 'dot'"
        )


def attend(
    self: Any,
    query: Tensor,
    keys: Tensor,
    mask: Tensor | None = None,
    projected: Tensor | None = None,
) -> None:
    """Refuse what an attention of this module cannot use."""
    tensors.sequences(self.query_size, query=query)
    tensors.sequences(self.key_size, keys=keys)
    tensors.same_batch(query=query, keys=keys)
    tensors.broadcasts((query.size(0), 1, query.size(1), keys.size(1)), mask=mask)


def decoder(
    self: Any,
    vocab_size: int,
    embedding_size: int,
    hidden_size: int,
    memory_size: int,
    attention: str = "additive",
    dropout: float = 0.0,
) -> None:
    """Refuse what ``AttentionDecoder`` cannot be made of."""
    common.at_least_one(
        vocab_size=vocab_size,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
        memory_size=memory_size,
    )
    common.one_of("attention", attention, ATTENTIONS)
    common.probability(dropout=dropout)


def luong_decoder(
    self: Any,
    vocab_size: int,
    embedding_size: int,
    hidden_size: int,
    memory_size: int,
    attention: str = "general",
    dropout: float = 0.0,
    input_feeding: bool = False,
) -> None:
    """Refuse what ``LuongDecoder`` cannot be made of."""
    decoder(self, vocab_size, embedding_size, hidden_size, memory_size, attention, dropout)


def start(self: Any, state: Tensor, memory: Tensor, mask: Tensor | None = None) -> None:
    """Refuse what the decoders cannot start from."""
    tensors.floating(state=state, memory=memory)
    M = self.memory_size
    tensors.shaped("memory", memory, f"(B, Tk, {M})", None, None, M)
    tensors.exactly("state", state, memory.size(0), self.hidden_size)
    tensors.broadcasts((memory.size(0), 1, 1, memory.size(1)), mask=mask)


def decode(
    self: Any, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
) -> None:
    """Refuse what the decoders cannot read."""
    tensors.token_ids(self.embedding.num_embeddings, inputs=inputs)
    B, M = inputs.size(0), self.memory_size
    tensors.floating(state=state, memory=memory)
    tensors.exactly("state", state, B, self.hidden_size)
    tensors.shaped("memory", memory, f"({B}, Tk, {M})", B, None, M)
    tensors.broadcasts((B, 1, 1, memory.size(1)), mask=mask)


def model(
    self: Any,
    source_vocab_size: int,
    target_vocab_size: int,
    embedding_size: int,
    hidden_size: int,
    decoder: str = "bahdanau",
    attention: str | None = None,
    dropout: float = 0.0,
    bidirectional: bool = True,
    pad_id: int = 0,
    bos_id: int = 1,
) -> None:
    """Refuse what ``AttentionSeq2Seq`` cannot be made of; its parts refuse the rest."""
    special_ids(source_vocab_size, target_vocab_size, pad_id, bos_id)
    common.one_of("decoder", decoder, DECODERS)
    if attention is not None:
        common.one_of("attention", attention, ATTENTIONS)
    if attention == "dot" and bidirectional:
        raise ValueError("attention='dot' with bidirectional=True: bidirectional=False is wanted")


def translate(self: Any, source: Tensor, target: Tensor, need_weights: bool = False) -> None:
    """Refuse a target that ``AttentionSeq2Seq`` cannot score; ``read`` looks at the source."""
    tensors.same_batch(source=source, target=target)
    tensors.token_ids(self.target_vocab_size, target=target)


def read(self: Any, source: Tensor) -> None:
    """Refuse a source that cannot be read, or of which a sentence holds padding alone."""
    tensors.token_ids(self.source_vocab_size, source=source)
    tensors.padding_last(self.pad_id, source=source)
