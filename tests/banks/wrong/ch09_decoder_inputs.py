"""Wrong answers to TransformerDecoderLayer: who reads what, and behind which mask."""
# ruff: noqa: F811

import torch
from torch import nn

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm


# %% TransformerDecoderLayer: decoder-no-memory
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def look(self, attention, x, mask):
        out, weights = attention(x, x, x, mask=mask, need_weights=True)
        return self.dropout(out), weights

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        weights = []
        for attention, norm, seen in (
            (self.self_attention, self.norm1, mask),
            (self.cross_attention, self.norm2, memory_mask),
        ):
            out, w = self.look(attention, norm(x) if self.norm_first else x, seen)
            x = x + out if self.norm_first else norm(x + out)
            weights.append(w)
        y = self.dropout(self.feed_forward(self.norm3(x) if self.norm_first else x))
        x = x + y if self.norm_first else self.norm3(x + y)
        return (x, tuple(weights)) if need_weights else x


# %% TransformerDecoderLayer: decoder-own-causal-mask
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        pre, T = self.norm_first, x.size(1)
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        mask = ~future if mask is None else mask & ~future
        y, w1 = self.self_attention(self.norm1(x) if pre else x, mask=mask, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm1(x + self.dropout(y))
        y, w2 = self.cross_attention(self.norm2(x) if pre else x, memory, None, memory_mask, True)
        x = x + self.dropout(y) if pre else self.norm2(x + self.dropout(y))
        y = self.dropout(self.feed_forward(self.norm3(x) if pre else x))
        x = x + y if pre else self.norm3(x + y)
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: decoder-mask-for-both
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def residual(self, x, norm, sublayer):
        y = sublayer(norm(x) if self.norm_first else x)
        y, weights = y if isinstance(y, tuple) else (y, None)
        x = x + self.dropout(y)
        return (x if self.norm_first else norm(x)), weights

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        x, w1 = self.residual(
            x, self.norm1, lambda y: self.self_attention(y, mask=mask, need_weights=True)
        )
        x, w2 = self.residual(
            x, self.norm2, lambda y: self.cross_attention(y, memory, None, mask, True)
        )
        x, _ = self.residual(x, self.norm3, self.feed_forward)
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: decoder-memory-mask-ignored
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        pre = self.norm_first
        y, w1 = self.self_attention(self.norm1(x) if pre else x, mask=mask, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm1(x + self.dropout(y))
        y, w2 = self.cross_attention(self.norm2(x) if pre else x, memory, memory, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm2(x + self.dropout(y))
        y = self.dropout(self.feed_forward(self.norm3(x) if pre else x))
        x = x + y if pre else self.norm3(x + y)
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: decoder-attention-for-both
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = attention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def residual(self, x, norm, sublayer):
        y = sublayer(norm(x) if self.norm_first else x)
        y, weights = y if isinstance(y, tuple) else (y, None)
        x = x + self.dropout(y)
        return (x if self.norm_first else norm(x)), weights

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        x, own = self.residual(
            x, self.norm1, lambda y: self.self_attention(y, y, y, mask, need_weights=True)
        )
        x, other = self.residual(
            x, self.norm2, lambda y: self.cross_attention(y, memory, memory, memory_mask, True)
        )
        x, _ = self.residual(x, self.norm3, self.feed_forward)
        if need_weights:
            return x, (own, other)
        return x


# %% TransformerDecoderLayer: decoder-memory-mask-ignored + decoder-norm-swapped
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        pre = not self.norm_first
        y, w1 = self.self_attention(self.norm1(x) if pre else x, mask=mask, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm1(x + self.dropout(y))
        y, w2 = self.cross_attention(self.norm2(x) if pre else x, memory, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm2(x + self.dropout(y))
        y = self.dropout(self.feed_forward(self.norm3(x) if pre else x))
        x = x + y if pre else self.norm3(x + y)
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: outside the catalogue: the memory is doubled
class TransformerDecoderLayer(nn.Module):
    def __init__(
        self,
        d_model,
        n_heads,
        d_ff,
        dropout=0.1,
        activation="relu",
        norm_first=False,
        eps=1e-5,
        bias=True,
        attention=MultiHeadAttention,
    ):
        super().__init__()
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        pre = self.norm_first
        y, w1 = self.self_attention(self.norm1(x) if pre else x, mask=mask, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm1(x + self.dropout(y))
        y, w2 = self.cross_attention(
            self.norm2(x) if pre else x, 2 * memory, mask=memory_mask, need_weights=True
        )
        x = x + self.dropout(y) if pre else self.norm2(x + self.dropout(y))
        y = self.dropout(self.feed_forward(self.norm3(x) if pre else x))
        x = x + y if pre else self.norm3(x + y)
        return (x, (w1, w2)) if need_weights else x
