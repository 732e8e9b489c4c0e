"""Wrong answers to LuongAttention: two mistakes at once, mistakes without a name, and others."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn


# %% LuongAttention: default-score
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="dot", hidden_size=None):
        super().__init__()
        self.project = getattr(self, "_" + score)
        self.d = query_size
        if score != "dot":
            out = hidden_size or query_size
            sizes = (key_size, query_size) if score == "general" else (query_size + key_size, out)
            self.w = nn.Linear(*sizes, bias=False)
        if score == "concat":
            self.v = nn.Linear(out, 1, bias=False)

    def _dot(self, keys):
        return keys

    def _general(self, keys):
        return self.w(keys)

    def _concat(self, keys):
        return F.linear(keys, self.w.weight[:, self.d :])

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        if hasattr(self, "v"):
            asked = F.linear(query, self.w.weight[:, : self.d])
            e = self.v(torch.tanh(asked.unsqueeze(2) + known.unsqueeze(1))).squeeze(-1)
        else:
            e = torch.einsum("bqd,bkd->bqk", query, known)
        e = e[:, None]
        if mask is not None:
            e = torch.where(mask, e, float("-inf"))
        a = e.softmax(dim=3).nan_to_num()
        return torch.bmm(a[:, 0], keys), a


# %% LuongAttention: hard-argmax
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
        k = self.project(keys) if projected is None else projected
        if self.score == "concat":
            q = query @ self.w.weight[:, : self.dq].mT
            s = self.v(torch.tanh(q[:, :, None] + k[:, None])).squeeze(-1)
        else:
            s = torch.bmm(query, k.mT)
        s = s.unsqueeze(1)
        if mask is not None:
            s = s.masked_fill(~mask, float("-inf"))
        best = torch.zeros_like(s).scatter(-1, s.argmax(-1, keepdim=True), 1.0)
        if mask is not None:
            best = best * mask
        return torch.bmm(best[:, 0], keys), best


# %% LuongAttention: concat-no-tanh + scores-returned
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
        if self.score == "concat":
            return F.linear(keys, self.w.weight[:, self.dq :])
        return keys if self.score == "dot" else self.w(keys)

    def forward(self, query, keys, mask=None, projected=None):
        k = self.project(keys) if projected is None else projected
        if self.score == "concat":
            q = F.linear(query, self.w.weight[:, : self.dq])
            e = self.v(q.unsqueeze(2) + k.unsqueeze(1)).squeeze(-1)
        else:
            e = torch.bmm(query, k.transpose(1, 2))
        e = e.unsqueeze(1)
        if mask is not None:
            e = e.masked_fill(~mask, torch.finfo(e.dtype).min)
        a = e.softmax(-1)
        if mask is not None:
            a = a.masked_fill(~mask, 0.0)
        return torch.bmm(a[:, 0], keys), e


# %% LuongAttention: concat-hidden-size + mask-inverted
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score, self.dq = score, query_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            self.w = nn.Linear(query_size + key_size, query_size, bias=False)
            self.v = nn.Linear(query_size, 1, bias=False)

    def project(self, keys):
        if self.score == "concat":
            return keys @ self.w.weight[:, self.dq :].T
        return keys if self.score == "dot" else self.w(keys)

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        if self.score == "concat":
            asked = query @ self.w.weight[:, : self.dq].T
            energy = self.v(torch.tanh(asked.unsqueeze(2) + known.unsqueeze(1))).squeeze(-1)
        else:
            energy = torch.einsum("bqd,bkd->bqk", query, known)
        energy = energy[:, None]
        if mask is not None:
            energy = energy.masked_fill(mask == 1, float("-inf"))
        alpha = energy.softmax(-1).nan_to_num()
        return torch.einsum("boqk,bkd->bqd", alpha, keys), alpha


# %% LuongAttention: outside the catalogue: softmax twice
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
        if self.score == "concat":
            return keys @ self.w.weight[:, self.dq :].T
        return keys if self.score == "dot" else self.w(keys)

    def forward(self, query, keys, mask=None, projected=None):
        known = self.project(keys) if projected is None else projected
        if self.score == "concat":
            asked = query @ self.w.weight[:, : self.dq].T
            s = self.v(torch.tanh(asked.unsqueeze(2) + known.unsqueeze(1))).squeeze(-1)
        else:
            s = torch.bmm(query, known.mT)
        s = s[:, None]
        for _ in range(2):
            if mask is not None:
                s = s.masked_fill(~mask, float("-inf"))
            s = s.softmax(-1).nan_to_num()
        return torch.bmm(s[:, 0], keys), s
