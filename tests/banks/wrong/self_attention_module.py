"""Wrong answers to SelfAttention: masks, dropout, parameters, what is returned."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import scaled_dot_product_attention


# %% SelfAttention: self-mask-not-passed
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.drop_p = dropout

    def forward(self, x, mask=None, need_weights=False):
        parts = [layer(x).unsqueeze(1) for layer in (self.q_proj, self.k_proj, self.v_proj)]
        p = self.drop_p if self.training else 0.0
        out, attn = scaled_dot_product_attention(*parts, dropout=p, need_weights=True)
        out = out.squeeze(1)
        return (out, attn) if need_weights else out


# %% SelfAttention: self-always-causal
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
        T = x.size(1)
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        past = torch.arange(T, device=x.device)[:, None] >= torch.arange(T, device=x.device)
        allowed = past if mask is None else past & mask
        wei = (q @ k.mT * q.size(-1) ** -0.5).masked_fill(allowed == 0, float("-inf"))
        wei = F.softmax(wei, dim=-1).nan_to_num()
        out = (self.drop(wei) @ v).squeeze(1)
        return (out, wei) if need_weights else out


# %% SelfAttention: self-dropout-in-eval
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
        q, k, v = (p(x)[:, None] for p in (self.q_proj, self.k_proj, self.v_proj))
        scores = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        probs = torch.softmax(scores, -1).nan_to_num()
        # F.dropout's `training` is True unless it is told otherwise
        out = torch.einsum("bhij,bhjd->bhid", F.dropout(probs, self.rate), v)[:, 0]
        return (out, probs) if need_weights else out


# %% SelfAttention: self-dropout-missing
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        out, weights = scaled_dot_product_attention(q, k, v, mask, need_weights=True)
        return (out.squeeze(1), weights) if need_weights else out.squeeze(1)


# %% SelfAttention: self-projections-in-forward
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        self.d_model = d_model
        self.d_k = d_k or d_model
        self.d_v = d_v or self.d_k
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        make = {"bias": False, "dtype": x.dtype, "device": x.device}
        q = nn.Linear(self.d_model, self.d_k, **make)(x).unsqueeze(1)
        k = nn.Linear(self.d_model, self.d_k, **make)(x).unsqueeze(1)
        v = nn.Linear(self.d_model, self.d_v, **make)(x).unsqueeze(1)
        p = self.dropout.p if self.training else 0.0
        out, w = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        return (out.squeeze(1), w) if need_weights else out.squeeze(1)


# %% SelfAttention: self-bias
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k)
        self.k_proj = nn.Linear(d_model, d_k)
        self.v_proj = nn.Linear(d_model, d_v)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        scores = torch.bmm(self.q_proj(x), self.k_proj(x).permute(0, 2, 1)).unsqueeze(1)
        scores = scores / math.sqrt(self.k_proj.out_features)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        alpha = scores.softmax(-1).nan_to_num()
        out = torch.bmm(self.dropout(alpha).squeeze(1), self.v_proj(x))
        return (out, alpha) if need_weights else out


# %% SelfAttention: self-weights-not-returned
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
        return scaled_dot_product_attention(q, k, v, mask, p).squeeze(1)


# %% SelfAttention: self-bias
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_model if d_k is None else d_k
        d_v = d_k if d_v is None else d_v
        shapes = {"q_proj": d_k, "k_proj": d_k, "v_proj": d_v}
        for name, width in shapes.items():
            self.add_module(name, nn.Linear(d_model, width))
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        p = self.dropout if self.training else 0.0
        out, weights = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
        return (out.squeeze(1), weights) if need_weights else out.squeeze(1)


# %% SelfAttention: outside the catalogue: softmax twice
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
        sim = q @ k.mT / math.sqrt(q.size(-1))
        if mask is not None:
            sim = sim.masked_fill(~mask, -1e9)
        w = sim.softmax(-1).softmax(-1)
        if mask is not None:
            w = w * mask
        out = (self.drop(w) @ v).squeeze(1)
        return (out, w) if need_weights else out
