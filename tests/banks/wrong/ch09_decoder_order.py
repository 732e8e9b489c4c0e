"""Wrong answers to TransformerDecoderLayer: order, norms and what is returned."""
# ruff: noqa: F811

from torch import nn

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm


# %% TransformerDecoderLayer: decoder-cross-first
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
        own = [self.norm1, lambda y: self.self_attention(y, mask=mask, need_weights=True)]
        other = [self.norm2, lambda y: self.cross_attention(y, memory, None, memory_mask, True)]
        x, cross_weights = self.residual(x, *other)
        x, weights = self.residual(x, *own)
        x, _ = self.residual(x, self.norm3, self.feed_forward)
        return (x, (weights, cross_weights)) if need_weights else x


# %% TransformerDecoderLayer: decoder-two-norms
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
        norms = (self.norm1, self.norm2, self.norm2)
        sublayers = (
            lambda y: self.self_attention(y, mask=mask, need_weights=True),
            lambda y: self.cross_attention(y, memory, mask=memory_mask, need_weights=True),
            self.feed_forward,
        )
        seen = []
        for norm, sublayer in zip(norms, sublayers, strict=True):
            x, weights = self.residual(x, norm, sublayer)
            seen.append(weights)
        return (x, tuple(seen[:2])) if need_weights else x


# %% TransformerDecoderLayer: decoder-memory-normed
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
        before = (lambda norm, y: norm(y)) if self.norm_first else (lambda norm, y: y)
        after = (lambda norm, y: y) if self.norm_first else (lambda norm, y: norm(y))
        a, w1 = self.self_attention(before(self.norm1, x), mask=mask, need_weights=True)
        x = after(self.norm1, x + self.dropout(a))
        q, kv = before(self.norm2, x), before(self.norm2, memory)
        a, w2 = self.cross_attention(q, kv, kv, memory_mask, need_weights=True)
        x = after(self.norm2, x + self.dropout(a))
        a = self.feed_forward(before(self.norm3, x))
        x = after(self.norm3, x + self.dropout(a))
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: decoder-weights-one
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
        x, _ = self.residual(x, self.norm1, lambda y: self.self_attention(y, mask=mask))
        x, weights = self.residual(
            x, self.norm2, lambda y: self.cross_attention(y, memory, memory, memory_mask, True)
        )
        x, _ = self.residual(x, self.norm3, self.feed_forward)
        return (x, weights) if need_weights else x


# %% TransformerDecoderLayer: decoder-parallel
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
        if self.norm_first:
            y, w1 = self.self_attention(self.norm1(x), mask=mask, need_weights=True)
            z, w2 = self.cross_attention(self.norm2(x), memory, None, memory_mask, True)
            x = x + self.dropout(y) + self.dropout(z)
            x = x + self.dropout(self.feed_forward(self.norm3(x)))
        else:
            y, w1 = self.self_attention(x, mask=mask, need_weights=True)
            z, w2 = self.cross_attention(x, memory, None, memory_mask, True)
            x = self.norm2(self.norm1(x + self.dropout(y)) + self.dropout(z))
            x = self.norm3(x + self.dropout(self.feed_forward(x)))
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: decoder-weights-exchanged + decoder-two-norms
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
        x, own = self.residual(
            x, self.norm1, lambda y: self.self_attention(y, mask=mask, need_weights=True)
        )
        x, other = self.residual(
            x, self.norm2, lambda y: self.cross_attention(y, memory, None, memory_mask, True)
        )
        x, _ = self.residual(x, self.norm2, self.feed_forward)
        return (x, (other, own)) if need_weights else x
