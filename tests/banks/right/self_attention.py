"""Right answers to SelfAttention, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import scaled_dot_product_attention


# %% SelfAttention: the fused kernel, by hand when the weights are wanted
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
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        p = self.p if self.training else 0.0
        if not need_weights:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=p).squeeze(1)
        sim = q @ k.mT / math.sqrt(q.size(-1))
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        w = sim.softmax(-1).nan_to_num()
        return (F.dropout(w, p) @ v).squeeze(1), w


# %% SelfAttention: one projection for all three
class SelfAttention(nn.Module):
    PARAM_MAP = {
        "qkv.weight": {"cat": ["q_proj.weight", "k_proj.weight", "v_proj.weight"], "dim": 0}
    }

    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.sizes = [d_k, d_k, d_v]
        self.qkv = nn.Linear(d_model, sum(self.sizes), bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = self.qkv(x).split(self.sizes, dim=-1)
        scores = torch.bmm(q, k.transpose(1, 2)).unsqueeze(1) / math.sqrt(q.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        weights = F.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights * mask.any(dim=-1, keepdim=True)
        out = torch.bmm(self.dropout(weights).squeeze(1), v)
        return (out, weights) if need_weights else out


# %% SelfAttention: bare matrices, the other way up
class SelfAttention(nn.Module):
    PARAM_MAP = {
        "W_q": {"transpose": "q_proj.weight"},
        "W_k": {"transpose": "k_proj.weight"},
        "W_v": {"transpose": "v_proj.weight"},
    }

    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.W_q = nn.Parameter(torch.randn(d_model, d_k) / math.sqrt(d_model))
        self.W_k = nn.Parameter(torch.randn(d_model, d_k) / math.sqrt(d_model))
        self.W_v = nn.Parameter(torch.randn(d_model, d_v) / math.sqrt(d_model))
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (torch.einsum("btd,de->bte", x, w)[:, None] for w in self.parameters())
        p = self.dropout if self.training else 0.0
        out, attn = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        return (out[:, 0], attn) if need_weights else out[:, 0]


# %% SelfAttention: renamed, and always with the weights
class SelfAttention(nn.Module):
    PARAM_MAP = {
        "to_q.weight": "q_proj.weight",
        "to_k.weight": "k_proj.weight",
        "to_v.weight": "v_proj.weight",
    }

    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.to_q = nn.Linear(d_model, d_k, bias=False)
        self.to_k = nn.Linear(d_model, d_k, bias=False)
        self.to_v = nn.Linear(d_model, d_v, bias=False)
        self.attn_drop = nn.Dropout(dropout)
        # an extra buffer, as copied code often keeps one
        self.register_buffer("scale", torch.tensor(float(d_k)).rsqrt())

    def forward(self, x, mask=None, need_weights=False):
        d_k = self.to_k.out_features
        q, k, v = self.to_q(x), self.to_k(x), self.to_v(x)
        sim = torch.einsum("bid,bjd->bij", q, k).unsqueeze(1) * d_k**-0.5
        if mask is not None:
            sim = torch.where(mask, sim, torch.finfo(sim.dtype).min)
        attn = sim.softmax(dim=-1)
        if mask is not None:
            attn = attn * mask
        return torch.einsum("bij,bjd->bid", self.attn_drop(attn)[:, 0], v), attn


# %% SelfAttention: values projected after mixing
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
        # (W x) V = W (x V): mixing and projecting may change places
        bilinear = self.q_proj.weight.T @ self.k_proj.weight / self.q_proj.out_features**0.5
        sim = (x @ bilinear @ x.mT).unsqueeze(1)
        if mask is not None:
            sim = sim.masked_fill(mask.logical_not(), float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = self.v_proj(self.drop(attn).squeeze(1) @ x)
        return (out, attn) if need_weights else out


# %% SelfAttention: one sentence at a time
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
        B, T, _ = x.shape
        allowed = torch.ones(B, 1, T, T, dtype=torch.bool, device=x.device)
        allowed = allowed if mask is None else allowed & mask
        p = self.rate if self.training else 0.0
        pairs = [
            scaled_dot_product_attention(
                self.q_proj(sentence),
                self.k_proj(sentence),
                self.v_proj(sentence),
                seen[0],
                p,
                need_weights=True,
            )
            for sentence, seen in zip(x, allowed, strict=True)
        ]
        out = torch.stack([pair[0] for pair in pairs])
        weights = torch.stack([pair[1] for pair in pairs]).unsqueeze(1)
        return (out, weights) if need_weights else out


# %% SelfAttention: exponentials, masked and normalised by hand
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        self.d_k = d_model if d_k is None else d_k
        self.d_v = self.d_k if d_v is None else d_v
        self.q_proj = nn.Linear(d_model, self.d_k, bias=False)
        self.k_proj = nn.Linear(d_model, self.d_k, bias=False)
        self.v_proj = nn.Linear(d_model, self.d_v, bias=False)
        self.p = dropout

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        s = (q.unsqueeze(2) * k.unsqueeze(1)).sum(-1).unsqueeze(1) / math.sqrt(self.d_k)
        if mask is not None:
            s = s.masked_fill(~mask, torch.finfo(s.dtype).min)
        e = torch.exp(s - s.amax(-1, keepdim=True))
        if mask is not None:
            e = torch.where(mask, e, 0.0)
        total = e.sum(-1, keepdim=True)
        w = e / total.masked_fill(total == 0, 1.0)
        kept = w
        if self.training and self.p > 0:
            kept = w * (torch.rand_like(w) >= self.p) / (1 - self.p)
        out = kept.squeeze(1).matmul(v)
        return (out, w) if need_weights else out
