"""Wrong answers to SelfAttention: what is computed from the three projections."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import scaled_dot_product_attention


# %% SelfAttention: self-shared-projection
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.p = dropout

    def forward(self, x, mask=None, need_weights=False):
        q = k = self.q_proj(x)[:, None]
        v = self.v_proj(x)[:, None]
        p = self.p if self.training else 0.0
        out, w = scaled_dot_product_attention(q, k, v, mask=mask, dropout=p, need_weights=True)
        return (out[:, 0], w) if need_weights else out[:, 0]


# %% SelfAttention: self-swapped-key-value
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.rate = dropout

    def forward(self, x, mask=None, need_weights=False):
        q, v, k = (lin(x).unsqueeze(1) for lin in (self.q_proj, self.k_proj, self.v_proj))
        rate = self.rate if self.training else 0.0
        z, a = scaled_dot_product_attention(q, k, v, mask, rate, need_weights=True)
        return (z.squeeze(1), a) if need_weights else z.squeeze(1)


# %% SelfAttention: self-value-unprojected
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
        queries, keys = self.q_proj(x), self.k_proj(x)
        scores = torch.einsum("bid,bjd->bij", queries, keys)[:, None] / math.sqrt(keys.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        attention = scores.softmax(-1).nan_to_num()
        context = torch.einsum("bij,bjd->bid", self.drop(attention)[:, 0], x)
        return (context, attention) if need_weights else context


# %% SelfAttention: self-input-detached
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.p_drop = dropout

    def forward(self, x, mask=None, need_weights=False):
        tokens = x.clone().detach().unsqueeze(1)
        out, weights = scaled_dot_product_attention(
            self.q_proj(tokens),
            self.k_proj(tokens),
            self.v_proj(tokens),
            mask,
            dropout=self.p_drop * self.training,
            need_weights=True,
        )
        out = out.squeeze(1)
        return (out, weights) if need_weights else out


# %% SelfAttention: self-query-key-swapped
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(dropout)
        self.scale = d_k**-0.5

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        sim = (k @ q.mT).unsqueeze(1) * self.scale
        if mask is not None:
            sim = torch.where(mask, sim, float("-inf"))
        attn = sim.softmax(dim=-1).nan_to_num()
        y = self.drop(attn).squeeze(1) @ v
        return (y, attn) if need_weights else y


# %% SelfAttention: self-scale-by-d_model
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.scale = math.sqrt(d_model)
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.attn_drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        att = torch.matmul(q, k.transpose(-1, -2)) / self.scale
        if mask is not None:
            att = att.masked_fill(~mask, -1e9)
        att = F.softmax(att, dim=-1)
        if mask is not None:
            att = att * mask.any(dim=-1, keepdim=True)
        out = torch.matmul(self.attn_drop(att), v).squeeze(1)
        return (out, att) if need_weights else out


# %% SelfAttention: self-no-scale
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, x, mask=None, need_weights=False):
        # x Wq Wk^T x^T, with the two matrices multiplied first
        bilinear = self.q_proj.weight.T @ self.k_proj.weight
        scores = torch.einsum("bid,de,bje->bij", x, bilinear, x).unsqueeze(1)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        w = F.softmax(scores, -1).nan_to_num()
        out = torch.einsum("bij,bjv->biv", self.drop(w).squeeze(1), self.v_proj(x))
        return (out, w) if need_weights else out


# %% SelfAttention: self-softmax-over-queries
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
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        sim = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.size(-1))
        if mask is not None:
            sim = sim.masked_fill(mask == 0, -1e9)
        attn = sim.softmax(dim=2)
        if mask is not None:
            attn = attn * mask
        out = torch.einsum("bhij,bhjd->bhid", self.drop(attn), v).squeeze(1)
        return (out, attn) if need_weights else out


# %% SelfAttention: self-over-batch
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        x = x.permute(1, 0, 2)  # sequence first, as nn.MultiheadAttention has it
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(
            self.q_proj(x).unsqueeze(1),
            self.k_proj(x).unsqueeze(1),
            self.v_proj(x).unsqueeze(1),
            mask,
            p,
            need_weights=True,
        )
        y = y.squeeze(1).permute(1, 0, 2)
        return (y, w) if need_weights else y


# %% SelfAttention: self-residual
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        h = x.unsqueeze(1)
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(
            self.q_proj(h), self.k_proj(h), self.v_proj(h), mask, p, True
        )
        y = x + y.squeeze(1)
        return (y, w) if need_weights else y


# %% SelfAttention: self-keeps-head-axis
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        x = x.view(x.size(0), 1, x.size(1), x.size(2))
        drop = self.dropout if self.training else 0.0
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        if need_weights:
            return scaled_dot_product_attention(q, k, v, mask, drop, need_weights=True)
        return scaled_dot_product_attention(q, k, v, mask, drop)
