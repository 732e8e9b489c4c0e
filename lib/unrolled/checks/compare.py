"""Is what the answer gave what is wanted? And if not, where and how does it differ?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.values import Opaque
from unrolled.checks.draw import kind

# The largest allowed error, as a part of the largest wanted number (or of 1, if that is larger).
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 5e-3}


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
        wanted, got: the two sides as text, for the row of the first wrong number if numbers differ.
    """

    where: str
    how: str
    wanted: str = ""
    got: str = ""


def mismatch(
    wanted: Any, got: Any, dtype: torch.dtype, tolerance: float | None = None, where: str = ""
) -> Mismatch | None:
    """Compare two observations.

    Args:
        wanted: what the reference gave; floating point in float64.
        got: what the answer gave.
        dtype: what floating-point tensors of the answer must be.
        tolerance: relative; default: that of ``dtype``.
        where: name of the part, for the report.

    Returns:
        The first difference, or None.
    """
    if isinstance(got, Raised):
        return None if got == wanted else Mismatch(where, _raised(got))
    if isinstance(wanted, Tensor):
        return _tensor_mismatch(wanted, got, dtype, tolerance or TOLERANCE[dtype], where)
    pairs = _children(wanted, got)
    if pairs is None:
        same = _is_plain(wanted) and type(wanted) is type(got) and wanted == got
        return None if same else Mismatch(where, _differs(wanted, got), _short(wanted), _short(got))
    for name, one, other in pairs:
        inner = f"{where}, {name}" if where and name else where or name
        found = mismatch(one, other, dtype, tolerance, inner)
        if found:
            return found
    return None


def distance(one: Any, other: Any) -> float:
    """How far apart two answers' observations are: 0 if equal, infinite if of different form.

    The largest difference of two numbers, as a part of the largest number (or of 1); NaN equals
    NaN, and two errors of one sort are equal.
    """
    if isinstance(one, Raised) or isinstance(other, Raised):
        both = isinstance(one, Raised) and isinstance(other, Raised)
        return 0.0 if both and _error_sort(one) == _error_sort(other) else math.inf
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return math.inf
        return _largest_error(one, other, equal_nan=True) / _scale(one)
    pairs = _children(one, other)
    if pairs is None:
        return 0.0 if _is_plain(one) and type(one) is type(other) and one == other else math.inf
    return max((distance(a, b) for _, a, b in pairs), default=0.0)


def _error_sort(error: Raised) -> str:
    # One shape that does not fit is a RuntimeError for `@`, an IndexError for indexing and a
    # ValueError from our own layers. Only our own words are compared to the letter.
    if error.type_name in ("RuntimeError", "IndexError", "ValueError"):
        return "sizes"
    return error.message if error.type_name == "Unfit" else error.type_name


def _children(one: Any, other: Any) -> list[tuple[str, Any, Any]] | None:
    """Pair the parts of two containers of one kind; None if they are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return [(str(key), one[key], other[key]) for key in one]
    if isinstance(one, tuple | list) and type(one) is type(other) and len(one) == len(other):
        return [(f"part {n}", a, b) for n, (a, b) in enumerate(zip(one, other, strict=True), 1)]
    return None


def _tensor_mismatch(
    wanted: Tensor, got: Any, dtype: torch.dtype, tolerance: float, where: str
) -> Mismatch | None:
    if not isinstance(got, Tensor):
        return Mismatch(where, f"a tensor is wanted, {kind(got)} was returned")
    if got.shape != wanted.shape:
        how = f"shape {tuple(wanted.shape)} is wanted, {tuple(got.shape)} was returned"
        return Mismatch(where, how, _axes(wanted.shape), _axes(got.shape))
    expected = dtype if wanted.is_floating_point() else wanted.dtype
    if got.dtype != expected:
        how = f"dtype {_name(expected)} is wanted, {_name(got.dtype)} was returned"
        return Mismatch(where, how, _name(expected), _name(got.dtype))
    if not wanted.is_floating_point() and torch.equal(got, wanted):
        return None
    error = _largest_error(wanted, got)
    if error <= tolerance * _scale(wanted):
        return None
    return Mismatch(where, _numbers(wanted, got, error), *_rows(wanted, got))


def _numbers(wanted: Tensor, got: Tensor, error: float) -> str:
    if got.is_floating_point() and bool(got.isnan().any() & ~wanted.isnan().any()):
        return f"{int(got.isnan().sum())} of {got.numel()} numbers are NaN"
    if not got.is_floating_point():
        return f"{int((wanted != got).sum())} of {got.numel()} entries differ"
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


def _rows(wanted: Tensor, got: Tensor) -> tuple[str, str]:
    """Both sides along the last axis, where the first wrong number stands."""
    if wanted.dim() == 0:
        return numbers(wanted), numbers(got)
    error = (wanted.to(torch.float64) - got.to(torch.float64)).abs().nan_to_num(nan=torch.inf)
    wrong = error > 1e-4 * _scale(wanted) if error.max() > 1e-4 * _scale(wanted) else error > 0
    index = tuple(int(i) for i in wrong.nonzero()[0][:-1])
    place = f"at [{', '.join(map(str, index))}] " if index and wanted.shape[:-1].numel() > 1 else ""
    return place + numbers(wanted[index]), place + numbers(got[index])


def numbers(values: Tensor) -> str:
    """A short tensor as text: ``[0.709 0.291 0.000]``."""
    if values.dim() == 0:
        return _number(values.item())
    items = [numbers(value) if value.dim() else _number(value.item()) for value in values[:8]]
    return "[" + " ".join(items) + (" ...]" if len(values) > 8 else "]")


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _axes(shape: torch.Size) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _differs(wanted: Any, got: Any) -> str:
    if isinstance(wanted, bool) and isinstance(got, bool):
        return f"this {'must hold and does not' if wanted else 'must not hold and does'}"
    if type(wanted) is not type(got):
        return f"{kind(wanted)} is wanted, {kind(got)} was returned"
    return "another value is wanted"


def _is_plain(value: Any) -> bool:
    """Whether ``==`` and ``str`` can be trusted: two dicts of tensors cannot be compared."""
    plain = int, float, complex, str, bytes, Opaque, torch.dtype, torch.device
    return value is None or isinstance(value, plain)


def _short(value: Any) -> str:
    text = str(value) if _is_plain(value) else kind(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _raised(error: Raised) -> str:
    if error.type_name == "Unfit":
        return error.message
    at = f", at: {error.line}" if error.line else ""
    return f"your code raised {error.type_name}: {error.message}{at}"
