"""Curves: any lines, losses over their floor, how far gradients reach, how cost grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from unrolled.plots.arrays import curve_of, line_of, norms_of, powers_of
from unrolled.plots.look import PALETTE

__all__ = ["curves", "gradient_flow", "growth", "loss_curves", "stack"]

DASHES = ("-", "--", "-.", ":")  # lines differ in more than colour
MARKERS = "os^Dv*P"


def stack(panels: int, height: float = 2.1) -> list[Axes]:
    """Make panels that stand one above the other and share what runs along.

    Args:
        panels: how many, at least 1.
        height: of each, in inches. Default: 2.1.

    Returns:
        Their axes from the top; the figure is ``axes[0].figure``.
    """
    size = (mpl.rcParams["figure.figsize"][0], panels * height)
    axes = plt.subplots(panels, squeeze=False, figsize=size, layout="constrained")[1]
    return list(axes[:, 0])


def curves(
    lines: Mapping[str, tuple[Any, Any]],
    x: str,
    y: str,
    log: str = "",
    marks: Mapping[str, float] | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw lines that differ in more than their colour.

    Args:
        lines: name of a line to its places and its heights.
        x: what runs along, with its unit.
        y: what the height is, with its unit.
        log: axes in powers: ``"x"``, ``"y"`` or ``"xy"``. Default: none. Places on an axis ``x``
            in powers are marked by their numbers, or, where they are many, by powers of 2.
        marks: name of a height to compare with to that height. Default: none.
        limits: lowest and highest height shown. Default: what the lines need.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no line, one is empty, its two parts differ in length or hold what
            is not finite, or ``log`` is another word.
    """
    if not lines:
        raise ValueError("lines is empty; wanted at least one line")
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f"log={log!r}; wanted 'x', 'y', 'xy' or nothing")
    drawn = {name: line_of(name, *parts) for name, parts in lines.items()}
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    for number, (name, (places, heights)) in enumerate(drawn.items()):
        ax.plot(
            places, heights, label=name, linestyle=DASHES[number % len(DASHES)],
            marker=MARKERS[number % len(MARKERS)] if len(places) <= 25 else None, markersize=4,
        )  # fmt: skip
    for number, (name, height) in enumerate((marks or {}).items()):
        ax.axhline(height, color="#555555", linestyle=(0, (1 + number, 1.5)), label=name)
    _powers_along(ax, log, np.unique(np.concatenate([places for places, _ in drawn.values()])))
    ax.set(xlabel=x, ylabel=y, title=title)
    if limits:
        ax.set_ylim(limits)
    ax.legend()
    return ax


