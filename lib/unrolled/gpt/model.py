"""The model: embeddings, a stack of causal pre-norm blocks, and a score for every next token.

Shapes: ``B`` batch, ``T`` positions, ``D`` = n_embd, ``V`` vocabulary.
"""

from __future__ import annotations

import math
from functools import partial

from torch import Tensor, nn

from unrolled.arguments import configs
from unrolled.arguments import gpt as arguments
from unrolled.attention import MultiHeadAttention
from unrolled.blocks import LayerNorm, TransformerEncoderLayer
from unrolled.gpt.attention import Append, CausalAttention
from unrolled.gpt.cache import KVCache
from unrolled.gpt.config import GPTConfig
from unrolled.gpt.generation import CausalModel
from unrolled.gpt.step import quick_step
from unrolled.parts import part
from unrolled.positions import LearnedPositions
from unrolled.views import views

__all__ = ["GPT", "GPTBlock"]


class GPTBlock(TransformerEncoderLayer):
    """A pre-norm Transformer layer that looks only back.

    Radford et al. 2019, section 2.3: the norms stand before attention and feed-forward network.
    Dropout is where GPT-2 has it: on attention weights and on what each sublayer adds, not inside
    the feed-forward network.

    Args:
        config: the model's sizes and rates.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, H, T, T)``; result ``(B, T, D)``.

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
        own = part(MultiHeadAttention)
        chosen = CausalAttention if own is MultiHeadAttention else own

        def attention(d_model: int, n_heads: int, dropout: float, bias: bool) -> nn.Module:
            return chosen(d_model, n_heads, dropout=config.attn_pdrop, bias=bias)

        super().__init__(
            config.n_embd,
            config.n_head,
            config.d_ff,
            dropout=0.0,
            activation=config.activation,
            norm_first=True,
            eps=config.layer_norm_epsilon,
            attention=attention,
        )
        self.dropout = nn.Dropout(config.resid_pdrop)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, append: Append | None = None
    ) -> Tensor:
        """Gather from the positions before, then transform.

        Args:
            x: the residual stream.
            mask: True where a position may attend. Default: to itself and all before it.
            append: puts keys and values into this layer's cache and returns all of them.
                Default: no cache.
        """
        cached = {} if append is None else {"append": append}
        x = x + self.dropout(self.attention(self.norm1(x), mask=mask, **cached))
        return x + self.transform(self.norm2(x))


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
        ids ``(B, T)``, mask broadcasts to ``(B, 1, T, T)``; logits ``(B, T, V)``.

    Returns:
        Logits: those at position ``t`` are about the token at ``t + 1``.

    Raises:
        TypeError: if ``ids`` are no integers or ``mask`` is not boolean.
        ValueError: if an id is out of range, the text is empty or longer than ``n_positions``, or
            a shape does not fit.

    Parameters: ``token_embedding`` (V, D), ``positions`` (n_positions, D), those of
    ``blocks`` and ``norm``, and ``lm_head`` (V, D).

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
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)  # (..., T, start + T)
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


CausalModel.quick_steps[GPT] = quick_step
