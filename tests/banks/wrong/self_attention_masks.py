"""Wrong answers to SelfAttention: masks, sizes, what has been scaled already."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import scaled_dot_product_attention


# %% SelfAttention: self-mask-inverted
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        sim = torch.einsum("bid,bjd->bij", q, k)[:, None] / math.sqrt(q.size(-1))
        if mask is not None:
            # True = hidden, as in nn.TransformerEncoder's src_key_padding_mask
            sim = sim.masked_fill(mask, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = torch.einsum("bij,bjd->bid", self.drop(attn)[:, 0], v)
        return (out, attn) if need_weights else out


# %% SelfAttention: self-scale-twice
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (layer(x)[:, None] for layer in (self.q_proj, self.k_proj, self.v_proj))
        q = q * q.size(-1) ** -0.5
        p = self.drop.p if self.training else 0.0
        out, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        return (out[:, 0], w) if need_weights else out[:, 0]


# %% SelfAttention: self-mask-after-softmax
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        sim = torch.bmm(self.q_proj(x), self.k_proj(x).mT) / math.sqrt(self.k_proj.out_features)
        wei = F.softmax(sim, dim=-1).unsqueeze(1)
        if mask is not None:
            wei = wei * mask
        out = torch.bmm(self.drop(wei).squeeze(1), self.v_proj(x))
        return (out, wei) if need_weights else out


# %% SelfAttention: self-nan-rows
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        wei = (q @ k.transpose(-2, -1)).unsqueeze(1) * k.size(-1) ** -0.5
        if mask is not None:
            wei = wei.masked_fill(mask == 0, float("-inf"))
        wei = F.softmax(wei, dim=-1)
        out = self.drop(wei).squeeze(1) @ v
        return (out, wei) if need_weights else out


# %% SelfAttention: self-uniform-rows
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (layer(x).unsqueeze(1) for layer in (self.q_proj, self.k_proj, self.v_proj))
        energy = torch.einsum("bhid,bhjd->bhij", q, k).div(math.sqrt(k.size(-1)))
        if mask is not None:
            energy = torch.where(mask, energy, -1e9)
        attention = energy.softmax(dim=-1)
        context = torch.einsum("bhij,bhjd->bhid", self.drop(attention), v)[:, 0]
        return (context, attention) if need_weights else context


# %% SelfAttention: self-weights-squeezed
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        sim = torch.bmm(q, k.permute(0, 2, 1)) / math.sqrt(q.size(2))
        if mask is not None:
            allowed = mask.expand(x.size(0), 1, x.size(1), x.size(1)).squeeze(1)
            sim = sim.masked_fill(allowed == 0, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = torch.bmm(self.drop(attn), v)
        return (out, attn) if need_weights else out


# %% SelfAttention: self-d_v-ignored
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_v = d_k = d_k or d_model
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        h = x.unsqueeze(1)
        p = self.drop.p if self.training else 0.0
        y, w = scaled_dot_product_attention(
            self.q_proj(h), self.k_proj(h), self.v_proj(h), mask, p, need_weights=True
        )
        return (y.squeeze(1), w) if need_weights else y.squeeze(1)


# %% SelfAttention: self-d_v-from-d_model
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k, d_v = d_k or d_model, d_v or d_model
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        sim = torch.einsum("bid,bjd->bij", self.q_proj(x), self.k_proj(x)).unsqueeze(1)
        sim = sim / math.sqrt(self.q_proj.out_features)
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        w = sim.softmax(-1).nan_to_num()
        y = torch.einsum("bij,bjd->bid", self.drop(w).squeeze(1), self.v_proj(x))
        return (y, w) if need_weights else y