def loss_curves(
    losses: Mapping[str, Any],
    entropy: float | None = None,
    unit: str = "nats",
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how losses fall, and the entropy below which no model can come.

    Args:
        losses: name of a run to its losses, one a step from step 1; or to pairs (step, loss), such
            as ``run.validations``.
        entropy: of the text per token, in the same unit. Default: None, it is not known.
        unit: of the losses. Default: ``"nats"``.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no run, a run is empty or holds what is not finite, or ``entropy``
            is below 0.
    """
    if not losses:
        raise ValueError("losses is empty; wanted at least one run")
    if entropy is not None and not entropy >= 0:
        raise ValueError(f"entropy={entropy}; wanted at least 0")
    curves = {name: curve_of(name, values) for name, values in losses.items()}
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    for number, (name, (steps, values)) in enumerate(curves.items()):
        dashes = DASHES[number % len(DASHES)]
        marker = MARKERS[number % len(MARKERS)] if len(steps) <= 25 else None
        ax.plot(steps, values, label=name, linestyle=dashes, marker=marker, markersize=4)
    if entropy is not None:
        label = f"entropy of the text: {entropy:.3g} {unit}"
        ax.axhline(entropy, color="#555555", linestyle=(0, (1, 1.5)), label=label)
    ax.set_xlabel("step")
    ax.set_ylabel(f"loss ({unit} per token)")
    ax.set_title(title)
    ax.legend()
    return ax


def gradient_flow(
    norms: Mapping[str, Any],
    along: str = "step",
    labels: Sequence[str] = (),
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how large gradients are, on a scale of powers of ten: each line along steps or layers.

    Args:
        norms: name of a line to its norms, at least 0: of a layer at every step, or of a model at
            every layer or time step. A norm of exactly 0 is a cross at the lower edge.
        along: what the horizontal axis counts. Default: ``"step"``.
        labels: names of the places on it, such as layers. Default: none, they are numbered from 1.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no line, one is empty or holds what is not finite or below 0, or
            labels do not fit.
    """
    if not norms:
        raise ValueError("norms is empty; wanted at least one line")
    lines = {name: norms_of(name, values, len(labels)) for name, values in norms.items()}
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    positive = np.concatenate([line[line > 0] for line in lines.values()])
    ax.set_yscale("log")
    for number, (name, line) in enumerate(lines.items()):
        places = np.arange(1, len(line) + 1)
        marker = MARKERS[number % len(MARKERS)] if len(line) <= 25 else None
        ax.plot(
            places, np.where(line > 0, line, np.nan), label=name, marker=marker, markersize=4,
            color=PALETTE[number % len(PALETTE)],
            linestyle=DASHES[number % len(DASHES)],
        )  # fmt: skip
        if (line == 0).any():
            floor = positive.min() / 3 if positive.size else 1.0
            gone = places[line == 0]
            ax.plot(
                gone, np.full(len(gone), floor), "x", color=PALETTE[number % len(PALETTE)],
                label=f"{name}: exactly 0",
            )  # fmt: skip
    if labels:
        ax.set_xticks(range(1, len(labels) + 1), labels)
    ax.set_xlabel(along)
    ax.set_ylabel("norm of the gradient")
    ax.set_title(title)
    ax.legend()
    return ax


def growth(
    costs: Mapping[str, Any],
    along: str,
    cost: str,
    powers: Sequence[int] = (1, 2),
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how a cost grows, with both axes in powers: a straight line is a power of the size.

    Args:
        costs: name of a line to pairs (size, cost), both above 0.
        along: what the size is, such as ``"T, positions"``.
        cost: what the cost is, with its unit.
        powers: thin lines that grow as the size to this power, to compare with. Default: 1 and 2.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no line, one is empty or has other than numbers above 0.
    """
    if not costs:
        raise ValueError("costs is empty; wanted at least one line")
    lines = {name: powers_of(name, pairs) for name, pairs in costs.items()}
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    for number, (name, (sizes, values)) in enumerate(lines.items()):
        ax.loglog(
            sizes, values, label=name, linestyle=DASHES[number % len(DASHES)],
            marker=MARKERS[number % len(MARKERS)], markersize=4, base=2,
        )  # fmt: skip
    ax.set_yscale("log", base=10)
    sizes = np.unique(np.concatenate([line[0] for line in lines.values()]))
    top = max(line[1].max() for line in lines.values())
    limits = ax.get_ylim()  # a guide may leave the picture
    for number, power in enumerate(powers):
        ax.plot(
            sizes, top * (sizes / sizes[-1]) ** power, label=f"×{2**power} when doubled",
            color="#888888", linewidth=1, linestyle=(":", "-.")[number % 2], zorder=0,
        )  # fmt: skip
    ax.set_ylim(limits)
    ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
    ax.set_xlabel(along)
    ax.set_ylabel(cost)
    ax.set_title(title)
    ax.legend(fontsize=8)
    return ax


def _powers_along(ax: Axes, log: str, places: np.ndarray) -> None:
    if "y" in log:
        ax.set_yscale("log")
    if "x" in log:
        ax.set_xscale("log", base=2)
        ax.minorticks_off()
        if len(places) > 12:
            powers = 2.0 ** np.arange(-20, 40)
            places = powers[(powers >= places.min()) & (powers <= places.max())]
        ax.set_xticks(places, [f"{place:g}" for place in places])
