"""What is drawn, as arrays; what cannot be drawn is refused by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def plain(values: Any, dtype: Any = float) -> np.ndarray:
    """A tensor or an array as an array."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=dtype)


def numbers(name: str, values: Any, axes: Sequence[str]) -> np.ndarray:
    """Numbers with as many axes as there are names for them, all finite."""
    array = plain(values)
    if array.ndim != len(axes) or not array.size:
        raise ValueError(f"{name} has shape {array.shape}; wanted ({', '.join(axes)})")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds {array[~np.isfinite(array)][0]}; wanted finite numbers")
    return array


def shares(name: str, values: Any, axes: Sequence[str]) -> np.ndarray:
    """Numbers from 0 to 1."""
    array = numbers(name, values, axes)
    if array.min() < 0 or array.max() > 1 + 1e-4:  # sums of rounded numbers may pass 1
        raise ValueError(
            f"{name} holds {array.min():.3g} to {array.max():.3g}; wanted numbers from 0 to 1"
        )
    return array


def matrix_of(matrix: Any) -> np.ndarray:
    """A matrix of any type."""
    array = plain(matrix, dtype=None)
    if array.ndim != 2:
        raise ValueError(f"matrix has shape {array.shape}; wanted two axes (rows, columns)")
    return array


def check_labels(
    array: np.ndarray,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    names: tuple[str, str] = ("row_labels", "column_labels"),
) -> None:
    """Refuse labels that are not one for each row and column, or none."""
    for name, labels, size in zip(names, (row_labels, column_labels), array.shape, strict=True):
        if len(labels) not in (0, size):
            raise ValueError(f"{name} has {len(labels)} labels; wanted {size} or none")


def line_of(name: str, places: Any, heights: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two rows of finite numbers of one length."""
    places, heights = plain(places), plain(heights)
    if places.ndim != 1 or not len(places) or places.shape != heights.shape:
        raise ValueError(
            f"{name!r} has places of shape {places.shape} and heights of shape {heights.shape}; "
            f"wanted two rows of one length"
        )
    wrong = np.concatenate([part[~np.isfinite(part)] for part in (places, heights)])
    if wrong.size:
        raise ValueError(f"{name!r} holds {wrong[0]}; wanted finite numbers")
    return places, heights


def curve_of(name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Steps and losses."""
    array = plain(values)
    if array.ndim == 1:
        array = np.stack([np.arange(1, len(array) + 1), array], axis=1)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array):
        raise ValueError(f"losses[{name!r}] has shape {array.shape}; wanted losses or (step, loss)")
    if not np.isfinite(array).all():
        raise ValueError(
            f"losses[{name!r}] holds {array[~np.isfinite(array)][0]}; wanted finite numbers"
        )
    return array[:, 0], array[:, 1]


def norms_of(name: str, values: Any, places: int) -> np.ndarray:
    """A row of finite norms, at least 0, with as many as there are labels."""
    line = plain(values)
    if line.ndim != 1 or not line.size:
        raise ValueError(f"norms[{name!r}] has shape {line.shape}; wanted a row of norms")
    if not (np.isfinite(line) & (line >= 0)).all():
        wrong = line[~(np.isfinite(line) & (line >= 0))][0]
        raise ValueError(f"norms[{name!r}] holds {wrong}; wanted finite norms, at least 0")
    if places and places != len(line):
        raise ValueError(f"labels has {places} labels; wanted {len(line)} or none")
    return line


def powers_of(name: str, pairs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and costs, all above 0."""
    array = np.asarray(pairs, dtype=float)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array):
        raise ValueError(f"costs[{name!r}] has shape {array.shape}; wanted pairs (size, cost)")
    wrong = array[~(np.isfinite(array) & (array > 0))]
    if wrong.size:
        raise ValueError(f"costs[{name!r}] holds {wrong[0]}; wanted finite numbers above 0")
    return array[:, 0], array[:, 1]
