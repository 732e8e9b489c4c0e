"""LoRA: adapt a large model by training a small, low-rank change to some of its matrices.

Hu et al. 2022. Shapes: ``D_in`` and ``D_out`` widths of a linear layer, ``r`` rank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from unrolled.arguments import lora as arguments
from unrolled.parts import part
from unrolled.views import views

__all__ = [
    "LoRALinear", "adapter_state", "add_lora", "load_adapter", "merge_lora", "remove_lora",
    "unmerge_lora",
]  # fmt: skip


class LoRALinear(nn.Module):
    r"""A frozen linear layer, and beside it a low-rank one that learns.

    .. math:: h = W_0 x + b + \frac{\alpha}{r} B A x

    Hu et al. 2022, equation 3, scaled as in section 4.1. B starts at zero, so that the layer starts
    as ``linear`` itself; A starts random, or neither would get a gradient. The paper draws A from
    a normal distribution; here it is drawn as ``nn.Linear`` draws its weight, as in the authors'
    code.

    Args:
        linear: the layer to adapt; its parameters are frozen.
        rank: r, from 1 to the smaller of the layer's widths.
        alpha: scale of the change, above 0; ``alpha = rank`` is a factor of 1.
        dropout: probability of dropping an input of A while training, in [0, 1). Default: 0.

    Shape:
        x ``(..., D_in)``, result ``(..., D_out)``.

    Returns:
        What ``linear`` gives, with the change.

    Raises:
        TypeError: if ``linear`` is no ``nn.Linear`` or ``x`` is not floating point.
        ValueError: if ``rank``, ``alpha`` or ``dropout`` is out of range, or ``x`` has another
            width or nothing in it.

    Parameters: ``linear``, frozen; ``lora_A`` (r, D_in); ``lora_B`` (D_out, r), zeros at first.

    >>> linear = torch.nn.Linear(6, 4)
    >>> x = torch.randn(2, 6)
    >>> torch.equal(LoRALinear(linear, rank=2, alpha=4.0)(x), linear(x))
    True
    """

    @views(check=arguments.lora_linear)
    def __init__(self, linear: nn.Linear, rank: int, alpha: float, dropout: float = 0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)
        self.lora_A = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.register_buffer("before_merge", None, persistent=False)

    @views(check=arguments.read)
    def forward(self, x: Tensor) -> Tensor:
        """Transform the last axis of ``x``; once merged, by one matrix product."""
        if self.before_merge is not None:
            return self.linear(x)  # (..., D_out)
        low_rank = self.dropout(x) @ self.lora_A.T  # (..., r)
        return self.linear(x) + self.scale * (low_rank @ self.lora_B.T)  # (..., D_out)

    @torch.no_grad()
    def merge(self) -> None:
        """Add the change to the matrix, :math:`W = W_0 + \\frac{\\alpha}{r} B A`; twice is once.

        The matrix as it was is kept beside it. While merged, A and B are frozen: they would
        otherwise train without effect.
        """
        if self.before_merge is None:
            self.before_merge = self.linear.weight.detach().clone()  # (D_out, D_in)
            self.linear.weight += self.scale * (self.lora_B @ self.lora_A)  # (D_out, D_in)
            self.lora_A.requires_grad_(False)
            self.lora_B.requires_grad_(False)

    @torch.no_grad()
    def unmerge(self) -> None:
        """Put the matrix back, bit for bit, and let A and B train again."""
        if self.before_merge is not None:
            self.linear.weight.copy_(self.before_merge)
            self.before_merge = None
            self.lora_A.requires_grad_(True)
            self.lora_B.requires_grad_(True)


@views(check=arguments.add_lora)
def add_lora(
    model: nn.Module,
    rank: int,
    alpha: float,
    names: Sequence[str] = ("q_proj", "v_proj"),
    dropout: float = 0.0,
) -> list[str]:
    """Freeze a model, and give some of its linear layers a low-rank change that trains.

    Args:
        model: any module; it is changed.
        rank: as in :class:`LoRALinear`.
        alpha: as in :class:`LoRALinear`.
        names: last parts of the paths of the layers to adapt. Default: queries and values, which
            Hu et al. 2022, section 7.1, found best for a given number of parameters.
        dropout: as in :class:`LoRALinear`. Default: 0.

    Returns:
        Paths of the adapted layers.

    Raises:
        TypeError: if a layer of such a name is no ``nn.Linear``.
        ValueError: if a name is no layer's, a layer's weight is also used elsewhere, there are
            adapters already, or a number is out of range.

    >>> model = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(6, 4), "out": torch.nn.Linear(4, 2)})
    >>> add_lora(model, rank=2, alpha=2.0, names=["q_proj"])
    ['q_proj']
    >>> [name for name, p in model.named_parameters() if p.requires_grad]
    ['q_proj.lora_A', 'q_proj.lora_B']
    """
    model.requires_grad_(False)
    chosen = [path for path, _ in model.named_modules() if path.rpartition(".")[2] in names]
    for path in chosen:
        linear = model.get_submodule(path)
        _replace(model, path, part(LoRALinear)(linear, rank, alpha, dropout))
    return chosen


@views(check=arguments.adapted)
def merge_lora(model: nn.Module) -> None:
    """Add every change to its matrix, so that the adapted model costs what the plain one costs.

    Args:
        model: one that :func:`add_lora` changed. What it computes stays the same.

    Raises:
        ValueError: if it has no adapters.

    >>> model = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(3, 2)})
    >>> paths = add_lora(model, rank=1, alpha=1.0, names=["q_proj"])
    >>> merge_lora(model)
    >>> model["q_proj"].before_merge is not None
    True
    """
    for _, layer in _adapters(model):
        layer.merge()


@views(check=arguments.adapted)
def unmerge_lora(model: nn.Module) -> None:
    """Take every change out of its matrix again; the matrices are as before, bit for bit.

    Args:
        model: one that :func:`merge_lora` changed; without effect on one that is not merged.

    Raises:
        ValueError: if it has no adapters.

    >>> model = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(3, 2)})
    >>> paths = add_lora(model, rank=1, alpha=1.0, names=["q_proj"])
    >>> merge_lora(model)
    >>> unmerge_lora(model)
    >>> model["q_proj"].before_merge is None
    True
    """
    for _, layer in _adapters(model):
        layer.unmerge()


@views(check=arguments.adapted)
def remove_lora(model: nn.Module) -> None:
    """Put plain linear layers back: with the change if it is merged, without it if it is not.

    Args:
        model: one that :func:`add_lora` changed. Its parameters stay frozen.

    Raises:
        ValueError: if it has no adapters.

    >>> model = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(3, 2)})
    >>> paths = add_lora(model, rank=1, alpha=1.0, names=["q_proj"])
    >>> remove_lora(model)
    >>> model["q_proj"]
    Linear(in_features=3, out_features=2, bias=True)
    """
    for path, layer in list(_adapters(model)):
        _replace(model, path, layer.linear)


@views(check=arguments.adapted)
def adapter_state(model: nn.Module) -> dict[str, Tensor]:
    """Return the adapters alone, all that has to be stored of an adapted model.

    Args:
        model: one that :func:`add_lora` changed.

    Returns:
        ``lora_A`` and ``lora_B`` of every adapted layer by their full names.

    Raises:
        ValueError: if it has no adapters.

    >>> model = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(3, 2)})
    >>> paths = add_lora(model, rank=1, alpha=1.0, names=["q_proj"])
    >>> {name: tuple(value.shape) for name, value in adapter_state(model).items()}
    {'q_proj.lora_A': (1, 3), 'q_proj.lora_B': (2, 1)}
    """
    return {
        f"{path}.{name}": getattr(layer, name).detach()
        for path, layer in _adapters(model)
        for name in ("lora_A", "lora_B")
    }


@views(check=arguments.load_adapter)
@torch.no_grad()
def load_adapter(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give an adapted model its adapters back.

    Args:
        model: one that :func:`add_lora` changed in the same way; not merged.
        state: what :func:`adapter_state` returned.

    Shape:
        for each adapted layer ``lora_A`` ``(r, D_in)`` and ``lora_B`` ``(D_out, r)``.

    Raises:
        ValueError: if the model has no adapters or is merged, or listing the keys that are
            missing, unexpected or of another shape.

    >>> model = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(3, 2)})
    >>> paths = add_lora(model, rank=1, alpha=1.0, names=["q_proj"])
    >>> state = {"q_proj.lora_A": torch.ones(1, 3), "q_proj.lora_B": torch.ones(2, 1)}
    >>> load_adapter(model, state)
    >>> model["q_proj"].lora_A
    Parameter containing:
    tensor([[1., 1., 1.]], requires_grad=True)
    """
    for name, own in adapter_state(model).items():
        own.copy_(state[name])


def _adapters(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield path and layer of every adapter, a learner's among them."""
    for path, module in model.named_modules():
        if arguments.is_adapter(module):
            yield path, module


def _replace(model: nn.Module, path: str, layer: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, layer)
