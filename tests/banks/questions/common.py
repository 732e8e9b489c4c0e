"""What the questions of several chapters share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Question = Callable[[Any], Any]


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


def some_keys(*shape: int) -> Tensor:
    """A random mask in which every row has a key to attend to."""
    mask = torch.rand(*shape) < 0.5
    mask[..., 0] |= ~mask.any(-1)
    return mask


def layer(make: Callable[..., Any], sizes: tuple, shapes: dict[str, tuple], **options: Any):
    values = {name: normal(*shape) for name, shape in shapes.items()}
    return transplant(make(*sizes, **options), values).eval()


def shapes(names: tuple[str, ...], bias: bool = True) -> dict[str, tuple]:
    shapes: dict[str, tuple] = {f"{name}.weight": (8, 8) for name in names}
    return shapes | ({f"{name}.bias": (8,) for name in names} if bias else {})


def layer_gradients(layer: nn.Module, *inputs: Tensor) -> tuple[Tensor, ...]:
    of_inputs = gradients(layer, *inputs)
    out = first(layer(*inputs))
    total = (out * torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)).sum()
    found = torch.autograd.grad(total, list(layer.parameters()), materialize_grads=True)
    # Under other names and in other shapes these are the same numbers: their squares add up.
    return (*of_inputs, sum((g * g).sum() for g in found))
