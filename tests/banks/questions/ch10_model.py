"""Questions about the Transformer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from banks.questions.common import Question, normal, transplant
from unrolled import transformer

SIZES = {"d_model": 8, "n_heads": 2, "n_layers": 1, "d_ff": 12, "dropout": 0.0}
WORDS = {"none": (9, 7), "target": (9, 7), "all": (9, 9)}
EMBEDDINGS = ("source_embedding.weight", "target_embedding.weight")
SOURCE = torch.tensor([[4, 7, 3, 5], [8, 2, 6, 1], [3, 1, 5, 2]])
TARGET = torch.tensor([[1, 5, 2], [1, 3, 6], [1, 4, 4]])
HOLES = torch.tensor([[4, 7, 0, 0], [8, 0, 0, 0], [3, 1, 5, 2]])
TARGET_HOLES = torch.tensor([[1, 5, 0], [1, 0, 0], [1, 0, 4]])


def values(sizes: dict[str, Any], tied: str = "none") -> dict[str, Tensor]:
    """Numbers for the parameters under the reference's names, tied ones under each of theirs."""
    layer = transformer.Transformer(*WORDS[tied], **sizes, tied="none")
    drawn = {name: normal(*x.shape) for name, x in layer.named_parameters()}
    if tied != "none":
        drawn["generator.weight"] = drawn["target_embedding.weight"]
    if tied == "all":
        drawn["source_embedding.weight"] = drawn["target_embedding.weight"]
    return drawn


def made(make: Callable[..., nn.Module], tied: str = "none", **options: Any) -> nn.Module:
    sizes = SIZES | options
    drawn = values(sizes, tied)  # before the constructor uses randomness of its own
    return transplant(_untied(make(*WORDS[tied], **sizes, tied=tied)), drawn).eval()


def _untied(layer: nn.Module) -> nn.Module:
    """Loading is not strict about the second name of a tied parameter."""
    load = layer.load_state_dict
    layer.load_state_dict = lambda state, strict=True: load(state, strict=False)
    return layer


def _logits(source: Tensor = SOURCE, target: Tensor = TARGET, **options: Any) -> Question:
    return lambda make: made(make, **options)(source, target)


def _encoded(make: Any) -> Any:
    memory, mask = made(make).encode(HOLES)
    return memory, mask.expand(3, 1, 1, 4)


def _decoded(make: Any) -> Tensor:
    mask = torch.tensor([True, False, True, True, True]).view(1, 1, 1, 5)
    return made(make).decode(TARGET_HOLES, normal(3, 5, 8), mask.expand(3, 1, 1, 5))


def _tied(tied: str) -> Question:
    def question(make):
        layer = made(make, tied=tied)
        out = layer(SOURCE.clamp(max=6), TARGET)
        out.square().sum().backward()
        numbers = sum(p.numel() for p in layer.parameters())
        return out, numbers, sum(p.grad.square().sum() for p in layer.parameters())

    return question


def _gradient(make: Any) -> Any:
    layer = made(make, n_layers=2)
    out = layer(HOLES, TARGET)
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    found = torch.autograd.grad(
        (out * weights).sum(), list(layer.parameters()), materialize_grads=True
    )
    return out, sum((g * g).sum() for g in found)


def _zeros(model: nn.Module, drawn: dict[str, Tensor], bias: float) -> nn.Module:
    """Sublayers add nothing but their last bias; the final norm shows which features are equal."""
    for name, value in drawn.items():
        last = ".out_proj." in name or ".linear2." in name
        if last:
            value.fill_(0.0 if value.dim() > 1 else bias)
        elif "norm" in name:
            value.fill_(1.0 if name.endswith("weight") else 0.0)
    return transplant(model, drawn)


def _equal_features(x: Tensor) -> Tensor:
    """For each position: how many features are equal to another one."""
    near = (x[..., None] - x[..., None, :]).abs() < 1e-9
    return (near.sum(-1) > 1).sum(-1)


