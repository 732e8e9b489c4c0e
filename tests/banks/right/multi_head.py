"""Right answers to MultiHeadAttention, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads


# %% MultiHeadAttention: the fused kernel, by hand when the weights are wanted
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.dropout = n_heads, dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)
        k = split_heads(self.k_proj(key), self.n_heads)
        v = split_heads(self.v_proj(value), self.n_heads)
        p = self.dropout if self.training else 0.0
        if not need_weights:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=p)
            return self.out_proj(merge_heads(y))
        sim = q @ k.mT / math.sqrt(q.size(-1))
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        w = sim.softmax(-1).nan_to_num()
        return self.out_proj(merge_heads(F.dropout(w, p) @ v)), w


# %% MultiHeadAttention: fused input projection, einsum
class MultiHeadAttention(nn.Module):
    PARAM_MAP = {
        "in_proj.weight": {"cat": ["q_proj.weight", "k_proj.weight", "v_proj.weight"], "dim": 0},
        "in_proj.bias": {"cat": ["q_proj.bias", "k_proj.bias", "v_proj.bias"], "dim": 0},
    }

    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.in_proj = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        weights = self.in_proj.weight.chunk(3)
        biases = (None,) * 3 if self.in_proj.bias is None else self.in_proj.bias.chunk(3)
        q, k, v = (
            F.linear(x, w, b).unflatten(-1, (self.n_heads, -1))
            for x, w, b in zip((query, key, value), weights, biases, strict=True)
        )
        energy = torch.einsum("bqhd,bkhd->bhqk", q * q.size(-1) ** -0.5, k)
        if mask is not None:
            energy = torch.where(mask, energy, torch.finfo(energy.dtype).min)
        attention = energy.softmax(dim=-1)
        if mask is not None:
            attention = attention * mask
        out = torch.einsum("bhqk,bkhd->bqhd", self.drop(attention), v)
        out = self.out_proj(out.flatten(start_dim=-2))
        return (out, attention) if need_weights else out


# %% MultiHeadAttention: a loop over heads that adds up what each contributes
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"n_heads={n_heads} does not divide d_model={d_model}")
        self.H, self.d = n_heads, d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        Q, K, V = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        if mask is not None:
            mask = mask.expand(Q.size(0), self.H, Q.size(1), K.size(1))
        total, maps = 0.0, []
        for h in range(self.H):
            cols = slice(h * self.d, (h + 1) * self.d)
            s = torch.bmm(Q[..., cols], K[..., cols].transpose(1, 2)) / math.sqrt(self.d)
            if mask is not None:
                s = s.masked_fill(mask[:, h] == 0, float("-inf"))
            a = torch.softmax(s, dim=-1).nan_to_num()
            total = total + self.drop(a) @ V[..., cols] @ self.out_proj.weight[:, cols].T
            maps.append(a)
        if self.out_proj.bias is not None:
            total = total + self.out_proj.bias
        return (total, torch.stack(maps, dim=1)) if need_weights else total


# %% MultiHeadAttention: four layers in a list
class MultiHeadAttention(nn.Module):
    PARAM_MAP = {
        f"linears.{i}.{kind}": f"{name}.{kind}"
        for i, name in enumerate(("q_proj", "k_proj", "v_proj", "out_proj"))
        for kind in ("weight", "bias")
    }

    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.h, self.d_k = n_heads, d_model // n_heads
        self.linears = nn.ModuleList(nn.Linear(d_model, d_model, bias=bias) for _ in range(4))
        self.attn = None
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        n = query.size(0)
        *in_linears, out_linear = self.linears
        q, k, v = (
            linear(x).view(n, -1, self.h, self.d_k).transpose(1, 2)
            for linear, x in zip(in_linears, (query, key, value), strict=True)
        )
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(self.d_k)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        self.attn = F.softmax(scores, dim=-1)
        if mask is not None:
            self.attn = self.attn * mask.any(-1, keepdim=True)
        x = torch.matmul(self.dropout(self.attn), v)
        x = x.transpose(1, 2).contiguous().view(n, -1, self.h * self.d_k)
        return out_linear(x), self.attn


# %% MultiHeadAttention: heads folded into the batch
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.dropout = n_heads, dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        B, H = query.size(0), self.n_heads
        q = torch.cat(self.q_proj(query).chunk(H, dim=2))  # all batches of head 0 come first
        k = torch.cat(self.k_proj(key).chunk(H, dim=2))
        v = torch.cat(self.v_proj(value).chunk(H, dim=2))
        s = torch.bmm(q, k.mT) / math.sqrt(q.size(2))
        if mask is not None:
            seen = mask.expand(B, H, query.size(1), key.size(1)).transpose(0, 1).flatten(0, 1)
            s = s.masked_fill(~seen, float("-inf"))
        w = s.softmax(2).nan_to_num()
        y = torch.bmm(F.dropout(w, self.dropout, self.training), v)
        y = self.out_proj(torch.cat(y.chunk(H), dim=2))
        return (y, w.unflatten(0, (H, B)).transpose(0, 1)) if need_weights else y


# %% MultiHeadAttention: weights cut into heads instead of features
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.dropout = n_heads, dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def per_head(self, layer, x):
        w = layer.weight.unflatten(0, (self.n_heads, -1))  # (H, d_k, D)
        y = torch.einsum("btm,hdm->bhtd", x, w)
        return y if layer.bias is None else y + layer.bias.unflatten(0, (self.n_heads, 1, -1))

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q, k = self.per_head(self.q_proj, query), self.per_head(self.k_proj, key)
        v = self.per_head(self.v_proj, value)
        p = self.dropout if self.training else 0.0
        y, a = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        w_out = self.out_proj.weight.unflatten(1, (self.n_heads, -1))  # (D, H, d_k)
        y = torch.einsum("bhtd,mhd->btm", y, w_out)
        y = y if self.out_proj.bias is None else y + self.out_proj.bias
        return (y, a) if need_weights else y


# %% MultiHeadAttention: bare matrices, the other way up
class MultiHeadAttention(nn.Module):
    PARAM_MAP = {
        f"{kind}_{letter}": ({"transpose": f"{name}.weight"} if kind == "W" else f"{name}.bias")
        for kind in "Wb"
        for letter, name in zip("qkvo", ("q_proj", "k_proj", "v_proj", "out_proj"), strict=True)
    }

    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.p = n_heads, dropout
        for letter in "qkvo":
            matrix = torch.empty(d_model, d_model)
            self.register_parameter(f"W_{letter}", nn.Parameter(nn.init.xavier_uniform_(matrix)))
            vector = nn.Parameter(torch.zeros(d_model)) if bias else None
            self.register_parameter(f"b_{letter}", vector)

    def affine(self, x, letter):
        y = x @ getattr(self, f"W_{letter}")
        b = getattr(self, f"b_{letter}")
        return y if b is None else y + b

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        inputs = zip((query, key, value), "qkv", strict=True)
        q, k, v = (torch.stack(self.affine(x, c).chunk(self.n_heads, -1), 1) for x, c in inputs)
        s = torch.einsum("bhid,bhjd->bhij", q, k).div(q.size(-1) ** 0.5)
        s = s if mask is None else s + torch.zeros_like(s).masked_fill(~mask, -1e9)
        w = s.softmax(-1)
        w = w if mask is None else w * mask.any(-1, keepdim=True)
        y = F.dropout(w, self.p, training=self.training) @ v
        y = self.affine(torch.cat(y.unbind(1), -1), "o")
        return (y, w) if need_weights else y
