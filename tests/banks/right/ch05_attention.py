"""Right answers to the two attentions of chapter 5, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% AdditiveAttention: einsum, minus infinity and nan_to_num
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return torch.einsum("bka,ha->bkh", keys, self.k_proj.weight)

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        asked = torch.einsum("bqa,ha->bqh", query, self.q_proj.weight)
        energy = torch.tanh(asked.unsqueeze(2) + projected.unsqueeze(1))
        energy = torch.einsum("bqkh,oh->boqk", energy, self.v.weight)
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-inf"))
        alpha = F.softmax(energy, dim=3).nan_to_num()
        return torch.einsum("boqk,bkd->bqd", alpha, keys), alpha


# %% AdditiveAttention: bare parameters the other way round, one query at a time
class AdditiveAttention(nn.Module):
    PARAM_MAP = {
        "W": {"transpose": "q_proj.weight"},
        "U": {"transpose": "k_proj.weight"},
        "v": {"transpose": "v.weight"},
    }

    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W = nn.Parameter(torch.empty(query_size, hidden_size))
        self.U = nn.Parameter(torch.empty(key_size, hidden_size))
        self.v = nn.Parameter(torch.empty(hidden_size, 1))
        for p in self.parameters():
            nn.init.xavier_uniform_(p)

    def project(self, keys):
        return keys @ self.U

    def forward(self, query, keys, mask=None, projected=None):
        Uh = projected if projected is not None else self.project(keys)
        rows = []
        for i in range(query.shape[1]):
            s = query[:, i] @ self.W
            rows.append((torch.tanh(s[:, None, :] + Uh) @ self.v)[..., 0])
        e = torch.stack(rows, 1)[:, None]
        if mask is None:
            a = torch.softmax(e, -1)
        else:
            a = torch.where(mask, e, torch.finfo(e.dtype).min).softmax(-1)
            a = a * mask
        return torch.bmm(a[:, 0], keys), a


# %% AdditiveAttention: one matrix for query and key, the softmax by hand
class AdditiveAttention(nn.Module):
    PARAM_MAP = {"both.weight": {"cat": ["q_proj.weight", "k_proj.weight"], "dim": 1}}

    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.sizes = [query_size, key_size]
        self.both = nn.Linear(query_size + key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        _, of_keys = self.both.weight.split(self.sizes, dim=1)
        return F.linear(keys, of_keys)

    def forward(self, query, keys, mask=None, projected=None):
        of_query, _ = self.both.weight.split(self.sizes, dim=1)
        keys_share = self.project(keys) if projected is None else projected
        B, Tq, Tk = query.size(0), query.size(1), keys.size(1)
        left = F.linear(query, of_query).repeat_interleave(Tk, dim=1)
        right = keys_share.repeat(1, Tq, 1)
        scores = self.v((left + right).tanh()).reshape(B, 1, Tq, Tk)
        allowed = torch.ones_like(scores, dtype=torch.bool)
        if mask is not None:
            allowed = allowed & mask
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
        powers = (scores - scores.amax(-1, keepdim=True)).exp() * allowed
        weights = powers / powers.sum(-1, keepdim=True).clamp_min(1e-30)
        return (weights @ keys[:, None]).squeeze(1), weights


# %% AdditiveAttention: sentence by sentence, forbidden keys get a large negative bias
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return torch.stack([self.k_proj(sentence) for sentence in keys])

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        Tq, Tk = query.size(1), keys.size(1)
        if mask is not None:
            mask = mask.expand(query.size(0), 1, Tq, Tk)
        contexts, maps = [], []
        for b in range(query.size(0)):
            asked = self.q_proj(query[b])
            hidden = torch.tanh(asked.reshape(Tq, 1, -1) + projected[b])
            s = self.v(hidden).squeeze(-1)
            if mask is not None:
                s = s.masked_fill(~mask[b, 0], -1e30)
            w = torch.softmax(s, dim=1)
            if mask is not None:
                w = w.masked_fill(~mask[b, 0], 0.0)
            contexts.append(w.mm(keys[b]))
            maps.append(w.unsqueeze(0))
        return torch.stack(contexts), torch.stack(maps)


# %% LuongAttention: einsum, minus infinity, a method for each score
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.n = query_size
        self.score_of = getattr(self, f"{score}_score")
        self.project = getattr(self, f"{score}_project")
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        elif score == "concat":
            hidden_size = hidden_size or query_size
            self.w = nn.Linear(query_size + key_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1, bias=False)

    def dot_project(self, keys):
        return keys

    def general_project(self, keys):
        return self.w(keys)

    def concat_project(self, keys):
        return torch.einsum("bkd,ad->bka", keys, self.w.weight[:, self.n :])

    def dot_score(self, query, known):
        return torch.einsum("bqd,bkd->bqk", query, known)

    general_score = dot_score

    def concat_score(self, query, known):
        asked = torch.einsum("bqd,ad->bqa", query, self.w.weight[:, : self.n])
        return self.v(torch.tanh(asked[:, :, None, :] + known[:, None, :, :]))[..., 0]

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        energy = self.score_of(query, known)[:, None]
        if mask is not None:
            energy = energy.masked_fill(mask.logical_not(), -math.inf)
        alpha = energy.softmax(3).nan_to_num(0.0)
        return torch.einsum("bhqk,bkd->bqd", alpha, keys), alpha


# %% LuongAttention: bare parameters the other way round, bmm
class LuongAttention(nn.Module):
    PARAM_MAP = {"W": {"transpose": "w.weight"}, "v": {"transpose": "v.weight"}}

    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.kind = score
        self.query_size = query_size
        if score == "general":
            self.W = nn.Parameter(torch.randn(key_size, query_size) / math.sqrt(key_size))
        if score == "concat":
            width = query_size if hidden_size is None else hidden_size
            both = query_size + key_size
            self.W = nn.Parameter(torch.randn(both, width) / math.sqrt(both))
            self.v = nn.Parameter(torch.randn(width, 1) / math.sqrt(width))

    def project(self, keys):
        if self.kind == "dot":
            return keys
        rows = self.W if self.kind == "general" else self.W[self.query_size :]
        return keys.matmul(rows)

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        if self.kind == "concat":
            a = query.matmul(self.W[: self.query_size]).unsqueeze(2)
            e = (a + projected.unsqueeze(1)).tanh().matmul(self.v).squeeze(3)
        else:
            e = torch.bmm(query, projected.mT)
        if mask is not None:
            mask = mask.expand(e.size(0), 1, e.size(1), e.size(2))[:, 0]
            e = torch.where(mask, e, torch.full_like(e, -1e30))
        w = F.softmax(e, -1)
        if mask is not None:
            w = torch.where(mask, w, torch.zeros_like(w))
        return torch.bmm(w, keys), w.unsqueeze(1)


# %% LuongAttention: laid end to end against zeros, the product as a sum, softmax by hand
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq, self.dk = score, query_size, key_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            if hidden_size is None:
                hidden_size = query_size
            self.w = nn.Linear(query_size + key_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        match self.score:
            case "dot":
                return keys
            case "general":
                return self.w(keys)
            case _:
                return self.w(F.pad(keys, (self.dq, 0)))

    def forward(self, query, keys, mask=None, projected=None):
        projected = self.project(keys) if projected is None else projected
        if self.score == "concat":
            query = self.w(F.pad(query, (0, self.dk)))
            scores = self.v(torch.tanh(query.unsqueeze(2) + projected.unsqueeze(1))).squeeze(-1)
        else:
            scores = (query.unsqueeze(2) * projected.unsqueeze(1)).sum(dim=-1)
        scores = scores.unsqueeze(1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.finfo(scores.dtype).max)
        powers = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
        if mask is not None:
            powers = powers * mask
        weights = powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)
        return weights[:, 0].matmul(keys), weights


# %% LuongAttention: one query at a time
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        wide = query_size if hidden_size is None else hidden_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        elif score == "concat":
            self.w = nn.Linear(query_size + key_size, wide, bias=False)
            self.v = nn.Linear(wide, 1, bias=False)

    def project(self, keys):
        if self.score == "concat":
            return keys @ self.w.weight[:, self.dq :].T
        return self.w(keys) if self.score == "general" else keys

    def attend(self, q, keys, known, mask):
        if self.score == "concat":
            q = q @ self.w.weight[:, : self.dq].T
            s = torch.tanh(known + q.unsqueeze(1)).matmul(self.v.weight[0])
        else:
            s = torch.bmm(known, q.unsqueeze(-1)).squeeze(-1)
        if mask is not None:
            s = s.masked_fill(~mask, float("-inf"))
        w = s.softmax(-1)
        if mask is not None:
            w = w.masked_fill(~mask, 0)
        return torch.bmm(w.unsqueeze(1), keys).squeeze(1), w

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        B, Tq, Tk = query.size(0), query.size(1), keys.size(1)
        seen = None if mask is None else mask.expand(B, 1, Tq, Tk)
        pairs = [
            self.attend(query[:, i], keys, known, None if seen is None else seen[:, 0, i])
            for i in range(Tq)
        ]
        return torch.stack([c for c, _ in pairs], 1), torch.stack([w for _, w in pairs], 1)[:, None]
