"""Wrong answers to MultiHeadAttention: how the heads are cut, scored and joined."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads


# %% MultiHeadAttention: heads-not-split
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.d_k = d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.p = dropout

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        p = self.p if self.training else 0.0
        y, w = scaled_dot_product_attention(
            q.unsqueeze(1), k.unsqueeze(1), v.unsqueeze(1), mask, p, need_weights=True
        )
        y = self.out_proj(y.squeeze(1))
        return (y, w) if need_weights else y


# %% MultiHeadAttention: split-without-transpose
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.head_dim = n_heads, d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        N = query.shape[0]
        q = self.q_proj(query).reshape(N, self.n_heads, -1, self.head_dim)
        k = self.k_proj(key).reshape(N, self.n_heads, -1, self.head_dim)
        v = self.v_proj(value).reshape(N, self.n_heads, -1, self.head_dim)
        energy = torch.einsum("nhqd,nhkd->nhqk", q, k) / self.head_dim**0.5
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-inf"))
        attention = torch.softmax(energy, dim=3).nan_to_num()
        out = torch.einsum("nhqk,nhkd->nqhd", self.dropout(attention), v).flatten(2)
        out = self.out_proj(out)
        return (out, attention) if need_weights else out


# %% MultiHeadAttention: merge-without-transpose
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
        bs, seq, width = query.shape
        q, k, v = (
            torch.stack(proj(x).tensor_split(self.n_heads, dim=2), dim=1)
            for proj, x in ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        )
        logits = q.matmul(k.mT) * q.shape[-1] ** -0.5
        if mask is not None:
            logits = torch.where(mask, logits, -torch.inf)
        attention = logits.softmax(-1).nan_to_num()
        values = self.drop(attention).matmul(v).contiguous()
        out = self.out_proj(values.view(bs, seq, width))
        return (out, attention) if need_weights else out


# %% MultiHeadAttention: mha-scale-by-d_model
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.embed_size, self.heads = d_model, n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        queries = self.q_proj(query).unflatten(-1, (self.heads, -1))
        keys = self.k_proj(key).unflatten(-1, (self.heads, -1))
        values = self.v_proj(value).unflatten(-1, (self.heads, -1))
        energy = torch.einsum("nqhd,nkhd->nhqk", queries, keys)
        if mask is not None:
            energy = energy.masked_fill(mask == 0, -1e20)
        attention = torch.softmax(energy / (self.embed_size ** (1 / 2)), dim=3)
        if mask is not None:
            attention = attention * mask.any(-1, keepdim=True)
        out = torch.einsum("nhql,nlhd->nqhd", self.drop(attention), values).flatten(2)
        out = self.out_proj(out)
        return (out, attention) if need_weights else out


# %% MultiHeadAttention: mha-scale-by-d_model
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.scale = d_model**-0.5
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.dropout = dropout

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)
        k = split_heads(self.k_proj(key), self.n_heads)
        v = split_heads(self.v_proj(value), self.n_heads)
        dots = (self.scale * q) @ k.mT
        if mask is not None:
            dots = dots.masked_fill(~mask, -torch.finfo(dots.dtype).max)
        attn = dots.softmax(dim=-1)
        if mask is not None:
            attn = attn * mask
        out = merge_heads(F.dropout(attn, self.dropout, self.training) @ v)
        return (self.out_proj(out), attn) if need_weights else self.out_proj(out)


# %% MultiHeadAttention: mha-no-scale
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
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        B, H = query.size(0), self.n_heads
        # heads folded into the batch, as one long bmm
        q, k, v = (
            torch.cat(x.chunk(H, dim=2), dim=0)
            for x in (self.q_proj(query), self.k_proj(key), self.v_proj(value))
        )
        scores = torch.bmm(q, k.transpose(1, 2)).unflatten(0, (H, B)).transpose(0, 1)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights * mask.any(-1, keepdim=True)
        folded = self.dropout(weights).transpose(0, 1).flatten(0, 1)
        out = self.out_proj(torch.cat(torch.bmm(folded, v).chunk(H, dim=0), dim=2))
        return (out, weights) if need_weights else out


# %% MultiHeadAttention: mha-softmax-over-queries
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
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)
        k = split_heads(self.k_proj(key), self.n_heads)
        v = split_heads(self.v_proj(value), self.n_heads)
        attn = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.size(-1))
        if mask is not None:
            attn = attn.masked_fill(mask == 0, -1e9)
        attn = attn.softmax(dim=2)
        if mask is not None:
            attn = attn * mask
        out = torch.einsum("bhij,bhjd->bihd", self.dropout(attn), v)
        out = self.out_proj(out.reshape(*query.shape))
        return (out, attn) if need_weights else out


# %% MultiHeadAttention: mha-softmax-over-heads
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
        self.attn_drop = nn.Dropout(dropout)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        B, H = query.size(0), self.n_heads
        q = self.q_proj(query).view(B, query.size(1), H, -1).permute(0, 2, 1, 3)
        k = self.k_proj(key).view(B, key.size(1), H, -1).permute(0, 2, 3, 1)
        v = self.v_proj(value).view(B, value.size(1), H, -1).permute(0, 2, 1, 3)
        w = q @ k / math.sqrt(k.size(2))
        if mask is not None:
            w = w.masked_fill(mask.logical_not(), -1e9)
        w = self.softmax(w)
        if mask is not None:
            w = w * mask
        out = self.out_proj((self.attn_drop(w) @ v).transpose(1, 2).flatten(2))
        return (out, w) if need_weights else out


# %% MultiHeadAttention: weights-averaged
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
        qkv = ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        q, k, v = (split_heads(proj(x), self.n_heads) for proj, x in qkv)
        p = self.dropout if self.training else 0.0
        out, weights = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        out = self.out_proj(merge_heads(out))
        # what nn.MultiheadAttention returns by default
        return (out, weights.sum(dim=1) / self.n_heads) if need_weights else out
