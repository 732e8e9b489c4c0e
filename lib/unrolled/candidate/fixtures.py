"""What a probe has to hand an answer and torch does not have: answer-free models and functions.

A worker in the sandbox has this module, so nothing in it may help with an exercise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


class Translator(nn.Module):
    """A toy to decode from: it adds what was read and, in waves, what is written.

    Token 0 is padding. ``readings`` counts the sources that it has been given.
    """

    def __init__(self, source_words: int, target_words: int, width: int):
        super().__init__()
        self.pad_id = 0
        self.readings = 0
        self.source_embedding = nn.Embedding(source_words, width)
        self.target_embedding = nn.Embedding(target_words, width)
        self.generator = nn.Linear(width, target_words)
        self.register_buffer("is_word", torch.arange(source_words) > 0)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Give what is read, ``(B, Ts, D)``, and where there is something, ``(B, 1, 1, Ts)``."""
        self.readings += 1
        return self.source_embedding(source), self.is_word[source].unflatten(0, (-1, 1, 1))

    def decode(self, target: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """Give one vector for each token written, ``(B, Tt, D)``."""
        waves = torch.arange(1, target.size(1) + 1, device=target.device).cos().unsqueeze(-1)
        written = (self.target_embedding(target) * waves.to(memory.dtype)).cumsum(dim=1)
        read = (memory * memory_mask[:, 0, 0].unsqueeze(-1)).sum(dim=1, keepdim=True)
        return (written + read).sin()


def squared_error(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """A loss of a model on a batch ``(inputs, targets)``."""
    inputs, targets = batch
    return (model(inputs) - targets).square().mean()


def scaled_squares(model: nn.Module, batch: float) -> Tensor:
    """A loss for which the batch is one number: so many times the squares of all parameters."""
    return batch * torch.stack([p.square().sum() for p in model.parameters()]).sum()


@dataclass(frozen=True)
class Shift:
    """Stands for a class of attention: what it makes passes on the position before, or further.

    A frozen dataclass, so that a probe can pass it among the arguments of a layer.
    """

    by: int

    __name__ = "Shift"  # as a class has one

    def __call__(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Make the layer, whatever is asked for."""
        return _Shifted(self.by)


class _Shifted(nn.Module):
    def __init__(self, by: int):
        super().__init__()
        self.by = by

    def forward(
        self, query: Tensor, *args: Any, need_weights: bool = False, **kwargs: Any
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Give every position what stands before it."""
        out = query.roll(self.by, dims=1)
        return (out, query.new_zeros(1)) if need_weights else out


class Descent(torch.optim.Optimizer):
    """Gradient descent with momentum, ready at once.

    The first optimiser of torch's own that a process makes loads torch's compiler, which takes
    seconds; so nothing of the base class is called.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0):
        self.param_groups = [{"params": list(parameters), "lr": lr}]
        self.defaults, self.state = {"lr": lr}, {}
        self.momentum = momentum
        self.velocities = [torch.zeros_like(p) for p in self.param_groups[0]["params"]]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for p in self.param_groups[0]["params"]:
            p.grad = None if set_to_none or p.grad is None else torch.zeros_like(p)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move every parameter that has a gradient."""
        group = self.param_groups[0]
        for p, velocity in zip(group["params"], self.velocities, strict=True):
            if p.grad is not None:
                velocity.mul_(self.momentum).add_(p.grad)
                p.sub_(group["lr"] * velocity)
