"""What the banks themselves are tested with: plain questions, asked without the checker.

``ask(exercise, answer)`` gives one observation for each label. A label says what is special about
the question (mask, dropout, large, gradient ...), so that a test can say where an answer with one
mistake may differ from the reference, and that it is right everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Question = Callable[[Any], Any]


def ask(exercise: str, answer: Any) -> dict[str, Any]:
    """Every question of an exercise; what an answer raises is its observation."""
    seen = {}
    for label, question in QUESTIONS[exercise].items():
        torch.manual_seed(7)
        try:
            seen[label] = question(answer)
        except Exception as error:
            seen[label] = type(error).__name__
    return seen


def same(wanted: Any, got: Any) -> bool:
    """Equal structure, dtypes and shapes, and numbers within 1e-9; NaN equals nothing."""
    if isinstance(wanted, Tensor):
        if not isinstance(got, Tensor) or (got.dtype, got.shape) != (wanted.dtype, wanted.shape):
            return False
        return torch.allclose(wanted.double(), got.double(), rtol=1e-9, atol=1e-9)
    if isinstance(wanted, tuple):
        return isinstance(got, tuple) and len(wanted) == len(got) and all(map(same, wanted, got))
    return type(wanted) is type(got) and wanted == got


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def first(result: Any) -> Tensor:
    """The output, whether or not the weights came along."""
    return result[0] if isinstance(result, tuple) else result


def gradients(function: Callable[..., Any], *inputs: Tensor) -> tuple[Tensor, ...]:
    leaves = [x.clone().requires_grad_() for x in inputs]
    out = first(function(*leaves))
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    return tuple(torch.autograd.grad((out * weights).sum(), leaves, materialize_grads=True))


def dropped(plain: Tensor, out: Tensor, p: float) -> tuple[bool, bool, bool]:
    """Each entry is 0 or scaled up, some are 0 and some are not."""
    ratio = out / plain
    zero = ratio.abs() < 1e-9
    scaled = (ratio - 1 / (1 - p)).abs() < 1e-9
    return bool((zero | scaled).all()), bool(zero.any()), bool(scaled.any())


def transplant(layer: nn.Module, values: dict[str, Tensor]) -> nn.Module:
    """Give a layer the values its parameters have under the reference's names."""
    expressions = getattr(layer, "PARAM_MAP", {})
    own = {
        name: _value(expressions.get(name, name), values) for name, _ in layer.named_parameters()
    }
    layer.double().load_state_dict(own, strict=not list(layer.buffers()))
    torch.manual_seed(11)  # inputs must not depend on how much randomness the constructor used
    return layer


def _value(expression: Any, values: dict[str, Tensor]) -> Tensor:
    if isinstance(expression, str):
        return values[expression]
    if "transpose" in expression:
        return values[expression["transpose"]].T
    return torch.cat([values[name] for name in expression["cat"]], dim=expression["dim"])


def attention_inputs() -> tuple[Tensor, Tensor, Tensor]:
    return normal(2, 3, 4, 5), normal(2, 3, 6, 5), normal(2, 3, 6, 7)


def some_keys(*shape: int) -> Tensor:
    """A random mask in which every row has a key to attend to."""
    mask = torch.rand(*shape) < 0.5
    mask[..., 0] |= ~mask.any(-1)
    return mask


def _attention(mask: Tensor | None = None, weights: bool = False) -> Question:
    def question(f):
        result = f(*attention_inputs(), mask, need_weights=weights)
        return result if weights else first(result)

    return question


def _nowhere() -> Tensor:
    mask = torch.ones(2, 1, 4, 6, dtype=torch.bool)
    mask[0, 0, 1] = False
    return mask


def _attention_dropout(f):
    q, k, _ = attention_inputs()
    value = torch.eye(6, dtype=q.dtype).repeat(1, 2).expand(2, 3, 6, 12)  # each weight twice
    plain = first(f(q, k, value))
    out, weights = f(q, k, value, None, 0.5, True)
    return dropped(plain, out, 0.5), same(out[..., :6], out[..., 6:]), same(plain[..., :6], weights)


def _large(f):
    q, k, v = attention_inputs()
    return first(f(q * 200, k * 200, v))


def _layer(make: Callable[..., Any], sizes: tuple, shapes: dict[str, tuple], **options: Any):
    values = {name: normal(*shape) for name, shape in shapes.items()}
    return transplant(make(*sizes, **options), values).eval()


def _self(question: Question, d_k: int = 3, d_v: int = 4, **options: Any) -> Question:
    shapes = {"q_proj.weight": (d_k, 5), "k_proj.weight": (d_k, 5), "v_proj.weight": (d_v, 5)}
    return lambda make: question(_layer(make, (5, d_k, d_v), shapes, **options))


