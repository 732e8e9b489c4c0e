"""The encoder itself (Devlin et al. 2019, section 3).

Here are the embeddings, the stack of layers and the pooled vector. A layer is the
``TransformerEncoderLayer`` of :mod:`unrolled.blocks`, the table of positions that of
:mod:`unrolled.positions`; the sizes are in ``config.py``, what stands on top in ``heads.py``, what
it is trained on in ``objectives.py``. ViT builds its layers and fresh weights by the two functions
below, too, and every head draws its own by the second. ``@views`` puts argument checks before a
body; ``part(X)`` is ``X``, or what a learner put in its place.

Shapes: ``B`` batch, ``T`` positions, ``D`` = hidden_size, ``H`` heads, ``V`` vocabulary. The mask
is boolean, **True = may attend**.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from unrolled.arguments import bert as arguments
from unrolled.arguments import configs
from unrolled.bert.config import BertConfig
from unrolled.blocks import LayerNorm, TransformerEncoderLayer
from unrolled.parts import part
from unrolled.parts.scope import taken
from unrolled.positions import LearnedPositions
from unrolled.views import views

__all__ = ["BertModel", "encoder_layers", "initialise"]


class BertModel(nn.Module):
    r"""Tokens in, one vector a token out, each of which has read the whole sentence.

    .. math:: h^0 = \mathrm{LayerNorm}(E_\mathrm{token} + E_\mathrm{segment} + E_\mathrm{position}),
        \quad h^l = \mathrm{EncoderLayer}(h^{l-1}), \quad p = \tanh(W h^L_1 + b)

    Devlin et al. 2019, section 3 and figure 2; the layers are post-norm, as in Vaswani et al. 2017,
    with GELU. The LayerNorm of the embeddings and the pooled vector :math:`p`, made from the first
    position (``[CLS]``), are in the authors' code and not in the paper.

    Args:
        config: the sizes.
        pooler: also make the pooled vector. Default: True.

    Shape:
        ids, segments ``(B, T)``, mask broadcasts to ``(B, H, T, T)``; hidden ``(B, T, D)``, pooled
        ``(B, D)``.

    Returns:
        ``(hidden, pooled)``; ``pooled`` is None without a pooler.

    Raises:
        TypeError: if ids or segments are not integers, or ``mask`` is not boolean.
        ValueError: if a shape does not fit, an id is out of range, the batch is empty or T is more
            than ``max_position_embeddings``.

    Parameters: ``token_embedding.weight`` (V, D), ``segment_embedding.weight``
    (type_vocab_size, D), ``positions.weight`` (max_position_embeddings, D), ``norm``, those of
    each of ``layers``, and ``pooler``, a Linear (D, D).

    Matches Hugging Face's ``BertModel`` within 1e-5 (float32) and 1e-10 (float64).

    >>> config = BertConfig(9, 8, num_hidden_layers=1, num_attention_heads=2)
    >>> hidden, pooled = BertModel(config)(torch.tensor([[1, 5, 2]]))
    >>> hidden.shape, pooled.shape
    (torch.Size([1, 3, 8]), torch.Size([1, 8]))
    """

    @views(check=configs.built_from("BertConfig"))
    def __init__(self, config: BertConfig, pooler: bool = True):
        super().__init__()
        self.config = config
        V, D = config.vocab_size, config.hidden_size
        self.token_embedding = nn.Embedding(V, D, padding_idx=config.pad_token_id)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, D)
        self.positions = part(LearnedPositions)(config.max_position_embeddings, D)
        self.norm = part(LayerNorm)(D, config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.layers = encoder_layers(config, norm_first=False)
        self.pooler = nn.Linear(D, D) if pooler else None
        initialise(self, config.initializer_range)

    @views(check=arguments.bert_model)
    def forward(
        self, ids: Tensor, segments: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Read ``ids``; ``segments`` (default: all 0) says which sentence each belongs to."""
        segments = torch.zeros_like(ids) if segments is None else segments  # (B, T)
        x = self.token_embedding(ids) + self.segment_embedding(segments)  # (B, T, D)
        x = self.dropout(self.norm(self.positions(x)))
        for layer in self.layers:
            x = layer(x, mask)
        return x, self.pool(x)

    def pool(self, hidden: Tensor) -> Tensor | None:
        """Make one vector of a sequence ``(B, T, D)``, from its first position: ``(B, D)``."""
        if self.pooler is None:
            return None
        return self.pooler(hidden[:, 0]).tanh()  # (B, D)


def encoder_layers(config: Any, norm_first: bool) -> nn.ModuleList:
    """Return the layers that a config of BERT or of ViT asks for.

    Attention weights are dropped with a probability of their own, and activations inside the
    feed-forward network not at all. A learner's layer that does not take these two rates has one
    rate everywhere, ``hidden_dropout_prob``.
    """
    layer = part(TransformerEncoderLayer)
    rates = {
        "attention_dropout": config.attention_probs_dropout_prob,
        "activation_dropout": 0.0,
    }
    return nn.ModuleList(
        layer(
            config.hidden_size, config.num_attention_heads, config.intermediate_size,
            dropout=config.hidden_dropout_prob, activation=config.activation,
            norm_first=norm_first, eps=config.layer_norm_eps, **taken(layer, rates),
        )
        for _ in range(config.num_hidden_layers)
    )  # fmt: skip


@torch.no_grad()
def initialise(model: nn.Module, std: float) -> None:
    """Give new weights: normal where there is more than one axis, biases of 0, padding's row 0.

    The weights of norms, which have one axis and are no biases, stay 1.
    """
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            parameter.normal_(0.0, std)
        elif name.endswith("bias"):
            parameter.zero_()
    for module in model.modules():
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight[module.padding_idx] = 0.0
