"""What the models and functions of ``unrolled.transformer`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common

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
    for name, size in (("source", source_vocab_size), ("target", target_vocab_size)):
        if not 0 <= pad_id < size:
            raise ValueError(
                f"pad_id={pad_id} is not an id of the {name} vocabulary, 0 to {size - 1} are wanted"
            )
    if tied == "all" and source_vocab_size != target_vocab_size:
        raise ValueError(
            f"tied='all' shares one table, but source_vocab_size={source_vocab_size} and "
            f"target_vocab_size={target_vocab_size}: one vocabulary is wanted"
        )


def translate(self: Any, source: Tensor, target: Tensor) -> None:
    """Refuse two batches that do not belong together; ``encode`` and ``decode`` look at each."""
    if source.dim() == target.dim() == 2 and source.size(0) != target.size(0):
        raise ValueError(
            f"target has B={target.size(0)}, source has B={source.size(0)}: "
            f"equal batches are wanted"
        )


def encode(self: Any, source: Tensor) -> None:
    """Refuse what ``Transformer.encode`` cannot read."""
    _ids("source", source, self.source_embedding.num_embeddings, self.pad_id)


def decode(self: Any, target: Tensor, memory: Tensor, memory_mask: Tensor) -> None:
    """Refuse what ``Transformer.decode`` cannot read; its layers look at the memory."""
    _ids("target", target, self.target_embedding.num_embeddings, self.pad_id)


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


def _ids(name: str, ids: Tensor, vocab_size: int, pad_id: int) -> None:
    common.shaped(name, ids, "(B, T)", None, None)
    common.ids_below(vocab_size, **{name: ids})
    empty = (ids == pad_id).all(dim=1)  # (B,)
    if empty.any():
        raise ValueError(
            f"{name} row {int(empty.nonzero()[0, 0])} holds only pad_id={pad_id}, "
            f"at least one token is wanted"
        )
