"""The model: a token embedding, a stack of causal pre-norm blocks, a score for every next token.

Shapes: ``B`` batch, ``T`` positions, ``D`` = hidden_size, ``V`` vocabulary.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from unrolled.arguments import configs
from unrolled.arguments import gpt as causal_arguments
from unrolled.gpt import KVCache
from unrolled.gpt.attention import Append
from unrolled.gpt.generation import CausalModel
from unrolled.llama.attention import CausalGroupedQueryAttention, GroupedQueryAttention
from unrolled.llama.config import LlamaConfig
from unrolled.llama.layers import RMSNorm, SwiGLU
from unrolled.parts import part
from unrolled.views import views

__all__ = ["Llama", "LlamaBlock"]


class LlamaBlock(nn.Module):
    """Grouped-query attention, then SwiGLU, each behind a norm and with a residual connection.

    Touvron et al. 2023, section 2.2.

    Args:
        config: the model's sizes and rates.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, H, T, T)``; result ``(B, T, D)``.

    Returns:
        The residual stream after this block.

    Raises:
        TypeError: if ``config`` is no ``LlamaConfig``.

    Parameters: those of ``attention``, ``feed_forward``, ``norm1`` and ``norm2``.

    >>> config = LlamaConfig(hidden_size=8, intermediate_size=21, num_attention_heads=2)
    >>> LlamaBlock(config)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=configs.built_from("LlamaConfig"))
    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.attention = part(GroupedQueryAttention, own=CausalGroupedQueryAttention)(
            config.hidden_size,
            config.num_attention_heads,
            config.n_kv_heads,
            d_k=config.d_k,
            dropout=config.attention_dropout,
            bias=config.attention_bias,
            base=config.rope_theta,
        )
        self.feed_forward = part(SwiGLU)(
            config.hidden_size, config.intermediate_size, config.mlp_bias
        )
        self.norm1 = part(RMSNorm)(config.hidden_size, config.rms_norm_eps)
        self.norm2 = part(RMSNorm)(config.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        append: Append | None = None,
    ) -> Tensor:
        """Gather from the positions before, then transform.

        Args:
            x: the residual stream.
            mask: True where a position may attend. Default: to itself and all before it.
            positions: where each token stands, with a cache. Default: 0, 1, 2, ...
            append: puts keys and values into this layer's cache and returns all of them.
                Default: no cache.
        """
        cached = {} if append is None else {"positions": positions, "append": append}
        x = x + self.attention(self.norm1(x), mask=mask, **cached)
        return x + self.feed_forward(self.norm2(x))


class Llama(CausalModel):
    r"""Read a text and score, at every position, which token comes next.

    .. math:: h_0 = W_e x, \quad h_l = \mathrm{block}_l(h_{l-1}), \quad
        P(x_{t+1}) = \mathrm{softmax}(W_o\, \mathrm{RMSNorm}(h_n))_t

    Touvron et al. 2023, section 2.2, with the grouped queries of Llama 2 (Touvron et al. 2023b,
    section 2.2). Weights start normal with ``initializer_range``, biases at zero.

    Args:
        config: sizes and rates.

    Shape:
        ids ``(B, T)``, mask broadcasts to ``(B, 1, T, T)``; logits ``(B, T, V)``.

    Returns:
        Logits: those at position ``t`` are about the token at ``t + 1``.

    Raises:
        TypeError: if ``ids`` are no integers or ``mask`` is not boolean.
        ValueError: if an id is out of range, the text is empty or longer than
            ``max_position_embeddings``, or a shape does not fit.

    Parameters: ``token_embedding`` (V, D), those of ``blocks`` and ``norm``, and ``lm_head``
    (V, D).

    Matches Hugging Face's ``LlamaForCausalLM`` with the weights converted, within 1e-5 (float32)
    and 1e-10 (float64, where that code's two casts to float32, in norm and angles, are lifted).

    >>> config = LlamaConfig(11, 8, intermediate_size=21, num_hidden_layers=2, head_dim=4)
    >>> Llama(config)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 11])
    """

    @views(check=configs.built_from("LlamaConfig"))
    def __init__(self, config: LlamaConfig):
        super().__init__(config.vocab_size, config.max_position_embeddings)
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.blocks = nn.ModuleList(LlamaBlock(config) for _ in range(config.num_hidden_layers))
        self.norm = part(RMSNorm)(config.hidden_size, config.rms_norm_eps)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.token_embedding.weight
        self.apply(self._initialise)

    @views(check=causal_arguments.read)
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
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)  # (..., T, start + T)
        positions = torch.arange(start, start + ids.size(1), device=ids.device)  # (T,)
        x = self.token_embedding(ids)  # (B, T, D)
        for layer, block in enumerate(self.blocks):
            append = None if cache is None else partial(cache.append, layer)
            x = block(x, visible, positions, append)
        x = self.norm(x[:, -1:] if last_only else x)
        return self.lm_head(x)  # (B, T, V)

    def _initialise(self, module: nn.Module) -> None:
        """Draw fresh weights as Hugging Face's code does."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
