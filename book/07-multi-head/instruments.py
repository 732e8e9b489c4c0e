"""Chapter 7's bug hunt: the faulty class, its faults one at a time, and what catches which.

The class and its faults are those of the assignment's ``repair_multi_head``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.checks import exercise
from unrolled.checks.exercise import mistaken, patched_source
from unrolled.repairs import RepairedMultiHead

HUNT = exercise("repair_multi_head")
FAULTS = {name: HUNT.mistake(f"repair-{name}") for name in ("import", "scale", "heads", "mask")}


def faulty() -> str:
    """The class with all four faults, as the assignment shows it, without its docstrings."""
    source = patched_source(HUNT, tuple(FAULTS.values()))
    source = re.sub(r'\n* *""".*?"""\n', "\n", source, flags=re.DOTALL)
    return source.replace(HUNT.name, "CopiedMultiHead").strip()


def versions() -> dict[str, type[nn.Module]]:
    """The sound class, and the same with one fault each."""
    return {
        "sound": RepairedMultiHead,
        **{name: mistaken(HUNT, (fault,)) for name, fault in FAULTS.items()},
    }


def right_shape(cls: type[nn.Module]) -> bool:
    """Whether random numbers come out in the shape in which they went in."""
    return cls(8, 2)(torch.randn(3, 5, 8)).shape == (3, 5, 8)


def parity(cls: type[nn.Module]) -> float:
    """The largest difference from PyTorch's layer with the same weights, on random numbers."""
    torch.manual_seed(0)
    layer, x = cls(8, 2), torch.randn(1, 5, 8)
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    three = (layer.query, layer.key, layer.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in three]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in three]))
        theirs.out_proj.load_state_dict(layer.out.state_dict())
        return (layer(x) - theirs(x, x, x)[0]).abs().max().item()


def caught(
    classes: Mapping[str, type[nn.Module]],
    tests: Mapping[str, tuple[Callable[[type[nn.Module]], Any], Callable[[Any], bool]]],
) -> Tensor:
    """Which test finds fault with which class, ``(classes, tests)``: 1 where it does.

    Args:
        classes: name to class.
        tests: name to what is measured of a class, and what holds for a sound one.
    """
    rows = [[_catches(*test, cls) for test in tests.values()] for cls in classes.values()]
    return torch.tensor(rows)


def _catches(measure: Callable, holds: Callable, cls: type[nn.Module]) -> int:
    try:
        return int(not holds(measure(cls)))
    except NameError:  # the missing import
        return 1
