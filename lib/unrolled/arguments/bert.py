"""What the functions and models of ``unrolled.bert`` refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments.common import at_least_one, floating, ids_below, one_of, probability, shaped
from unrolled.arguments.gpt import ACTIVATIONS, fixed

IGNORED = -100
# Fields of a Hugging Face config that change what the model computes, and what we compute.
BERT_FIXED = {
    "model_type": "bert",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "tie_word_embeddings": True,
}


def bert_config(config: Any) -> None:
    """Refuse sizes that no BERT can have."""
    encoder_config(config)
    sizes = ("vocab_size", "max_position_embeddings", "type_vocab_size", "num_labels")
    at_least_one(**{name: getattr(config, name) for name in sizes})
    pad = config.pad_token_id
    if pad is not None and not 0 <= pad < config.vocab_size:
        raise ValueError(f"pad_token_id={pad}: None or 0 to {config.vocab_size - 1} is wanted")
    if config.classifier_dropout is not None:
        probability(classifier_dropout=config.classifier_dropout)


def encoder_config(config: Any) -> None:
    """Refuse what is the same in BERT and ViT."""
    sizes = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    at_least_one(**{name: getattr(config, name) for name in sizes})
    if config.hidden_size % config.num_attention_heads:
        raise ValueError(
            f"hidden_size={config.hidden_size} is not divisible by "
            f"num_attention_heads={config.num_attention_heads}"
        )
    rates = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    probability(**{name: getattr(config, name) for name in rates})
    one_of("hidden_act", config.hidden_act, tuple(ACTIVATIONS))
    for name in ("initializer_range", "layer_norm_eps"):
        if not getattr(config, name) >= 0.0:
            raise ValueError(f"{name}={getattr(config, name)}: a number of at least 0 is wanted")


def from_hf_bert(config: Mapping[str, Any]) -> None:
    """Refuse a BERT config that asks for what ``BertModel`` does not compute."""
    fixed(config, BERT_FIXED)


def bert_model(
    self: Any, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
) -> None:
    """Refuse what ``BertModel`` cannot read."""
    _tokens(self.config.vocab_size, ids=ids)
    longest = self.config.max_position_embeddings
    if ids.size(1) > longest:
        raise ValueError(f"ids has T={ids.size(1)} positions, at most {longest} are wanted")
    if segments is not None:
        if segments.shape != ids.shape:
            raise ValueError(
                f"segments has shape {tuple(segments.shape)}, {tuple(ids.shape)} is wanted, as ids"
            )
        _tokens(self.config.type_vocab_size, segments=segments)


def mask_tokens(
    ids: Tensor,
    mask_id: int,
    vocab_size: int,
    special_ids: Sequence[int],
    rate: float = 0.15,
    generator: object = None,
) -> None:
    """Refuse what ``mask_tokens`` cannot use."""
    if ids.dtype != torch.long:
        raise TypeError(f"ids has dtype {ids.dtype}, torch.int64 is wanted")
    _tokens(vocab_size, ids=ids)
    for name, given in [("mask_id", mask_id), *(("special_ids holds", i) for i in special_ids)]:
        if not 0 <= given < vocab_size:
            sign = " " if name.endswith("holds") else "="
            raise ValueError(f"{name}{sign}{given}: 0 to {vocab_size - 1} is wanted")
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"rate={rate} is outside [0, 1]")


def mlm_loss(logits: Tensor, labels: Tensor) -> None:
    """Refuse what ``mlm_loss`` cannot use."""
    if labels.dtype != torch.long:
        raise TypeError(f"labels has dtype {labels.dtype}, torch.int64 is wanted")
    shaped("logits", logits, "(B, T, V)", None, None, None)
    if labels.shape != logits.shape[:2]:
        raise ValueError(
            f"labels has shape {tuple(labels.shape)}, {tuple(logits.shape[:2])} is wanted: one "
            f"label for each row of logits {tuple(logits.shape)}"
        )
    predicted = labels[labels != IGNORED]
    if predicted.numel() == 0:
        raise ValueError("labels predicts nothing: at least one label other than -100 is wanted")
    if predicted.min() < 0 or predicted.max() >= logits.size(-1):
        raise ValueError(
            f"labels holds values from {int(predicted.min())} to {int(predicted.max())}, "
            f"-100 or 0 to {logits.size(-1) - 1} are wanted"
        )


def nsp_pairs(documents: Sequence[Sequence[Any]], generator: object = None) -> None:
    """Refuse what ``nsp_pairs`` cannot use."""
    if len(documents) < 2:
        raise ValueError(f"documents has length {len(documents)}, at least 2 are wanted")
    lengths = [len(document) for document in documents]
    if min(lengths) < 1:
        raise ValueError(f"documents[{lengths.index(min(lengths))}] is empty, sentences are wanted")
    if max(lengths) < 2:
        raise ValueError("documents have one sentence each, one with 2 or more is wanted")


def pack_pair(first: Sequence[int], second: Sequence[int], cls_id: int, sep_id: int) -> None:
    """Refuse what ``pack_pair`` cannot use."""
    for name, sentence in (("first", first), ("second", second)):
        if len(sentence) == 0:
            raise ValueError(f"{name} is empty, at least one token is wanted")


def span_answer(
    start_logits: Tensor, end_logits: Tensor, mask: Tensor | None = None, max_len: int = 30
) -> None:
    """Refuse what ``span_answer`` cannot use."""
    floating(start_logits=start_logits, end_logits=end_logits)
    shaped("start_logits", start_logits, "(B, T)", None, None)
    for name, tensor in (("end_logits", end_logits), ("mask", mask)):
        if tensor is not None and tensor.shape != start_logits.shape:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}, {tuple(start_logits.shape)} is wanted, "
                "as start_logits"
            )
    at_least_one(max_len=max_len)
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise TypeError(f"mask has dtype {mask.dtype}, torch.bool is wanted (True = may answer)")
    if not mask.any(dim=-1).all():
        row = int((~mask.any(dim=-1)).nonzero()[0])
        raise ValueError(f"mask[{row}] is False everywhere, a position for the answer is wanted")


def _tokens(size: int, **tensors: Tensor) -> None:
    for name, ids in tensors.items():
        ids_below(size, **{name: ids})
        shaped(name, ids, "(B, T)", None, None)
