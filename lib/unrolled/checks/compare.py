"""Is what the answer gave what is wanted? And if not, where and how does it differ?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.values import NO_GRADIENT, Opaque
from unrolled.checks.draw import kind

# The largest allowed error, as a part of the largest wanted number (or of 1, if that is larger).
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 5e-3}
DIFFERS = "\u2260 "
SHOWN = 8  # numbers of a row, and sizes of a shape
MAX_MESSAGE = 500  # characters of an error's
WORDS = re.compile(r"[\w.]+")
NO_GRADIENT_SAYS = (
    "no gradient reaches {}: nothing that comes out depends on it, or detach(), .data, .item() or "
    "torch.tensor() cuts it off"
)


@dataclass(frozen=True)
class Raised:
    """An observation that is an error: what the answer raised, or why it could not be asked."""

    type_name: str
    message: str
    line: str = ""


@dataclass(frozen=True)
class Mismatch:
    """The first difference between what is wanted and what came.

    Attributes:
        where: which part of the observation, ``""`` if it has one part.
        how: one sentence.
        wanted, got: the two sides: one text each, or one for each column.
        columns: what stands above the texts: axes of a shape, places in a row.
        row: index of the row that the numbers are from.
    """

    where: str
    how: str
    wanted: tuple[str, ...] = ()
    got: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    row: tuple[int, ...] = ()


def mismatch(
    wanted: Any,
    got: Any,
    dtype: torch.dtype,
    inputs: Mapping[str, Any] = MappingProxyType({}),
    where: str = "",
) -> Mismatch | None:
    """Compare two observations.

    Args:
        wanted: what the reference gave; floating point in float64.
        got: what the answer gave.
        dtype: what floating-point tensors of the answer must be.
        inputs: what was drawn, by name: one that comes back changed has its own sentence.
        where: name of the part, for the report.

    Returns:
        The first difference, or None.
    """
    if isinstance(got, Raised):
        return None if got == wanted else Mismatch(where, _raised(got))
    if isinstance(wanted, Tensor):
        found = _tensor_mismatch(wanted, got, dtype, where)
        return _in_place(found, wanted, inputs.get(where)) if found else None
    pairs = _children(wanted, got)
    if pairs is None:
        same = _same(wanted, got, TOLERANCE[dtype])
        facts = isinstance(wanted, bool) and isinstance(got, bool)  # told in words
        sides = () if facts else ((_short(wanted),), (_short(got),))
        return None if same else Mismatch(where, _differs(wanted, got), *sides)
    for name, one, other in pairs:
        inner = f"{where}, {name}" if where and name else where or name
        found = mismatch(one, other, dtype, inputs, inner)
        if found:
            return found
    return None


def _in_place(found: Mismatch, wanted: Tensor, given: Any) -> Mismatch:
    """Say so, if what differs is an input that should have come back as it was."""
    if not isinstance(given, Tensor) or given.shape != wanted.shape:
        return found
    if not torch.allclose(given.double(), wanted.double(), equal_nan=True):
        return found
    how = f"{found.where} is changed in place: work on a copy, and leave inputs as they are"
    return replace(found, how=how)


def distance(one: Any, other: Any, dtypes: bool = True) -> float:
    """How far apart two answers' observations are: 0 if equal, infinite if of different form.

    The largest difference of two numbers, as a part of the largest number (or of 1); NaN equals
    NaN, and two errors of one sort are equal.

    Args:
        one, other: observations.
        dtypes: tensors of two dtypes differ in form, whatever their numbers.
    """
    if isinstance(one, Raised) or isinstance(other, Raised):
        both = isinstance(one, Raised) and isinstance(other, Raised)
        return 0.0 if both and _error_sort(one) == _error_sort(other) else math.inf
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or (dtypes and one.dtype != other.dtype):
            return math.inf
        return _largest_error(one, other, equal_nan=True) / _scale(one)
    if isinstance(one, float) and isinstance(other, float):
        one, other = torch.tensor(one).double(), torch.tensor(other).double()
        return _largest_error(one, other, equal_nan=True) / _scale(one)
    pairs = _children(one, other)
    if pairs is None:
        return 0.0 if _is_plain(one) and type(one) is type(other) and one == other else math.inf
    return max((distance(a, b, dtypes) for _, a, b in pairs), default=0.0)


def _error_sort(error: Raised) -> str:
    # One shape that does not fit is a RuntimeError for `@`, an IndexError for indexing and a
    # ValueError from our own layers. Only our own words are compared to the letter.
    if error.type_name in ("RuntimeError", "IndexError", "ValueError"):
        return "sizes"
    if error.type_name != "Unfit":
        return error.type_name
    return " ".join(sorted(WORDS.findall(error.message)))  # in which order names come is free


def _children(one: Any, other: Any) -> list[tuple[str, Any, Any]] | None:
    """Pair the parts of two containers of one kind; None if they are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return [(str(key), one[key], other[key]) for key in one]
    if isinstance(one, tuple | list) and type(one) is type(other) and len(one) == len(other):
        return [(f"part {n}", a, b) for n, (a, b) in enumerate(zip(one, other, strict=True), 1)]
    return None


