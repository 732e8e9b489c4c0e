"""Right answers to TransformerDecoderLayer, in other ways."""
# ruff: noqa: F811, RUF012

import torch.nn.functional as F
from torch import nn

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm


# %% TransformerDecoderLayer: three sublayers in a loop
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
        self.norm_first = norm_first
        self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = nn.LayerNorm(d_model, eps, bias=bias)
        self.norm2 = nn.LayerNorm(d_model, eps, bias=bias)
        self.norm3 = nn.LayerNorm(d_model, eps, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        sublayers = [
            (self.norm1, lambda y: self.self_attention(y, mask=mask, need_weights=True)),
            (self.norm2, lambda y: self.cross_attention(y, memory, None, memory_mask, True)),
            (self.norm3, lambda y: (self.feed_forward(y), None)),
        ]
        weights = []
        for norm, sublayer in sublayers:
            out, seen = sublayer(norm(x) if self.norm_first else x)
            x = x + self.drop(out)
            x = x if self.norm_first else norm(x)
            weights.append(seen)
        return (x, (weights[0], weights[1])) if need_weights else x


# %% TransformerDecoderLayer: torch's names and layout, dropout as a function
class TransformerDecoderLayer(nn.Module):
    PARAM_MAP = {
        f"{mine}.{kind}": f"{wanted}.{kind}"
        for mine, wanted in [
            ("linear1", "feed_forward.linear1"),
            ("linear2", "feed_forward.linear2"),
            *[
                (f"{ours}.{p}_proj", f"{theirs}.{p}_proj")
                for ours, theirs in (
                    ("self_attn", "self_attention"),
                    ("multihead_attn", "cross_attention"),
                )
                for p in ("q", "k", "v", "out")
            ],
        ]
        for kind in ("weight", "bias")
    }

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
        self.self_attn = attention(d_model, n_heads, dropout=dropout, bias=bias)
        self.multihead_attn = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.norm1, self.norm2, self.norm3 = [LayerNorm(d_model, eps, bias) for _ in "123"]
        self.p, self.norm_first = dropout, norm_first
        self.activation = {
            "relu": F.relu,
            "gelu": F.gelu,
            "gelu_tanh": lambda t: F.gelu(t, approximate="tanh"),
        }[activation]

    def _drop(self, t):
        return F.dropout(t, p=self.p, training=self.training)

    def _sa(self, x, mask):
        out, w = self.self_attn(x, mask=mask, need_weights=True)
        return self._drop(out), w

    def _mha(self, x, memory, mask):
        out, w = self.multihead_attn(x, memory, memory, mask=mask, need_weights=True)
        return self._drop(out), w

    def _ff(self, x):
        return self._drop(self.linear2(self._drop(self.activation(self.linear1(x)))))

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        if self.norm_first:
            a, w1 = self._sa(self.norm1(x), mask)
            x = x + a
            c, w2 = self._mha(self.norm2(x), memory, memory_mask)
            x = x + c
            x = x + self._ff(self.norm3(x))
        else:
            a, w1 = self._sa(x, mask)
            x = self.norm1(a + x)
            c, w2 = self._mha(x, memory, memory_mask)
            x = self.norm2(c + x)
            x = self.norm3(self._ff(x) + x)
        return (x, (w1, w2)) if need_weights else x


# %% TransformerDecoderLayer: attention, then a class of its own for residuals
class Residual(nn.Module):
    def __init__(self, norm_first, dropout):
        super().__init__()
        self.norm_first, self.dropout = norm_first, nn.Dropout(dropout)

    def forward(self, x, norm, sublayer):
        y = sublayer(norm(x) if self.norm_first else x)
        y, *seen = y if isinstance(y, tuple) else (y,)
        x = x.add(self.dropout(y))
        return (x if self.norm_first else norm(x)), seen


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
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)
        self.norm3 = LayerNorm(d_model, eps, bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout, bias)
        self.self_attention = attention(d_model, n_heads, dropout, bias)
        self.residual = Residual(norm_first, dropout)

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        x, own = self.residual(
            x,
            self.norm1,
            lambda y: self.self_attention(y, y, y, mask=mask, need_weights=need_weights),
        )
        x, other = self.residual(
            x,
            self.norm2,
            lambda y: self.cross_attention(y, memory, memory, memory_mask, need_weights),
        )
        x, _ = self.residual(x, self.norm3, self.feed_forward)
        if not need_weights:
            return x
        return x, (*own, *other)