def _self_default(make):
    shapes = dict.fromkeys(("q_proj.weight", "k_proj.weight", "v_proj.weight"), (5, 5))
    return first(_layer(make, (5,), shapes)(normal(2, 6, 5)))


def _self_width(make):
    shapes = {"q_proj.weight": (3, 5), "k_proj.weight": (3, 5), "v_proj.weight": (3, 5)}
    return first(_layer(make, (5, 3), shapes)(normal(2, 6, 5)))


def _self_dropout(make):
    eye = torch.eye(5, dtype=torch.float64)
    shapes = {"q_proj.weight": (5, 5), "k_proj.weight": (5, 5)}
    values = {name: normal(*shape) for name, shape in shapes.items()} | {"v_proj.weight": eye}
    layer = transplant(make(5, dropout=0.5), values).eval()
    plain, weights = layer(eye[None], need_weights=True)
    out, reported = layer.train()(eye[None], need_weights=True)
    return plain, dropped(plain, out, 0.5), same(weights, reported)


MHA = ("q_proj", "k_proj", "v_proj", "out_proj")


def _shapes(names: tuple[str, ...], bias: bool = True) -> dict[str, tuple]:
    shapes: dict[str, tuple] = {f"{name}.weight": (8, 8) for name in names}
    return shapes | ({f"{name}.bias": (8,) for name in names} if bias else {})


def _mha(question: Question, **options: Any) -> Question:
    bias = options.get("bias", True)
    return lambda make: question(_layer(make, (8, 2), _shapes(MHA, bias), **options))


def _mha_dropout(make):
    eye, none = torch.eye(8, dtype=torch.float64), torch.zeros(8, dtype=torch.float64)
    values = {name: normal(*shape) for name, shape in _shapes(MHA).items()}
    # Features 2j and 2j + 1 both show the weight of key j: what drops weights drops both.
    values |= {"v_proj.weight": eye[:4].repeat_interleave(2, dim=0), "out_proj.weight": eye}
    values |= {"v_proj.bias": none, "out_proj.bias": none}
    layer = transplant(make(8, 2, dropout=0.5), values).eval()
    plain, weights = layer(eye[None], need_weights=True)
    out, reported = layer.train()(eye[None], need_weights=True)
    paired = same(out[..., 0::2], out[..., 1::2])
    return plain, dropped(plain, out, 0.5), paired, same(weights, reported)


def _layer_gradients(layer: nn.Module, *inputs: Tensor) -> tuple[Tensor, ...]:
    of_inputs = gradients(layer, *inputs)
    out = first(layer(*inputs))
    total = (out * torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)).sum()
    found = torch.autograd.grad(total, list(layer.parameters()), materialize_grads=True)
    # Under other names and in other shapes these are the same numbers: their squares add up.
    return (*of_inputs, sum((g * g).sum() for g in found))


def _repair(question: Question) -> Question:
    shapes = _shapes(("query", "key", "value", "out"))
    return lambda make: question(_layer(make, (8, 2), shapes))


TRI = torch.ones(6, 6, dtype=torch.bool).tril()
IDS = torch.tensor([[7, 4, 0, 3, 3], [2, 3, 3, 0, 0]])
CLASSES = torch.tensor([[1, 0, 4], [2, 2, 3]])

