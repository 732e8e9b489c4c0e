"""What stands on top of the encoder: one head a task (Devlin et al. 2019, sections 3.1 and 4).

Shapes: ``B`` batch, ``T`` positions, ``D`` = hidden_size, ``V`` vocabulary, ``C`` classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import bert as arguments
from unrolled.arguments import configs
from unrolled.bert.config import BertConfig
from unrolled.bert.model import BertModel, initialise
from unrolled.blocks import LayerNorm
from unrolled.parts import part
from unrolled.views import views

__all__ = [
    "BertForMaskedLM", "BertForNextSentencePrediction", "BertForPreTraining",
    "BertForQuestionAnswering", "BertForSequenceClassification", "BertForTokenClassification",
    "MaskedLanguageModelHead",
]  # fmt: skip


class MaskedLanguageModelHead(nn.Module):
    r"""Score every token of the vocabulary at every position.

    .. math:: z = \mathrm{LayerNorm}(\mathrm{gelu}(W h + b))\, E^\top + c

    The decoder is tied: :math:`E` is the table of token embeddings, handed to ``forward``, and only
    the bias :math:`c` is the head's own. This is the authors' code; the paper (section 3.1) says
    "an output softmax over the vocabulary".

    Args:
        config: the sizes.

    Shape:
        hidden ``(B, T, D)``, table ``(V, D)``, logits ``(B, T, V)``.

    Returns:
        Unnormalised scores.

    Raises:
        TypeError: if ``hidden`` or ``table`` is not floating point.
        ValueError: if a shape does not fit.

    Parameters: ``transform``, a Linear (D, D); ``norm``; ``bias`` (V,).

    Matches the head of Hugging Face's ``BertForMaskedLM`` within 1e-5 (float32) and 1e-10
    (float64).

    >>> config = BertConfig(9, 8, num_attention_heads=2)
    >>> MaskedLanguageModelHead(config)(torch.zeros(1, 3, 8), torch.zeros(9, 8)).shape
    torch.Size([1, 3, 9])
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.activation = config.activation
        self.transform = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = part(LayerNorm)(config.hidden_size, config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        initialise(self, config.initializer_range)

    @views(check=arguments.mlm_head)
    def forward(self, hidden: Tensor, table: Tensor) -> Tensor:
        """Score against every row of ``table``, the embeddings the sentence was read with."""
        x = self.transform(hidden)  # (B, T, D)
        if self.activation == "relu":
            x = x.relu()
        else:
            x = F.gelu(x, approximate="tanh" if self.activation == "gelu_tanh" else "none")
        return F.linear(self.norm(x), table, self.bias)  # (B, T, V)


class BertForMaskedLM(nn.Module):
    """BERT that fills in masked tokens.

    Args:
        config: the sizes.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; logits ``(B, T, V)``.

    Returns:
        A score for every token at every position; see :func:`mlm_loss`.

    Raises:
        TypeError, ValueError: as :class:`BertModel` does.

    Parameters: ``bert``, a :class:`BertModel` without pooler, and ``mlm``.

    Matches Hugging Face's ``BertForMaskedLM`` within 1e-5 (float32) and 1e-10 (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2)
    >>> BertForMaskedLM(config)(torch.tensor([[1, 5, 2]])).shape
    torch.Size([1, 3, 9])
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.bert = part(BertModel)(config, pooler=False)
        self.mlm = part(MaskedLanguageModelHead)(config)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Score every token of the vocabulary at every position."""
        hidden, _ = self.bert(ids, segments, mask)  # (B, T, D)
        return self.mlm(hidden, self.bert.token_embedding.weight)  # (B, T, V)


class BertForNextSentencePrediction(nn.Module):
    """BERT that says whether the second sentence followed the first.

    Args:
        config: the sizes.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; logits ``(B, 2)``.

    Returns:
        Scores of class 0, the next sentence, and class 1, a random one.

    Raises:
        TypeError, ValueError: as :class:`BertModel` does.

    Parameters: ``bert``, a :class:`BertModel`; ``nsp``, a Linear (2, D).

    Matches Hugging Face's ``BertForNextSentencePrediction`` within 1e-5 (float32) and 1e-10
    (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2)
    >>> BertForNextSentencePrediction(config)(torch.tensor([[1, 5, 2]])).shape
    torch.Size([1, 2])
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.bert = part(BertModel)(config)
        self.nsp = nn.Linear(config.hidden_size, 2)
        initialise(self.nsp, config.initializer_range)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Judge each pair of sentences."""
        _, pooled = self.bert(ids, segments, mask)  # (B, D)
        return self.nsp(pooled)  # (B, 2)


class BertForPreTraining(nn.Module):
    """BERT with both of the heads it is trained with.

    Args:
        config: the sizes.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; token logits ``(B, T, V)``,
        pair logits ``(B, 2)``.

    Returns:
        ``(token_logits, pair_logits)``; the training loss is :func:`mlm_loss` of the first plus
        the cross-entropy of the second (section A.2).

    Raises:
        TypeError, ValueError: as :class:`BertModel` does.

    Parameters: ``bert``, a :class:`BertModel`; ``mlm``; ``nsp``, a Linear (2, D).

    Matches Hugging Face's ``BertForPreTraining`` within 1e-5 (float32) and 1e-10 (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2)
    >>> [logits.shape for logits in BertForPreTraining(config)(torch.tensor([[1, 5, 2]]))]
    [torch.Size([1, 3, 9]), torch.Size([1, 2])]
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.bert = part(BertModel)(config)
        self.mlm = part(MaskedLanguageModelHead)(config)
        self.nsp = nn.Linear(config.hidden_size, 2)
        initialise(self.nsp, config.initializer_range)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Fill in the tokens and judge the pair, from one reading."""
        hidden, pooled = self.bert(ids, segments, mask)  # (B, T, D), (B, D)
        token_logits = self.mlm(hidden, self.bert.token_embedding.weight)  # (B, T, V)
        return token_logits, self.nsp(pooled)  # (B, T, V), (B, 2)


class BertForSequenceClassification(nn.Module):
    """BERT that gives a text one of ``num_labels`` classes, such as its sentiment.

    Args:
        config: the sizes.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; logits ``(B, C)``.

    Returns:
        A score for every class.

    Raises:
        TypeError, ValueError: as :class:`BertModel` does.

    Parameters: ``bert``, a :class:`BertModel`; ``classifier``, a Linear (C, D).

    Matches Hugging Face's ``BertForSequenceClassification`` within 1e-5 (float32) and 1e-10
    (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2, num_labels=4)
    >>> BertForSequenceClassification(config)(torch.tensor([[1, 5, 2]])).shape
    torch.Size([1, 4])
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.bert = part(BertModel)(config)
        self.dropout, self.classifier = _classifier(config)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Classify each text by its pooled vector."""
        _, pooled = self.bert(ids, segments, mask)  # (B, D)
        return self.classifier(self.dropout(pooled))  # (B, C)


class BertForTokenClassification(nn.Module):
    """BERT that gives every token one of ``num_labels`` classes, such as the tags of entities.

    Args:
        config: the sizes.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; logits ``(B, T, C)``.

    Returns:
        A score for every class at every position.

    Raises:
        TypeError, ValueError: as :class:`BertModel` does.

    Parameters: ``bert``, a :class:`BertModel` without pooler; ``classifier``, a Linear (C, D).

    Matches Hugging Face's ``BertForTokenClassification`` within 1e-5 (float32) and 1e-10
    (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2, num_labels=4)
    >>> BertForTokenClassification(config)(torch.tensor([[1, 5, 2]])).shape
    torch.Size([1, 3, 4])
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.bert = part(BertModel)(config, pooler=False)
        self.dropout, self.classifier = _classifier(config)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Classify every position."""
        hidden, _ = self.bert(ids, segments, mask)  # (B, T, D)
        return self.classifier(self.dropout(hidden))  # (B, T, C)


class BertForQuestionAnswering(nn.Module):
    """BERT that marks where in a passage the answer starts and where it ends (section 4.2).

    Args:
        config: the sizes.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; each logits ``(B, T)``.

    Returns:
        ``(start_logits, end_logits)``; :func:`span_answer` picks the best span.

    Raises:
        TypeError, ValueError: as :class:`BertModel` does.

    Parameters: ``bert``, a :class:`BertModel` without pooler; ``span``, a Linear (2, D).

    Matches Hugging Face's ``BertForQuestionAnswering`` within 1e-5 (float32) and 1e-10 (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2)
    >>> start, end = BertForQuestionAnswering(config)(torch.tensor([[1, 5, 2]]))
    >>> start.shape, end.shape
    (torch.Size([1, 3]), torch.Size([1, 3]))
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.bert = part(BertModel)(config, pooler=False)
        self.span = nn.Linear(config.hidden_size, 2)
        initialise(self.span, config.initializer_range)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Score every position as the start and as the end of the answer."""
        hidden, _ = self.bert(ids, segments, mask)  # (B, T, D)
        start_logits, end_logits = self.span(hidden).unbind(dim=-1)  # (B, T), (B, T)
        return start_logits, end_logits


def _classifier(config: BertConfig) -> tuple[nn.Dropout, nn.Linear]:
    chosen = config.classifier_dropout
    linear = nn.Linear(config.hidden_size, config.num_labels)
    initialise(linear, config.initializer_range)
    return nn.Dropout(config.hidden_dropout_prob if chosen is None else chosen), linear
