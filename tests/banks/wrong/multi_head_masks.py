"""Wrong answers to MultiHeadAttention: masks, dropout, what is returned."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads


# %% MultiHeadAttention: mha-mask-inverted
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
        q = self.q_proj(query).unflatten(-1, (self.n_heads, -1))
        k = self.k_proj(key).unflatten(-1, (self.n_heads, -1))
        v = self.v_proj(value).unflatten(-1, (self.n_heads, -1))
        energy = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.size(-1))
        if mask is not None:
            energy = energy.masked_fill(mask, float("-inf"))
        attention = torch.softmax(energy, dim=-1).nan_to_num()
        out = self.out_proj(torch.einsum("bhqk,bkhd->bqhd", self.drop(attention), v).flatten(2))
        return (out, attention) if need_weights else out


# %% MultiHeadAttention: mha-mask-after-softmax
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
        attn = F.softmax(q @ k.mT / math.sqrt(k.size(-1)), dim=-1)
        if mask is not None:
            attn = torch.where(mask, attn, 0.0)
        out = self.out_proj(merge_heads(self.drop(attn) @ v))
        return (out, attn) if need_weights else out


# %% MultiHeadAttention: mha-nan-rows
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
        q = self.q_proj(query).unflatten(-1, (self.n_heads, -1))
        k = self.k_proj(key).unflatten(-1, (self.n_heads, -1))
        v = self.v_proj(value).unflatten(-1, (self.n_heads, -1))
        energy = torch.einsum("bqhd,bkhd->bhqk", q, k) * k.size(-1) ** -0.5
        if mask is not None:
            energy = torch.where(mask, energy, -torch.inf)
        attention = energy.softmax(-1)
        out = self.out_proj(torch.einsum("bhqk,bkhd->bqhd", self.drop(attention), v).flatten(2))
        return (out, attention) if need_weights else out


# %% MultiHeadAttention: mha-uniform-rows
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
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        q, k, v = (torch.stack(t.chunk(self.n_heads, -1), 1) for t in (q, k, v))
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        p_attn = F.softmax(scores, dim=-1)
        y = torch.cat(torch.matmul(self.drop(p_attn), v).unbind(1), dim=-1)
        return (self.out_proj(y), p_attn) if need_weights else self.out_proj(y)


# %% MultiHeadAttention: mha-weights-not-returned
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
        q = self.q_proj(query).unflatten(-1, (self.n_heads, -1))
        k = self.k_proj(key).unflatten(-1, (self.n_heads, -1))
        v = self.v_proj(value).unflatten(-1, (self.n_heads, -1))
        energy = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.size(-1) ** 0.5
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-inf"))
        attention = energy.softmax(-1).nan_to_num()
        return self.out_proj(torch.einsum("bhqk,bkhd->bqhd", self.drop(attention), v).flatten(2))


# %% MultiHeadAttention: mha-dropout-missing
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
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        q, k, v = (torch.stack(t.chunk(self.n_heads, -1), 1) for t in (q, k, v))
        y, w = scaled_dot_product_attention(q, k, v, mask, need_weights=True)
        y = self.out_proj(torch.cat(y.unbind(1), -1))
        return (y, w) if need_weights else y
