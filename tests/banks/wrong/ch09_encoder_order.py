"""Wrong answers to TransformerEncoderLayer: where norms and sums stand."""
# ruff: noqa: F811

from torch import nn

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm


# %% TransformerEncoderLayer: encoder-residual-normed
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        if self.norm_first:
            x = self.norm1(x)
        out, weights = self.attention(x, x, x, mask, True)
        x = x + self.dropout(out)
        x = self.norm2(x) if self.norm_first else self.norm1(x)
        x = x + self.dropout(self.feed_forward(x))
        if not self.norm_first:
            x = self.norm2(x)
        return (x, weights) if need_weights else x


# %% TransformerEncoderLayer: encoder-norm-before-add
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1, self.norm2 = (nn.LayerNorm(d_model, eps, bias=bias) for _ in range(2))
        self.drop, self.pre = nn.Dropout(dropout), norm_first

    def add(self, x, norm, sublayer):
        if self.pre:
            return x + self.drop(sublayer(norm(x)))
        return x + norm(self.drop(sublayer(x)))

    def forward(self, x, mask=None, need_weights=False):
        seen = []

        def look(y):
            out, weights = self.attention(y, mask=mask, need_weights=True)
            seen.append(weights)
            return out

        x = self.add(x, self.norm1, look)
        x = self.add(x, self.norm2, self.feed_forward)
        return (x, seen[0]) if need_weights else x


# %% TransformerEncoderLayer: encoder-always-post
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        attended, weights = self.attention(x, mask=mask, need_weights=True)
        x = self.norm1(self.dropout(attended) + x)
        x = self.norm2(self.dropout(self.feed_forward(x)) + x)
        return (x, weights) if need_weights else x


# %% TransformerEncoderLayer: encoder-one-norm
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def residual(self, x, sublayer):
        if self.norm_first:
            return x + self.dropout(sublayer(self.norm1(x)))
        return self.norm1(x + self.dropout(sublayer(x)))

    def forward(self, x, mask=None, need_weights=False):
        _, weights = self.attention(
            self.norm1(x) if self.norm_first else x, mask=mask, need_weights=True
        )
        x = self.residual(x, lambda y: self.attention(y, mask=mask))
        x = self.residual(x, self.feed_forward)
        return (x, weights) if need_weights else x


# %% TransformerEncoderLayer: encoder-parallel
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        if self.norm_first:
            out, weights = self.attention(self.norm1(x), mask=mask, need_weights=True)
            x = x + self.dropout(out) + self.dropout(self.feed_forward(self.norm2(x)))
        else:
            out, weights = self.attention(x, mask=mask, need_weights=True)
            y = self.norm1(x + self.dropout(out))
            x = self.norm2(y + self.dropout(self.feed_forward(x)))
        return (x, weights) if need_weights else x


# %% TransformerEncoderLayer: encoder-residual-from-input
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        shortcut = x
        y = self.norm1(x) if self.norm_first else x
        y, weights = self.attention(y, mask=mask, need_weights=True)
        y = shortcut + self.dropout(y)
        y = self.norm2(y) if self.norm_first else self.norm1(y)
        y = shortcut + self.dropout(self.feed_forward(y))
        y = y if self.norm_first else self.norm2(y)
        return (y, weights) if need_weights else y


# %% TransformerEncoderLayer: encoder-residual-normed + encoder-mask-not-passed
class TransformerEncoderLayer(nn.Module):
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
        self.attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        x = self.norm1(x) if self.norm_first else x
        out, weights = self.attention(x, need_weights=True)
        x = x + self.dropout(out)
        x = self.norm2(x) if self.norm_first else self.norm1(x)
        x = x + self.dropout(self.feed_forward(x))
        x = x if self.norm_first else self.norm2(x)
        return (x, weights) if need_weights else x