def _dropped_sums(make: Any) -> Any:
    sizes = SIZES | {"d_model": 16, "dropout": 0.5, "norm_first": True}
    drawn = values(sizes)
    model = _zeros(_untied(make(*WORDS["none"], **sizes)), drawn, 0.0)
    source = SOURCE.repeat(4, 1)
    training = _equal_features(model.train().encode(source)[0]).double().mean()
    in_evaluation = _equal_features(model.eval().encode(source)[0]).double().mean()
    everywhere = torch.ones(12, 1, 1, 2, dtype=torch.bool)
    decoded = model.train().decode(TARGET.repeat(4, 1), normal(12, 2, 16), everywhere)
    target = _equal_features(decoded).double().mean()
    return tuple(bool(share > 5) for share in (training, target, in_evaluation))


def _dropped_layers(make: Any) -> Any:
    sizes = SIZES | {"d_model": 16, "dropout": 0.5, "norm_first": True, "positions": "none"}
    drawn = values(sizes)
    for name in EMBEDDINGS:
        drawn[name].zero_()
    model = _zeros(_untied(make(*WORDS["none"], **sizes)), drawn, 1.0)
    return tuple(bool(m.encode(SOURCE)[0].abs().amax() > 1e-3) for m in (model.train(),)), bool(
        model.eval().encode(SOURCE)[0].abs().amax() > 1e-3
    )


def _fresh(make: Any) -> Any:
    torch.manual_seed(3)
    sizes = SIZES | {"d_model": 64, "d_ff": 96, "positions": "learned", "max_len": 50}
    model = make(90, 80, **sizes)
    names = getattr(model, "PARAM_MAP", {})
    facts = {}
    for name, weight in model.named_parameters():
        wanted = names.get(name, name)
        if wanted in EMBEDDINGS:
            facts[wanted] = abs(weight.std().item() * 8 - 1) < 0.1
        elif weight.dim() > 1:
            bound = math.sqrt(6 / (weight.size(0) + weight.size(1)))
            facts["matrices"] = facts.get("matrices", True) and bool(
                0.95 * bound < weight.abs().amax() <= bound
            )
    return [facts.get(name) for name in (*EMBEDDINGS, "matrices")]


QUESTIONS = {
    "Transformer": {
        "plain": _logits(),
        "two layers": _logits(n_layers=2),
        "source padding": _logits(source=HOLES),
        "target padding": _logits(target=TARGET_HOLES),
        "another padding": _logits(source=HOLES, target=TARGET_HOLES, pad_id=5),
        "encode": _encoded,
        "decode": _decoded,
        "norm_first": _logits(norm_first=True),
        "activation": _logits(activation="gelu"),
        "learned": _logits(positions="learned", max_len=6),
        "rotary": _logits(positions="rotary"),
        "alibi": _logits(positions="alibi"),
        "no positions": _logits(positions="none"),
        "tied, target": _tied("target"),
        "tied, all": _tied("all"),
        "tied, none": _tied("none"),
        "dropout, sums": _dropped_sums,
        "dropout, layers": _dropped_layers,
        "dropout in evaluation": _logits(dropout=0.5),
        "gradient": _gradient,
        "fresh": _fresh,
    }
}

ONLY_IN = {
    "one-position-table": "learned",
    "positions-ignored": ("learned", "rotary", "alibi", "no positions", "layers"),
    "attention-kind-ignored": ("rotary", "alibi"),
    "max_len-ignored": "learned",
    "source-padding-seen": ("padding", "encode", "gradient"),
    "memory-padding-seen": ("padding", "decode", "gradient"),
    "target-padding-seen": ("padding", "decode"),
    "pad_id-ignored": "another padding",
    "memory-detached": ("gradient", "tied"),
    "tied-ignored": "tied",
    "tied-copied": "tied",
    "tied-all-leaves-the-source": "tied, all",
    "always-tied": ("tied", "plain", "gradient"),
    "norm_first-ignored": ("norm_first", "dropout"),
    "activation-ignored": "activation",
    "one-layer": ("two layers", "gradient"),
    "no-embedding-dropout": "dropout",
    "dropout-before-positions": "dropout",
    "layers-without-dropout": "dropout",
    "always-dropping": "dropout",
    "torch's-own-weights": "fresh",
    "decode-gives-logits": "decode",
}
