"""Wrong answers to BertModel, continued."""
# ruff: noqa: F811, RUF012

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.bert import BertConfig
from unrolled.bert.model import encoder_layers, initialise
from unrolled.blocks import LayerNorm
from unrolled.positions import LearnedPositions


# %% BertModel: pooled-without-tanh
class BertModel(nn.Module):
    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        width = config.hidden_size
        self.layers = encoder_layers(config, norm_first=False)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, width)
        self.token_embedding = nn.Embedding(config.vocab_size, width, config.pad_token_id)
        self.positions = LearnedPositions(config.max_position_embeddings, width)
        self.norm = LayerNorm(width, config.layer_norm_eps)
        self.drop = nn.Dropout(config.hidden_dropout_prob)
        self.has_pooler = pooler
        if pooler:
            self.pooler = nn.Linear(width, width)
        initialise(self, config.initializer_range)

    def forward(self, ids, segments=None, mask=None):
        kinds = torch.zeros_like(ids) if segments is None else segments
        h = self.token_embedding(ids).add(self.segment_embedding(kinds))
        h = self.drop(self.norm(self.positions(h)))
        for i in range(len(self.layers)):
            h = self.layers[i](h, mask)
        if not self.has_pooler:
            return h, None
        return h, F.linear(h.select(1, 0), self.pooler.weight, self.pooler.bias)


# %% BertModel: padding-learns
class BertModel(nn.Module):
    PARAM_MAP = {"places.weight": "positions.weight"}

    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        D = config.hidden_size
        self.places = nn.Embedding(config.max_position_embeddings, D)
        self.token_embedding = nn.Embedding(config.vocab_size, D)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, D)
        self.norm = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.layers = encoder_layers(config, norm_first=False)
        self.pooler = nn.Linear(D, D) if pooler else None
        self.p = config.hidden_dropout_prob
        initialise(self, config.initializer_range)

    def forward(self, ids, segments=None, mask=None):
        if segments is None:
            segments = ids.new_zeros(ids.shape)
        place = torch.arange(ids.size(1), device=ids.device)
        x = self.places(place) + self.segment_embedding(segments) + self.token_embedding(ids)
        x = F.dropout(self.norm(x), self.p, self.training)
        for layer in self.layers:
            x = layer(x, mask=mask)
        pooled = None if self.pooler is None else torch.tanh(self.pooler(x[:, 0]))
        return x, pooled


# %% BertModel: bert-dropout-before-norm
class BertModel(nn.Module):
    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        width = config.hidden_size
        self.layers = encoder_layers(config, norm_first=False)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, width)
        self.token_embedding = nn.Embedding(config.vocab_size, width, config.pad_token_id)
        self.positions = LearnedPositions(config.max_position_embeddings, width)
        self.norm = LayerNorm(width, config.layer_norm_eps)
        self.drop = nn.Dropout(config.hidden_dropout_prob)
        self.has_pooler = pooler
        if pooler:
            self.pooler = nn.Linear(width, width)
        initialise(self, config.initializer_range)

    def forward(self, ids, segments=None, mask=None):
        kinds = torch.zeros_like(ids) if segments is None else segments
        h = self.token_embedding(ids).add(self.segment_embedding(kinds))
        h = self.norm(self.drop(self.positions(h)))
        for i in range(len(self.layers)):
            h = self.layers[i](h, mask)
        if not self.has_pooler:
            return h, None
        return h, F.linear(h.select(1, 0), self.pooler.weight, self.pooler.bias).tanh()


# %% BertModel: layers-reversed
class BertModel(nn.Module):
    PARAM_MAP = {"places.weight": "positions.weight"}

    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        D = config.hidden_size
        self.places = nn.Embedding(config.max_position_embeddings, D)
        self.token_embedding = nn.Embedding(config.vocab_size, D, config.pad_token_id)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, D)
        self.norm = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.layers = encoder_layers(config, norm_first=False)
        self.pooler = nn.Linear(D, D) if pooler else None
        self.p = config.hidden_dropout_prob
        initialise(self, config.initializer_range)

    def forward(self, ids, segments=None, mask=None):
        if segments is None:
            segments = ids.new_zeros(ids.shape)
        place = torch.arange(ids.size(1), device=ids.device)
        x = self.places(place) + self.segment_embedding(segments) + self.token_embedding(ids)
        x = F.dropout(self.norm(x), self.p, self.training)
        for layer in reversed(self.layers):
            x = layer(x, mask=mask)
        pooled = None if self.pooler is None else torch.tanh(self.pooler(x[:, 0]))
        return x, pooled


# %% BertModel: bert-torch's-own-weights
class BertModel(nn.Module):
    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        width = config.hidden_size
        self.layers = encoder_layers(config, norm_first=False)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, width)
        self.token_embedding = nn.Embedding(config.vocab_size, width, config.pad_token_id)
        self.positions = LearnedPositions(config.max_position_embeddings, width)
        self.norm = LayerNorm(width, config.layer_norm_eps)
        self.drop = nn.Dropout(config.hidden_dropout_prob)
        self.has_pooler = pooler
        if pooler:
            self.pooler = nn.Linear(width, width)

    def forward(self, ids, segments=None, mask=None):
        kinds = torch.zeros_like(ids) if segments is None else segments
        h = self.token_embedding(ids).add(self.segment_embedding(kinds))
        h = self.drop(self.norm(self.positions(h)))
        for i in range(len(self.layers)):
            h = self.layers[i](h, mask)
        if not self.has_pooler:
            return h, None
        return h, F.linear(h.select(1, 0), self.pooler.weight, self.pooler.bias).tanh()
