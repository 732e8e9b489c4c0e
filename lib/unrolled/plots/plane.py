"""Vectors of two features, and pairs of numbers, as points of a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from unrolled.plots.look import PALETTE

__all__ = ["mixture", "points", "scatter"]


def mixture(
    values: Any,
    weights: Any,
    labels: Sequence[str],
    axes: tuple[str, str],
    name: str = "output",
    ax: Axes | None = None,
) -> Axes:
    """Draw an average of points, each as large as its weight, with the average among them.

    Args:
        values: ``(T, 2)``, the points.
        weights: ``(T,)``, from 0 to 1, with the sum 1.
        labels: names of the points.
        axes: what the two features are.
        name: of the average. Default: ``"output"``.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if the shapes differ or the weights are no shares of 1.
    """
    points, shares = (np.asarray(part, dtype=float) for part in (values, weights))
    if points.shape != (len(labels), 2) or shares.shape != (len(labels),):
        raise ValueError(
            f"values has shape {points.shape} and weights {shares.shape}; wanted "
            f"({len(labels)}, 2) and ({len(labels)},), a row for each label"
        )
    if shares.min() < 0 or not np.isclose(shares.sum(), 1, atol=1e-4):
        raise ValueError(f"weights sum to {shares.sum():.4g}; wanted shares of 1")
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    average = shares @ points
    for label, share, point in zip(labels, shares, points, strict=True):
        ax.plot(*zip(point, average, strict=True), color="#BBBBBB", lw=1 + 8 * share, zorder=1)
        ax.scatter(*point, s=40 + 600 * share, color=PALETTE[0], zorder=2)
        ax.annotate(f"{label}  {share:.2f}", point, xytext=(9, 9), textcoords="offset points")
    ax.scatter(*average, s=110, facecolor="none", edgecolor=PALETTE[1], lw=3, zorder=3)
    ax.annotate(name, average, xytext=(-12, -20), textcoords="offset points")
    ax.set(xlabel=axes[0], ylabel=axes[1])
    ax.margins(0.22)
    return ax


def points(vectors: Any, labels: Sequence[str], ax: Axes | None = None) -> Axes:
    """Draw vectors of two features, each with its name.

    Args:
        vectors: ``(n, 2)``.
        labels: their names.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there is not a name for each vector of two features.
    """
    places = np.asarray(vectors, dtype=float)
    if places.shape != (len(labels), 2):
        raise ValueError(f"vectors has shape {places.shape}; wanted ({len(labels)}, 2)")
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    ax.scatter(*places.T)
    for label, place in zip(labels, places, strict=True):
        ax.annotate(label, place, xytext=(5, 4), textcoords="offset points")
    ax.margins(0.15)
    return ax


def scatter(x: Any, y: Any, across: str, up: str, ax: Axes | None = None) -> Axes:
    """Draw pairs of numbers that should be equal, over the diagonal where they are.

    Args:
        x, y: ``(n,)`` each.
        across, up: what they are.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if the two differ in length, are empty or hold what is not finite.
    """
    one, other = (np.asarray(part, dtype=float) for part in (x, y))
    both = np.stack([one, other]) if one.shape == other.shape else np.empty(0)
    if both.ndim != 2 or not both.size or not np.isfinite(both).all():
        raise ValueError(
            f"x and y have the shapes {one.shape} and {other.shape}; wanted equally many finite"
            " numbers"
        )
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    ends = (both.min(), both.max())
    ax.plot(ends, ends, color="#555555", linestyle=(0, (1, 1.5)), label="equal")
    ax.scatter(*both, s=14, alpha=0.6)
    ax.set(xlabel=across, ylabel=up)
    ax.legend()
    return ax