def _tensor_mismatch(wanted: Tensor, got: Any, dtype: torch.dtype, where: str) -> Mismatch | None:
    if isinstance(got, Opaque) and got == NO_GRADIENT:
        named = where and where != "gradient" and not where.startswith("part ")
        return Mismatch(where, NO_GRADIENT_SAYS.format(where if named else "the input"))
    if not isinstance(got, Tensor):
        return Mismatch(where, f"a tensor is wanted, {kind(got)} was returned")
    if got.shape != wanted.shape:
        how = f"shape {tuple(wanted.shape)} is wanted, {shape_of(got.shape)} was returned"
        axes = _axes(wanted.shape, got.shape) if got.dim() <= SHOWN else ()
        return Mismatch(where, how, *axes)
    expected = dtype if wanted.is_floating_point() else wanted.dtype
    if got.dtype != expected:
        how = f"dtype {_name(expected)} is wanted, {_name(got.dtype)} was returned"
        return Mismatch(where, how, (_name(expected),), (_name(got.dtype),))
    if not wanted.is_floating_point() and torch.equal(got, wanted):
        return None
    error = _largest_error(wanted, got)
    if error <= TOLERANCE[dtype] * _scale(wanted):
        return None
    return Mismatch(where, _numbers(wanted, got, error), *_row(wanted, got))


def _numbers(wanted: Tensor, got: Tensor, error: float) -> str:
    if not got.is_floating_point():
        return f"{int((wanted != got).sum())} of {got.numel()} entries differ"
    for what, these in (("NaN", torch.isnan), ("infinite", torch.isinf)):
        if bool(these(got).any() & ~these(wanted).any()):
            return f"{int(these(got).sum())} of {got.numel()} numbers are {what}"
    return f"the largest error is {error:.2g}"


def _largest_error(wanted: Tensor, got: Tensor, equal_nan: bool = False) -> float:
    """The largest absolute difference; infinite where only one side is NaN or infinite."""
    if wanted.numel() == 0:
        return 0.0
    one, other = wanted.to(torch.float64), got.to(torch.float64)
    equal = (one == other) | (one.isnan() & other.isnan() if equal_nan else False)
    error = (one - other).abs().masked_fill(equal, 0.0)
    return float(error.nan_to_num(nan=torch.inf).max())


def _scale(wanted: Tensor) -> float:
    finite = wanted.to(torch.float64).nan_to_num(0.0, 0.0, 0.0).abs()
    return max(1.0, float(finite.max())) if finite.numel() else 1.0


def _row(wanted: Tensor, got: Tensor) -> tuple[tuple, tuple, tuple, tuple]:
    """Both sides along the last axis, where the first wrong number stands."""
    error = (wanted.to(torch.float64) - got.to(torch.float64)).abs().nan_to_num(nan=torch.inf)
    if wanted.dim() == 0:
        return (numbers(wanted),), (numbers(got),), (), ()
    far = error > 1e-4 * _scale(wanted)
    *row, first = (far if far.any() else error > 0).nonzero()[0].tolist()
    start = max(0, min(first - 1, wanted.size(-1) - SHOWN))
    shown = range(start, min(start + SHOWN, wanted.size(-1)))
    one, other = wanted[tuple(row)], got[tuple(row)]
    wrong = (far if far.any() else error > 0)[tuple(row)]
    return (
        tuple(numbers(one[n]) for n in shown),
        tuple(f"{DIFFERS if wrong[n] else ''}{numbers(other[n])}" for n in shown),
        tuple(map(str, shown)),
        tuple(row) if wanted.shape[:-1].numel() > 1 else (),
    )


def numbers(values: Tensor) -> str:
    """A short tensor as text: ``[0.709 0.291 0.000]``."""
    if values.dim() == 0:
        return _number(values.item())
    items = [numbers(value) if value.dim() else _number(value.item()) for value in values[:8]]
    return "[" + " ".join(items) + (" ...]" if len(values) > 8 else "]")


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def shape_of(shape: tuple[int, ...]) -> str:
    """A shape as text, if it is one that can be read."""
    return str(tuple(shape)) if len(shape) <= SHOWN else f"a tensor of {len(shape):,} dimensions"


def _axes(wanted: torch.Size, got: torch.Size) -> tuple[tuple, tuple, tuple]:
    """Both shapes axis by axis, those that differ marked."""
    axes = range(max(len(wanted), len(got)))
    sizes = [[str(shape[n]) if n < len(shape) else "none" for n in axes] for shape in (wanted, got)]
    marked = [g if w == g else f"{DIFFERS}{g}" for w, g in zip(*sizes, strict=True)]
    return tuple(sizes[0]), tuple(marked), tuple(f"axis {n}" for n in axes)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _differs(wanted: Any, got: Any) -> str:
    if isinstance(wanted, bool) and isinstance(got, bool):
        return f"this {'must hold and does not' if wanted else 'must not hold and does'}"
    if type(wanted) is not type(got):
        return f"{kind(wanted)} is wanted, {kind(got)} was returned"
    return "another value is wanted"


def _same(wanted: Any, got: Any, tolerance: float) -> bool:
    if isinstance(wanted, float) and isinstance(got, float):
        return math.isclose(wanted, got, rel_tol=tolerance, abs_tol=tolerance)
    return _is_plain(wanted) and type(wanted) is type(got) and wanted == got


def _is_plain(value: Any) -> bool:
    """Whether ``==`` and ``str`` can be trusted: two dicts of tensors cannot be compared."""
    plain = int, float, complex, str, bytes, Opaque, torch.dtype, torch.device
    return value is None or isinstance(value, plain)


def _short(value: Any) -> str:
    return shortened(str(value) if _is_plain(value) else kind(value), 80)


def shortened(text: str, most: int) -> str:
    """The beginning of a text that is longer than that."""
    return text if len(text) <= most else text[: most - 3] + "..."


def _raised(error: Raised) -> str:
    if error.type_name == "Unfit":
        return error.message
    at = f", at: {error.line}" if error.line else ""
    if error.type_name == "TimeUp":
        return f"your code does not end: {error.message}{at}"
    if error.type_name == "RuntimeError" and "in-place operation" in error.message:
        return f"your code changes its input in place; work on a copy{at}"
    said = shortened(error.message.rstrip("."), MAX_MESSAGE)
    return f"your code raised {error.type_name}: {said}{at}"
