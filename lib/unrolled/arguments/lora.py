"""What the functions and layers of ``unrolled.lora`` refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from unrolled.arguments import common, tensors


def lora_linear(
    self: Any, linear: nn.Linear, rank: int, alpha: float, dropout: float = 0.0
) -> None:
    """Refuse what ``LoRALinear`` cannot adapt."""
    common.instance("linear", linear, nn.Linear, "an nn.Linear")
    common.at_least_one(rank=rank)
    smaller = min(linear.in_features, linear.out_features)
    if rank > smaller:
        raise ValueError(f"rank={rank}: at most {smaller}, the smaller width of linear, is wanted")
    common.positive(alpha=alpha)
    common.probability(dropout=dropout)


def read(self: Any, x: Tensor) -> None:
    """Refuse what ``LoRALinear`` cannot read."""
    tensors.floating(x=x)
    width = self.linear.in_features
    tensors.shaped("x", x, f"(..., {width})", ..., width)


def add_lora(
    model: nn.Module,
    rank: int,
    alpha: float,
    names: Sequence[str] = ("q_proj", "v_proj"),
    dropout: float = 0.0,
) -> None:
    """Refuse a model that ``add_lora`` cannot adapt; nothing is changed then."""
    common.several("names", names, "a list of strings")
    common.not_empty("names", names, "layer's name")
    modules = dict(model.named_modules())
    if any(is_adapter(module) for module in modules.values()):
        raise ValueError("model has adapters already, one without is wanted")
    uses: dict[int, int] = {}
    for module in modules.values():
        for parameter in module.parameters(recurse=False):
            uses[id(parameter)] = uses.get(id(parameter), 0) + 1
    for name in names:
        found = [path for path in modules if path and path.rpartition(".")[2] == name]
        if not found:
            raise ValueError(f"names holds {name!r}: model has no layer of that name")
        for path in found:
            lora_linear(None, modules[path], rank, alpha, dropout)
            if uses[id(modules[path].weight)] > 1:
                raise ValueError(
                    f"{path}.weight is also used elsewhere in model (tied): it cannot change alone"
                )


def is_adapter(module: nn.Module) -> bool:
    """Say whether a module is a ``LoRALinear``, the reference's or a learner's."""
    return hasattr(module, "lora_A") and hasattr(module, "lora_B")


def adapted(model: nn.Module) -> None:
    """Refuse a model without adapters."""
    if not any(is_adapter(module) for module in model.modules()):
        raise ValueError("model has no adapters, add_lora(model, ...) first is wanted")


def load_adapter(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Refuse adapters that do not fit; nothing is loaded then."""
    adapted(model)
    wanted = {}
    for path, module in model.named_modules():
        if is_adapter(module):
            if getattr(module, "before_merge", None) is not None:
                raise ValueError(f"{path} is merged, unmerge_lora(model) first is wanted")
            wanted |= {f"{path}.{name}": getattr(module, name) for name in ("lora_A", "lora_B")}
    missing = [name for name in wanted if name not in state]
    unexpected = [name for name in state if name not in wanted]
    shapes = [
        f"{name} {tuple(state[name].shape)} where {tuple(wanted[name].shape)} is wanted"
        for name in wanted
        if name in state and state[name].shape != wanted[name].shape
    ]
    if missing or unexpected or shapes:
        raise ValueError(
            f"state does not fit: missing keys {missing or 'none'}, "
            f"unexpected keys {unexpected or 'none'}, wrong shapes {shapes or 'none'}"
        )
