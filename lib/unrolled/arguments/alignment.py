"""What the layers and models of ``unrolled.alignment`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments.common import at_least_one, boolean, one_of, probability, sequences, shaped
from unrolled.arguments.common import floating as floating_point
from unrolled.arguments.seq2seq import padding_last, same_batch, sentences, special_ids

SCORES = ("general", "dot", "concat")
ATTENTIONS = ("additive", *SCORES)
DECODERS = ("bahdanau", "luong", "luong-fed")


def additive(self: Any, query_size: int, key_size: int, hidden_size: int) -> None:
    """Refuse what ``AdditiveAttention`` cannot be made of."""
    at_least_one(query_size=query_size, key_size=key_size, hidden_size=hidden_size)


def luong(
    self: Any,
    query_size: int,
    key_size: int,
    score: str = "general",
    hidden_size: int | None = None,
) -> None:
    """Refuse what ``LuongAttention`` cannot be made of."""
    at_least_one(query_size=query_size, key_size=key_size)
    one_of("score", score, SCORES)
    if hidden_size is not None:
        at_least_one(hidden_size=hidden_size)
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
    sequences(self.query_size, query=query)
    sequences(self.key_size, keys=keys)
    if query.size(0) != keys.size(0):
        raise ValueError(
            f"keys has B={keys.size(0)}, query has B={query.size(0)}: equal batch sizes are wanted"
        )
    boolean(mask=mask)
    _broadcasts(mask, (query.size(0), 1, query.size(1), keys.size(1)))


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
    at_least_one(
        vocab_size=vocab_size,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
        memory_size=memory_size,
    )
    one_of("attention", attention, ATTENTIONS)
    probability(dropout=dropout)


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


def decode(
    self: Any, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
) -> None:
    """Refuse what the decoders cannot read."""
    sentences("inputs", inputs, self.embedding.num_embeddings)
    B, M = inputs.size(0), self.memory_size
    floating_point(state=state, memory=memory)
    shaped("state", state, f"({B}, {self.hidden_size})", B, self.hidden_size)
    shaped("memory", memory, f"({B}, Tk, {M})", B, None, M)
    boolean(mask=mask)
    _broadcasts(mask, (B, 1, 1, memory.size(1)))


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
    one_of("decoder", decoder, DECODERS)
    if attention is not None:
        one_of("attention", attention, ATTENTIONS)
    if attention == "dot" and bidirectional:
        raise ValueError("attention='dot' with bidirectional=True: bidirectional=False is wanted")


def translate(self: Any, source: Tensor, target: Tensor, need_weights: bool = False) -> None:
    """Refuse a target that ``AttentionSeq2Seq`` cannot score; ``read`` looks at the source."""
    same_batch(source, target)
    sentences("target", target, self.target_vocab_size)


def read(self: Any, source: Tensor) -> None:
    """Refuse a source that cannot be read, or of which a sentence holds padding alone."""
    sentences("source", source, self.source_vocab_size)
    padding_last(source, self.pad_id)


def _broadcasts(mask: Tensor | None, wanted: tuple[int, ...]) -> None:
    if mask is None:
        return
    sizes = zip(reversed(mask.shape), reversed(wanted), strict=False)
    if mask.dim() > len(wanted) or any(given not in (1, size) for given, size in sizes):
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}, one that broadcasts to {wanted} is wanted"
        )
