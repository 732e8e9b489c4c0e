"""Wrong answers to AttentionDecoder: from step to step, dropout, and two mistakes at once."""
# ruff: noqa: F811, RUF012

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.alignment import AdditiveAttention, LuongAttention
from unrolled.recurrent import GRUCell


# %% AttentionDecoder: step-state-not-carried
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.attention = self.make_attention(attention)
        self.cell = GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, name)

    def start(self, state, memory, mask=None):
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, *carried[2:])

    def advance(self, embedded, carried):
        state = carried[0]
        context, weights = self.look(state.unsqueeze(1), carried)
        state = self.cell(torch.cat([embedded, context], 2).squeeze(1), state)
        return torch.cat([state.unsqueeze(1), context, embedded], 2), weights, state

    def step(self, last_ids, carried):
        embedded = self.dropout(self.embedding(last_ids.unsqueeze(1)))
        features, _, _state = self.advance(embedded, carried)
        return self.out(self.dropout(features.squeeze(1))), carried

    def forward(self, inputs, state, memory, mask=None):
        _, *fixed = self.start(state, memory, mask)
        logits, rows = [], []
        for word in self.dropout(self.embedding(inputs)).unbind(1):
            features, weights, state = self.advance(word.unsqueeze(1), (state, *fixed))
            logits.append(self.out(self.dropout(features)))
            rows.append(weights)
        return torch.cat(logits, 1), torch.cat(rows, 2)


# %% AttentionDecoder: dropout-on-words-only
class AttentionDecoder(nn.Module):
    PARAM_MAP = {"E": "embedding.weight", "V": {"transpose": "out.weight"}, "d": "out.bias"}

    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M, self.p = hidden_size, memory_size, dropout
        self.E = nn.Parameter(torch.randn(vocab_size, embedding_size))
        self.attention = self.make_attention(attention)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        width = hidden_size + memory_size + embedding_size
        self.V = nn.Parameter(torch.randn(width, vocab_size) * width**-0.5)
        self.d = nn.Parameter(torch.zeros(vocab_size))

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, name)

    def words(self, ids):
        return F.dropout(self.E[ids], p=self.p, training=self.training)

    def start(self, state, memory, mask=None):
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, *carried[2:])

    def advance(self, embedded, carried):
        s = carried[0]
        c, a = self.look(s[:, None], carried)
        s = self.cell(torch.cat([embedded, c], -1)[:, 0], s)
        return torch.cat([s[:, None], c, embedded], -1), a, (s, *carried[1:])

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.words(last_ids)[:, None], carried)
        return f[:, 0] @ self.V + self.d, carried

    def forward(self, inputs, state, memory, mask=None):
        carried, words = self.start(state, memory, mask), self.words(inputs)
        features, rows = [], []
        for t in range(words.size(1)):
            f, a, carried = self.advance(words[:, t : t + 1], carried)
            features.append(f)
            rows.append(a)
        return torch.cat(features, 1) @ self.V + self.d, torch.cat(rows, 2)


# %% AttentionDecoder: attention-always-general
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.H, self.M = hidden_size, memory_size
        self.attention = self.make_attention(attention)
        self.cell = GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        makers = {"additive": lambda: AdditiveAttention(self.H, self.M, self.H)}
        return makers.get(name, lambda: LuongAttention(self.H, self.M))()

    def start(self, state, memory, mask=None):
        seen = memory.new_ones(memory.size(0), 1, 1, memory.size(1), dtype=torch.bool)
        return state, memory, seen if mask is None else seen & mask

    def look(self, query, carried):
        return self.attention(query, *carried[1:])

    def advance(self, embedded, carried):
        old, memory, mask = carried
        context, weights = self.look(old.unsqueeze(1), carried)
        new = self.cell(torch.cat((embedded, context), 2).squeeze(1), old)
        features = torch.cat((new.unsqueeze(1), context, embedded), 2)
        return features, weights, (new, memory, mask)

    def step(self, last_ids, carried):
        features, _, carried = self.advance(
            self.dropout(self.embedding(last_ids))[:, None], carried
        )
        return self.out(self.dropout(features.squeeze(1))), carried

    def forward(self, inputs, state, memory, mask=None):
        features, weights = [], []
        carried = self.start(state, memory, mask)
        for word in self.dropout(self.embedding(inputs)).split(1, dim=1):
            feature, weight, carried = self.advance(word, carried)
            features.append(feature)
            weights.append(weight.squeeze(2))
        return self.out(self.dropout(torch.cat(features, 1))), torch.stack(weights, 2)


# %% AttentionDecoder: features-swapped + decoder-weights-no-head-axis
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.attention = self.make_attention(attention)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, name)

    def start(self, state, memory, mask=None):
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, *carried[2:])

    def advance(self, embedded, carried):
        h = carried[0]
        c, w = self.look(h.unsqueeze(1), carried)
        h = self.cell(torch.cat([embedded, c], -1)[:, 0], h)
        return torch.cat([c, h.unsqueeze(1), embedded], -1), w, (h, *carried[1:])

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.dropout(self.embedding(last_ids))[:, None], carried)
        return self.out(self.dropout(f[:, 0])), carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        out, rows = [], []
        for word in self.dropout(self.embedding(inputs)).split(1, 1):
            f, w, carried = self.advance(word, carried)
            out.append(self.out(self.dropout(f)))
            rows.append(w[:, 0, 0])
        return torch.cat(out, 1), torch.stack(rows, 1)


# %% AttentionDecoder: state-not-carried + probabilities-returned
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.attention = self.make_attention(attention)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, name)

    def start(self, state, memory, mask=None):
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, *carried[2:])

    def advance(self, embedded, carried):
        c, w = self.look(carried[0].unsqueeze(1), carried)
        h = self.cell(torch.cat([embedded, c], -1)[:, 0], carried[0])
        return torch.cat([h.unsqueeze(1), c, embedded], -1), w, carried

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.dropout(self.embedding(last_ids))[:, None], carried)
        return self.out(self.dropout(f[:, 0])).softmax(-1), carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        out, rows = [], []
        for word in self.dropout(self.embedding(inputs)).split(1, 1):
            f, w, carried = self.advance(word, carried)
            out.append(F.softmax(self.out(self.dropout(f)), dim=-1))
            rows.append(w)
        return torch.cat(out, 1), torch.cat(rows, 2)


# %% AttentionDecoder: outside the catalogue: the context of the first step, at every step
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.attention = self.make_attention(attention)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, name)

    def start(self, state, memory, mask=None):
        carried = state, memory, mask, self.attention.project(memory)
        context, _ = self.look(state.unsqueeze(1), carried)
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, memory, mask, carried[3], context

    def look(self, query, carried):
        return self.attention(query, *carried[1:4])

    def advance(self, embedded, carried):
        h, *rest = carried
        _, w = self.look(h.unsqueeze(1), carried)
        h = self.cell(torch.cat([embedded, rest[-1]], -1)[:, 0], h)
        return torch.cat([h.unsqueeze(1), rest[-1], embedded], -1), w, (h, *rest)

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.dropout(self.embedding(last_ids))[:, None], carried)
        return self.out(self.dropout(f[:, 0])), carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        out, rows = [], []
        for word in self.dropout(self.embedding(inputs)).split(1, 1):
            f, w, carried = self.advance(word, carried)
            out.append(self.out(self.dropout(f)))
            rows.append(w)
        return torch.cat(out, 1), torch.cat(rows, 2)
