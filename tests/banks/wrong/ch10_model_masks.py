"""Wrong answers to Transformer: masks, padding and scores."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.transformer import TransformerDecoder, TransformerEncoder
from unrolled.transformer.model import ATTENTIONS, _initialise, _positions


# %% Transformer: memory-padding-seen
class Transformer(nn.Module):
    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        layer = {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        if positions in ATTENTIONS:
            layer["attention"] = ATTENTIONS[positions]
        self.target_embedding = nn.Embedding(target_vocab_size, d_model)
        self.source_embedding = nn.Embedding(source_vocab_size, d_model)
        self.source_positions = _positions(positions, max_len, d_model)
        self.target_positions = _positions(positions, max_len, d_model)
        self.encoder = TransformerEncoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.decoder = TransformerDecoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.generator = nn.Linear(d_model, target_vocab_size)
        _initialise(self, self.source_embedding, self.target_embedding)
        if tied in ("target", "all"):
            self.generator.weight = self.target_embedding.weight
        if tied == "all":
            self.source_embedding.weight = self.target_embedding.weight
        self.d_model, self.p, self.pad_id = d_model, dropout, pad_id

    def enter(self, ids, table, positions):
        x = F.embedding(ids, table.weight) * math.sqrt(self.d_model)
        return F.dropout(positions(x), self.p, training=self.training)

    def encode(self, source):
        mask = source.ne(self.pad_id)[:, None, None, :]
        x = self.enter(source, self.source_embedding, self.source_positions)
        return self.encoder(x, mask), mask

    def decode(self, target, memory, memory_mask):
        T = target.size(1)
        past = torch.ones(T, T, dtype=torch.bool, device=target.device).tril()
        mask = torch.logical_and(target.ne(self.pad_id)[:, None, None, :], past)
        x = self.enter(target, self.target_embedding, self.target_positions)
        return self.decoder(x, memory, mask=mask)

    def forward(self, source, target):
        memory, memory_mask = self.encode(source)
        return self.generator(self.decode(target, memory, memory_mask))


# %% Transformer: pad_id-ignored
class Transformer(nn.Module):
    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        layer = {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        if positions in ATTENTIONS:
            layer["attention"] = ATTENTIONS[positions]
        self.target_embedding = nn.Embedding(target_vocab_size, d_model)
        self.source_embedding = nn.Embedding(source_vocab_size, d_model)
        self.source_positions = _positions(positions, max_len, d_model)
        self.target_positions = _positions(positions, max_len, d_model)
        self.encoder = TransformerEncoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.decoder = TransformerDecoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.generator = nn.Linear(d_model, target_vocab_size)
        _initialise(self, self.source_embedding, self.target_embedding)
        if tied in ("target", "all"):
            self.generator.weight = self.target_embedding.weight
        if tied == "all":
            self.source_embedding.weight = self.target_embedding.weight
        self.d_model, self.p = d_model, dropout

    def enter(self, ids, table, positions):
        x = F.embedding(ids, table.weight) * math.sqrt(self.d_model)
        return F.dropout(positions(x), self.p, training=self.training)

    def encode(self, source):
        mask = source.ne(0)[:, None, None, :]
        x = self.enter(source, self.source_embedding, self.source_positions)
        return self.encoder(x, mask), mask

    def decode(self, target, memory, memory_mask):
        T = target.size(1)
        past = torch.ones(T, T, dtype=torch.bool, device=target.device).tril()
        mask = torch.logical_and(target.ne(0)[:, None, None, :], past)
        x = self.enter(target, self.target_embedding, self.target_positions)
        return self.decoder(x, memory, mask=mask, memory_mask=memory_mask)

    def forward(self, source, target):
        memory, memory_mask = self.encode(source)
        return self.generator(self.decode(target, memory, memory_mask))


# %% Transformer: log-probabilities-returned
class Transformer(nn.Module):
    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        layer = {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        if positions in ATTENTIONS:
            layer["attention"] = ATTENTIONS[positions]
        self.target_embedding = nn.Embedding(target_vocab_size, d_model)
        self.source_embedding = nn.Embedding(source_vocab_size, d_model)
        self.source_positions = _positions(positions, max_len, d_model)
        self.target_positions = _positions(positions, max_len, d_model)
        self.encoder = TransformerEncoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.decoder = TransformerDecoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.generator = nn.Linear(d_model, target_vocab_size)
        _initialise(self, self.source_embedding, self.target_embedding)
        if tied in ("target", "all"):
            self.generator.weight = self.target_embedding.weight
        if tied == "all":
            self.source_embedding.weight = self.target_embedding.weight
        self.d_model, self.p, self.pad_id = d_model, dropout, pad_id

    def enter(self, ids, table, positions):
        x = F.embedding(ids, table.weight) * math.sqrt(self.d_model)
        return F.dropout(positions(x), self.p, training=self.training)

    def encode(self, source):
        mask = source.ne(self.pad_id)[:, None, None, :]
        x = self.enter(source, self.source_embedding, self.source_positions)
        return self.encoder(x, mask), mask

    def decode(self, target, memory, memory_mask):
        T = target.size(1)
        past = torch.ones(T, T, dtype=torch.bool, device=target.device).tril()
        mask = torch.logical_and(target.ne(self.pad_id)[:, None, None, :], past)
        x = self.enter(target, self.target_embedding, self.target_positions)
        return self.decoder(x, memory, mask=mask, memory_mask=memory_mask)

    def forward(self, source, target):
        memory, memory_mask = self.encode(source)
        scores = self.generator(self.decode(target, memory, memory_mask))
        return scores - scores.logsumexp(-1, keepdim=True)
