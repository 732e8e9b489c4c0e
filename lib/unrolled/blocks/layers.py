"""The layers a Transformer is a stack of (Vaswani et al. 2017, section 3.1).

Shapes: ``B`` batch, ``T`` positions (``Tq`` of the decoder, ``Tk`` of the memory), ``D`` = d_model,
``H`` heads. Every mask is boolean, **True = may attend**.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from unrolled.arguments import blocks as arguments
from unrolled.attention import MultiHeadAttention
from unrolled.blocks.feed_forward import FeedForward
from unrolled.blocks.norms import LayerNorm
from unrolled.parts import part
from unrolled.views import views

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]


def _attend(
    attention: nn.Module, *inputs: Tensor, mask: Tensor | None, need_weights: bool
) -> tuple[Tensor, Tensor | None]:
    """Ask an attention, and always get a pair: without need of them the weights are None."""
    attended = attention(*inputs, mask=mask, need_weights=need_weights)
    return attended if need_weights else (attended, None)


class TransformerEncoderLayer(nn.Module):
    r"""Self-attention, then a feed-forward network, each with a residual connection and a norm.

    .. math:: x \leftarrow \mathrm{LayerNorm}(x + \mathrm{Sublayer}(x))

    Vaswani et al. 2017, section 3.1 (post-norm). With ``norm_first`` the norm stands inside the
    residual branch, :math:`x + \mathrm{Sublayer}(\mathrm{LayerNorm}(x))` (pre-norm, Xiong et al.
    2020, figure 1), and a stack of such layers needs one more norm at its end. Besides the dropout
    of section 5.4, on what each sublayer gives, attention weights and activations are dropped too,
    as in ``nn.TransformerEncoderLayer``; BERT and ViT give these two rates of their own.

    Args:
        d_model: width of the input and of the output.
        n_heads: number of heads; divides ``d_model``.
        d_ff: width inside the feed-forward network.
        dropout: probability of dropping while training, in [0, 1). Default: 0.1.
        activation: ``"relu"``, ``"gelu"`` or ``"gelu_tanh"``. Default: ``"relu"``.
        norm_first: normalise before each sublayer instead of after it. Default: False.
        eps: of the norms. Default: 1e-5.
        bias: add biases in projections and norms. Default: True.
        attention: the class of the attention, made of ``d_model``, ``n_heads``, ``dropout`` and
            ``bias``. Default: :class:`MultiHeadAttention`.
        attention_dropout: probability of dropping an attention weight. Default: ``dropout``.
        activation_dropout: that of dropping an activation inside the feed-forward network.
            Default: ``dropout``.

    Shape:
        x ``(B, T, D)``, mask broadcasts to ``(B, H, T, T)``; out ``(B, T, D)``, weights
        ``(B, H, T, T)``.

    Returns:
        ``out``, or ``(out, weights)`` if ``need_weights``, weights per head and before dropout.

    Raises:
        TypeError: if ``x`` is not floating point or ``mask`` not boolean.
        ValueError: if an argument is out of range or a shape does not fit.

    Parameters: those of ``attention``, ``feed_forward``, ``norm1`` and ``norm2``.

    Matches ``nn.TransformerEncoderLayer(batch_first=True)`` with the weights transplanted, within
    1e-5 (float32) and 1e-10 (float64). Where a position may attend nowhere attention gives zeros;
    torch's layer gives NaN in some of its paths.

    >>> TransformerEncoderLayer(8, n_heads=2, d_ff=32)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    @views(check=arguments.encoder_layer_made)
    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        eps: float = 1e-5,
        bias: bool = True,
        attention: Callable[..., nn.Module] = MultiHeadAttention,
        attention_dropout: float | None = None,
        activation_dropout: float | None = None,
    ):
        super().__init__()
        attention_dropout = dropout if attention_dropout is None else attention_dropout
        activation_dropout = dropout if activation_dropout is None else activation_dropout
        self.d_model = d_model
        self.norm_first = norm_first
        self.attention = part(attention)(d_model, n_heads, dropout=attention_dropout, bias=bias)
        self.feed_forward = part(FeedForward)(d_model, d_ff, activation_dropout, activation, bias)
        self.norm1 = part(LayerNorm)(d_model, eps, bias)
        self.norm2 = part(LayerNorm)(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)

    @views(check=arguments.encoder_layer)
    def forward(
        self, x: Tensor, mask: Tensor | None = None, need_weights: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every position gather from the others, then transform it."""
        if self.norm_first:
            attended, weights = self.attend(self.norm1(x), mask, need_weights)
            x = x + attended
            x = x + self.transform(self.norm2(x))
        else:
            attended, weights = self.attend(x, mask, need_weights)
            x = self.norm1(x + attended)
            x = self.norm2(x + self.transform(x))
        return (x, weights) if need_weights else x

    def attend(
        self, x: Tensor, mask: Tensor | None, need_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Return what the attention sublayer adds to the residual stream, and its weights."""
        out, weights = _attend(self.attention, x, mask=mask, need_weights=need_weights)
        return self.dropout(out), weights

    def transform(self, x: Tensor) -> Tensor:
        """Return what the feed-forward sublayer adds to the residual stream."""
        return self.dropout(self.feed_forward(x))


class TransformerDecoderLayer(nn.Module):
    r"""Self-attention, attention to a memory, then a feed-forward network.

    Vaswani et al. 2017, section 3.1: the order is self-attention, cross-attention, feed-forward,
    each with a residual connection and a norm, post-norm or pre-norm as in
    :class:`TransformerEncoderLayer`. The layer makes no causal mask of its own: ``mask`` says
    what each position may see.

    Args:
        d_model: width of the input, of the memory and of the output.
        n_heads: number of heads of each attention; divides ``d_model``.
        d_ff: width inside the feed-forward network.
        dropout: probability of dropping while training, in [0, 1). Default: 0.1.
        activation: ``"relu"``, ``"gelu"`` or ``"gelu_tanh"``. Default: ``"relu"``.
        norm_first: normalise before each sublayer instead of after it. Default: False.
        eps: of the norms. Default: 1e-5.
        bias: add biases in projections and norms. Default: True.
        attention: the class of the self-attention, made of ``d_model``, ``n_heads``, ``dropout``
            and ``bias``; cross-attention is a :class:`MultiHeadAttention` in any case, which is
            also the default here.

    Shape:
        x ``(B, Tq, D)``, memory ``(B, Tk, D)``, mask broadcasts to ``(B, H, Tq, Tq)``, memory_mask
        to ``(B, H, Tq, Tk)``; out ``(B, Tq, D)``.

    Returns:
        ``out``, or ``(out, (self_weights, cross_weights))`` if ``need_weights``.

    Raises:
        TypeError: if ``x`` or ``memory`` is not floating point or a mask not boolean.
        ValueError: if an argument is out of range or a shape does not fit.

    Parameters: those of ``self_attention``, ``cross_attention``, ``feed_forward``, ``norm1``,
    ``norm2`` and ``norm3``.

    Matches ``nn.TransformerDecoderLayer(batch_first=True)`` with the weights transplanted, within
    1e-5 (float32) and 1e-10 (float64).

    >>> layer = TransformerDecoderLayer(8, n_heads=2, d_ff=32)
    >>> layer(torch.zeros(1, 3, 8), memory=torch.zeros(1, 5, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        eps: float = 1e-5,
        bias: bool = True,
        attention: Callable[..., nn.Module] = MultiHeadAttention,
    ):
        super().__init__()
        self.d_model = d_model
        self.norm_first = norm_first
        self.self_attention = part(attention)(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = part(MultiHeadAttention)(
            d_model, n_heads, dropout=dropout, bias=bias
        )
        self.feed_forward = part(FeedForward)(d_model, d_ff, dropout, activation, bias)
        self.norm1 = part(LayerNorm)(d_model, eps, bias)
        self.norm2 = part(LayerNorm)(d_model, eps, bias)
        self.norm3 = part(LayerNorm)(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)

    @views(check=arguments.decoder_layer)
    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        need_weights: bool = False,
    ) -> Tensor | tuple[Tensor, tuple[Tensor, Tensor]]:
        """Gather from the positions before, then from the memory, then transform."""
        if self.norm_first:
            attended, weights = self.attend(self.norm1(x), mask, need_weights)
            x = x + attended
            crossed, cross_weights = self.cross(self.norm2(x), memory, memory_mask, need_weights)
            x = x + crossed
            x = x + self.transform(self.norm3(x))
        else:
            attended, weights = self.attend(x, mask, need_weights)
            x = self.norm1(x + attended)
            crossed, cross_weights = self.cross(x, memory, memory_mask, need_weights)
            x = self.norm2(x + crossed)
            x = self.norm3(x + self.transform(x))
        return (x, (weights, cross_weights)) if need_weights else x

    def attend(
        self, x: Tensor, mask: Tensor | None, need_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Return what self-attention adds to the residual stream, and its weights."""
        out, weights = _attend(self.self_attention, x, mask=mask, need_weights=need_weights)
        return self.dropout(out), weights

    def cross(
        self, x: Tensor, memory: Tensor, mask: Tensor | None, need_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Return what attention to the memory adds to the residual stream, and its weights."""
        out, weights = _attend(
            self.cross_attention, x, memory, memory, mask=mask, need_weights=need_weights
        )
        return self.dropout(out), weights

    def transform(self, x: Tensor) -> Tensor:
        """Return what the feed-forward sublayer adds to the residual stream."""
        return self.dropout(self.feed_forward(x))