QUESTIONS: dict[str, dict[str, Question]] = {
    "softmax": {
        "last axis": lambda f: f(normal(3, 4, 5)),
        "axis 1": lambda f: f(normal(3, 4, 5), 1),
        "axis 0": lambda f: f(normal(3, 4, 5), dim=0),
        "large": lambda f: f(1000 * normal(3, 4)),
        "gradient": lambda f: gradients(f, normal(3, 4)),
    },
    "cross_entropy": {
        "rows": lambda f: f(normal(3, 5), torch.tensor([1, 0, 4])),
        "sentences": lambda f: f(normal(2, 3, 5), CLASSES),
        "large": lambda f: f(1000 * normal(2, 3, 5), CLASSES),
        "gradient": lambda f: gradients(lambda z: f(z, CLASSES), normal(2, 3, 5)),
    },
    "embedding_lookup": {
        "ids": lambda f: f(normal(8, 3), IDS),
        "int32": lambda f: f(normal(8, 3), IDS[0].int()),
        "gradient": lambda f: gradients(lambda w: f(w, IDS), normal(8, 3)),
    },
    "padding_mask": {
        "zeros": lambda f: f(IDS, 0),
        "another pad_id": lambda f: f(IDS, 3),
    },
    "causal_mask": {
        "square": lambda f: f(4),
        "chunk": lambda f: f(3, 5),
        "one": lambda f: f(1, 4),
    },
    "scaled_dot_product_attention": {
        "plain": _attention(),
        "weights": _attention(weights=True),
        "three axes": lambda f: first(f(normal(4, 3, 2), normal(4, 3, 2), normal(4, 3, 2))),
        "mask": lambda f: _attention(some_keys(2, 3, 4, 6))(f),
        "mask with weights": lambda f: _attention(some_keys(2, 1, 4, 6), weights=True)(f),
        "mask, two axes": lambda f: _attention(some_keys(4, 6))(f),
        "mask of keys": lambda f: _attention(some_keys(2, 1, 1, 6))(f),
        "mask, nowhere": lambda f: _attention(_nowhere(), weights=True)(f),
        "large": _large,
        "dropout": _attention_dropout,
        "gradient": lambda f: gradients(f, *attention_inputs()),
        "gradient, mask, nowhere": lambda f: gradients(
            lambda q, k, v: f(q, k, v, _nowhere()), *attention_inputs()
        ),
    },
    "SelfAttention": {
        "defaults": _self_default,
        "d_k alone": _self_width,
        "plain": _self(lambda f: first(f(normal(2, 6, 5)))),
        "weights": _self(lambda f: f(normal(2, 6, 5), need_weights=True)),
        "mask": _self(lambda f: first(f(normal(2, 6, 5), some_keys(2, 1, 6, 6)))),
        "mask, causal": _self(lambda f: first(f(normal(2, 6, 5), TRI))),
        "mask of keys": _self(lambda f: first(f(normal(2, 6, 5), some_keys(2, 1, 1, 6)))),
        "mask, nowhere": _self(lambda f: f(normal(2, 6, 5), TRI & ~TRI[:, :1], need_weights=True)),
        "dropout": _self_dropout,
        "dropout in evaluation": _self(lambda f: first(f(normal(2, 6, 5))), dropout=0.5),
        "gradient": _self(lambda f: _layer_gradients(f, normal(2, 6, 5))),
    },
    "split_heads": {
        "two": lambda f: f(normal(2, 3, 8), 2),
        "four": lambda f: f(normal(2, 5, 12), 4),
        "gradient": lambda f: gradients(lambda x: f(x, 2), normal(2, 3, 8)),
    },
    "merge_heads": {
        "two": lambda f: f(normal(3, 2, 5, 4)),
        "four": lambda f: f(normal(2, 4, 3, 5)),
        "gradient": lambda f: gradients(f, normal(2, 4, 3, 5)),
    },
    "MultiHeadAttention": {
        "plain": _mha(lambda f: first(f(normal(2, 6, 8)))),
        "weights": _mha(lambda f: f(normal(2, 6, 8), need_weights=True)),
        "cross": _mha(lambda f: first(f(normal(2, 4, 8), normal(2, 6, 8)))),
        "cross, three": _mha(lambda f: first(f(normal(2, 4, 8), normal(2, 6, 8), normal(2, 6, 8)))),
        "cross, mask": _mha(
            lambda f: first(f(normal(2, 4, 8), normal(2, 6, 8), mask=some_keys(2, 2, 4, 6)))
        ),
        "mask": _mha(lambda f: first(f(normal(2, 6, 8), mask=some_keys(2, 1, 6, 6)))),
        "mask, causal": _mha(lambda f: first(f(normal(2, 6, 8), mask=TRI))),
        "mask, padding": _mha(lambda f: first(f(normal(2, 6, 8), mask=some_keys(2, 1, 1, 6)))),
        "mask, nowhere": _mha(lambda f: first(f(normal(2, 6, 8), mask=TRI & ~TRI[:, :1]))),
        "dropout": _mha_dropout,
        "dropout in evaluation": _mha(lambda f: first(f(normal(2, 6, 8))), dropout=0.5),
        "without bias": _mha(lambda f: first(f(normal(2, 6, 8))), bias=False),
        "gradient": _mha(lambda f: _layer_gradients(f, normal(2, 6, 8))),
        "gradient, cross": _mha(lambda f: _layer_gradients(f, normal(2, 4, 8), normal(2, 6, 8))),
        "three heads of eight": lambda make: make(8, 3),
    },
    "repair_multi_head": {
        "plain": _repair(lambda f: f(normal(2, 6, 8))),
        "mask": _repair(lambda f: f(normal(2, 6, 8), some_keys(2, 1, 6, 6))),
        "mask, causal": _repair(lambda f: f(normal(2, 6, 8), TRI)),
        "gradient": _repair(lambda f: _layer_gradients(f, normal(2, 6, 8))),
    },
}
