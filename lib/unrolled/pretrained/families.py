"""From the files of a hub snapshot to our model and tokenizer, one way for each kind of model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from unrolled import bert
from unrolled.gpt import GPT, GPTConfig
from unrolled.llama import Llama, LlamaConfig
from unrolled.pretrained import bert as bert_names
from unrolled.pretrained import gpt2 as gpt2_names
from unrolled.pretrained import llama as llama_names
from unrolled.pretrained.convert import with_weights
from unrolled.pretrained.errors import WeightsDamaged
from unrolled.pretrained.hub import read_json
from unrolled.tokenizers import ByteBPE, WordPiece

__all__ = ["FAMILIES", "Family"]

State = dict[str, Tensor]

# The heads that a BERT's file has, told by their keys: the first line whose keys are all there.
BERTS = [
    ({"cls.predictions.bias", "cls.seq_relationship.weight"}, bert.BertForPreTraining,
     bert_names.PRETRAINING),
    ({"cls.predictions.bias"}, bert.BertForMaskedLM, bert_names.MASKED_LM),
    ({"cls.seq_relationship.weight"}, bert.BertForNextSentencePrediction,
     bert_names.NEXT_SENTENCE),
    ({"qa_outputs.weight"}, bert.BertForQuestionAnswering, bert_names.QUESTION_ANSWERING),
    ({"classifier.weight", "bert.pooler.dense.weight"}, bert.BertForSequenceClassification,
     bert_names.SEQUENCE_CLASSIFICATION),
    ({"classifier.weight"}, bert.BertForTokenClassification, bert_names.TOKEN_CLASSIFICATION),
    (set(), bert.BertModel, bert_names.BERT),
]  # fmt: skip


def _load_bert(config: Mapping[str, Any], state: State) -> nn.Module:
    state = {_todays_name(name): tensor for name, tensor in state.items()}
    sizes = bert.BertConfig.from_hf(config)
    kind, rules = next((kind, rules) for keys, kind, rules in BERTS if keys <= state.keys())
    options = {"pooler": "pooler.dense.weight" in state} if kind is bert.BertModel else {}
    return with_weights(lambda: kind(sizes, **options), state, rules, bert_names.IGNORED)


def _todays_name(name: str) -> str:
    """Files from the first years call the scale and shift of a norm gamma and beta."""
    if name.endswith("LayerNorm.gamma"):
        return name.removesuffix("gamma") + "weight"
    return name.removesuffix("beta") + "bias" if name.endswith("LayerNorm.beta") else name


def _load_gpt2(config: Mapping[str, Any], state: State) -> nn.Module:
    sizes = GPTConfig.from_hf(config)
    rules = gpt2_names.TIED if sizes.tie_word_embeddings else gpt2_names.UNTIED
    if "wte.weight" in state:
        rules = gpt2_names.HUB
    return with_weights(lambda: GPT(sizes), state, rules, gpt2_names.IGNORED)


def _load_llama(config: Mapping[str, Any], state: State) -> nn.Module:
    sizes = LlamaConfig.from_hf(config)
    rules = llama_names.TIED if sizes.tie_word_embeddings else llama_names.UNTIED
    return with_weights(lambda: Llama(sizes), state, rules, llama_names.IGNORED)


def _wordpiece(folder: Path) -> WordPiece:
    options = folder / "tokenizer_config.json"
    lower_case = read_json(options).get("do_lower_case", True) if options.is_file() else True
    return WordPiece.from_file(folder / "vocab.txt", lower_case)


def _byte_bpe(folder: Path) -> ByteBPE:
    """Read ``tokenizer.json``, which holds vocabulary, merges and special tokens."""
    path = folder / "tokenizer.json"
    content = read_json(path)
    try:
        model = content["model"]
        merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
        special = [token["content"] for token in content["added_tokens"]]
        split_digits = _digits_apart(content["pre_tokenizer"])
    except (KeyError, TypeError) as error:
        raise WeightsDamaged(f"{path} holds no byte-level BPE: {error!r}") from error
    return ByteBPE.from_vocab(model["vocab"], merges, special, split_digits)


def _digits_apart(pre_tokenizer: Mapping[str, Any]) -> bool:
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    return any(step["type"] == "Digits" and step["individual_digits"] for step in steps)


class Family(NamedTuple):
    """How one kind of model is read.

    Attributes:
        load: makes our model from the fields of ``config.json`` and the tensors.
        tokenizer: makes our tokenizer from the files in a folder.
    """

    load: Callable[[Mapping[str, Any], State], nn.Module]
    tokenizer: Callable[[Path], WordPiece | ByteBPE]


#: Hugging Face's ``model_type`` to how it is read.
FAMILIES = {
    "bert": Family(_load_bert, _wordpiece),
    "gpt2": Family(_load_gpt2, _byte_bpe),
    "llama": Family(_load_llama, _byte_bpe),
}
