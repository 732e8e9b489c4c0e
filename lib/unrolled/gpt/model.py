"""GPT, to be read from the top: its sizes, its block, and the model that stacks blocks.

Around it: ``gpt/attention.py`` has the causal attention of a block, ``cache.py`` what is kept
between two tokens, ``generation.py`` the ``CausalModel`` that writes with all of it, ``step.py`` a
faster way to read one token, ``optimisation.py`` which weights decay. Norm and feed-forward network
are those of :mod:`unrolled.blocks`, the table of positions is that of :mod:`unrolled.positions`.
``@views`` puts argument checks before a body and, in other files, a faster twin beside it;
``part(X)`` is ``X``, or what a learner put in its place.

Shapes: ``B`` batch, ``T`` positions, ``Tk`` with those in a cache, ``D`` = n_embd, ``H`` = n_head,
``V`` vocabulary. A mask is boolean, **True = may attend**.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from torch import Tensor, nn

from unrolled.arguments import configs
from unrolled.arguments import gpt as arguments
from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm
from unrolled.gpt.attention import Append, CausalAttention
from unrolled.gpt.cache import KVCache
from unrolled.gpt.generation import CausalModel
from unrolled.parts import part
from unrolled.positions import LearnedPositions
from unrolled.views import views

__all__ = ["GPT", "GPTBlock", "GPTConfig"]


@dataclass(frozen=True)
class GPTConfig:
    """Sizes and rates of a GPT, with the field names and defaults of Hugging Face's ``GPT2Config``.

    Args:
        vocab_size: V, at least 1. Default: 50257. All defaults are GPT-2's.
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


class GPTBlock(nn.Module):
    """Gather from the past, then transform, each behind a norm and with a residual connection.

    Radford et al. 2019, section 2.3: the norms stand before attention and feed-forward network.
    Dropout is where GPT-2 has it: on attention weights and on what each sublayer adds, not inside
    the feed-forward network.

    Args:
        config: the model's sizes and rates.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, H, T, Tk)``; result ``(B, T, D)``.

    Returns:
        The residual stream after this block.

    Raises:
        TypeError: if ``config`` is no ``GPTConfig``.

    Parameters: those of ``attention``, ``feed_forward``, ``norm1`` and ``norm2``.

    >>> block = GPTBlock(GPTConfig(n_embd=8, n_head=2))
    >>> block(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=configs.built_from("GPTConfig"))
    def __init__(self, config: GPTConfig):
        super().__init__()
        D, eps = config.n_embd, config.layer_norm_epsilon
        # What a learner may put here is a MultiHeadAttention; ours is causal and keeps a cache too.
        self.attention = part(MultiHeadAttention, own=CausalAttention)(
            D, config.n_head, dropout=config.attn_pdrop, bias=True
        )
        self.feed_forward = part(FeedForward)(D, config.d_ff, 0.0, config.activation)
        self.norm1 = part(LayerNorm)(D, eps)
        self.norm2 = part(LayerNorm)(D, eps)
        self.dropout = nn.Dropout(config.resid_pdrop)

    @views(check=arguments.block)
    def forward(
        self, x: Tensor, mask: Tensor | None = None, append: Append | None = None
    ) -> Tensor:
        """Gather from the positions before, then transform.

        Args:
            x: the residual stream.
            mask: True where a position may attend, causality included. Default: to itself and all
                before it; a learner's attention has to be given that mask.
            append: puts keys and values into this layer's cache and returns all of them.
                Default: no cache.
        """
        # A learner's attention knows no cache: GPT then refuses one (``can_cache``).
        cached = {} if append is None else {"append": append}
        x = x + self.dropout(self.attention(self.norm1(x), mask=mask, **cached))
        return x + self.dropout(self.feed_forward(self.norm2(x)))


class GPT(CausalModel):
    r"""Read a text and score, at every position, which token comes next.

    .. math:: h_0 = W_e x + W_p, \quad h_l = \mathrm{block}_l(h_{l-1}), \quad
        P(x_{t+1}) = \mathrm{softmax}(\mathrm{LayerNorm}(h_n) W_e^\top)_t

    Radford et al. 2018, equation 2, with the final norm of GPT-2 (Radford et al. 2019, section
    2.3). The output layer is the token embedding unless ``tie_word_embeddings`` is False. Weights
    start normal with ``initializer_range``, those that write into the residual stream divided by
    the root of the number of such layers, :math:`\sqrt{2 n}`, and biases at zero.

    Args:
        config: sizes and rates.

    Shape:
        ids ``(B, T)``, mask broadcasts to ``(B, 1, T, Tk)``; logits ``(B, T, V)``.

    Returns:
        Logits: those at position ``t`` are about the token at ``t + 1``.

    Raises:
        TypeError: if ``ids`` are no integers or ``mask`` is not boolean.
        ValueError: if an id is out of range, the text is empty or longer than ``n_positions``, or
            a shape does not fit.

    Parameters: ``token_embedding.weight`` (V, D), ``positions.weight`` (n_positions, D), those of
    ``blocks`` and ``norm``, and ``lm_head.weight`` (V, D), tied to the first or its own. A mask,
    a fresh cache and ``generate`` come from :class:`CausalModel`.

    Matches Hugging Face's ``GPT2LMHeadModel`` with the weights converted, within 1e-5 (float32)
    and 1e-10 (float64).

    >>> model = GPT(GPTConfig(vocab_size=11, n_positions=7, n_embd=8, n_layer=2, n_head=2))
    >>> model(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 11])
    """

    @views(check=configs.built_from("GPTConfig"))
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.positions = part(LearnedPositions)(config.n_positions, config.n_embd)
        self.dropout = nn.Dropout(config.embd_pdrop)
        self.blocks = nn.ModuleList(GPTBlock(config) for _ in range(config.n_layer))
        self.norm = part(LayerNorm)(config.n_embd, config.layer_norm_epsilon)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.token_embedding.weight
        self._initialise()

    @views(check=arguments.read)
    def forward(
        self,
        ids: Tensor,
        cache: KVCache | None = None,
        mask: Tensor | None = None,
        last_only: bool = False,
    ) -> Tensor:
        """Score the next token after each of ``ids``.

        Args:
            ids: the text, or what comes after the text in ``cache``.
            cache: keys and values of the text before; gets those of ``ids``. Default: none.
            mask: True where a position may attend, besides being causal, for example
                ``padding_mask(ids, pad_id)``; over the cache too. Default: everywhere.
            last_only: return the logits of the last position alone, ``(B, 1, V)``. Default: False.
        """
        start = 0 if cache is None else cache.length  # before the blocks append to it
        visible = self.visible(ids, start, mask)  # (..., T, Tk), or None: causal alone
        x = self.token_embedding(ids)  # (B, T, D)
        x = self.dropout(self.positions(x, start))
        for layer, block in enumerate(self.blocks):
            append = None if cache is None else partial(cache.append, layer)
            x = block(x, visible, append)
        x = self.norm(x[:, -1:] if last_only else x)
        return self.lm_head(x)  # (B, T, V)

    def _initialise(self) -> None:
        """Draw fresh weights as GPT-2 does (Radford et al. 2019, section 2.3)."""
        std = self.config.initializer_range
        residual_std = std / math.sqrt(2 * self.config.n_layer)
        for parameter in self.positions.parameters():
            nn.init.normal_(parameter, std=std)
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                residual = name.endswith(("attention.out_proj", "feed_forward.linear2"))
                nn.init.normal_(module.weight, std=residual_std if residual else std)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)
