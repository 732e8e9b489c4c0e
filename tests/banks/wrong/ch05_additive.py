"""Wrong answers to AdditiveAttention."""
# ruff: noqa: F811, RUF012

import torch
import torch.nn.functional as F
from torch import nn


# %% AdditiveAttention: mask-inverted
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        energy = torch.tanh(self.q_proj(query).unsqueeze(2) + projected.unsqueeze(1))
        energy = torch.einsum("bqkh,oh->boqk", energy, self.v.weight)
        if mask is not None:
            energy = energy.masked_fill(mask, float("-inf"))
        alpha = F.softmax(energy, dim=-1).nan_to_num()
        return torch.einsum("boqk,bkd->bqd", alpha, keys), alpha


# %% AdditiveAttention: tanh-of-each
class AdditiveAttention(nn.Module):
    PARAM_MAP = {
        "W": {"transpose": "q_proj.weight"},
        "U": {"transpose": "k_proj.weight"},
        "v": {"transpose": "v.weight"},
    }

    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W = nn.Parameter(torch.randn(query_size, hidden_size) * query_size**-0.5)
        self.U = nn.Parameter(torch.randn(key_size, hidden_size) * key_size**-0.5)
        self.v = nn.Parameter(torch.randn(hidden_size, 1) * hidden_size**-0.5)

    def project(self, keys):
        return keys @ self.U

    def forward(self, query, keys, mask=None, projected=None):
        Uh = self.project(keys) if projected is None else projected
        Ws = torch.tanh(query @ self.W)
        hidden = Ws[:, :, None, :] + torch.tanh(Uh)[:, None, :, :]
        e = torch.matmul(hidden, self.v)[..., 0].unsqueeze(1)
        if mask is not None:
            e = torch.where(mask, e, torch.finfo(e.dtype).min)
        a = torch.softmax(e, dim=-1)
        if mask is not None:
            a = a * mask
        return torch.bmm(a[:, 0], keys), a


# %% AdditiveAttention: no-tanh
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        U = projected if projected is not None else self.project(keys)
        rows = [self.v(self.q_proj(query[:, i : i + 1]) + U)[..., 0] for i in range(query.size(1))]
        scores = torch.stack(rows, dim=1)[:, None]
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e30)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights @ keys[:, None])[:, 0], weights


# %% AdditiveAttention: softmax-over-queries
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return F.linear(keys, self.k_proj.weight)

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        s = self.v(torch.tanh(self.q_proj(query)[:, :, None] + known[:, None])).squeeze(3)
        w = s.unsqueeze(1)
        if mask is not None:
            w = w.masked_fill(mask.logical_not(), torch.finfo(s.dtype).min)
        w = F.softmax(w, dim=2)
        if mask is not None:
            w = w * mask
        return torch.einsum("bhqk,bkd->bqd", w, keys), w


# %% AdditiveAttention: uniform-rows
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        hidden = (self.q_proj(query).unsqueeze(2) + projected.unsqueeze(1)).tanh()
        scores = (hidden * self.v.weight[0]).sum(-1).unsqueeze(1)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        attention = torch.softmax(scores, dim=-1)
        return torch.bmm(attention.squeeze(1), keys), attention


# %% AdditiveAttention: averages-projected-keys
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        q = self.q_proj(query)
        k = self.project(keys) if projected is None else projected
        e = torch.einsum("bqkh,h->bqk", torch.tanh(q[:, :, None] + k[:, None]), self.v.weight[0])
        e = e[:, None]
        if mask is not None:
            e = e.masked_fill(~mask, float("-inf"))
        a = e.softmax(-1).nan_to_num()
        return torch.einsum("boqk,bkh->bqh", a, k), a


# %% AdditiveAttention: mask-after-softmax
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return torch.matmul(keys, self.k_proj.weight.t())

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        both = self.q_proj(query)[:, :, None] + projected[:, None]
        alpha = self.v(torch.tanh(both)).squeeze(-1).softmax(-1)[:, None]
        if mask is not None:
            alpha = alpha * mask
        return torch.einsum("boqk,bkd->bqd", alpha, keys), alpha


# %% AdditiveAttention: biases
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size)
        self.k_proj = nn.Linear(key_size, hidden_size)
        self.v = nn.Linear(hidden_size, 1)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        scores = self.v(torch.tanh(self.q_proj(query).unsqueeze(2) + known.unsqueeze(1)))
        scores = scores.squeeze(-1).unsqueeze(1)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = F.softmax(scores, dim=-1).nan_to_num()
        return (weights @ keys.unsqueeze(1)).squeeze(1), weights


# %% AdditiveAttention: no-tanh + mask-after-softmax
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        both = self.q_proj(query).unsqueeze(2) + projected.unsqueeze(1)
        alpha = torch.einsum("bqkh,oh->boqk", both, self.v.weight).softmax(-1)
        if mask is not None:
            alpha = alpha.masked_fill(~mask, 0.0)
        return torch.bmm(alpha[:, 0], keys), alpha


# %% AdditiveAttention: outside the catalogue: tanh after the weights as well
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        if projected is None:
            projected = self.project(keys)
        both = torch.tanh(self.q_proj(query).unsqueeze(2) + projected.unsqueeze(1))
        e = self.v(both).squeeze(-1).unsqueeze(1)
        if mask is not None:
            e = e.masked_fill(~mask, float("-inf"))
        alpha = e.softmax(-1).nan_to_num()
        return torch.tanh(torch.bmm(alpha[:, 0], keys)), alpha
