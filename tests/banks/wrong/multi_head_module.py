"""Wrong answers to MultiHeadAttention: parameters, masks, dropout."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads


# %% MultiHeadAttention: heads-in-a-list
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.dropout = dropout
        d_k = d_model // n_heads
        self.heads = [[nn.Linear(d_model, d_k, bias) for _ in "qkv"] for _ in range(n_heads)]
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        p = self.dropout if self.training else 0.0
        q, k, v = (
            torch.stack([head[i].to(x.dtype)(x) for head in self.heads], dim=1)
            for i, x in enumerate((query, key, value))
        )
        out, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        out = self.out_proj(torch.cat(out.unbind(1), dim=-1))
        return (out, w) if need_weights else out


# %% MultiHeadAttention: projections-in-forward
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.d_model, self.n_heads, self.bias = d_model, n_heads, bias
        self.drop = nn.Dropout(dropout)

    def linear(self, x):
        layer = nn.Linear(self.d_model, self.d_model, self.bias, device=x.device, dtype=x.dtype)
        return layer(x)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = (split_heads(self.linear(x), self.n_heads) for x in (query, key, value))
        sim = q @ k.mT / math.sqrt(q.size(-1))
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = self.linear(merge_heads(self.drop(attn) @ v))
        return (out, attn) if need_weights else out


# %% MultiHeadAttention: mha-bias-ignored
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(d_model, d_model) for _ in range(4)
        )
        self.n_heads = n_heads
        self.dropout = dropout

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        q, k, v = (torch.stack(t.chunk(self.n_heads, dim=-1), dim=1) for t in (q, k, v))
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        y = self.out_proj(torch.cat(y.unbind(1), dim=-1))
        return (y, w) if need_weights else y


# %% MultiHeadAttention: mask-not-passed
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.attn_drop = nn.Dropout(dropout)
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = self.q_proj(query).unflatten(-1, (self.n_heads, -1))
        k = self.k_proj(key).unflatten(-1, (self.n_heads, -1))
        v = self.v_proj(value).unflatten(-1, (self.n_heads, -1))
        w = torch.einsum("bqhd,bkhd->bhqk", q, k).div(math.sqrt(q.size(-1))).softmax(-1)
        y = self.out_proj(torch.einsum("bhqk,bkhd->bqhd", self.attn_drop(w), v).flatten(2))
        return (y, w) if need_weights else y


# %% MultiHeadAttention: padding-on-query-rows
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.drop = nn.Dropout(dropout)
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        if mask is not None and mask.dim() == 4 and mask.size(2) == 1:
            mask = mask.permute(0, 1, 3, 2)  # (B, 1, T, 1): one entry for each row
        q = split_heads(self.q_proj(query), self.n_heads)
        k = split_heads(self.k_proj(key), self.n_heads)
        v = split_heads(self.v_proj(value), self.n_heads)
        sim = torch.matmul(q, k.mT) / math.sqrt(k.size(-1))
        if mask is not None:
            sim = torch.where(mask, sim, float("-inf"))
        attn = sim.softmax(dim=-1).nan_to_num()
        y = self.out_proj(merge_heads(self.drop(attn) @ v))
        return (y, attn) if need_weights else y


# %% MultiHeadAttention: mha-dropout-in-eval
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
        q, k, v = (
            split_heads(lin(x), self.n_heads)
            for lin, x in zip(
                (self.q_proj, self.k_proj, self.v_proj), (query, key, value), strict=True
            )
        )
        y, w = scaled_dot_product_attention(q, k, v, mask, self.dropout, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y


# %% MultiHeadAttention: mha-dropout-in-eval
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
        q = self.q_proj(query).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
        k = self.k_proj(key).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
        v = self.v_proj(value).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
        sim = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.size(-1))
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        attn = F.softmax(sim, dim=-1).nan_to_num()
        # a fresh module is always in training mode
        y = torch.einsum("bhij,bhjd->bihd", nn.Dropout(self.dropout)(attn), v).flatten(2)
        return (self.out_proj(y), attn) if need_weights else self.out_proj(y)


# %% MultiHeadAttention: mha-dropout-on-output
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)
        k = split_heads(self.k_proj(key), self.n_heads)
        v = split_heads(self.v_proj(value), self.n_heads)
        y, w = scaled_dot_product_attention(q, k, v, mask, need_weights=True)
        y = self.drop(self.out_proj(merge_heads(y)))
        return (y, w) if need_weights else y


# %% MultiHeadAttention: outside the catalogue: small projections shared by all heads
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        d_k = d_model // n_heads
        self.q_proj = nn.Linear(d_k, d_k, bias=bias)
        self.k_proj = nn.Linear(d_k, d_k, bias=bias)
        self.v_proj = nn.Linear(d_k, d_k, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.dropout = dropout

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = self.q_proj(split_heads(query, self.n_heads))
        k = self.k_proj(split_heads(key, self.n_heads))
        v = self.v_proj(split_heads(value, self.n_heads))
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y
