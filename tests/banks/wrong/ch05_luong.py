"""Wrong answers to LuongAttention."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% LuongAttention: scores-scaled
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.kind, self.n = score, query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        elif score == "concat":
            hidden_size = hidden_size or query_size
            self.w = nn.Linear(query_size + key_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        if self.kind == "concat":
            return keys @ self.w.weight[:, self.n :].T
        return self.w(keys) if self.kind == "general" else keys

    def forward(self, query, keys, mask=None, projected=None):
        k = self.project(keys) if projected is None else projected
        if self.kind == "concat":
            q = query @ self.w.weight[:, : self.n].T
            s = self.v(torch.tanh(q.unsqueeze(2) + k.unsqueeze(1))).squeeze(-1)
        else:
            s = torch.einsum("bqd,bkd->bqk", query, k)
        s = s.unsqueeze(1) / math.sqrt(query.size(-1))
        if mask is not None:
            s = s.masked_fill(~mask, float("-inf"))
        w = s.softmax(-1).nan_to_num()
        return torch.einsum("boqk,bkd->bqd", w, keys), w


# %% LuongAttention: general-tanh
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            size = query_size if hidden_size is None else hidden_size
            self.w = nn.Linear(query_size + key_size, size, bias=False)
            self.v = nn.Linear(size, 1, bias=False)

    def project(self, keys):
        match self.score:
            case "dot":
                return keys
            case "general":
                return torch.tanh(self.w(keys))
            case _:
                return F.linear(keys, self.w.weight[:, self.dq :])

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        if self.score == "concat":
            asked = F.linear(query, self.w.weight[:, : self.dq])
            hidden = torch.tanh(asked[:, :, None, :] + projected[:, None, :, :])
            energy = torch.matmul(hidden, self.v.weight[0])[:, None]
        else:
            energy = torch.bmm(query, projected.mT)[:, None]
        if mask is not None:
            energy = torch.where(mask, energy, -1e30)
        alpha = F.softmax(energy, -1)
        if mask is not None:
            alpha = alpha * mask
        return torch.bmm(alpha[:, 0], keys), alpha


# %% LuongAttention: concat-key-first
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.sizes = score, [key_size, query_size]
        hidden_size = query_size if hidden_size is None else hidden_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            self.w = nn.Linear(key_size + query_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1, bias=False)

    def halves(self):
        return self.w.weight.split(self.sizes, dim=1)

    def project(self, keys):
        if self.score == "concat":
            return torch.einsum("bkd,ad->bka", keys, self.halves()[0])
        return keys if self.score == "dot" else self.w(keys)

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        if self.score == "concat":
            q = torch.einsum("bqd,ad->bqa", query, self.halves()[1])
            e = self.v(torch.tanh(known.unsqueeze(1) + q.unsqueeze(2)))[..., 0]
        else:
            e = query.matmul(known.transpose(1, 2))
        e = e.unsqueeze(1)
        if mask is not None:
            e = e.masked_fill(mask == 0, float("-inf"))
        a = torch.softmax(e, -1).nan_to_num()
        return a.squeeze(1).matmul(keys), a


# %% LuongAttention: concat-hidden-size
class LuongAttention(nn.Module):
    PARAM_MAP = {"W": {"transpose": "w.weight"}, "v": {"transpose": "v.weight"}}

    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.kind, self.query_size = score, query_size
        if score == "general":
            self.W = nn.Parameter(torch.randn(key_size, query_size))
        if score == "concat":
            self.W = nn.Parameter(torch.randn(query_size + key_size, query_size))
            self.v = nn.Parameter(torch.randn(query_size, 1))

    def project(self, keys):
        if self.kind == "dot":
            return keys
        return keys @ (self.W if self.kind == "general" else self.W[self.query_size :])

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        if self.kind == "concat":
            s = (query @ self.W[: self.query_size])[:, :, None] + projected[:, None]
            s = s.tanh().matmul(self.v).squeeze(-1)
        else:
            s = torch.bmm(query, projected.mT)
        s = s[:, None]
        if mask is not None:
            s = s.masked_fill(~mask, torch.finfo(s.dtype).min)
        w = s.softmax(dim=-1)
        if mask is not None:
            w = torch.where(mask, w, 0.0)
        return torch.bmm(w[:, 0], keys), w


# %% LuongAttention: dot-normalised
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            if hidden_size is None:
                hidden_size = query_size
            self.w = nn.Linear(query_size + key_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        if self.score == "general":
            return self.w(keys)
        return keys if self.score == "dot" else F.linear(keys, self.w.weight[:, self.dq :])

    def forward(self, query, keys, mask=None, projected=None):
        k = self.project(keys) if projected is None else projected
        if self.score == "dot":
            scores = F.cosine_similarity(query[:, :, None], k[:, None], dim=-1)
        elif self.score == "general":
            scores = (query[:, :, None] * k[:, None]).sum(-1)
        else:
            q = F.linear(query, self.w.weight[:, : self.dq])
            scores = self.v(torch.tanh(q[:, :, None] + k[:, None])).squeeze(-1)
        scores = scores.unsqueeze(1)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = scores.softmax(-1).nan_to_num()
        return torch.bmm(weights.squeeze(1), keys), weights


# %% LuongAttention: nan-rows
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        wide = hidden_size or query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        elif score == "concat":
            self.w = nn.Linear(query_size + key_size, wide, bias=False)
            self.v = nn.Linear(wide, 1, bias=False)

    def project(self, keys):
        if self.score == "concat":
            return self.w(F.pad(keys, (self.dq, 0)))
        return self.w(keys) if self.score == "general" else keys

    def forward(self, query, keys, mask=None, projected=None):
        known = projected if projected is not None else self.project(keys)
        if self.score == "concat":
            q = self.w(F.pad(query, (0, keys.size(-1))))
            energy = self.v(torch.tanh(q.unsqueeze(2) + known.unsqueeze(1))).squeeze(-1)
        else:
            energy = torch.einsum("bid,bjd->bij", query, known)
        energy = energy.unsqueeze(1)
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-inf"))
        attn = F.softmax(energy, dim=-1)
        return torch.einsum("bhij,bjd->bid", attn, keys), attn


# %% LuongAttention: weights-transposed
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            n = query_size if hidden_size is None else hidden_size
            self.w = nn.Linear(query_size + key_size, n, bias=False)
            self.v = nn.Linear(n, 1, bias=False)

    def project(self, keys):
        if self.score == "dot":
            return keys
        return self.w(keys) if self.score == "general" else keys @ self.w.weight[:, self.dq :].mT

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        if self.score == "concat":
            asked = query @ self.w.weight[:, : self.dq].mT
            scores = self.v(torch.tanh(known.unsqueeze(2) + asked.unsqueeze(1))).squeeze(-1)
        else:
            scores = torch.bmm(known, query.mT)
        scores = scores[:, None]
        if mask is not None:
            seen = mask.expand(query.size(0), 1, query.size(1), keys.size(1))
            scores = scores.masked_fill(~seen.mT, -torch.inf)
        weights = scores.softmax(2).nan_to_num()
        return torch.einsum("bokq,bkd->bqd", weights, keys), weights


# %% LuongAttention: general-bias
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size)
        elif score == "concat":
            hidden = query_size if hidden_size is None else hidden_size
            self.w = nn.Linear(query_size + key_size, hidden, bias=False)
            self.v = nn.Linear(hidden, 1, bias=False)

    def project(self, keys):
        if self.score == "concat":
            return F.linear(keys, self.w.weight[:, self.dq :])
        return self.w(keys) if self.score == "general" else keys

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        if self.score == "concat":
            query = F.linear(query, self.w.weight[:, : self.dq])
            e = torch.tanh(query.unsqueeze(2) + projected.unsqueeze(1)) @ self.v.weight[0]
        else:
            e = query @ projected.mT
        e = e.unsqueeze(1)
        if mask is not None:
            e = e.masked_fill(~mask, float("-inf"))
        a = e.softmax(-1).nan_to_num()
        return a[:, 0] @ keys, a
