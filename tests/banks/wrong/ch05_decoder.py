"""Wrong answers to AttentionDecoder: which state, what is read, what is carried."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.alignment import AdditiveAttention, LuongAttention
from unrolled.recurrent import GRUCell


# %% AttentionDecoder: context-of-last-step
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
        context = memory.new_zeros(memory.size(0), 1, self.M)
        return state, context, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        _, _, memory, mask, projected = carried
        return self.attention(query, memory, mask, projected)

    def advance(self, embedded, carried):
        state, before, *rest = carried
        context, weights = self.look(state.unsqueeze(1), carried)
        state = self.cell(torch.cat([embedded, before], dim=2)[:, 0], state)
        features = torch.cat([state.unsqueeze(1), before, embedded], dim=2)
        return features, weights, (state, context, *rest)

    def step(self, last_ids, carried):
        embedded = self.dropout(self.embedding(last_ids)).unsqueeze(1)
        features, _, carried = self.advance(embedded, carried)
        return self.out(self.dropout(features))[:, 0], carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        logits, rows = [], []
        for embedded in self.dropout(self.embedding(inputs)).split(1, dim=1):
            features, weights, carried = self.advance(embedded, carried)
            logits.append(self.out(self.dropout(features)))
            rows.append(weights)
        return torch.cat(logits, 1), torch.cat(rows, 2)


# %% AttentionDecoder: query-is-new-state
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.sizes = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.drop = nn.Dropout(dropout)
        self.attention = self.make_attention(attention)
        self.cell = GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)

    def make_attention(self, name):
        H, M = self.sizes
        return AdditiveAttention(H, M, H) if name == "additive" else LuongAttention(H, M, name)

    def start(self, state, memory, mask=None):
        seen = memory.new_ones(memory.size(0), 1, 1, memory.size(1), dtype=torch.bool)
        return state, None, memory, seen if mask is None else seen & mask, None

    def look(self, query, carried):
        return self.attention(query, carried[2], carried[3])

    def advance(self, embedded, carried):
        h = carried[0]
        c, _ = self.look(h[:, None], carried)
        h = self.cell(torch.cat([embedded[:, 0], c[:, 0]], dim=-1), h)
        c, weights = self.look(h[:, None], carried)
        return torch.cat([h[:, None], c, embedded], dim=-1), weights, (h, *carried[1:])

    def step(self, last_ids, carried):
        features, _, carried = self.advance(self.drop(self.embedding(last_ids[:, None])), carried)
        return self.out(self.drop(features)).squeeze(1), carried

    def forward(self, inputs, state, memory, mask=None):
        words = self.drop(self.embedding(inputs))
        carried = self.start(state, memory, mask)
        features, weights = [], []
        for t in range(inputs.size(1)):
            f, w, carried = self.advance(words[:, t : t + 1], carried)
            features += [f]
            weights += [w]
        return self.out(self.drop(torch.cat(features, dim=1))), torch.cat(weights, dim=-2)


# %% AttentionDecoder: scores-without-word
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M, self.p = hidden_size, memory_size, dropout
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.attention = self.make_attention(attention)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size, vocab_size)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, score=name)

    def start(self, state, memory, mask=None):
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, *carried[2:])

    def advance(self, embedded, carried):
        s = carried[0]
        c, a = self.look(s.unsqueeze(1), carried)
        s = self.cell(torch.cat([embedded, c], -1).squeeze(1), s)
        return torch.cat([s.unsqueeze(1), c], -1), a, (s, *carried[1:])

    def embed(self, ids):
        return F.dropout(self.embedding(ids), self.p, self.training)

    def score(self, features):
        return self.out(F.dropout(features, self.p, self.training))

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.embed(last_ids).unsqueeze(1), carried)
        return self.score(f[:, 0]), carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        out, rows = [], []
        for word in self.embed(inputs).unbind(1):
            f, a, carried = self.advance(word.unsqueeze(1), carried)
            out.append(self.score(f[:, 0]))
            rows.append(a[:, :, 0])
        return torch.stack(out, 1), torch.stack(rows, 2)


# %% AttentionDecoder: read-swapped
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.attention = self.make_attention(attention)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = GRUCell(memory_size + embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        if name != "additive":
            return LuongAttention(self.H, self.M, name)
        return AdditiveAttention(self.H, self.M, self.H)

    def start(self, state, memory, mask=None):
        if mask is None:
            mask = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=memory.device)
        mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, *carried[1:])

    def advance(self, embedded, carried):
        word, state = embedded.squeeze(1), carried[0]
        context, weights = self.look(state.unsqueeze(1), carried)
        context = context.squeeze(1)
        state = self.cell(torch.hstack([context, word]), state)
        return torch.hstack([state, context, word]).unsqueeze(1), weights, (state, *carried[1:])

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.dropout(self.embedding(last_ids))[:, None], carried)
        return self.out(self.dropout(f[:, 0])), carried

    def forward(self, inputs, state, memory, mask=None):
        carried, found = self.start(state, memory, mask), []
        words = self.dropout(self.embedding(inputs))
        for t in range(words.size(1)):
            features, weights, carried = self.advance(words[:, [t]], carried)
            found.append((self.out(self.dropout(features)), weights))
        logits, weights = zip(*found, strict=True)
        return torch.cat(logits, dim=1), torch.cat(weights, dim=2)


# %% AttentionDecoder: decoder-mask-inverted
class AttentionDecoder(nn.Module):
    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="additive", dropout=0
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.attention = self.make_attention(attention)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, name)

    def start(self, state, memory, mask=None):
        hidden = torch.zeros(memory.size(0), 1, 1, memory.size(1), dtype=torch.bool)
        if mask is not None:
            hidden = hidden | mask.to(hidden.device)
        return state, memory, hidden.to(memory.device), self.attention.project(memory)

    def look(self, query, carried):
        _, memory, hidden, projected = carried
        return self.attention(query, memory, mask=hidden.logical_not(), projected=projected)

    def advance(self, embedded, carried):
        state = carried[0]
        context, weights = self.look(state.unsqueeze(1), carried)
        state = self.cell(torch.cat((embedded, context), -1)[:, 0], state)
        features = torch.cat((state.unsqueeze(1), context, embedded), -1)
        return features, weights, (state, *carried[1:])

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.dropout(self.embedding(last_ids))[:, None], carried)
        return self.out(self.dropout(f)).squeeze(1), carried

    def forward(self, inputs, state, memory, mask=None):
        carried, features, weights = self.start(state, memory, mask), [], []
        for word in self.dropout(self.embedding(inputs)).transpose(0, 1):
            f, w, carried = self.advance(word.unsqueeze(1), carried)
            features.append(f.squeeze(1))
            weights.append(w.squeeze(2))
        return self.out(self.dropout(torch.stack(features, 1))), torch.stack(weights, 2)
