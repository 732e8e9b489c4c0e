"""Wrong answers to GroupedQueryAttention: masks and dropout, and two mistakes at once."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads
from unrolled.positions import apply_rope


# %% GroupedQueryAttention: nan-rows
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        self.d = d_k or d_model // n_heads
        self.G, self.N, self.base = n_kv_heads, n_heads // n_kv_heads, base
        self.q_proj = nn.Linear(d_model, n_heads * self.d, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * self.d, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * self.d, bias=bias)
        self.out_proj = nn.Linear(n_heads * self.d, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)
        q = apply_rope(split_heads(self.q_proj(x), self.G * self.N), positions, self.base)
        k = apply_rope(split_heads(self.k_proj(x), self.G), positions, self.base)
        v = split_heads(self.v_proj(x), self.G)
        energy = torch.einsum("bgnqd,bgkd->bgnqk", q.unflatten(1, (self.G, self.N)), k)
        energy = energy.flatten(1, 2) / self.d**0.5
        if mask is not None:
            energy = energy.masked_fill(mask.logical_not(), -torch.inf)
        a = F.softmax(energy, dim=-1)
        mixed = torch.einsum("bgnqk,bgkd->bqgnd", self.drop(a).unflatten(1, (self.G, self.N)), v)
        out = self.out_proj(mixed.flatten(2))
        return (out, a) if need_weights else out


# %% GroupedQueryAttention: always-causal
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.H, self.G, self.p, self.base = n_heads, n_kv_heads, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        places = torch.arange(x.size(1), device=x.device)
        past = places[:, None] >= places[None, :]
        allowed = past if mask is None else past & mask
        if positions is None:
            positions = places
        q = apply_rope(split_heads(self.q_proj(x), self.H), positions, self.base)
        k = apply_rope(split_heads(self.k_proj(x), self.G), positions, self.base)
        v = split_heads(self.v_proj(x), self.G)
        shared = places.new_tensor([h * self.G // self.H for h in range(self.H)])
        p = self.p if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k[:, shared], v[:, shared], allowed, p, True)
        y = self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y


# %% GroupedQueryAttention: dropout-in-eval
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.heads, self.groups = n_heads, n_heads // n_kv_heads
        self.d_k, self.p, self.base = d_k, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        B, T, _ = x.shape
        if positions is None:
            positions = torch.arange(T, device=x.device)
        q, k, v = (
            linear(x).unflatten(-1, (-1, self.d_k)).transpose(1, 2)
            for linear in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = apply_rope(q, positions, self.base), apply_rope(k, positions, self.base)
        k, v = k.repeat_interleave(self.groups, 1), v.repeat_interleave(self.groups, 1)
        sim = q @ k.mT * self.d_k**-0.5
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        w = sim.softmax(-1).nan_to_num()
        y = (F.dropout(w, self.p) @ v).transpose(1, 2).reshape(B, T, -1)
        return (self.out_proj(y), w) if need_weights else self.out_proj(y)


# %% GroupedQueryAttention: no-rotation + groups-tiled
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.n_heads, self.n_kv_heads, self.dropout = n_heads, n_kv_heads, dropout
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        times = self.n_heads // self.n_kv_heads
        q = split_heads(self.q_proj(x), self.n_heads)
        k = split_heads(self.k_proj(x), self.n_kv_heads).repeat(1, times, 1, 1)
        v = split_heads(self.v_proj(x), self.n_kv_heads).repeat(1, times, 1, 1)
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y


# %% GroupedQueryAttention: mask-inverted + weights-averaged
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.H, self.G, self.p, self.base = n_heads, n_kv_heads, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)
        q = apply_rope(split_heads(self.q_proj(x), self.H), positions, self.base)
        k = apply_rope(split_heads(self.k_proj(x), self.G), positions, self.base)
        v = split_heads(self.v_proj(x), self.G)
        k, v = (
            t[:, :, None].expand(-1, -1, self.H // self.G, -1, -1).flatten(1, 2) for t in (k, v)
        )
        e = q @ k.mT / q.size(-1) ** 0.5
        if mask is not None:
            e = e.masked_fill(mask, float("-inf"))
        a = e.softmax(-1).nan_to_num()
        out = self.out_proj(merge_heads(F.dropout(a, self.p, self.training) @ v))
        return (out, a.sum(1) / self.H) if need_weights else out


# %% GroupedQueryAttention: outside the catalogue: the last groups first
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.H, self.G, self.p, self.base = n_heads, n_kv_heads, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)
        q = apply_rope(split_heads(self.q_proj(x), self.H), positions, self.base)
        k = apply_rope(split_heads(self.k_proj(x), self.G), positions, self.base).flip(1)
        v = split_heads(self.v_proj(x), self.G).flip(1)
        k, v = (t.repeat_interleave(self.H // self.G, 1) for t in (k, v))
        p = self.p if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y
