"""Right answers to TransformerEncoderLayer, in other ways."""
# ruff: noqa: F811, RUF012

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward, LayerNorm


# %% TransformerEncoderLayer: each sublayer wrapped by one function
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
        self.norm1, self.norm2 = (nn.LayerNorm(d_model, eps=eps, bias=bias) for _ in range(2))
        self.drop1, self.drop2 = nn.Dropout(dropout), nn.Dropout(dropout)
        self.norm_first = norm_first

    def residual(self, x, sublayer, norm, drop):
        if self.norm_first:
            return x + drop(sublayer(norm(x)))
        return norm(x + drop(sublayer(x)))

    def forward(self, x, mask=None, need_weights=False):
        kept = {}

        def attend(y):
            out, kept["weights"] = self.attention(y, mask=mask, need_weights=True)
            return out

        x = self.residual(x, attend, self.norm1, self.drop1)
        x = self.residual(x, self.feed_forward, self.norm2, self.drop2)
        return (x, kept["weights"]) if need_weights else x


# %% TransformerEncoderLayer: torch's names, and functions instead of layers
class TransformerEncoderLayer(nn.Module):
    PARAM_MAP = {
        f"{mine}.{kind}": f"{wanted}.{kind}"
        for mine, wanted in {
            "linear1": "feed_forward.linear1",
            "linear2": "feed_forward.linear2",
            "norms.0": "norm1",
            "norms.1": "norm2",
            "self_attn.q_proj": "attention.q_proj",
            "self_attn.k_proj": "attention.k_proj",
            "self_attn.v_proj": "attention.v_proj",
            "self_attn.out_proj": "attention.out_proj",
        }.items()
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
        self.self_attn = attention(d_model, n_heads, dropout, bias)
        self.linear1 = nn.Linear(d_model, d_ff, bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias)
        self.norms = nn.ModuleList([LayerNorm(d_model, eps, bias), LayerNorm(d_model, eps, bias)])
        self.p, self.activation, self.pre = dropout, activation, norm_first

    def drop(self, x):
        return F.dropout(x, self.p, training=self.training)

    def bend(self, x):
        if self.activation == "relu":
            return F.relu(x)
        return F.gelu(x, approximate=self.activation.replace("gelu_", "").replace("gelu", "none"))

    def forward(self, x, mask=None, need_weights=False):
        before, after = (self.norms, [nn.Identity()] * 2)[:: 1 if self.pre else -1]
        out, weights = self.self_attn(before[0](x), mask=mask, need_weights=True)
        x = after[0](x + self.drop(out))
        hidden = self.drop(self.bend(self.linear1(before[1](x))))
        x = after[1](x + self.drop(self.linear2(hidden)))
        if need_weights:
            return x, weights
        return x


# %% TransformerEncoderLayer: attention is told query, key and value; torch.where for the order
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
        self.norm_first = norm_first
        self.add_module("attention", attention(d_model, n_heads, dropout=dropout, bias=bias))
        self.add_module("feed_forward", FeedForward(d_model, d_ff, dropout, activation, bias))
        for n in (1, 2):
            self.add_module(f"norm{n}", LayerNorm(d_model, eps=eps, bias=bias))
        self.dropout = nn.Dropout(dropout)

    def attend(self, x, mask, need_weights):
        result = self.attention(x, x, x, mask, need_weights=need_weights)
        out, weights = result if isinstance(result, tuple) else (result, None)
        return self.dropout(out), weights

    def transform(self, x):
        return self.dropout(self.feed_forward(x))

    def forward(self, x, mask=None, need_weights=False):
        order = torch.tensor(self.norm_first, device=x.device)
        read = torch.where(order, self.norm1(x), x)
        added, weights = self.attend(read, mask, need_weights)
        x = torch.add(x, added)
        x = torch.where(order, x, self.norm1(x))
        x = torch.add(x, self.transform(torch.where(order, self.norm2(x), x)))
        x = torch.where(order, x, self.norm2(x))
        return (x, weights) if need_weights else x
