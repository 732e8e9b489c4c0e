"""What the models and functions of ``unrolled.transformer`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors

POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "none")
TIED = ("none", "target", "all")


def stack(self: Any, n_layers: int, *args: Any, **kwargs: Any) -> None:
    """Refuse a stack of no layers; the layers refuse the rest."""
    common.at_least_one(n_layers=n_layers)


def transformer(
    self: Any,
    source_vocab_size: int,
    target_vocab_size: int,
    d_model: int = 512,
    n_heads: int = 8,
    n_layers: int = 6,
    d_ff: int = 2048,
    dropout: float = 0.1,
    activation: str = "relu",
    norm_first: bool = False,
    positions: str = "sinusoidal",
    tied: str = "none",
    max_len: int = 512,
    pad_id: int = 0,
) -> None:
    """Refuse what ``Transformer`` cannot be made of; its layers refuse the rest."""
    common.at_least_one(source_vocab_size=source_vocab_size, target_vocab_size=target_vocab_size)
    common.at_least_one(d_model=d_model, n_layers=n_layers, max_len=max_len)
    common.probability(dropout=dropout)
    common.one_of("positions", positions, POSITIONS)
    common.one_of("tied", tied, TIED)
    common.one_id(min(source_vocab_size, target_vocab_size), pad_id=pad_id)
    if tied == "all" and source_vocab_size != target_vocab_size:
        raise ValueError(
            f"tied='all' shares one table, but source_vocab_size={source_vocab_size} and "
            f"target_vocab_size={target_vocab_size}: one vocabulary is wanted"
        )


def translate(self: Any, source: Tensor, target: Tensor) -> None:
    """Refuse two batches that do not belong together; ``encode`` and ``decode`` look at each."""
    tensors.same_batch(source=source, target=target)


def encode(self: Any, source: Tensor) -> None:
    """Refuse what ``Transformer.encode`` cannot read."""
    tensors.token_ids(self.source_embedding.num_embeddings, source=source)
    tensors.some_token(self.pad_id, source=source)


def decode(self: Any, target: Tensor, memory: Tensor, memory_mask: Tensor) -> None:
    """Refuse what ``Transformer.decode`` cannot read; its layers look at the memory."""
    tensors.token_ids(self.target_embedding.num_embeddings, target=target)
    tensors.some_token(self.pad_id, target=target)


def decode_transformer(
    model: Any,
    source: Tensor,
    bos_id: int,
    eos_id: int,
    max_len: int,
    beam_size: int = 1,
    length_penalty: float = 0.0,
) -> None:
    """Refuse what ``decode_transformer`` cannot start from; the search looks at the rest."""
    if bos_id == model.pad_id:
        raise ValueError(
            f"bos_id={bos_id} is the model's pad_id, which is never attended to: "
            f"an id of its own is wanted"
        )
    common.at_least_one(beam_size=beam_size)
    encode(model, source)
