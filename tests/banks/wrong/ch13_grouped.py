"""Wrong answers to GroupedQueryAttention."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads
from unrolled.positions import apply_rope


# %% GroupedQueryAttention: groups-tiled
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_k or d_model // n_heads
        self.H, self.G, self.d = n_heads, n_kv_heads, d_k
        self.p, self.base = dropout, base
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
        shared = torch.arange(self.H, device=x.device) % self.G
        sim = torch.einsum("bhqd,bhkd->bhqk", q, k[:, shared]) / math.sqrt(self.d)
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        heads = torch.einsum(
            "bhqk,bhkd->bqhd", F.dropout(attn, self.p, self.training), v[:, shared]
        )
        out = self.out_proj(heads.flatten(2))
        return (out, attn) if need_weights else out


# %% GroupedQueryAttention: values-rotated
class GroupedQueryAttention(nn.Module):
    PARAM_MAP = {
        f"qkv.{kind}": {"cat": [f"{name}_proj.{kind}" for name in "qkv"], "dim": 0}
        for kind in ("weight", "bias")
    }

    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.heads, self.d_k, self.base = (n_heads, n_kv_heads, n_kv_heads), d_k, base
        self.qkv = nn.Linear(d_model, sum(self.heads) * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        H, G, _ = self.heads
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)
        heads = self.qkv(x).unflatten(-1, (-1, self.d_k)).transpose(1, 2)
        q, k, v = apply_rope(heads, positions, self.base).split(self.heads, dim=1)
        sim = torch.einsum("bgnqd,bgkd->bgnqk", q.unflatten(1, (G, H // G)), k)
        sim = sim.flatten(1, 2) * self.d_k**-0.5
        if mask is not None:
            sim = torch.where(mask, sim, torch.finfo(sim.dtype).min)
        attn = sim.softmax(-1)
        if mask is not None:
            attn = attn * mask
        mixed = torch.einsum("bgnqk,bgkd->bqgnd", self.drop(attn).unflatten(1, (G, H // G)), v)
        out = self.out_proj(mixed.flatten(2))
        return (out, attn) if need_weights else out


# %% GroupedQueryAttention: positions-from-first-sentence
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.d_k, self.base, self.p = d_k, base, dropout
        self.n_heads, self.per_group = n_heads, n_heads // n_kv_heads
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def turn(self, x, positions):
        half = self.d_k // 2
        speeds = self.base ** (-torch.arange(half, dtype=x.dtype, device=x.device) / half)
        positions = positions.reshape(-1, x.size(1))[0]
        angles = positions.to(x.dtype)[:, None] * speeds
        z = torch.complex(x[..., :half], x[..., half:])
        z = z * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([z.real, z.imag], -1)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        B, T = x.size(0), x.size(1)
        positions = torch.arange(T, device=x.device) if positions is None else positions
        q, k, v = (p(x).split(self.d_k, -1) for p in (self.q_proj, self.k_proj, self.v_proj))
        if mask is not None:
            mask = mask.expand(B, self.n_heads, T, T)
        found, maps = [], []
        for h in range(self.n_heads):
            g = h // self.per_group
            s = self.turn(q[h], positions) @ self.turn(k[g], positions).mT / self.d_k**0.5
            if mask is not None:
                s = s.masked_fill(mask[:, h] == 0, float("-inf"))
            w = torch.softmax(s, -1).nan_to_num()
            maps.append(w)
            found.append(F.dropout(w, self.p, training=self.training) @ v[g])
        out = self.out_proj(torch.cat(found, -1))
        return (out, torch.stack(maps, 1)) if need_weights else out


# %% GroupedQueryAttention: d_k-from-kv-heads
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        width = d_k if d_k else d_model // n_kv_heads
        self.n_heads, self.n_kv_heads, self.p, self.base = n_heads, n_kv_heads, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * width, bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * width, bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * width, bias)
        self.out_proj = nn.Linear(n_heads * width, d_model, bias)

    def share(self, x):
        B, G, T, d = x.shape
        return x[:, :, None].expand(B, G, self.n_heads // G, T, d).flatten(1, 2)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        if positions is None:
            positions = torch.arange(x.shape[1], device=x.device)
        q = apply_rope(split_heads(self.q_proj(x), self.n_heads), positions, base=self.base)
        k = apply_rope(split_heads(self.k_proj(x), self.n_kv_heads), positions, base=self.base)
        k, v = self.share(k), self.share(split_heads(self.v_proj(x), self.n_kv_heads))
        p = self.p if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y


# %% GroupedQueryAttention: scale-by-d_model
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        self.d = d_model // n_heads if d_k is None else d_k
        self.scale = d_model**-0.5
        self.base = base
        self.groups = n_heads // n_kv_heads
        self.q_proj = nn.Linear(d_model, n_heads * self.d, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * self.d, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * self.d, bias=bias)
        self.out_proj = nn.Linear(n_heads * self.d, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        B, T, _ = x.shape
        if positions is None:
            positions = torch.arange(T, device=x.device)
        q, k, v = (
            linear(x).reshape(B, T, -1, self.d).transpose(1, 2)
            for linear in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = (apply_rope(t, positions, self.base) for t in (q, k))
        k, v = (torch.repeat_interleave(t, self.groups, 1) for t in (k, v))
        sim = torch.matmul(q * self.scale, k.mT)
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = (self.drop(attn) @ v).transpose(1, 2).reshape(B, T, -1)
        return (self.out_proj(out), attn) if need_weights else self.out_proj(out)


# %% GroupedQueryAttention: weights-of-groups
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.n_heads, self.n_kv_heads, self.dropout, self.base = n_heads, n_kv_heads, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)
        H, G = self.n_heads, self.n_kv_heads
        q = apply_rope(split_heads(self.q_proj(x), H), positions, self.base)
        k = apply_rope(split_heads(self.k_proj(x), G), positions, self.base)
        v = split_heads(self.v_proj(x), G)
        k, v = (torch.stack([t] * (H // G), dim=2).flatten(1, 2) for t in (k, v))
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        out = self.out_proj(merge_heads(y))
        return (out, w.unflatten(1, (G, H // G)).mean(2)) if need_weights else out
