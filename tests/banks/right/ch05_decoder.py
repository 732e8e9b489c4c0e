"""Right answers to AttentionDecoder, in other ways."""
# ruff: noqa: F811, RUF012

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.alignment import AdditiveAttention, LuongAttention
from unrolled.recurrent import GRUCell, gru_step


# %% AttentionDecoder: torch's cell, forward by way of step
class AttentionDecoder(nn.Module):
    def __init__(
        self,
        vocab_size,
        embedding_size,
        hidden_size,
        memory_size,
        attention="additive",
        dropout=0.0,
    ):
        super().__init__()
        self.sizes = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.attention = self.make_attention(attention)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.p = dropout

    def make_attention(self, name):
        H, M = self.sizes
        return AdditiveAttention(H, M, H) if name == "additive" else LuongAttention(H, M, name)

    def start(self, state, memory, mask=None):
        if mask is not None:
            mask = mask.expand(memory.shape[0], 1, 1, memory.shape[1])
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        return self.attention(query, carried[2], carried[3], carried[4])

    def advance(self, embedded, carried):
        h = carried[0]
        context, weights = self.look(h.unsqueeze(1), carried)
        h = self.cell(torch.cat([embedded[:, 0], context[:, 0]], -1), h)
        return torch.cat([h.unsqueeze(1), context, embedded], -1), weights, (h, *carried[1:])

    def _scores(self, ids, carried):
        e = F.dropout(self.embedding(ids), self.p, self.training).unsqueeze(1)
        features, weights, carried = self.advance(e, carried)
        features = F.dropout(features, self.p, self.training)
        return self.out(features)[:, 0], weights, carried

    def step(self, last_ids, carried):
        logits, _, carried = self._scores(last_ids, carried)
        return logits, carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        logits, rows = [], []
        for ids in inputs.unbind(1):
            z, w, carried = self._scores(ids, carried)
            logits.append(z)
            rows.append(w[:, :, 0])
        return torch.stack(logits, 1), torch.stack(rows, 2)


# %% AttentionDecoder: bare weights and gru_step, the scores as a sum of three products
class AttentionDecoder(nn.Module):
    PARAM_MAP = {
        "E": "embedding.weight",
        "W": "cell.weight_ih",
        "U": "cell.weight_hh",
        "b": "cell.bias_ih",
        "c": "cell.bias_hh",
        "V": {"transpose": "out.weight"},
        "d": "out.bias",
    }

    def __init__(
        self,
        vocab_size,
        embedding_size,
        hidden_size,
        memory_size,
        attention="additive",
        dropout=0.0,
    ):
        super().__init__()
        self.H, self.M = hidden_size, memory_size
        self.attention = self.make_attention(attention)
        self.E = nn.Parameter(torch.randn(vocab_size, embedding_size))
        self.W = nn.Parameter(torch.empty(3 * hidden_size, embedding_size + memory_size))
        self.U = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.b = nn.Parameter(torch.empty(3 * hidden_size))
        self.c = nn.Parameter(torch.empty(3 * hidden_size))
        self.V = nn.Parameter(torch.empty(hidden_size + memory_size + embedding_size, vocab_size))
        self.d = nn.Parameter(torch.empty(vocab_size))
        for p in (self.W, self.U, self.b, self.c, self.V, self.d):
            nn.init.uniform_(p, -(hidden_size**-0.5), hidden_size**-0.5)
        self.drop = nn.Dropout(dropout)

    def make_attention(self, name):
        if name == "additive":
            return AdditiveAttention(self.H, self.M, self.H)
        return LuongAttention(self.H, self.M, score=name)

    def start(self, state, memory, mask=None):
        if mask is None:
            mask = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=memory.device)
        mask = mask.expand(memory.size(0), 1, 1, memory.size(1))
        return state, None, memory, mask, self.attention.project(memory)

    def look(self, query, carried):
        _, _, memory, mask, projected = carried
        return self.attention(query, memory, mask=mask, projected=projected)

    def advance(self, embedded, carried):
        s = carried[0]
        c, a = self.look(s[:, None], carried)
        x = torch.cat([embedded, c], dim=-1)[:, 0]
        s = gru_step(x, s, self.W, self.U, self.b, self.c)
        return torch.cat([s[:, None], c, embedded], dim=-1), a, (s, *carried[1:])

    def scores(self, features):
        s, c, e = self.drop(features).tensor_split([self.H, self.H + self.M], dim=-1)
        for_s, for_c, for_e = self.V.tensor_split([self.H, self.H + self.M])
        return s @ for_s + c @ for_c + e @ for_e + self.d

    def step(self, last_ids, carried):
        f, _, carried = self.advance(self.drop(self.E[last_ids])[:, None], carried)
        return self.scores(f[:, 0]), carried

    def forward(self, inputs, state, memory, mask=None):
        carried = self.start(state, memory, mask)
        words = self.drop(self.E[inputs])
        found = []
        for t in range(words.size(1)):
            f, a, carried = self.advance(words[:, t, None], carried)
            found.append((self.scores(f), a))
        return torch.cat([z for z, _ in found], 1), torch.cat([a for _, a in found], 2)


# %% AttentionDecoder: carries three things, and no projection
class AttentionDecoder(nn.Module):
    def __init__(
        self,
        vocab_size,
        embedding_size,
        hidden_size,
        memory_size,
        attention="additive",
        dropout=0.0,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.hidden_size, self.memory_size = hidden_size, memory_size
        self.attention = self.make_attention(attention)
        self.cell = GRUCell(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)
        self.dropout = nn.Dropout(dropout)

    def make_attention(self, name):
        makers = {
            "additive": lambda h, m: AdditiveAttention(h, m, h),
            "dot": lambda h, m: LuongAttention(h, m, "dot"),
            "general": lambda h, m: LuongAttention(h, m, "general"),
            "concat": lambda h, m: LuongAttention(h, m, "concat"),
        }
        return makers[name](self.hidden_size, self.memory_size)

    def start(self, state, memory, mask=None):
        seen = memory.new_ones(memory.size(0), 1, 1, memory.size(1), dtype=torch.bool)
        return state, memory, seen if mask is None else seen & mask

    def look(self, query, carried):
        _, memory, mask = carried
        return self.attention(query, memory, mask)

    def advance(self, embedded, carried):
        old, memory, mask = carried
        context, weights = self.look(old.unsqueeze(1), carried)
        new = self.cell(torch.cat((embedded, context), 2).squeeze(1), old)
        features = torch.cat((new, context.squeeze(1), embedded.squeeze(1)), 1)
        return features.unsqueeze(1), weights, (new, memory, mask)

    def step(self, last_ids, carried):
        embedded = self.dropout(self.embedding(last_ids)).unsqueeze(1)
        features, _, carried = self.advance(embedded, carried)
        return self.out(self.dropout(features.squeeze(1))), carried

    def forward(self, inputs, state, memory, mask=None):
        B = inputs.size(0)
        weights = []
        carried = self.start(state, memory, mask)
        features = memory.new_empty(B, 0, self.out.in_features)
        for word in self.dropout(self.embedding(inputs)).split(1, dim=1):
            feature, weight, carried = self.advance(word, carried)
            features = torch.cat((features, feature), dim=1)
            weights.append(weight.squeeze(2))
        return self.out(self.dropout(features)), torch.stack(weights, dim=2)
