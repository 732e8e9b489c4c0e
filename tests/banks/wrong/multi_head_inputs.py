"""Wrong answers to MultiHeadAttention: which input meets which weights."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads


# %% MultiHeadAttention: keys-values-swapped
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.dropout = dropout
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=bias))

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)
        v = split_heads(self.k_proj(key), self.n_heads)
        k = split_heads(self.v_proj(value), self.n_heads)
        p = self.dropout if self.training else 0.0
        z, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        z = self.out_proj(merge_heads(z))
        return (z, w) if need_weights else z


# %% MultiHeadAttention: query-weight-for-keys
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.h, self.d = n_heads, d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias)
        self.k_proj = nn.Linear(d_model, d_model, bias)
        self.v_proj = nn.Linear(d_model, d_model, bias)
        self.out_proj = nn.Linear(d_model, d_model, bias)
        self.drop = nn.Dropout(dropout)

    def heads(self, linear, x):
        return linear(x).view(x.size(0), -1, self.h, self.d).permute(0, 2, 1, 3)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        if key is None:
            key = query
        if value is None:
            value = key
        q = self.heads(self.q_proj, query)
        k = self.heads(self.q_proj, key)
        v = self.heads(self.v_proj, value)
        sim = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(self.d)
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        mixed = torch.einsum("bhij,bhjd->bihd", self.drop(attn), v).flatten(2)
        return (self.out_proj(mixed), attn) if need_weights else self.out_proj(mixed)


# %% MultiHeadAttention: keys-from-query
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        memory = query if key is None else key
        value = memory if value is None else value
        q, k = self.q_proj(query), self.k_proj(query)
        v = self.v_proj(value)
        q, k, v = (split_heads(t, self.n_heads) for t in (q, k, v))
        drop = self.dropout if self.training else 0.0
        y, attn = scaled_dot_product_attention(q, k, v, mask, drop, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, attn) if need_weights else y


# %% MultiHeadAttention: queries-from-memory
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        memory = query if key is None else key
        value = memory if value is None else value
        q, k, v = self.q_proj(memory), self.k_proj(memory), self.v_proj(value)
        q, k, v = (torch.stack(t.chunk(self.n_heads, -1), 1) for t in (q, k, v))
        drop = self.dropout if self.training else 0.0
        y, attn = scaled_dot_product_attention(q, k, v, mask, drop, need_weights=True)
        y = self.out_proj(torch.cat(y.unbind(1), -1))
        return (y, attn) if need_weights else y


# %% MultiHeadAttention: value-from-query
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.H = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.p = dropout

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        if key is None:
            key = query
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(query)
        q, k, v = (t.unflatten(2, (self.H, -1)).permute(0, 2, 1, 3) for t in (q, k, v))
        p = self.p if self.training else 0.0
        out, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        out = self.out_proj(out.permute(0, 2, 1, 3).flatten(2))
        return (out, w) if need_weights else out


# %% MultiHeadAttention: residual-inside
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_head = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        residual = query
        B, H = query.size(0), self.n_head
        q = self.q_proj(query).view(B, query.size(1), H, -1).transpose(1, 2)
        k = self.k_proj(key).view(B, key.size(1), H, -1).transpose(1, 2)
        v = self.v_proj(value).view(B, value.size(1), H, -1).transpose(1, 2)
        attn = torch.matmul(q / math.sqrt(q.size(-1)), k.transpose(2, 3))
        if mask is not None:
            attn = attn.masked_fill(mask == 0, float("-inf"))
        attn = F.softmax(attn, dim=-1).nan_to_num()
        out = torch.matmul(self.dropout(attn), v).transpose(1, 2).reshape(B, query.size(1), -1)
        out = self.out_proj(out) + residual
        return (out, attn) if need_weights else out


# %% MultiHeadAttention: biases-dropped
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(query @ self.q_proj.weight.T, self.n_heads)
        k = split_heads(key @ self.k_proj.weight.T, self.n_heads)
        v = split_heads(value @ self.v_proj.weight.T, self.n_heads)
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        y = merge_heads(y) @ self.out_proj.weight.T
        return (y, w) if need_weights else y


# %% MultiHeadAttention: no-output-projection
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.heads = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = dropout

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        outs, attns = [], []
        for q_h, k_h, v_h in zip(*(t.chunk(self.heads, dim=-1) for t in (q, k, v)), strict=True):
            out, attn = scaled_dot_product_attention(
                q_h.unsqueeze(1),
                k_h.unsqueeze(1),
                v_h.unsqueeze(1),
                mask
                if mask is None or mask.dim() < 3 or mask.size(-3) == 1
                else mask[:, len(outs) : len(outs) + 1],
                self.drop if self.training else 0.0,
                need_weights=True,
            )
            outs.append(out.squeeze(1))
            attns.append(attn)
        y = torch.cat(outs, dim=-1)
        return (y, torch.cat(attns, dim=1)) if need_weights else y
