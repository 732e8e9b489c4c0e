"""Numbers side by side: bars, and what several seeds came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from unrolled.plots.arrays import line_of

__all__ = ["bars", "seeds"]


def bars(
    groups: Mapping[str, Any],
    labels: Sequence[str],
    y: str,
    digits: int = 2,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw a bar for each label, in one group or in several side by side.

    Args:
        groups: name of a group to its heights, one a label. With one group there is no legend, and
            each bar carries its number.
        labels: names of the bars, from the left.
        y: what the height is, with its unit.
        digits: after the point of the numbers. Default: 2.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no group, or one has not a finite height for each label.
    """
    if not groups:
        raise ValueError("groups is empty; wanted at least one group")
    places = np.arange(len(labels))
    heights = {name: line_of(name, places, values)[1] for name, values in groups.items()}
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    width = 0.8 / len(heights)
    for number, (name, values) in enumerate(heights.items()):
        left = places + (number - (len(heights) - 1) / 2) * width
        drawn = ax.bar(left, values, 0.95 * width, label=name)
        if len(heights) == 1:
            ax.bar_label(drawn, fmt=f"%.{digits}f", padding=2)
    ax.set_xticks(places, labels)
    ax.tick_params(axis="x", length=0)
    ax.set(ylabel=y, title=title)
    if len(heights) > 1:
        ax.legend()
    return ax


def seeds(runs: Mapping[str, Any], x: str, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw what several seeds came to, a dot a run and a row a model.

    Args:
        runs: name of a model to one number a seed, from the top.
        x: what the number is, with its unit.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure that fits.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no model, or one has no run or a number that is not finite.
    """
    if not runs:
        raise ValueError("runs is empty; wanted at least one model")
    drawn = {name: line_of(name, range(len(values)), values)[1] for name, values in runs.items()}
    if ax is None:
        size = (mpl.rcParams["figure.figsize"][0], 0.8 + 0.34 * len(runs))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    for row, values in enumerate(drawn.values()):
        ax.plot(values, [row] * len(values), "o", markersize=6, alpha=0.6)
    ax.set_yticks(range(len(drawn)), drawn)
    ax.set(xlabel=x, title=title, ylim=(len(drawn) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)
    return ax
