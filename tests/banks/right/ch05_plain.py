"""Right answers of chapter 5 that hand over no projected keys: no project, or no use of it."""
# ruff: noqa: F811

import torch
from torch import nn

from unrolled.alignment import AdditiveAttention, LuongAttention
from unrolled.basics import masked_softmax
from unrolled.recurrent import GRUCell


# %% AdditiveAttention: projects the keys itself, whatever is handed over
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys):
        return self.k_proj(keys)

    def forward(self, query, keys, mask=None, projected=None):
        q = self.q_proj(query).unsqueeze(2)
        k = self.k_proj(keys).unsqueeze(1)
        scores = self.v(torch.tanh(q + k)).permute(0, 3, 1, 2)
        if mask is not None:
            scores = torch.where(mask, scores, scores.new_tensor(float("-inf")))
        weights = torch.nan_to_num(scores.softmax(dim=-1))
        return weights[:, 0] @ keys, weights


# %% AdditiveAttention: masked_softmax, every pair in one row
class AdditiveAttention(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, mask=None):
        Tq, Tk = query.shape[1], keys.shape[1]
        first = self.q_proj(query).repeat_interleave(Tk, dim=1)
        second = self.k_proj(keys).repeat(1, Tq, 1)
        scores = self.v((first + second).tanh()).view(-1, 1, Tq, Tk)
        alpha = masked_softmax(scores, mask)
        return torch.bmm(alpha[:, 0], keys), alpha


# %% LuongAttention: masked_softmax, concat by repeat
class LuongAttention(nn.Module):
    def __init__(self, query_size, key_size, score="general", hidden_size=None):
        super().__init__()
        self.score = score
        width = query_size if hidden_size is None else hidden_size
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        elif score == "concat":
            self.w = nn.Linear(query_size + key_size, width, bias=False)
            self.v = nn.Linear(width, 1, bias=False)

    def scores(self, query, keys):
        if self.score == "concat":
            q = query.unsqueeze(2).repeat(1, 1, keys.size(1), 1)
            k = keys.unsqueeze(1).repeat(1, query.size(1), 1, 1)
            return self.v(torch.tanh(self.w(torch.cat((q, k), -1))))[..., 0]
        return torch.bmm(query, (self.w(keys) if self.score == "general" else keys).mT)

    def forward(self, query, keys, mask=None):
        alpha = masked_softmax(self.scores(query, keys)[:, None], mask)
        return (alpha @ keys[:, None])[:, 0], alpha


# %% AttentionDecoder: one word at a time, step is what forward repeats
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        if attention == "additive":
            self.attention = AdditiveAttention(hidden_size, memory_size, hidden_size)
        else:
            self.attention = LuongAttention(hidden_size, memory_size, attention)
        self.cell = GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.drop = nn.Dropout(dropout)

    def start(self, state, memory, mask=None):
        if mask is None:
            mask = torch.ones(memory.shape[:2], dtype=torch.bool, device=memory.device)
            mask = mask[:, None, None]
        return {"s": state, "h": memory, "mask": mask.expand(len(memory), 1, 1, memory.shape[1])}

    def advance(self, ids, carried):
        word = self.drop(self.embedding(ids))
        context, weights = self.attention(carried["s"].unsqueeze(1), carried["h"], carried["mask"])
        context = context[:, 0]
        state = self.cell(torch.cat([word, context], -1), carried["s"])
        logits = self.out(self.drop(torch.cat([state, context, word], -1)))
        return logits, weights, {**carried, "s": state}

    def step(self, last_ids, carried):
        logits, _, carried = self.advance(last_ids, carried)
        return logits, carried

    def forward(self, inputs, state, memory, mask=None):
        carried, logits, rows = self.start(state, memory, mask), [], []
        for ids in inputs.T:
            z, a, carried = self.advance(ids, carried)
            logits.append(z)
            rows.append(a)
        return torch.stack(logits, 1), torch.cat(rows, 2)
