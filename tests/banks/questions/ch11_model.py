"""Questions about BertModel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from banks.questions.common import Question, normal, some_keys, transplant
from unrolled import bert

SIZES = {
    "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 12, "max_position_embeddings": 9, "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0, "layer_norm_eps": 1e-3,
}  # fmt: skip
IDS = torch.tensor([[1, 5, 7, 2, 4, 2], [1, 8, 2, 6, 3, 10]])
SEGMENTS = torch.tensor([[0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1]])


def values(config: Any, pooler: bool = True) -> dict[str, Tensor]:
    model = bert.BertModel(config, pooler)
    return {name: 0.7 * normal(*x.shape) for name, x in model.named_parameters()}


def made(make: Any, pooler: bool = True, **options: Any) -> nn.Module:
    config = bert.BertConfig(**SIZES | options)
    drawn = values(config, pooler)  # before the constructor uses randomness of its own
    return transplant(make(config, pooler), drawn).eval()


def _both(*inputs: Any, pooler: bool = True, **options: Any) -> Question:
    return lambda make: tuple(made(make, pooler, **options)(IDS, *inputs))


def _hidden(*inputs: Any, **options: Any) -> Question:
    return lambda make: made(make, **options)(IDS, *inputs)[0]


def _masked(*shape: int) -> Question:
    return lambda make: made(make)(IDS, SEGMENTS, some_keys(*shape))[0]


def _causes(make: Any) -> Tensor:
    mask = torch.ones(6, 6, dtype=torch.bool).tril()[None, None]
    return made(make)(IDS, None, mask)[0]


def _loss(layer: nn.Module) -> Tensor:
    hidden, pooled = layer(IDS.clamp(max=9) * (IDS != 7), SEGMENTS)  # 0 is padding
    return (hidden * torch.linspace(-1, 1, hidden.numel()).view_as(hidden)).sum() + pooled.sum()


def _gradient(make: Any) -> Tensor:
    layer = made(make)
    found = torch.autograd.grad(_loss(layer), list(layer.parameters()), materialize_grads=True)
    return sum((g * g).sum() for g in found)


def _dropped(make: Any) -> Any:
    """Sublayers add nothing: features dropped after the first norm stay equal to each other."""
    config = bert.BertConfig(**SIZES | {"hidden_size": 16, "hidden_dropout_prob": 0.5})
    drawn = values(config)
    for name, value in drawn.items():
        if ".out_proj." in name or ".linear2." in name:
            value.zero_()
        elif name.startswith("layers.") and "norm" in name:
            value.fill_(1.0 if name.endswith("weight") else 0.0)
    model = transplant(make(config), drawn)
    found = []
    for training in (True, False):
        x = model.train(training)(IDS.repeat(5, 1))[0]
        near = (x[..., None] - x[..., None, :]).abs() < 1e-9
        found.append(bool((near.sum(-1) > 1).sum(-1).double().mean() > 5))
    return tuple(found)


def _numbers(make: Any) -> Any:
    layer = made(make, type_vocab_size=3)
    return sum(p.numel() for p in layer.parameters())


def _without_pooler(make: Any) -> Any:
    layer = made(make, pooler=False)
    hidden, pooled = layer(IDS, SEGMENTS)
    return hidden, pooled is None, sum(p.numel() for p in layer.parameters())


def _fresh(make: Any) -> Any:
    torch.manual_seed(3)
    options = {"hidden_size": 32, "vocab_size": 90, "initializer_range": 0.3}
    model = make(bert.BertConfig(**SIZES | options))
    near = [abs(p.std().item() / 0.3 - 1) < 0.15 for p in model.parameters() if p.dim() > 1]
    rows = [p for p in model.parameters() if p.shape == (90, 32)]
    return all(near), bool((rows[0][0] == 0).all())


QUESTIONS = {
    "BertModel": {
        "plain": _both(),
        "segments": _both(SEGMENTS),
        "three segments": _hidden(SEGMENTS + SEGMENTS.flip(1), type_vocab_size=3),
        "one layer": _both(SEGMENTS, num_hidden_layers=1),
        "mask of keys": _masked(2, 1, 1, 6),
        "mask for each head": _masked(2, 2, 6, 6),
        "mask, causal": _causes,
        "pooler, without": _without_pooler,
        "relu, eps": _hidden(SEGMENTS, hidden_act="relu", layer_norm_eps=0.5),
        "dropout": _dropped,
        "dropout in evaluation": _hidden(SEGMENTS, hidden_dropout_prob=0.5),
        "gradient": _gradient,
        "numbers": _numbers,
        "fresh": _fresh,
    }
}

ONLY_IN = {
    "segments-ignored": ("segments", "layer", "mask", "without", "relu", "dropout", "gradient"),
    "segments-default-1": ("plain", "dropout", "causal"),
    "segments-skipped-when-none": ("plain", "dropout", "causal"),
    "two-segments-always": ("three", "numbers"),
    "bert-mask-ignored": "mask",
    "bert-mask-inverted": "mask",
    "mask-on-one-layer": "mask",
    "pooled-from-the-last": ("plain", "segments", "layer", "gradient"),
    "pooled-from-the-mean": ("plain", "segments", "layer", "gradient"),
    "pooled-without-tanh": ("plain", "segments", "layer", "gradient"),
    "pooler-not-used": ("plain", "segments", "layer", "gradient"),
    "pooler-always": "without",
    "padding-learns": ("gradient", "fresh"),
    "bert-embedding-dropout-missing": "dropout",
    "bert-dropout-before-norm": "dropout",
    "bert-dropout-in-eval": "dropout",
    "bert-torch's-own-weights": "fresh",
    "initializer_range-ignored": "fresh",
    "bert-hidden-detached": "gradient",
    "norm-eps-fixed": "eps",
}
