"""The sizes of a BERT, by the names that Hugging Face's ``BertConfig`` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from unrolled.arguments import bert as arguments
from unrolled.arguments import configs

__all__ = ["BertConfig"]


@dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT; the defaults are those of BERT-base (Devlin et al. 2019, section 3).

    Args:
        vocab_size: V, number of tokens. Default: 30522.
        hidden_size: D, width of the model; a multiple of ``num_attention_heads``. Default: 768.
        num_hidden_layers: number of layers, at least 1. Default: 12.
        num_attention_heads: H, heads of each layer. Default: 12.
        intermediate_size: width inside the feed-forward network. Default: 3072.
        hidden_act: ``"gelu"``, ``"gelu_new"`` (its approximation with tanh) or ``"relu"``.
            Default: ``"gelu"``.
        hidden_dropout_prob: dropout of the embeddings and of what each sublayer adds, in [0, 1).
            Default: 0.1.
        attention_probs_dropout_prob: dropout of attention weights, in [0, 1). Default: 0.1.
        max_position_embeddings: the longest sequence. Default: 512.
        type_vocab_size: number of segments. Default: 2.
        initializer_range: standard deviation of new weights. Default: 0.02.
        layer_norm_eps: of every LayerNorm. Default: 1e-12.
        pad_token_id: the token whose embedding learns nothing; None for none. Default: 0.
        classifier_dropout: dropout before a classifier. Default: ``hidden_dropout_prob``.
        num_labels: classes of a classifier. Default: 2.

    Raises:
        ValueError: if a size is below 1, a probability outside [0, 1), ``hidden_act`` unknown,
            ``pad_token_id`` not a token, or ``num_attention_heads`` does not divide
            ``hidden_size``.

    >>> BertConfig(hidden_size=8, num_attention_heads=2).intermediate_size
    3072
    """

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int | None = 0
    classifier_dropout: float | None = None
    num_labels: int = 2

    def __post_init__(self) -> None:
        arguments.bert_config(self)

    @property
    def activation(self) -> str:
        """The activation's name in :class:`unrolled.blocks.FeedForward`."""
        return configs.ACTIVATIONS[self.hidden_act]

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> BertConfig:
        """Read the fields of a Hugging Face ``config.json`` of a BERT.

        Args:
            config: its fields. What does not change the result, such as ``use_cache``, is left
                aside.

        Returns:
            The same sizes and rates.

        Raises:
            ValueError: if a field asks for what this model does not compute.

        >>> BertConfig.from_hf({"model_type": "bert", "id2label": {"0": "a", "1": "b", "2": "c"}})
        ... # doctest: +ELLIPSIS
        BertConfig(..., num_labels=3)
        """
        arguments.from_hf_bert(config)
        return cls(**known_fields(cls, config))


def known_fields(cls: type, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return those fields of a Hugging Face config that one of our classes has."""
    labels = {"num_labels": len(config["id2label"])} if "id2label" in config else {}
    names = {field.name for field in fields(cls)}
    return labels | {name: value for name, value in config.items() if name in names}
