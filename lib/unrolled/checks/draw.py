"""Inputs from a seed, the same for a learner's answer, the reference and every known mistake."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import random
import zlib
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle, Opaque
from unrolled.checks.transplant import Unfit, gradients_back, one_name_each, transplanted

MAX_NUMBERS = 1_000_000  # of an output: what is made of it here must not fill the memory


class Draw:
    """A source of inputs.

    Numbers are drawn in float32 and then cast, so a float32 answer and the float64 reference see
    the same ones.

    Args:
        seed: equal seeds give equal draws.
        reference: the exercise's reference, which says what parameters a layer has.
        dtype: of every floating-point tensor and of a layer's parameters.
        small: draw the smallest sizes that still tell, with so many sentences, to show a learner.
    """

    def __init__(
        self, seed: int, reference: Any, dtype: torch.dtype = torch.float32, small: int = 0
    ):
        self.seed = seed
        # What an answer is told to seed with: it must not be the seed that the inputs come from.
        self.noise = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:6])
        self.reference = reference
        self.dtype = dtype
        self.small = small
        self.shown: dict[str, Any] = {}
        self._sizes = random.Random(seed)
        self._tensors = torch.Generator().manual_seed(seed)

    def sizes(self, names: str) -> tuple[int, ...]:
        """Draw a size for each name, all different, so that no swapped axes can hide."""
        wanted = names.split()
        if self.small:
            others = [n for n in wanted if n != "B"]
            chosen = dict(zip(others, self._sizes.sample(range(2, 3 + len(others)), len(others)),
                              strict=True))  # fmt: skip
            return tuple(chosen.get(name, self.small) for name in wanted)
        # From 3 on: with two keys and a mask, many a wrong answer is right.
        return tuple(self._sizes.sample(range(3, 6 + len(wanted)), len(wanted)))

    def integer(self, low: int, high: int) -> int:
        """Draw an integer from low to high, both included."""
        return self._sizes.randint(low, high)

    def normal(self, name: str, *shape: int, scale: float = 1.0) -> Tensor:
        """Draw independent normal numbers; the name is what the report calls them."""
        return self._show(name, self._normal(shape) * scale)

    def ids(self, name: str, high: int, *shape: int) -> Tensor:
        """Draw token ids from 0 to high - 1."""
        return self._show(name, torch.randint(high, shape, generator=self._tensors))

    def mask(self, name: str, *shape: int, p: float = 0.6) -> Tensor:
        """Draw a mask in which every row may attend to two keys or more, but not to all of 3."""
        mask = torch.rand(shape, generator=self._tensors) < p
        # Two keys that may be seen, so that their weights matter, and one that may not.
        order = torch.rand(shape, generator=self._tensors).argsort(dim=-1)
        mask.scatter_(-1, order[..., :2], True)
        mask.scatter_(-1, order[..., 2:3], False)
        return self._show(name, mask)

    def show(self, name: str, value: Any) -> Any:
        """Record a hand-made input under the name that the report gives it."""
        return self._show(name, value)

    def layer(
        self, answer: Handle, *args: Any, fixed: dict[str, Tensor] | None = None, **kwargs: Any
    ) -> Handle:
        """Construct the answer's layer with drawn parameters, in evaluation mode.

        Args:
            answer: the learner's class.
            args, kwargs: of its constructor.
            fixed: values for some parameters, by the reference's names, instead of drawn ones.

        Raises:
            Unfit: if its parameters are not those of the reference.
        """
        self.shown.update(inspect.signature(self.reference).bind(*args, **kwargs).arguments)
        wanted = self._parameters(args, kwargs)
        wanted.update({name: value.to(self.dtype) for name, value in (fixed or {}).items()})
        layer = answer(*self._sent(answer, args), **kwargs)
        if self.dtype != torch.float32:
            layer.call("to", self.dtype)
        if layer.candidate.device != "cpu":
            layer.call("to", layer.candidate.device)
        layer.load(transplanted(wanted, layer.state(values=False)))
        layer.call("eval")
        return layer

    def _sent(self, answer: Handle, args: tuple) -> list[Any]:
        """A config is made anew on the answer's side; all else crosses as a value."""
        return [answer.candidate.twin(a) if dataclasses.is_dataclass(a) else a for a in args]

    def gradients(
        self, layer: Handle, out: Handle, *inputs: Handle
    ) -> tuple[list[Tensor | Opaque], dict[str, Tensor | Opaque]]:
        """Gradients of a drawn weighted sum of ``out``, for inputs and for parameters.

        Returns:
            Those of the inputs in order, and those of the reference's parameters by name.
        """
        state = one_name_each(layer.state(values=False), self._shapes)
        names = list(state.parameters)
        found = self.pulled(out, [*inputs, *((layer, name) for name in names)])
        own = dict(zip(names, found[len(inputs) :], strict=True))
        return found[: len(inputs)], gradients_back(own, state, self._shapes)

    def pulled(self, out: Handle, wrt: list[Any]) -> list[Tensor | Opaque]:
        """Gradients of a drawn weighted sum of ``out``.

        Args:
            out: a tensor that the answer made.
            wrt: inputs put with ``requires_grad``, or ``(module, parameter name)``.
        """
        return out.candidate.vjp([out], [self.cotangent(out)], wrt)

    def cotangent(self, out: Handle) -> Tensor:
        """Draw a weight for every element of an output."""
        return self._normal(tensor(out).shape)

    def _parameters(self, args: tuple, kwargs: dict) -> dict[str, Tensor]:
        self._shapes = shapes_of(self.reference, args, tuple(sorted(kwargs.items())))
        drawn = {}
        for name, shape in self._shapes.items():
            # By name and not in order, so that the order in which a layer registers is free.
            generator = torch.Generator().manual_seed(self.seed ^ zlib.crc32(name.encode()))
            scale = shape[-1] ** -0.5 if len(shape) > 1 else 0.5
            drawn[name] = (torch.randn(shape, generator=generator) * scale).to(self.dtype)
        return drawn

    def _normal(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(tuple(shape), generator=self._tensors).to(self.dtype)

    def _show(self, name: str, value: Any) -> Any:
        if isinstance(value, Tensor) and value.is_floating_point():
            value = value.to(self.dtype)
        self.shown[name] = value
        return value


@functools.lru_cache(maxsize=1024)
def shapes_of(reference: Any, args: tuple, kwargs: tuple = ()) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the reference's parameters, each once, for these arguments."""
    with torch.random.fork_rng(devices=[]):
        like = reference(*args, **dict(kwargs))
    return {name: tuple(parameter.shape) for name, parameter in like.named_parameters()}


def kind(value: Any) -> str:
    """Name a value's type as a learner would: ``a tuple``, ``None``, ``a Tensor``."""
    if value is None:
        return "None"
    name = getattr(value, "type_name", type(value).__name__)
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def tensor(handle: Handle) -> Tensor:
    """The value of a handle, which must be a tensor.

    Raises:
        Unfit: if it is anything else, or larger than what any exercise asks for.
    """
    value = handle.value()
    if not isinstance(value, Tensor):
        raise Unfit(f"a tensor is wanted, {kind(value)} was returned")
    if value.numel() > MAX_NUMBERS:
        raise Unfit(f"a tensor of {value.numel()} numbers was returned, far more than is wanted")
    return value
