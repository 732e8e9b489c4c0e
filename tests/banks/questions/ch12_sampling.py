"""Questions about the exercises of chapter 12: sampling, the cache and weight decay."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from banks.questions.common import Question, gradients, normal, same

HAND = torch.tensor([0.1, 0.5, 0.15, 0.25], dtype=torch.float64)
SCORES = torch.tensor([1.0, 3.0, 2.0, 2.0, -4.0], dtype=torch.float64)


def _after(function: Any, *rest: Any) -> Tensor:
    logits = normal(4, 6)
    function(logits, *rest)
    return logits


def _pair(*shape: int) -> tuple[Tensor, Tensor]:
    return normal(*shape), normal(*shape)


def _run(make: Any, *lengths: int, layers: int = 2, rows: int = 3) -> tuple[Any, list[Any]]:
    cache = make(layers)
    seen = []
    for length in lengths:
        for layer in range(layers):
            seen += [x.clone() for x in cache.append(layer, *_pair(rows, 2, length, 4))]
    return cache, seen


def _cached(*lengths: int, **sizes: int) -> Question:
    return lambda make: tuple(_run(make, *lengths, **sizes)[1])


def _lengths(*lengths: int, **sizes: int) -> Question:
    return lambda make: tuple(
        _run(make, *lengths[:n], **sizes)[0].length for n in range(len(lengths) + 1)
    )


def _length_between(make):
    cache, _ = _run(make, 5, layers=3)
    seen = [cache.length]
    for layer in range(3):
        cache.append(layer, *_pair(3, 2, 2, 4))
        seen.append(cache.length)
    return tuple(seen)


def _reordered(*index: int, length: bool = False) -> Question:
    def question(make):
        cache, _ = _run(make, 3, 2)
        cache.reorder(torch.tensor(index))
        if length:
            return cache.length
        rows = len(index)
        return tuple(x for i in range(2) for x in cache.append(i, *_pair(rows, 2, 1, 4)))

    return question


def _looked_at(make):
    new = make(2)
    cache, _ = _run(make, 3, 1)
    return (
        all(kept is None for kept in (*new.keys, *new.values)), len(new.keys), len(new.values),
        *cache.keys, *cache.values,
    )  # fmt: skip


def _two_caches(make):
    first, _ = _run(make, 3)
    second = make(2)
    seen = [x for i in range(2) for x in second.append(i, *_pair(1, 2, 2, 4))]
    return *seen, *first.append(1, *_pair(3, 2, 1, 4))


def _cache_gradient(make):
    def joined(*inputs: Tensor) -> Tensor:
        cache = make(1)
        for key, value in zip(inputs[::2], inputs[1::2], strict=True):
            keys, values = cache.append(0, key, value)
        return torch.cat([keys.square(), values], dim=-1)

    return gradients(joined, *_pair(2, 2, 3, 4), *_pair(2, 2, 1, 4), *_pair(2, 2, 2, 4))


def _earlier(make):
    cache, given = make(1), _pair(2, 2, 3, 4)
    early = cache.append(0, *given)
    before = [x.clone() for x in (*early, *given)]
    cache.append(0, *_pair(2, 2, 1, 4))
    cache.reorder(torch.tensor([1, 1]))
    return all(map(same, before, (*early, *given)))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(7, 4)
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 3, bias=False))


def _groups(build: Any) -> Question:
    """Names of the parameters in each group, sorted, and the decays."""

    def question(f):
        torch.manual_seed(7)
        model = build()
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        groups = f(model, 0.25)
        listed = [tuple(sorted(names.get(id(p), "?") for p in g["params"])) for g in groups]
        return tuple(listed), tuple(float(g["weight_decay"]) for g in groups)

    return question


def _frozen() -> nn.Module:
    net = Net()
    net.inner[0].requires_grad_(False)
    net.inner[1].bias.requires_grad_(False)
    return net


def _tied() -> nn.Module:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[1].weight = net[0].weight
    return net


def _numbered() -> nn.Module:
    net = nn.Linear(3, 2)
    net.temperature = nn.Parameter(torch.tensor(1.5))
    return net


def _optimised(f):
    torch.manual_seed(7)
    model = Net().double()
    optimiser = torch.optim.SGD(f(model, 0.5), lr=0.1)
    x = model.inner(model.tokens(torch.tensor([1, 2, 5])))
    x.square().sum().backward()
    optimiser.step()
    return tuple(p.detach() for p in model.parameters())


QUESTIONS = {
    "apply_temperature": {
        "below 1": lambda f: f(SCORES.clone(), 0.5),
        "below 1, three axes": lambda f: f(normal(2, 3, 5), 0.8),
        "above 1": lambda f: f(SCORES.clone(), 2.0),
        "above 1, two axes": lambda f: f(normal(4, 5), 1.7),
        "one": lambda f: f(normal(4, 5), 1.0),
        "the logits after": lambda f: _after(f, 0.5),
        "gradient, above 1": lambda f: gradients(lambda z: f(z * 1, 3.0), normal(2, 5)),
    },
    "top_k_filter": {
        "one row": lambda f: f(normal(9), 4),
        "rows": lambda f: f(normal(5, 7), 3),
        "rows, three axes": lambda f: f(normal(2, 3, 8), 2),
        "one": lambda f: f(normal(6), 1),
        "all": lambda f: f(normal(6), 6),
        "more than there are": lambda f: f(normal(6), 9),
        "ties": lambda f: f(SCORES.clone(), 2),
        "the logits after": lambda f: _after(f, 2),
    },
    "top_p_filter": {
        "one row": lambda f: f(HAND.log(), 0.7),
        "one row, more": lambda f: f(HAND.log() + 5, 0.8),
        "one alone": lambda f: f(HAND.log(), 0.4),
        "rows": lambda f: f(normal(6, 7), 0.6),
        "rows, three axes": lambda f: f(normal(2, 3, 9), 0.85),
        "all": lambda f: f(normal(9), 1.0),
        "tiny": lambda f: f(normal(9), 1e-300),
        "minus infinity": lambda f: f(torch.cat([HAND.log(), torch.full((3,), -torch.inf)]), 0.7),
        "the logits after": lambda f: _after(f, 0.5),
    },
    "KVCache": {
        "prompt and token": _cached(5, 1),
        "token by token": _cached(1, 1, 1),
        "prompt and chunk": _cached(3, 2, 1),
        "three layers": _cached(2, 1, layers=3),
        "length": _lengths(5, 1, 2),
        "length, one layer": _lengths(1, 1, 1, layers=1, rows=1),
        "length, between layers": _length_between,
        "reorder": _reordered(2, 0, 0),
        "reorder, a circle": _reordered(1, 2, 0),
        "reorder, more": _reordered(1, 1, 0, 2, 2),
        "reorder, fewer": _reordered(2, 0),
        "length, after reorder": _reordered(1, 0, 0, length=True),
        "looked at": _looked_at,
        "two caches": _two_caches,
        "gradient": _cache_gradient,
        "earlier results, reorder": _earlier,
    },
    "decay_groups": {
        "linear": _groups(lambda: nn.Linear(3, 2)),
        "norm": _groups(lambda: nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3))),
        "nested, norm, embedding": _groups(Net),
        "frozen, nested, norm, embedding": _groups(_frozen),
        "tied": _groups(_tied),
        "three axes": _groups(lambda: nn.Sequential(nn.Conv1d(2, 3, 3), nn.Linear(3, 3))),
        "number": _groups(_numbered),
        "step, nested, norm, embedding": _optimised,
    },
}

ONLY_IN = {
    "temperature-not-below-1": "below 1",
    "temperature-not-above-1": "above 1",
    "temperature-in-place": "after",
    "top-k-too-large": "more than there are",
    "top-k-ties-cut": "ties",
    "top-k-over-all-rows": "rows",
    "top-k-in-place": "after",
    "top-p-likeliest-lost": "tiny",
    "top-p-one-order": "rows",
    "top-p-in-place": "after",
    "cache-detached": "gradient",
    "length-counts-calls": "length",
    "length-of-new-positions": "length",
    "length-of-the-first-layer": "length",
    "length-sums-layers": "length",
    "length-of-heads": "length",
    "length-of-rows": "length",
    "length-of-features": "length",
    "length-one-too-many": "length",
    "length-of-an-empty-cache": "length",
    "length-not-kept-by-reorder": "length, after reorder",
    "reorder-keys-alone": "reorder",
    "reorder-values-alone": "reorder",
    "reorder-first-layer-alone": "reorder",
    "reorder-last-layer-missing": "reorder",
    "reorder-not-stored": "reorder",
    "reorder-backwards": "reorder",
    "reorder-sorted": "reorder",
    "reorder-heads": "reorder",
    "reorder-positions": "reorder",
    "reorder-each-row-once": "reorder",
    "reorder-empties": "reorder",
    "decay-by-the-name-bias": ("norm", "number"),
    "decay-not-embeddings": "embedding",
    "decay-frozen": "frozen",
    "decay-tied-twice": "tied",
    "decay-own-layer-alone": ("norm", "nested", "tied", "three axes"),
    "decay-two-axes-alone": "three axes",
    "decay-numbers-missing": "number",
}
