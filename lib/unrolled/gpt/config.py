"""What a GPT is made of: the sizes of a model, under Hugging Face's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from unrolled.arguments import configs
from unrolled.arguments import gpt as arguments

__all__ = ["GPTConfig"]


@dataclass(frozen=True)
class GPTConfig:
    """Sizes and rates of a GPT, with the field names and defaults of Hugging Face's ``GPT2Config``.

    Args:
        vocab_size: V, at least 1. Default: 50257, as are all defaults GPT-2's.
        n_positions: the longest text that can be read, at least 1. Default: 1024.
        n_embd: D, width of the residual stream. Default: 768.
        n_layer: number of blocks. Default: 12.
        n_head: number of attention heads; divides ``n_embd``. Default: 12.
        n_inner: width inside the feed-forward networks. Default: ``4 * n_embd``.
        activation_function: ``"gelu_new"`` (by tanh, as is ``"gelu_pytorch_tanh"``), ``"gelu"``
            (exact) or ``"relu"``. Default: ``"gelu_new"``.
        resid_pdrop: dropout of what a sublayer adds, in [0, 1). Default: 0.1.
        embd_pdrop: dropout of the embeddings' sum, in [0, 1). Default: 0.1.
        attn_pdrop: dropout of attention weights, in [0, 1). Default: 0.1.
        layer_norm_epsilon: of the norms, above 0. Default: 1e-5.
        initializer_range: standard deviation of fresh weights, at least 0. Default: 0.02.
        tie_word_embeddings: the output layer is the token embedding. Default: True.

    Raises:
        TypeError: if a size is not an integer.
        ValueError: if a field is out of range, or ``n_head`` does not divide ``n_embd``.

    >>> GPTConfig(n_embd=48, n_head=3).d_ff
    192
    """

    vocab_size: int = 50257
    n_positions: int = 1024
    n_embd: int = 768
    n_layer: int = 12
    n_head: int = 12
    n_inner: int | None = None
    activation_function: str = "gelu_new"
    resid_pdrop: float = 0.1
    embd_pdrop: float = 0.1
    attn_pdrop: float = 0.1
    layer_norm_epsilon: float = 1e-5
    initializer_range: float = 0.02
    tie_word_embeddings: bool = True

    def __post_init__(self) -> None:
        arguments.gpt_config(self)

    @property
    def d_ff(self) -> int:
        """Width inside the feed-forward networks."""
        return 4 * self.n_embd if self.n_inner is None else self.n_inner

    @property
    def activation(self) -> str:
        """The activation's name in :class:`unrolled.blocks.FeedForward`."""
        return configs.ACTIVATIONS[self.activation_function]

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> GPTConfig:
        """Read a Hugging Face ``config.json`` of GPT-2.

        Args:
            config: its fields. What does not change the result, such as ``use_cache``, is left
                aside.

        Returns:
            The same sizes and rates.

        Raises:
            ValueError: if a field asks for what this model does not do.

        >>> GPTConfig.from_hf({"model_type": "gpt2", "n_layer": 3, "use_cache": True}).n_layer
        3
        """
        arguments.from_hf_gpt2(config)
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in config.items() if name in known})
