"""Questions about the exercises of chapter 9."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from banks.questions.common import (
    Question,
    dropped,
    gradients,
    layer,
    layer_gradients,
    normal,
    same,
    some_keys,
    transplant,
)
from unrolled.attention import MultiHeadAttention

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")
TRI = torch.ones(5, 5, dtype=torch.bool).tril()


def _norm(question: Question, **options: Any) -> Question:
    names = ("weight", "bias") if options.get("bias", True) else ("weight",)
    return lambda make: question(layer(make, (6,), dict.fromkeys(names, (6,)), **options))


def _kept(*shapes: tuple[int, ...]) -> Question:
    def question(f):
        given = [normal(*shape) for shape in shapes]
        before = [x.clone() for x in given]
        f(*given)
        return all(map(same, before, given))

    return question


def _norm_start(make):
    made = make(6)
    trained = {n: p.numel() for n, p in made.named_parameters() if p.requires_grad}
    return sorted(trained.values()), made(torch.eye(6)).double().detach().round(decimals=4)


def _ff(question: Question, **options: Any) -> Question:
    shapes = {"linear1.weight": (10, 6), "linear2.weight": (6, 10)}
    if options.get("bias", True):
        shapes |= {"linear1.bias": (10,), "linear2.bias": (6,)}
    return lambda make: question(layer(make, (6, 10), shapes, **options))


def _ff_dropout(make):
    # Features j and j + 3 both show activation j: dropped once, it is gone in both.
    eye = torch.eye(6, dtype=torch.float64)
    values = {"linear1.weight": eye, "linear2.weight": eye[:3].repeat(2, 1)}
    values |= {"linear1.bias": 0 * eye[0], "linear2.bias": 0 * eye[0]}
    made = transplant(make(6, 6, dropout=0.5), values).eval()
    x = torch.arange(1.0, 97.0, dtype=torch.float64).reshape(4, 4, 6)
    plain, out = made(x), made.train()(x)
    return plain, dropped(plain, out, 0.5), same(out[..., :3], out[..., 3:])


def _ff_dropout_place(make):
    """What is dropped before a shift, or doubled before a GELU, comes out as another number."""
    eye, one = torch.eye(6, dtype=torch.float64), torch.ones(6, dtype=torch.float64)
    values = {"linear1.weight": eye, "linear2.weight": eye, "linear1.bias": one}
    values["linear2.bias"] = 7 * one
    made = transplant(make(6, 6, dropout=0.5, activation="gelu"), values).train()
    out = made(torch.full((8, 8, 6), 0.5, dtype=torch.float64)).detach()
    return sorted(set(out.round(decimals=6).flatten().tolist()))


def _trained(make):
    return sum(p.numel() for p in make(6, 10).parameters() if p.requires_grad)


class Doubled(MultiHeadAttention):
    """Another attention: it gives twice as much."""

    def forward(self, *given: Any, **options: Any) -> Any:
        result = super().forward(*given, **options)
        return (2 * result[0], result[1]) if isinstance(result, tuple) else 2 * result


class Recorded(MultiHeadAttention):
    """Another attention: it remembers what it was made of."""

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0, bias: bool = True):
        super().__init__(d_model, n_heads, dropout, bias)
        self.made_of = d_model, n_heads, dropout, bias


def _recorded(**options: Any) -> Question:
    def question(make):
        made = make(8, 2, 16, attention=Recorded, **options)
        return [part.made_of for part in made.modules() if isinstance(part, Recorded)]

    return question


def _shapes(attentions: tuple[str, ...], norms: int, bias: bool = True) -> dict[str, tuple]:
    shapes: dict[str, tuple] = {f"{a}.{p}.weight": (8, 8) for a in attentions for p in PROJECTIONS}
    shapes |= {"feed_forward.linear1.weight": (16, 8), "feed_forward.linear2.weight": (8, 16)}
    shapes |= {f"norm{n + 1}.weight": (8,) for n in range(norms)}
    if bias:
        shapes |= {name.replace("weight", "bias"): sizes[:1] for name, sizes in shapes.items()}
    return shapes


def _layers(attentions: tuple[str, ...], norms: int):
    def asked(question: Question, **options: Any) -> Question:
        options = {"dropout": 0.0} | options
        shapes = _shapes(attentions, norms, options.get("bias", True))
        return lambda make: question(layer(make, (8, 2, 16), shapes, **options))

    return asked


def _drops(where: str, attentions: tuple[str, ...], norms: int) -> Question:
    """The numbers that one sublayer adds while training, when without dropout it would add 1."""

    def question(make):
        shapes = _shapes(attentions, norms)
        values = {n: torch.zeros(size, dtype=torch.float64) for n, size in shapes.items()}
        values |= {f"norm{n + 1}.weight": 1 + values[f"norm{n + 1}.weight"] for n in range(norms)}
        if where == "feed_forward":
            values["feed_forward.linear1.bias"] += 1
            values["feed_forward.linear2.weight"] += torch.eye(16)[:8]
        else:
            values[f"{where}.v_proj.bias"] += 1
            values[f"{where}.out_proj.weight"] += torch.eye(8)
        made = transplant(make(8, 2, 16, dropout=0.5, norm_first=True), values).train()
        given = [normal(64, 1, 8) for _ in attentions]
        added = made(*[x.clone() for x in given]) - given[0]
        return sorted(set(added.detach().round(decimals=6).abs().flatten().tolist()))

    return question


_E, _D = (("attention",), 2), (("self_attention", "cross_attention"), 3)
_encoder, _decoder = _layers(*_E), _layers(*_D)


def _plain(f: Any) -> Tensor:
    return f(normal(3, 5, 8))


def _masked(*shape: int, weights: bool = False) -> Question:
    return lambda f: f(normal(3, 5, 8), some_keys(*shape), need_weights=weights)


def _both(f: Any) -> Tensor:
    return f(normal(3, 5, 8), normal(3, 4, 8))


def _both_masked(weights: bool = False, **names: tuple[int, ...]) -> Question:
    def question(f):
        x, memory = normal(3, 5, 8), normal(3, 4, 8)
        masks = {name: some_keys(*shape) for name, shape in names.items()}
        return f(x, memory, need_weights=weights, **masks)

    return question


QUESTIONS = {
    "LayerNorm": {
        "plain": _norm(lambda f: f(normal(2, 3, 6))),
        "two axes": _norm(lambda f: f(normal(4, 6))),
        "four axes": _norm(lambda f: f(normal(2, 2, 3, 6))),
        "large": _norm(lambda f: f(1e5 + normal(2, 3, 6))),
        "nearly constant, eps": _norm(lambda f: f(1e-3 * normal(2, 3, 6) + 1)),
        "constant": _norm(lambda f: f(torch.ones(2, 3, 6, dtype=torch.float64))),
        "another eps": _norm(lambda f: f(normal(2, 3, 6)), eps=0.5),
        "without bias": _norm(lambda f: f(normal(2, 3, 6)), bias=False),
        "gradient": _norm(lambda f: layer_gradients(f, normal(2, 3, 6))),
        "input kept": _norm(_kept((2, 3, 6))),
        "made": _norm_start,
    },
    "FeedForward": {
        "relu": _ff(lambda f: f(normal(2, 3, 6))),
        "two axes": _ff(lambda f: f(normal(4, 6))),
        "gelu": _ff(lambda f: f(normal(2, 3, 6)), activation="gelu"),
        "gelu_tanh": _ff(lambda f: f(normal(2, 3, 6)), activation="gelu_tanh"),
        "without bias": _ff(lambda f: f(normal(2, 3, 6)), bias=False),
        "dropout": _ff_dropout,
        "dropout, place, gelu": _ff_dropout_place,
        "dropout in evaluation": _ff(lambda f: f(normal(2, 3, 6)), dropout=0.5),
        "gradient": _ff(lambda f: layer_gradients(f, normal(2, 3, 6))),
        "gradient, gelu": _ff(lambda f: gradients(f, normal(2, 3, 6)), activation="gelu"),
        "trained": _trained,
        "input kept": _ff(_kept((2, 3, 6))),
    },
    "TransformerEncoderLayer": {
        "post": _encoder(_plain),
        "pre": _encoder(_plain, norm_first=True),
        "post, mask": _encoder(lambda f: f(normal(3, 5, 8), TRI)),
        "post, mask of padding": _encoder(_masked(3, 1, 1, 5)),
        "pre, mask of heads": _encoder(_masked(3, 2, 5, 5), norm_first=True),
        "post, weights": _encoder(lambda f: f(normal(3, 5, 8), need_weights=True)),
        "pre, weights, mask": _encoder(_masked(3, 1, 5, 5, weights=True), norm_first=True),
        "post, gelu": _encoder(_plain, activation="gelu"),
        "pre, gelu_tanh": _encoder(_plain, activation="gelu_tanh", norm_first=True),
        "post, eps": _encoder(_plain, eps=0.5),
        "pre, eps": _encoder(_plain, eps=0.5, norm_first=True),
        "post, without bias": _encoder(_plain, bias=False),
        "pre, another attention": _encoder(_plain, attention=Doubled, norm_first=True),
        "recorded attention": _recorded(bias=False, dropout=0.3),
        "recorded attention, dropout": _recorded(),
        "pre, dropout of attention": _drops("attention", *_E),
        "pre, dropout of feed-forward": _drops("feed_forward", *_E),
        "post, dropout in evaluation": _encoder(_plain, dropout=0.5),
        "pre, dropout in evaluation": _encoder(_plain, dropout=0.5, norm_first=True),
        "post, gradient": _encoder(lambda f: layer_gradients(f, normal(3, 5, 8))),
        "pre, gradient": _encoder(lambda f: layer_gradients(f, normal(3, 5, 8)), norm_first=True),
        "post, input kept": _encoder(_kept((3, 5, 8))),
        "pre, input kept": _encoder(_kept((3, 5, 8)), norm_first=True),
    },
    "TransformerDecoderLayer": {
        "post": _decoder(_both),
        "pre": _decoder(_both, norm_first=True),
        "as long": _decoder(lambda f: f(normal(3, 5, 8), normal(3, 5, 8))),
        "post, mask": _decoder(lambda f: f(normal(3, 5, 8), normal(3, 4, 8), TRI)),
        "pre, memory mask": _decoder(_both_masked(memory_mask=(3, 1, 1, 4)), norm_first=True),
        "post, mask and memory mask": _decoder(
            _both_masked(mask=(3, 1, 5, 5), memory_mask=(3, 2, 5, 4))
        ),
        "post, weights": _decoder(_both_masked(weights=True)),
        "pre, weights, mask and memory mask": _decoder(
            _both_masked(weights=True, mask=(5, 5), memory_mask=(3, 1, 1, 4)), norm_first=True
        ),
        "post, gelu": _decoder(_both, activation="gelu"),
        "pre, gelu_tanh": _decoder(_both, activation="gelu_tanh", norm_first=True),
        "post, eps": _decoder(_both, eps=0.5),
        "pre, eps": _decoder(_both, eps=0.5, norm_first=True),
        "post, without bias": _decoder(_both, bias=False),
        "pre, another attention": _decoder(_both, attention=Doubled, norm_first=True),
        "recorded attention": _recorded(bias=False, dropout=0.3),
        "recorded attention, dropout": _recorded(),
        "pre, dropout of self-attention": _drops("self_attention", *_D),
        "pre, dropout of cross-attention": _drops("cross_attention", *_D),
        "pre, dropout of feed-forward": _drops("feed_forward", *_D),
        "post, dropout in evaluation": _decoder(_both, dropout=0.5),
        "pre, gradient": _decoder(
            lambda f: layer_gradients(f, normal(3, 5, 8), normal(3, 4, 8)), norm_first=True
        ),
        "post, gradient": _decoder(lambda f: layer_gradients(f, normal(3, 5, 8), normal(3, 4, 8))),
        "post, input kept": _decoder(_kept((3, 5, 8), (3, 4, 8))),
        "pre, input kept": _decoder(_kept((3, 5, 8), (3, 4, 8)), norm_first=True),
    },
}

ONLY_IN = {
    "norm-eps-fixed": "another eps",
    "norm-cancellation": ("large", "eps"),
    "norm-detached": "gradient",
    "norm-in-place": ("kept", "gradient"),
    "norm-no-bias-crashes": "without bias",
    "ff-activation-ignored": "gelu",
    "ff-tanh-for-gelu": "gelu",
    "ff-gelu-for-tanh": "gelu_tanh",
    "ff-bias-ignored": ("without bias", "trained"),
    "ff-dropout-in-eval": "dropout",
    "ff-dropout-on-output": "dropout",
    "ff-dropout-early": "dropout",
    "encoder-always-post": "pre",
    "encoder-residual-normed": "pre",
    "encoder-norm-before-add": "post",
    "encoder-mask-not-passed": "mask",
    "encoder-activation-ignored": "gelu",
    "encoder-eps-ignored": "eps",
    "encoder-dropout-in-eval": "dropout",
    "encoder-weights-averaged": "weights",
    "encoder-attention-ignored": "attention",
    "encoder-in-place": ("kept", "gradient"),
    "decoder-memory-normed": "pre",
    "decoder-memory-mask-ignored": "memory mask",
    "decoder-mask-for-both": "mask",
    "decoder-weights-one": "weights",
    "decoder-weights-exchanged": "weights",
    "decoder-attention-for-both": "attention",
}
