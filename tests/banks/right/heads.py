"""Right answers to split_heads, merge_heads and the bug hunt, in other ways."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% split_heads: chunk and stack
def split_heads(x, n_heads):
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


# %% split_heads: view and permute
def split_heads(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads).permute(0, 2, 1, 3)


# %% split_heads: slices
def split_heads(x, n_heads):
    width = x.size(2) // n_heads
    return torch.cat(
        [x[:, None, :, h * width : (h + 1) * width] for h in range(n_heads)], dim=1
    ).contiguous()


# %% split_heads: features first
def split_heads(x, n_heads):
    b, t, d = x.shape
    return x.mT.reshape(b, n_heads, d // n_heads, t).mT


# %% merge_heads: concatenated heads
def merge_heads(x):
    return torch.cat(x.unbind(1), dim=-1)


# %% merge_heads: contiguous and view
def merge_heads(x):
    B, H, T, d = x.shape
    return x.permute(0, 2, 1, 3).contiguous().view(B, T, H * d)


# %% merge_heads: features first
def merge_heads(x):
    return x.mT.flatten(1, 2).mT


# %% merge_heads: written into place
def merge_heads(x):
    B, H, T, d = x.shape
    out = x.new_zeros(B, T, H * d)
    for h in range(H):
        out[:, :, h * d : h * d + d] = x[:, h]
    return out


# %% repair_multi_head: the fused kernel
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        heads = [
            torch.stack(p(x).chunk(self.num_heads, dim=-1), dim=1)
            for p in (self.query, self.key, self.value)
        ]
        y = F.scaled_dot_product_attention(*heads, attn_mask=mask)
        return self.out(torch.cat(y.unbind(1), dim=-1))


# %% repair_multi_head: einsum over heads in place
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        assert embed_dim % num_heads == 0
        self.heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q = self.query(x).unflatten(-1, (self.heads, -1))
        k = self.key(x).unflatten(-1, (self.heads, -1))
        v = self.value(x).unflatten(-1, (self.heads, -1))
        energy = torch.einsum("nqhd,nkhd->nhqk", q, k) / math.sqrt(q.size(-1))
        if mask is not None:
            energy = energy.masked_fill(mask == 0, -1e20)
        attention = torch.softmax(energy, dim=-1)
        return self.out(torch.einsum("nhqk,nkhd->nqhd", attention, v).flatten(2))


# %% repair_multi_head: one head after another
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.n = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        B, T, D = x.shape
        allowed = torch.ones(B, self.n, T, T, dtype=torch.bool, device=x.device)
        if mask is not None:
            allowed = allowed & mask
        d = D // self.n
        done = []
        for h in range(self.n):
            part = slice(h * d, (h + 1) * d)
            q, k, v = self.query(x)[..., part], self.key(x)[..., part], self.value(x)[..., part]
            s = torch.bmm(q, k.mT).div(d**0.5)
            s = torch.where(allowed[:, h], s, float("-inf"))
            done.append(torch.bmm(torch.softmax(s, 2), v))
        return self.out(torch.cat(done, 2))


# %% repair_multi_head: renamed, one fused projection
class RepairedMultiHead(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "qkv.weight": {"cat": ["query.weight", "key.weight", "value.weight"], "dim": 0},
        "qkv.bias": {"cat": ["query.bias", "key.bias", "value.bias"], "dim": 0},
        "proj.weight": "out.weight",
        "proj.bias": "out.bias",
    }

    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        B, T, D = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        s = (q * q.size(-1) ** -0.5) @ k.mT
        if mask is not None:
            s = s.masked_fill(~mask, float("-inf"))
        y = s.softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(B, T, D))
