"""BERT: an encoder that reads both ways, what it is trained on and what it is used for."""

from unrolled.bert.config import BertConfig
from unrolled.bert.heads import (
    BertForMaskedLM,
    BertForNextSentencePrediction,
    BertForPreTraining,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    MaskedLanguageModelHead,
)
from unrolled.bert.model import BertModel
from unrolled.bert.objectives import mask_tokens, mlm_loss, nsp_pairs, pack_pair
from unrolled.bert.spans import span_answer

__all__ = [
    "BertConfig", "BertForMaskedLM", "BertForNextSentencePrediction", "BertForPreTraining",
    "BertForQuestionAnswering", "BertForSequenceClassification", "BertForTokenClassification",
    "BertModel", "MaskedLanguageModelHead", "mask_tokens", "mlm_loss", "nsp_pairs", "pack_pair",
    "span_answer",
]  # fmt: skip
