"""Right answers to Transformer, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import causal_mask, padding_mask
from unrolled.blocks import LayerNorm, TransformerDecoderLayer, TransformerEncoderLayer
from unrolled.positions import (
    AlibiAttention,
    LearnedPositions,
    RotaryAttention,
    SinusoidalPositions,
)
from unrolled.transformer import TransformerDecoder, TransformerEncoder
from unrolled.transformer.model import ATTENTIONS, _initialise, _positions


# %% Transformer: layers in lists, without the stacks
class Transformer(nn.Module):
    PARAM_MAP = {
        f"{side}_layers.{i}.{rest}": f"{side}.layers.{i}.{rest}"
        for i in range(12)
        for side, attentions, norms in (
            ("encoder", ["attention"], 2),
            ("decoder", ["self_attention", "cross_attention"], 3),
        )
        for rest in [
            f"{part}.{kind}"
            for part in [
                *(f"{a}.{x}_proj" for a in attentions for x in ("q", "k", "v", "out")),
                "feed_forward.linear1",
                "feed_forward.linear2",
                *(f"norm{n + 1}" for n in range(norms)),
            ]
            for kind in ("weight", "bias")
        ]
    } | {
        f"{side}_norm.{kind}": f"{side}.norm.{kind}"
        for side in ("encoder", "decoder")
        for kind in ("weight", "bias")
    }

    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        self.generator = nn.Linear(d_model, target_vocab_size)
        self.target_embedding = nn.Embedding(target_vocab_size, d_model)
        self.source_embedding = nn.Embedding(source_vocab_size, d_model)
        options = {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        if positions == "rotary":
            options["attention"] = RotaryAttention
        elif positions == "alibi":
            options["attention"] = AlibiAttention
        sizes = (d_model, n_heads, d_ff)
        self.encoder_layers, self.decoder_layers = nn.ModuleList(), nn.ModuleList()
        for _ in range(n_layers):
            self.encoder_layers.append(TransformerEncoderLayer(*sizes, **options))
            self.decoder_layers.append(TransformerDecoderLayer(*sizes, **options))
        self.encoder_norm = LayerNorm(d_model) if norm_first else None
        self.decoder_norm = LayerNorm(d_model) if norm_first else None
        self.source_positions = self.target_positions = None
        if positions == "sinusoidal":
            self.source_positions = self.target_positions = SinusoidalPositions(max_len, d_model)
        elif positions == "learned":
            self.source_positions = LearnedPositions(max_len, d_model)
            self.target_positions = LearnedPositions(max_len, d_model)
        for weight in self.parameters():
            if weight.ndim == 2:
                nn.init.xavier_uniform_(weight)
        for table in (self.source_embedding, self.target_embedding):
            table.weight.data.normal_(0, d_model**-0.5)
        if tied in ("target", "all"):
            self.generator.weight = self.target_embedding.weight
        if tied == "all":
            self.source_embedding.weight = self.target_embedding.weight
        self.p, self.pad_id, self.d_model = dropout, pad_id, d_model

    def enter(self, ids, table, positions):
        x = table.weight[ids] * math.sqrt(self.d_model)
        if positions is not None:
            x = positions(x)
        return F.dropout(x, self.p, self.training)

    def encode(self, source):
        mask = source.ne(self.pad_id)[:, None, None, :]
        x = self.enter(source, self.source_embedding, self.source_positions)
        for layer in self.encoder_layers:
            x = layer(x, mask=mask)
        return (x if self.encoder_norm is None else self.encoder_norm(x)), mask

    def decode(self, target, memory, memory_mask):
        T = target.size(1)
        mask = torch.ones(T, T, dtype=torch.bool, device=target.device).tril()
        mask = torch.logical_and(target.ne(self.pad_id)[:, None, None, :], mask)
        x = self.enter(target, self.target_embedding, self.target_positions)
        for layer in self.decoder_layers:
            x = layer(x, memory, mask=mask, memory_mask=memory_mask)
        return x if self.decoder_norm is None else self.decoder_norm(x)

    def forward(self, source, target):
        return self.generator(self.decode(target, *self.encode(source)))


# %% Transformer: parameters of its own for words, and one function for both sides
class Transformer(nn.Module):
    PARAM_MAP = {
        "words.0": "source_embedding.weight",
        "words.1": "target_embedding.weight",
        "scores": "generator.weight",
        "shift": "generator.bias",
        "places.0.weight": "source_positions.weight",
        "places.1.weight": "target_positions.weight",
    }

    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        self.pad_id = pad_id
        extra = {"attention": ATTENTIONS[positions]} if positions in ATTENTIONS else {}
        stack = {
            "n_layers": n_layers, "d_model": d_model, "n_heads": n_heads, "d_ff": d_ff,
            "dropout": dropout, "activation": activation, "norm_first": norm_first, **extra,
        }  # fmt: skip
        self.encoder, self.decoder = TransformerEncoder(**stack), TransformerDecoder(**stack)
        self.places = nn.ModuleList(_positions(positions, max_len, d_model) for _ in range(2))
        self.shift = nn.Parameter(torch.zeros(target_vocab_size))
        for matrix in filter(lambda p: p.dim() > 1, self.parameters()):
            nn.init.xavier_uniform_(matrix)
        target = nn.Parameter(torch.randn(target_vocab_size, d_model) / d_model**0.5)
        source = nn.Parameter(torch.randn(source_vocab_size, d_model) / d_model**0.5)
        self.words = nn.ParameterList([target if tied == "all" else source, target])
        scores = nn.Parameter(nn.init.xavier_uniform_(torch.empty_like(target)))
        self.scores = scores if tied == "none" else target
        self.drop = nn.Dropout(dropout)

    def read(self, ids, side):
        table = self.words[side]
        x = F.embedding(ids, table) * table.size(1) ** 0.5
        return self.drop(self.places[side](x))

    def encode(self, source):
        mask = padding_mask(source, self.pad_id)
        return self.encoder(self.read(source, 0), mask), mask

    def decode(self, target, memory, memory_mask):
        later = torch.arange(target.size(1), device=target.device)
        seen = later[:, None] >= later[None, :]
        mask = padding_mask(target, self.pad_id) * seen
        return self.decoder(self.read(target, 1), memory, mask, memory_mask)

    def forward(self, source, target):
        memory, mask = self.encode(source)
        hidden = self.decode(target, memory, mask)
        return torch.einsum("btd,vd->btv", hidden, self.scores) + self.shift


# %% Transformer: a module for each way in
class Entrance(nn.Module):
    def __init__(self, words, d_model, positions, max_len, dropout):
        super().__init__()
        self.embedding = nn.Embedding(words, d_model)
        nn.init.normal_(self.embedding.weight, std=d_model**-0.5)
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
        layer = {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        if positions in ATTENTIONS:
            layer["attention"] = ATTENTIONS[positions]
        ways = (d_model, positions, max_len, dropout)
        self.source = Entrance(source_vocab_size, *ways)
        self.target = Entrance(target_vocab_size, *ways)
        self.encoder = TransformerEncoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.decoder = TransformerDecoder(n_layers, d_model, n_heads, d_ff, **layer)
        self.generator = nn.Linear(d_model, target_vocab_size)
        _initialise(self, self.source.embedding, self.target.embedding)
        self.pad_id = pad_id
        if tied != "none":
            self.target.embedding.weight = self.generator.weight
            nn.init.normal_(self.generator.weight, std=d_model**-0.5)
        if tied == "all":
            self.source.embedding.weight = self.generator.weight

    def forward(self, source, target):
        memory, memory_mask = self.encode(source)
        return F.linear(
            self.decode(target, memory, memory_mask), self.generator.weight, self.generator.bias
        )

    def encode(self, source):
        mask = padding_mask(source, self.pad_id)
        memory = self.encoder(self.source(source), mask=mask)
        return memory, mask

    def decode(self, target, memory, memory_mask):
        hidden = padding_mask(target, self.pad_id).logical_not()
        T = target.shape[-1]
        ahead = torch.ones(T, T, device=target.device).triu(1).bool()
        return self.decoder(
            self.target(target), memory, mask=~(hidden | ahead), memory_mask=memory_mask
        )


# %% Transformer: words as one-hot rows
class Transformer(nn.Module):
    def __init__(
        self, source_vocab_size, target_vocab_size, d_model=512, n_heads=8, n_layers=6, d_ff=2048,
        dropout=0.1, activation="relu", norm_first=False, positions="sinusoidal", tied="none",
        max_len=512, pad_id=0,
    ):  # fmt: skip
        super().__init__()
        kinds = {"rotary": RotaryAttention, "alibi": AlibiAttention}
        more = {"attention": kinds[positions]} if positions in kinds else {}
        sizes = (n_layers, d_model, n_heads, d_ff)
        more |= {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        self.decoder = TransformerDecoder(*sizes, **more)
        self.encoder = TransformerEncoder(*sizes, **more)
        self.target_positions = _positions(positions, max_len, d_model)
        self.source_positions = _positions(positions, max_len, d_model)
        self.target_embedding = nn.Embedding(target_vocab_size, d_model)
        same = tied == "all"
        self.source_embedding = (
            self.target_embedding if same else nn.Embedding(source_vocab_size, d_model)
        )
        self.generator = nn.Linear(d_model, target_vocab_size)
        if tied != "none":
            self.generator.weight = self.target_embedding.weight
        _initialise(self, self.source_embedding, self.target_embedding)
        self.rate, self.root, self.pad = dropout, math.sqrt(d_model), pad_id

    def sum(self, ids, table, positions):
        rows = F.one_hot(ids, table.num_embeddings).to(table.weight.dtype)
        x = positions(rows @ (self.root * table.weight))
        return nn.functional.dropout(x, p=self.rate, training=self.training)

    def encode(self, source):
        mask = torch.unflatten(source != self.pad, 0, (-1, 1, 1))
        x = self.sum(source, self.source_embedding, self.source_positions)
        return self.encoder(x, mask), mask

    def decode(self, target, memory, memory_mask):
        x = self.sum(target, self.target_embedding, self.target_positions)
        causal = causal_mask(len(target[0])).to(target.device)
        mask = torch.where(causal, (target != self.pad)[:, None, None], False)
        return self.decoder(x, memory, mask, memory_mask)

    def forward(self, source, target):
        features = self.decode(target, *self.encode(source))
        return features.matmul(self.generator.weight.T).add(self.generator.bias)
