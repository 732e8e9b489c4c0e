"""What the functions of ``unrolled.capture`` refuse."""

from __future__ import annotations

import inspect

from torch import nn

from unrolled.arguments import common


def capture_attention(model: nn.Module) -> None:
    """Refuse what ``capture_attention`` cannot use."""
    common.instance("model", model, nn.Module, "an nn.Module")
    if not any(gives_weights(module) for module in model.modules()):
        raise ValueError(
            f"model is a {type(model).__name__} in which no part gives attention weights, "
            f"one whose forward takes need_weights is wanted"
        )


def gives_weights(module: nn.Module) -> bool:
    """Say whether a module can return attention weights."""
    taken = inspect.signature(module.forward).parameters
    return "need_weights" in taken or {"query", "keys"} <= set(taken)
