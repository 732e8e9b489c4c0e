"""Wrong answers to TransformerEncoderLayer: its parts and what they are told."""
# ruff: noqa: F811

import torch.nn.functional as F
from torch import nn

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm


# %% TransformerEncoderLayer: encoder-eps-ignored
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
        self.norm1 = LayerNorm(d_model, bias=bias)
        self.norm2 = LayerNorm(d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def attend(self, x, mask):
        out, weights = self.attention(x, x, x, mask=mask, need_weights=True)
        return self.dropout(out), weights

    def forward(self, x, mask=None, need_weights=False):
        norm1, norm2 = self.norm1, self.norm2
        added, weights = self.attend(norm1(x) if self.norm_first else x, mask)
        x = x + added if self.norm_first else norm1(x + added)
        added = self.dropout(self.feed_forward(norm2(x) if self.norm_first else x))
        x = x + added if self.norm_first else norm2(x + added)
        return (x, weights) if need_weights else x


# %% TransformerEncoderLayer: encoder-weights-averaged
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
        read = self.norm1(x) if self.norm_first else x
        out, heads = self.attention(read, mask=mask, need_weights=True)
        x = x + self.dropout(out)
        if self.norm_first:
            x = x + self.dropout(self.feed_forward(self.norm2(x)))
        else:
            x = self.norm1(x)
            x = self.norm2(x + self.dropout(self.feed_forward(x)))
        if need_weights:
            return x, heads.sum(dim=1) / heads.size(1)
        return x


# %% TransformerEncoderLayer: encoder-attention-ignored
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
        self.attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        pre = self.norm_first
        y, w = self.attention(self.norm1(x) if pre else x, mask=mask, need_weights=True)
        x = x + self.dropout(y) if pre else self.norm1(x + self.dropout(y))
        y = self.dropout(self.feed_forward(self.norm2(x) if pre else x))
        x = x + y if pre else self.norm2(x + y)
        return (x, w) if need_weights else x


# %% TransformerEncoderLayer: encoder-dropout-in-eval
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
        self.p = dropout
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        if self.norm_first:
            a, w = self.attention(self.norm1(x), mask=mask, need_weights=True)
            x = x + F.dropout(a, self.p)
            x = x + F.dropout(self.feed_forward(self.norm2(x)), self.p)
        else:
            a, w = self.attention(x, mask=mask, need_weights=True)
            x = self.norm1(x + F.dropout(a, self.p))
            x = self.norm2(x + F.dropout(self.feed_forward(x), self.p))
        return (x, w) if need_weights else x


# %% TransformerEncoderLayer: encoder-in-place
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
        y = self.norm1(x) if self.norm_first else x
        y, weights = self.attention(y, mask=mask, need_weights=True)
        x += self.dropout(y)
        if self.norm_first:
            x += self.dropout(self.feed_forward(self.norm2(x)))
        else:
            x = self.norm1(x)
            x = self.norm2(x + self.dropout(self.feed_forward(x)))
        return (x, weights) if need_weights else x


# %% TransformerEncoderLayer: encoder-activation-ignored + encoder-one-norm
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
        self.feed_forward = FeedForward(d_model, d_ff, dropout, bias=bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None, need_weights=False):
        norm = self.norm1
        if self.norm_first:
            a, w = self.attention(norm(x), mask=mask, need_weights=True)
            x = x + self.dropout(a)
            x = x + self.dropout(self.feed_forward(norm(x)))
        else:
            a, w = self.attention(x, mask=mask, need_weights=True)
            x = norm(x + self.dropout(a))
            x = norm(x + self.dropout(self.feed_forward(x)))
        return (x, w) if need_weights else x


# %% TransformerEncoderLayer: outside the catalogue: half of what attention gives
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
        y = self.norm1(x) if self.norm_first else x
        y, weights = self.attention(y, mask=mask, need_weights=True)
        x = x + 0.5 * self.dropout(y)
        x = x if self.norm_first else self.norm1(x)
        y = self.dropout(self.feed_forward(self.norm2(x) if self.norm_first else x))
        x = x + y if self.norm_first else self.norm2(x + y)
        return (x, weights) if need_weights else x
