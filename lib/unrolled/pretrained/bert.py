"""BERT: which of Hugging Face's parameters is which of ours."""

from __future__ import annotations

from unrolled.pretrained.convert import Rule, linear, prefixed

__all__ = [
    "BERT", "IGNORED", "MASKED_LM", "NEXT_SENTENCE", "PRETRAINING", "QUESTION_ANSWERING",
    "SEQUENCE_CLASSIFICATION", "TOKEN_CLASSIFICATION",
]  # fmt: skip

#: Stored in old files, and no weights.
IGNORED = ("embeddings.position_ids", "bert.embeddings.position_ids")

_LAYER = [
    *linear("attention.q_proj", "attention.self.query"),
    *linear("attention.k_proj", "attention.self.key"),
    *linear("attention.v_proj", "attention.self.value"),
    *linear("attention.out_proj", "attention.output.dense"),
    *linear("norm1", "attention.output.LayerNorm"),
    *linear("feed_forward.linear1", "intermediate.dense"),
    *linear("feed_forward.linear2", "output.dense"),
    *linear("norm2", "output.LayerNorm"),
]

#: ``BertModel``; the pooler's rules serve a model that has one.
BERT = [
    Rule("token_embedding.weight", "embeddings.word_embeddings.weight"),
    Rule("segment_embedding.weight", "embeddings.token_type_embeddings.weight"),
    Rule("positions.weight", "embeddings.position_embeddings.weight"),
    *linear("norm", "embeddings.LayerNorm"),
    *prefixed(_LAYER, ours="layers.{}.", theirs="encoder.layer.{}."),
    *linear("pooler", "pooler.dense"),
]

_INNER = prefixed(BERT, ours="bert.", theirs="bert.")
_MLM = [
    *linear("mlm.transform", "cls.predictions.transform.dense"),
    *linear("mlm.norm", "cls.predictions.transform.LayerNorm"),
    Rule("mlm.bias", "cls.predictions.bias"),
    Rule("mlm.bias", "cls.predictions.decoder.bias"),  # the same parameter twice
    Rule("bert.token_embedding.weight", "cls.predictions.decoder.weight"),  # tied to the table
]
_NSP = linear("nsp", "cls.seq_relationship")

#: One list for each head.
MASKED_LM = [*_INNER, *_MLM]
NEXT_SENTENCE = [*_INNER, *_NSP]
PRETRAINING = [*_INNER, *_MLM, *_NSP]
SEQUENCE_CLASSIFICATION = [*_INNER, *linear("classifier", "classifier")]
TOKEN_CLASSIFICATION = SEQUENCE_CLASSIFICATION
QUESTION_ANSWERING = [*_INNER, *linear("span", "qa_outputs")]
