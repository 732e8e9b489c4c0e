"""Right answers to RMSNorm, SwiGLU and GroupedQueryAttention, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads
from unrolled.positions import apply_rope


# %% RMSNorm: rsqrt
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.eps = eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


# %% RMSNorm: a dot product with itself, under another name
class RMSNorm(nn.Module):
    PARAM_MAP = {"g": "weight"}

    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.D, self.eps = d_model, eps
        self.g = nn.Parameter(torch.full((d_model,), 1.0))

    def forward(self, x):
        squares = torch.einsum("...d,...d->...", x, x)
        rms = torch.sqrt(squares / self.D + self.eps)
        return torch.einsum("...d,...,d->...d", x, rms.reciprocal(), self.g)


# %% RMSNorm: the root inside, the length of a position
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.width = d_model
        self.weight = nn.Parameter(torch.empty(d_model).fill_(1))

    def forward(self, x):
        rows = x.reshape(-1, self.width)
        length = (rows * rows).sum(dim=1) + self.width * self.eps
        rows = rows.mul(math.sqrt(self.width)).div(length.pow(0.5).unsqueeze(1))
        return rows.mul(self.weight).reshape(x.shape)


# %% SwiGLU: one layer for gate and up
class SwiGLU(nn.Module):
    PARAM_MAP = {
        "both.weight": {"cat": ["gate_proj.weight", "up_proj.weight"], "dim": 0},
        "both.bias": {"cat": ["gate_proj.bias", "up_proj.bias"], "dim": 0},
    }

    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.both = nn.Linear(d_model, 2 * d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        gate, up = self.both(x).chunk(2, dim=-1)
        return self.down_proj(gate * torch.sigmoid(gate) * up)


# %% SwiGLU: torch's gated linear unit, times the gate
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        g = self.gate_proj(x)
        return self.down_proj(g * F.glu(torch.cat((self.up_proj(x), g), dim=-1), dim=-1))


# %% SwiGLU: bare parameters and the hyperbolic tangent
class SwiGLU(nn.Module):
    PARAM_MAP = {
        "W": {"transpose": "gate_proj.weight"},
        "V": {"transpose": "up_proj.weight"},
        "W2": {"transpose": "down_proj.weight"},
        "b": "gate_proj.bias",
        "c": "up_proj.bias",
        "b2": "down_proj.bias",
    }

    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.W = nn.Parameter(torch.randn(d_model, d_ff) * d_model**-0.5)
        self.V = nn.Parameter(torch.randn(d_model, d_ff) * d_model**-0.5)
        self.W2 = nn.Parameter(torch.randn(d_ff, d_model) * d_ff**-0.5)
        self.b, self.c, self.b2 = (
            nn.Parameter(torch.zeros(n)) if bias else None for n in (d_ff, d_ff, d_model)
        )

    @staticmethod
    def affine(x, matrix, bias):
        product = torch.matmul(x, matrix)
        return product if bias is None else product + bias

    def forward(self, x):
        z = self.affine(x, self.W, self.b)
        z = z / 2 * (1 + torch.tanh(z / 2))
        return self.affine(z.mul(self.affine(x, self.V, self.c)), self.W2, self.b2)


# %% GroupedQueryAttention: expand and reshape, the softmax by hand
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        self.H, self.G = n_heads, n_kv_heads
        self.d = d_k or d_model // n_heads
        self.base = base
        self.q_proj = nn.Linear(d_model, n_heads * self.d, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * self.d, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * self.d, bias=bias)
        self.out_proj = nn.Linear(n_heads * self.d, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def share(self, x):
        B, G, T, d = x.shape
        return x[:, :, None].expand(B, G, self.H // G, T, d).reshape(B, self.H, T, d)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        B, T, _ = x.shape
        if positions is None:
            positions = torch.arange(T, device=x.device)
        q = self.q_proj(x).reshape(B, T, self.H, self.d).transpose(1, 2)
        k = self.k_proj(x).reshape(B, T, self.G, self.d).transpose(1, 2)
        v = self.v_proj(x).reshape(B, T, self.G, self.d).transpose(1, 2)
        q, k = apply_rope(q, positions, self.base), apply_rope(k, positions, self.base)
        sim = q @ self.share(k).mT / math.sqrt(self.d)
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = self.drop(attn) @ self.share(v)
        out = self.out_proj(out.transpose(1, 2).reshape(B, T, -1))
        return (out, attn) if need_weights else out


# %% GroupedQueryAttention: five axes and einsum, nothing repeated, one input projection
class GroupedQueryAttention(nn.Module):
    PARAM_MAP = {
        f"qkv.{kind}": {"cat": [f"{name}_proj.{kind}" for name in "qkv"], "dim": 0}
        for kind in ("weight", "bias")
    }

    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        if d_k is None:
            d_k = d_model // n_heads
        self.heads = n_heads, n_kv_heads, n_kv_heads
        self.d_k, self.p, self.base = d_k, dropout, base
        self.qkv = nn.Linear(d_model, sum(self.heads) * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        H, G, _ = self.heads
        if positions is None:
            positions = torch.arange(x.size(1), device=x.device)
        all_heads = self.qkv(x).unflatten(-1, (-1, self.d_k)).transpose(1, 2)
        q, k, v = all_heads.split(self.heads, dim=1)
        q = apply_rope(q, positions, self.base).unflatten(1, (G, H // G))
        k = apply_rope(k, positions, self.base)
        energy = torch.einsum("bgnqd,bgkd->bgnqk", q, k).flatten(1, 2) * self.d_k**-0.5
        if mask is not None:
            energy = torch.where(mask, energy, torch.finfo(energy.dtype).min)
        weights = F.softmax(energy, dim=-1)
        if mask is not None:
            weights = weights * mask
        dropped = F.dropout(weights, self.p, self.training).unflatten(1, (G, H // G))
        heads = torch.einsum("bgnqk,bgkd->bqgnd", dropped, v)
        out = self.out_proj(heads.flatten(2))
        return (out, weights) if need_weights else out


# %% GroupedQueryAttention: head by head, features turned as complex numbers
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        d_k = d_model // n_heads if d_k is None else d_k
        self.d_k, self.base, self.dropout = d_k, base, dropout
        self.n_heads, self.per_group = n_heads, n_heads // n_kv_heads
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def turn(self, x, positions):
        half = self.d_k // 2
        speeds = self.base ** (-torch.arange(half, dtype=x.dtype, device=x.device) / half)
        angles = positions.to(x.dtype)[..., None] * speeds
        z = torch.complex(x[..., :half], x[..., half:]) * torch.polar(
            torch.ones_like(angles), angles
        )
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
            s = torch.bmm(self.turn(q[h], positions), self.turn(k[g], positions).mT)
            s = s / self.d_k**0.5
            if mask is not None:
                s = s.masked_fill(mask[:, h] == 0, float("-inf"))
            w = torch.softmax(s, -1).nan_to_num()
            maps.append(w)
            found.append(F.dropout(w, self.dropout, training=self.training) @ v[g])
        out = self.out_proj(torch.cat(found, -1))
        return (out, torch.stack(maps, 1)) if need_weights else out


# %% GroupedQueryAttention: each head's number looked up, the fused kernel without weights
class GroupedQueryAttention(nn.Module):
    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        width = d_model // n_heads if d_k is None else d_k
        self.n_heads, self.n_kv_heads, self.p, self.base = n_heads, n_kv_heads, dropout, base
        self.q_proj = nn.Linear(d_model, n_heads * width, bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * width, bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * width, bias)
        self.out_proj = nn.Linear(n_heads * width, d_model, bias)

    def forward(self, x, mask=None, positions=None, need_weights=False):
        if positions is None:
            positions = torch.arange(x.shape[1], device=x.device)
        shared = torch.arange(self.n_heads, device=x.device) * self.n_kv_heads // self.n_heads
        q = apply_rope(split_heads(self.q_proj(x), self.n_heads), positions, base=self.base)
        k = split_heads(self.k_proj(x), self.n_kv_heads)[:, shared]
        v = split_heads(self.v_proj(x), self.n_kv_heads)[:, shared]
        k = apply_rope(k, positions, base=self.base)
        p = self.p if self.training else 0.0
        if need_weights:
            y, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
            return self.out_proj(merge_heads(y)), w
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=p)
        return self.out_proj(y.transpose(1, 2).flatten(2))
