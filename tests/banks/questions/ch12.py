"""Questions about the exercises of chapter 12: the model."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from banks.questions.common import Question, dropped
from unrolled.gpt import GPTBlock, GPTConfig, KVCache

IDS = torch.tensor([[3, 1, 4, 1, 5, 9], [2, 6, 5, 3, 0, 0]])
PADDING = (IDS != 0)[:, None, None, :]


def _config(**options: Any) -> GPTConfig:
    sizes = {"vocab_size": 11, "n_positions": 9, "n_embd": 8, "n_layer": 3, "n_head": 2}
    rates = dict.fromkeys(("embd_pdrop", "resid_pdrop", "attn_pdrop"), 0.0)
    return GPTConfig(**(sizes | rates | options))


def _values(config: GPTConfig) -> dict[str, Tensor]:
    made = torch.Generator().manual_seed(5)
    V, D = config.vocab_size, config.n_embd
    shapes = {"token_embedding.weight": (V, D), "positions.weight": (config.n_positions, D)}
    for name, parameter in GPTBlock(config).named_parameters():
        shapes |= {f"blocks.{i}.{name}": tuple(parameter.shape) for i in range(config.n_layer)}
    shapes |= {"norm.weight": (D,), "norm.bias": (D,)}
    shapes |= {} if config.tie_word_embeddings else {"lm_head.weight": (V, D)}
    return {
        name: torch.randn(*shape, dtype=torch.float64, generator=made)
        for name, shape in shapes.items()
    }


def _named(model: nn.Module) -> dict[str, nn.Parameter]:
    names = getattr(model, "PARAM_MAP", {})
    return {names.get(name, name): parameter for name, parameter in model.named_parameters()}


def _built(make: Any, config: GPTConfig) -> nn.Module:
    model = make(config).double().eval()
    values = _values(config)
    with torch.no_grad():
        for name, parameter in _named(model).items():
            if name in values:  # what is left over keeps what it started with
                parameter.copy_(values[name])
    torch.manual_seed(11)
    return model


def _gpt(question: Question, **options: Any) -> Question:
    return lambda make: question(_built(make, _config(**options)))


def _kept(cache: KVCache) -> tuple[Tensor, ...]:
    return tuple(
        torch.stack([key, value]) for key, value in zip(cache.keys, cache.values, strict=True)
    )


def _prompt(model):
    cache = KVCache(3)
    return model(IDS, cache), *_kept(cache)


def _steps(*lengths: int, mask: Tensor | None = None, last_only: bool = False) -> Question:
    def question(model):
        cache, start, seen = KVCache(3), 0, []
        for length in lengths:
            mine = None if mask is None else mask[..., : start + length]
            ids = IDS[:, start : start + length]
            seen.append(model(ids, cache, mine, last_only))
            start += length
        return (*seen, *_kept(cache))

    return question


def _loss_gradients(model):
    logits = model(IDS)
    total = (logits * torch.linspace(-1, 1, logits.numel()).double().view_as(logits)).sum()
    found = torch.autograd.grad(total, list(model.parameters()), materialize_grads=True)
    embedding = _named(model)["token_embedding.weight"]
    of_embedding = next(g for p, g in zip(model.parameters(), found, strict=True) if p is embedding)
    return of_embedding, sum((g * g).sum() for g in found), sum(g.numel() for g in found)


def _into_the_blocks(model, training: bool):
    seen = []
    with torch.no_grad():
        model.blocks[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        model.train(training)(IDS)
    return seen[0]


def _gpt_dropout(model):
    plain = _into_the_blocks(model, training=False)
    return plain, dropped(plain, _into_the_blocks(model, training=True), 0.3)


def _near(values: Tensor, std: float) -> tuple[bool, bool]:
    """Normal with a standard deviation: its size, and the share within one of it."""
    within = (values.abs() < values.std()).double().mean()
    right = abs(values.mean()) < std / 8 and 0.9 < values.std() / std < 1.1
    return bool(right), bool(abs(within - math.erf(math.sqrt(0.5))) < 0.035)


def _fresh(kinds: tuple[str, ...], share: float = 1.0, tied: bool = False) -> Question:
    def question(make):
        config = _config(
            vocab_size=150, n_positions=90, n_embd=32, n_layer=4, n_head=2,
            initializer_range=0.07, tie_word_embeddings=tied,
        )  # fmt: skip
        parameters = _named(make(config))
        return tuple(
            _near(torch.cat([p.detach().flatten() for n, p in parameters.items() if kind in n]),
                  0.07 * share)
            for kind in kinds
        )  # fmt: skip

    return question


def _fresh_vectors(make):
    parameters = _named(make(_config()))
    biases = [p for n, p in parameters.items() if n.endswith("bias")]
    scales = [p for n, p in parameters.items() if "norm" in n and n.endswith("weight")]
    return all(not p.any() for p in biases), all(bool((p == 1).all()) for p in scales)


QUESTIONS = {
    "GPT": {
        "plain": _gpt(lambda m: m(IDS)),
        "untied": _gpt(lambda m: m(IDS), tie_word_embeddings=False),
        "eps": _gpt(lambda m: m(IDS), layer_norm_epsilon=0.4),
        "padding": _gpt(lambda m: m(IDS, mask=PADDING)),
        "last only": _gpt(lambda m: m(IDS, last_only=True)),
        "cache, prompt": _gpt(_prompt),
        "cache, tokens": _gpt(_steps(3, 1, 1)),
        "cache, chunk": _gpt(_steps(3, 3)),
        "cache, padding": _gpt(_steps(4, 1, 1, mask=PADDING)),
        "cache, last only": _gpt(_steps(4, 1, last_only=True)),
        "gradient": _gpt(_loss_gradients),
        "gradient, untied": _gpt(_loss_gradients, tie_word_embeddings=False),
        "dropout": _gpt(_gpt_dropout, embd_pdrop=0.3),
        "dropout in evaluation": _gpt(lambda m: m(IDS), embd_pdrop=0.3),
        "fresh, matrices": _fresh(("q_proj.weight", "linear1.weight", "lm_head.weight")),
        "fresh, residual": _fresh(("out_proj.weight", "linear2.weight"), 8**-0.5),
        "fresh, embedding": _fresh(("token_embedding.weight",)),
        "fresh, tied": _fresh(("token_embedding.weight",), tied=True),
        "fresh, positions": _fresh(("positions.weight",)),
        "fresh, vectors": _fresh_vectors,
    },
}

_FRESH = "fresh"
_RESIDUAL = "fresh, residual"

ONLY_IN = {
    "positions-restart": "cache",
    "positions-restart-in-chunks": "cache, chunk",
    "norm-eps-ignored": "eps",
    "last-only-ignored": "last only",
    "last-only-without-its-axis": "last only",
    "last-only-first": "last only",
    "dropout-missing": "dropout",
    "dropout-always": "dropout",
    "dropout-on-tokens-alone": "dropout",
    "dropout-of-another-rate": "dropout",
    "embedding-detached": "gradient",
    "mask-top-left": "cache",
    "chunk-not-causal": ("cache, chunk", "cache, padding"),
    "mask-ignored": "padding",
    "mask-instead-of-causal": "padding",
    "mask-or-causal": "padding",
    "mask-inverted": "padding",
    "cache-not-passed": "cache",
    "cache-one-layer": "cache",
    "cache-layers-from-1": "cache",
    "cache-layers-backwards": "cache",
    "cache-for-one-token-alone": "cache",
    "head-always-tied": ("untied", "fresh"),
    "fresh-weights-of-torch": _FRESH,
    "residual-not-scaled": _RESIDUAL,
    "residual-by-the-root-of-n": _RESIDUAL,
    "residual-by-2n": _RESIDUAL,
    "residual-of-attention-alone": _RESIDUAL,
    "residual-of-feed-forward-alone": _RESIDUAL,
    "all-weights-scaled": _FRESH,
    "std-fixed": _FRESH,
    "std-is-a-variance": _FRESH,
    "fresh-uniform": _FRESH,
    "biases-not-zero": "fresh, vectors",
    "positions-not-drawn": "fresh, positions",
    "positions-zero": "fresh, positions",
    "embedding-not-drawn": ("fresh, embedding", "fresh, tied"),
}
