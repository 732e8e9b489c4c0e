"""What the layers of ``unrolled.blocks`` refuse."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors

ACTIVATIONS = ("relu", "gelu", "gelu_tanh")


def layer_norm(self: Any, d_model: int, eps: float = 1e-5, bias: bool = True) -> None:
    """Refuse what ``LayerNorm`` cannot be made of."""
    common.at_least_one(d_model=d_model)
    common.not_negative(eps=eps)


def normalise(self: Any, x: Tensor) -> None:
    """Refuse what ``LayerNorm`` cannot normalise."""
    _features(x, self.d_model)


def feed_forward(
    self: Any,
    d_model: int,
    d_ff: int,
    dropout: float = 0.0,
    activation: str = "relu",
    bias: bool = True,
) -> None:
    """Refuse what ``FeedForward`` cannot be made of."""
    common.at_least_one(d_model=d_model, d_ff=d_ff)
    common.probability(dropout=dropout)
    common.one_of("activation", activation, ACTIVATIONS)


def transform(self: Any, x: Tensor) -> None:
    """Refuse what ``FeedForward`` cannot transform."""
    _features(x, self.d_model)


def encoder_layer_made(
    self: Any,
    d_model: int,
    n_heads: int,
    d_ff: int,
    dropout: float = 0.1,
    activation: str = "relu",
    norm_first: bool = False,
    eps: float = 1e-5,
    bias: bool = True,
    attention: Any = None,
    attention_dropout: float | None = None,
    activation_dropout: float | None = None,
) -> None:
    """Refuse rates that ``TransformerEncoderLayer`` cannot have; its parts refuse the rest."""
    rates = common.given(attention_dropout=attention_dropout, activation_dropout=activation_dropout)
    common.probability(dropout=dropout, **rates)


def encoder_layer(
    self: Any, x: Tensor, mask: Tensor | None = None, need_weights: bool = False
) -> None:
    """Refuse what ``TransformerEncoderLayer`` cannot read."""
    tensors.sequences(self.d_model, x=x)
    tensors.boolean(mask=mask)


def decoder_layer(
    self: Any,
    x: Tensor,
    memory: Tensor,
    mask: Tensor | None = None,
    memory_mask: Tensor | None = None,
    need_weights: bool = False,
) -> None:
    """Refuse what ``TransformerDecoderLayer`` cannot read."""
    tensors.sequences(self.d_model, x=x, memory=memory)
    tensors.same_batch(x=x, memory=memory)
    tensors.boolean(mask=mask, memory_mask=memory_mask)


def _features(x: Tensor, width: int) -> None:
    tensors.floating(x=x)
    tensors.shaped("x", x, f"(..., {width})", ..., width)
