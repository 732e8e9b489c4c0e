"""Wrong answers to Transformer: weights, settings and dropout."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import padding_mask
from unrolled.transformer import TransformerDecoder, TransformerEncoder
from unrolled.transformer.model import ATTENTIONS, _initialise, _positions


# %% Transformer: tied-copied
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
            self.generator.weight.data = self.target_embedding.weight.data.clone()
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
        return self.generator(self.decode(target, memory, memory_mask))


# %% Transformer: norm_first-ignored
class Entrance(nn.Module):
    def __init__(self, words, d_model, positions, max_len, dropout):
        super().__init__()
        self.embedding = nn.Embedding(words, d_model)
        self.positions = _positions(positions, max_len, d_model)
        self.dropout = nn.Dropout(dropout)
        self.d_model = d_model

    def forward(self, ids):
        return self.dropout(self.positions(self.embedding(ids).mul(self.d_model**0.5)))


class Transformer(nn.Module):
    PARAM_MAP = {
        "source.embedding.weight": "source_embedding.weight",
        "target.embedding.weight": "target_embedding.weight",
        "source.positions.weight": "source_positions.weight",
        "target.positions.weight": "target_positions.weight",
    }

    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        stack = {
            "n_layers": n_layers, "d_model": d_model, "n_heads": n_heads, "d_ff": d_ff,
            "dropout": dropout, "activation": activation,
        }  # fmt: skip
        if positions in ATTENTIONS:
            stack["attention"] = ATTENTIONS[positions]
        self.encoder, self.decoder = TransformerEncoder(**stack), TransformerDecoder(**stack)
        self.source = Entrance(source_vocab_size, d_model, positions, max_len, dropout)
        self.target = Entrance(target_vocab_size, d_model, positions, max_len, dropout)
        self.generator = nn.Linear(d_model, target_vocab_size)
        _initialise(self, self.source.embedding, self.target.embedding)
        if tied != "none":
            self.generator.weight = self.target.embedding.weight
        if tied == "all":
            self.source.embedding.weight = self.target.embedding.weight
        self.pad_id = pad_id

    def encode(self, source):
        mask = padding_mask(source, self.pad_id)
        return self.encoder(self.source(source), mask=mask), mask

    def decode(self, target, memory, memory_mask):
        where = torch.arange(target.shape[1], device=target.device)
        mask = padding_mask(target, self.pad_id) & (where[:, None] >= where)
        return self.decoder(self.target(target), memory, mask, memory_mask)

    def forward(self, source, target):
        features = self.decode(target, *self.encode(source))
        return F.linear(features, self.generator.weight, self.generator.bias)


# %% Transformer: dropout-before-positions
class Entrance(nn.Module):
    def __init__(self, words, d_model, positions, max_len, dropout):
        super().__init__()
        self.embedding = nn.Embedding(words, d_model)
        self.positions = _positions(positions, max_len, d_model)
        self.dropout = nn.Dropout(dropout)
        self.d_model = d_model

    def forward(self, ids):
        return self.positions(self.dropout(self.embedding(ids) * self.d_model**0.5))


class Transformer(nn.Module):
    PARAM_MAP = {
        "source.embedding.weight": "source_embedding.weight",
        "target.embedding.weight": "target_embedding.weight",
        "source.positions.weight": "source_positions.weight",
        "target.positions.weight": "target_positions.weight",
    }

    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        stack = {
            "n_layers": n_layers, "d_model": d_model, "n_heads": n_heads, "d_ff": d_ff,
            "dropout": dropout, "activation": activation, "norm_first": norm_first,
        }  # fmt: skip
        if positions in ATTENTIONS:
            stack["attention"] = ATTENTIONS[positions]
        self.encoder, self.decoder = TransformerEncoder(**stack), TransformerDecoder(**stack)
        self.source = Entrance(source_vocab_size, d_model, positions, max_len, dropout)
        self.target = Entrance(target_vocab_size, d_model, positions, max_len, dropout)
        self.generator = nn.Linear(d_model, target_vocab_size)
        _initialise(self, self.source.embedding, self.target.embedding)
        if tied != "none":
            self.generator.weight = self.target.embedding.weight
        if tied == "all":
            self.source.embedding.weight = self.target.embedding.weight
        self.pad_id = pad_id

    def encode(self, source):
        mask = padding_mask(source, self.pad_id)
        return self.encoder(self.source(source), mask=mask), mask

    def decode(self, target, memory, memory_mask):
        where = torch.arange(target.shape[1], device=target.device)
        mask = padding_mask(target, self.pad_id) & (where[:, None] >= where)
        return self.decoder(self.target(target), memory, mask, memory_mask)

    def forward(self, source, target):
        features = self.decode(target, *self.encode(source))
        return F.linear(features, self.generator.weight, self.generator.bias)


# %% Transformer: torch's-own-weights
class Entrance(nn.Module):
    def __init__(self, words, d_model, positions, max_len, dropout):
        super().__init__()
        self.embedding = nn.Embedding(words, d_model)
        self.positions = _positions(positions, max_len, d_model)
        self.dropout = nn.Dropout(dropout)
        self.d_model = d_model

    def forward(self, ids):
        return self.dropout(self.positions(self.embedding(ids).mul(self.d_model**0.5)))


class Transformer(nn.Module):
    PARAM_MAP = {
        "source.embedding.weight": "source_embedding.weight",
        "target.embedding.weight": "target_embedding.weight",
        "source.positions.weight": "source_positions.weight",
        "target.positions.weight": "target_positions.weight",
    }

    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        stack = {
            "n_layers": n_layers, "d_model": d_model, "n_heads": n_heads, "d_ff": d_ff,
            "dropout": dropout, "activation": activation, "norm_first": norm_first,
        }  # fmt: skip
        if positions in ATTENTIONS:
            stack["attention"] = ATTENTIONS[positions]
        self.encoder, self.decoder = TransformerEncoder(**stack), TransformerDecoder(**stack)
        self.source = Entrance(source_vocab_size, d_model, positions, max_len, dropout)
        self.target = Entrance(target_vocab_size, d_model, positions, max_len, dropout)
        self.generator = nn.Linear(d_model, target_vocab_size)
        if tied != "none":
            self.generator.weight = self.target.embedding.weight
        if tied == "all":
            self.source.embedding.weight = self.target.embedding.weight
        self.pad_id = pad_id

    def encode(self, source):
        mask = padding_mask(source, self.pad_id)
        return self.encoder(self.source(source), mask=mask), mask

    def decode(self, target, memory, memory_mask):
        where = torch.arange(target.shape[1], device=target.device)
        mask = padding_mask(target, self.pad_id) & (where[:, None] >= where)
        return self.decoder(self.target(target), memory, mask, memory_mask)

    def forward(self, source, target):
        features = self.decode(target, *self.encode(source))
        return F.linear(features, self.generator.weight, self.generator.bias)
