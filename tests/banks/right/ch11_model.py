"""Right answers to BertModel, in other ways."""
# ruff: noqa: F811, RUF012

import functools

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.bert import BertConfig
from unrolled.bert.model import encoder_layers, initialise
from unrolled.blocks import LayerNorm, TransformerEncoderLayer
from unrolled.positions import LearnedPositions


# %% BertModel: torch's own embedding and norm, one-hot segments
class BertModel(nn.Module):
    PARAM_MAP = {"places.weight": "positions.weight"}

    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        D = config.hidden_size
        self.places = nn.Embedding(config.max_position_embeddings, D)
        self.token_embedding = nn.Embedding(config.vocab_size, D, padding_idx=config.pad_token_id)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, D)
        self.norm = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.layers = encoder_layers(config, norm_first=False)
        if pooler:
            self.pooler = nn.Linear(D, D)
        self.p, self.has_pooler = config.hidden_dropout_prob, pooler
        initialise(self, config.initializer_range)

    def forward(self, ids, segments=None, mask=None):
        B, T = ids.shape
        if segments is None:
            segment = self.segment_embedding.weight[0].expand(B, T, -1)
        else:
            table = self.segment_embedding.weight
            segment = F.one_hot(segments, len(table)).to(table.dtype) @ table
        x = self.places(torch.arange(T, device=ids.device)).unsqueeze(0)
        x = x + segment + self.token_embedding(ids)
        x = F.dropout(self.norm(x), self.p, self.training)
        x = functools.reduce(lambda h, layer: layer(h, mask=mask), self.layers, x)
        pooled = torch.tanh(self.pooler(x.select(1, 0))) if self.has_pooler else None
        return x, pooled


# %% BertModel: layers made one by one, with BERT's dropout
class BertModel(nn.Module):
    ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu"}

    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        sizes = (config.hidden_size, config.num_attention_heads, config.intermediate_size)
        self.layers = nn.ModuleList()
        for _ in range(config.num_hidden_layers):
            layer = TransformerEncoderLayer(
                *sizes,
                dropout=config.hidden_dropout_prob,
                activation=self.ACTIVATIONS[config.hidden_act],
                eps=config.layer_norm_eps,
            )
            layer.feed_forward.dropout.p = 0.0
            for module in layer.attention.modules():
                if isinstance(module, nn.Dropout):
                    module.p = config.attention_probs_dropout_prob
                elif isinstance(getattr(module, "dropout", None), float):
                    module.dropout = config.attention_probs_dropout_prob
            self.layers.append(layer)
        self.segment_embedding = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.token_embedding = nn.Embedding(
            config.vocab_size, config.hidden_size, config.pad_token_id
        )
        self.positions = LearnedPositions(config.max_position_embeddings, config.hidden_size)
        self.norm = LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.drop = nn.Dropout(config.hidden_dropout_prob)
        self.pooler = nn.Linear(sizes[0], sizes[0]) if pooler else None
        self.draw(config.initializer_range)

    @torch.no_grad()
    def draw(self, std):
        for module in self.modules():
            for name, weight in module.named_parameters(recurse=False):
                if weight.dim() == 2:
                    nn.init.normal_(weight, mean=0.0, std=std)
                elif name == "bias":
                    nn.init.zeros_(weight)
        if self.token_embedding.padding_idx is not None:
            self.token_embedding.weight[self.token_embedding.padding_idx].zero_()

    def forward(self, ids, segments=None, mask=None):
        if segments is None:
            segments = ids * 0
        h = self.positions(self.segment_embedding(segments)).add(self.token_embedding(ids))
        h = self.drop(self.norm(h))
        for i in range(len(self.layers)):
            h = self.layers[i](h, mask)
        if self.pooler is None:
            return h, None
        first, *_ = h.unbind(dim=1)
        return h, self.pooler(first).tanh()


# %% BertModel: embeddings in a module, names as in Hugging Face's
class Embeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        D = config.hidden_size
        self.word = nn.Embedding(config.vocab_size, D, padding_idx=config.pad_token_id)
        self.place = nn.Parameter(torch.zeros(config.max_position_embeddings, D))
        self.kind = nn.Parameter(torch.zeros(config.type_vocab_size, D))
        self.norm = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, ids, segments):
        kinds = self.kind[:1] if segments is None else self.kind[segments]
        x = self.word(ids) + self.place[: ids.size(1)] + kinds
        return self.dropout(self.norm(x))


class BertModel(nn.Module):
    PARAM_MAP = {
        "embeddings.word.weight": "token_embedding.weight",
        "embeddings.place": "positions.weight",
        "embeddings.kind": "segment_embedding.weight",
        "embeddings.norm.weight": "norm.weight",
        "embeddings.norm.bias": "norm.bias",
        "dense.0.weight": "pooler.weight",
        "dense.0.bias": "pooler.bias",
    }

    def __init__(self, config: BertConfig, pooler=True):
        super().__init__()
        D = config.hidden_size
        self.embeddings = Embeddings(config)
        self.layers = encoder_layers(config, norm_first=False)
        self.dense = nn.Sequential(nn.Linear(D, D), nn.Tanh()) if pooler else None
        initialise(self, config.initializer_range)

    def forward(self, ids, segments=None, mask=None):
        hidden = self.embeddings(ids, segments)
        for layer in self.layers:
            hidden = layer(hidden, mask=mask)
        return hidden, None if self.dense is None else self.dense(hidden[:, :1].squeeze(1))
