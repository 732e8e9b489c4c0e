"""What the functions and models of ``unrolled.bert`` refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from unrolled.arguments import common, configs, tensors

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
    configs.encoder(config)
    sizes = ("vocab_size", "max_position_embeddings", "type_vocab_size", "num_labels")
    common.at_least_one(**configs.fields(config, *sizes))
    common.one_id(config.vocab_size, **common.given(pad_token_id=config.pad_token_id))
    common.probability(**common.given(classifier_dropout=config.classifier_dropout))


def from_hf_bert(config: Mapping[str, Any]) -> None:
    """Refuse a BERT config that asks for what ``BertModel`` does not compute."""
    configs.fixed(config, BERT_FIXED)


def bert_model(
    self: Any, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
) -> None:
    """Refuse what ``BertModel`` cannot read."""
    tensors.token_ids(self.config.vocab_size, ids=ids)
    longest = self.config.max_position_embeddings
    if ids.size(1) > longest:
        raise ValueError(f"ids has T={ids.size(1)} positions, at most {longest} are wanted")
    if segments is not None:
        tensors.alike(ids=ids, segments=segments)
        tensors.token_ids(self.config.type_vocab_size, segments=segments)


def mlm_head(self: Any, hidden: Tensor, table: Tensor) -> None:
    """Refuse what ``MaskedLanguageModelHead`` cannot score."""
    V, D = len(self.bias), self.transform.in_features
    tensors.floating(hidden=hidden, table=table)
    tensors.shaped("hidden", hidden, f"(..., {D})", ..., D)
    tensors.exactly("table", table, V, D)


def mask_tokens(
    ids: Tensor,
    mask_id: int,
    vocab_size: int,
    special_ids: Sequence[int],
    rate: float = 0.15,
    generator: object = None,
) -> None:
    """Refuse what ``mask_tokens`` cannot use."""
    common.at_least_one(vocab_size=vocab_size)
    tensors.longs(ids=ids)
    tensors.token_ids(vocab_size, ids=ids)
    special = {f"special_ids[{n}]": one for n, one in enumerate(special_ids)}
    common.one_id(vocab_size, mask_id=mask_id, **special)
    common.fraction(rate=rate)


def mlm_loss(logits: Tensor, labels: Tensor) -> None:
    """Refuse what ``mlm_loss`` cannot use."""
    tensors.longs(labels=labels)
    tensors.shaped("logits", logits, "(B, T, V)", None, None, None)
    tensors.one_a_row(logits, labels=labels)
    predicted = labels[labels != IGNORED]
    if predicted.numel() == 0:
        raise ValueError("labels predicts nothing: at least one label other than -100 is wanted")
    tensors.between(0, logits.size(-1) - 1, labels=predicted)


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
        common.not_empty(name, sentence, "token")
    common.at_least(0, cls_id=cls_id, sep_id=sep_id)


def span_answer(
    start_logits: Tensor, end_logits: Tensor, mask: Tensor | None = None, max_len: int = 30
) -> None:
    """Refuse what ``span_answer`` cannot use."""
    tensors.floating(start_logits=start_logits, end_logits=end_logits)
    tensors.shaped("start_logits", start_logits, "(B, T)", None, None)
    tensors.alike(start_logits=start_logits, end_logits=end_logits, **common.given(mask=mask))
    common.at_least_one(max_len=max_len)
    tensors.boolean(mask=mask)
    if mask is not None and not mask.any(dim=-1).all():
        row = int((~mask.any(dim=-1)).nonzero()[0])
        raise ValueError(f"mask[{row}] is False everywhere, a position for the answer is wanted")
