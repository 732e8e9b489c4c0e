"""Matrices as coloured cells: any matrix, attention heads, alignments, positions, gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from unrolled.plots.arrays import check_labels, matrix_of, numbers, shares
from unrolled.plots.look import PALETTE, SHARES, SIGNED

__all__ = ["alignment", "attention_heads", "gates", "heatmap", "heatmaps", "positions"]

NUMBERS_UP_TO = 6  # rows or columns; beyond that numbers in cells are too small to read
LABELS_UP_TO = 40  # beyond that they run into each other


def heatmap(
    matrix: Any,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    title: str = "",
    ax: Axes | None = None,
    digits: int = 2,
    limit: float | None = None,
    marked: Iterable[int] = (),
) -> Axes:
    """Draw a matrix as coloured cells, with its numbers when there are few.

    Args:
        matrix: a tensor or an array with two axes; booleans are drawn as 1 and 0.
        row_labels: names of the rows, from the top. Default: none.
        column_labels: names of the columns. Default: none.
        title: what the matrix is. Default: none.
        ax: where to draw. Default: a new figure that fits the matrix.
        digits: digits after the point in the cells. Default: 2; booleans and integers have none.
        limit: the absolute value with the full colour. Default: the largest that is finite.
        marked: rows, counted from 0, that get an orange frame. Default: none.

    Returns:
        The axes; ``.figure`` is what :func:`show` wants.

    Raises:
        ValueError: if ``matrix`` has not two axes or a label list has not its length.
    """
    array = matrix_of(matrix)
    check_labels(array, row_labels, column_labels)
    rows, columns = array.shape
    if ax is None:
        size = (1.2 + 0.62 * min(columns, 10), 0.9 + 0.46 * min(rows, 12))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    whole = array.dtype.kind in "biu"
    array = array.astype(float)
    finite = np.abs(array[np.isfinite(array)])
    limit = limit or (finite.max() if finite.size and finite.max() > 0 else 1.0)
    ax.imshow(np.clip(array, -limit, limit), cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto")
    if max(rows, columns) <= NUMBERS_UP_TO:
        _write_numbers(ax, array, 0 if whole else digits, limit)
    ax.set_xticks(range(len(column_labels)), column_labels)
    ax.set_yticks(range(len(row_labels)), row_labels)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color("#AAAAAA")
    ax.set_title(title)
    for row in marked:
        _frame(ax, (-0.5, row - 0.5), columns, 1)
    return ax


def heatmaps(
    matrices: Mapping[str, Any],
    row_labels: Sequence[str] | Sequence[Sequence[str]] = (),
    column_labels: Sequence[str] | Sequence[Sequence[str]] = (),
    digits: int = 2,
    limit: float | None = None,
) -> Figure:
    """Draw several matrices, two side by side.

    Args:
        matrices: title of a matrix to the matrix, as for :func:`heatmap`.
        row_labels: names of the rows of all matrices, or a list for each. Default: none.
        column_labels: likewise of the columns. Default: none.
        digits: digits after the point in the cells. Default: 2.
        limit: the absolute value with the full colour. Default: the largest of each matrix.

    Returns:
        The figure.

    Raises:
        ValueError: if there is no matrix, or as :func:`heatmap`.
    """
    if not matrices:
        raise ValueError("matrices is empty; wanted at least one matrix")
    across, down = min(2, len(matrices)), -(-len(matrices) // 2)
    rows = max(len(matrix_of(matrix)) for matrix in matrices.values())
    size = (mpl.rcParams["figure.figsize"][0], down * (0.65 + 0.29 * rows))
    figure, axes = plt.subplots(down, across, squeeze=False, figsize=size, layout="constrained")
    for ax in axes.flat[len(matrices) :]:
        ax.set_axis_off()
    for number, (title, matrix) in enumerate(matrices.items()):
        rows, columns = (_of(labels, number) for labels in (row_labels, column_labels))
        heatmap(matrix, rows, columns, title, axes.flat[number], digits, limit)
    return figure


def _of(labels: Sequence[Any], number: int) -> Sequence[str]:
    """The labels of one matrix: its own list, or the one of all."""
    return labels[number] if labels and not isinstance(labels[0], str) else labels


def attention_heads(
    weights: Any,
    query_labels: Sequence[str] = (),
    key_labels: Sequence[str] | None = None,
    title: str = "",
    columns: int = 4,
) -> Figure:
    """Draw what each head of one sentence attends to, a panel a head, all on one scale.

    Args:
        weights: ``(H, Tq, Tk)``, from 0 to 1: one sentence of a batch, such as
            ``captured["layers.0.attention"][0]``.
        query_labels: the words that look, from the top. Default: none.
        key_labels: the words looked at, from the left. Default: ``query_labels``.
        title: what the figure shows. Default: none.
        columns: panels in a row. Default: 4.

    Returns:
        The figure; its axes are the heads in order, then the scale.

    Raises:
        ValueError: if ``weights`` has not three axes, is no share of 1, or labels do not fit.
    """
    array = shares("weights", weights, ("heads", "queries", "keys"))
    key_labels = query_labels if key_labels is None else key_labels
    check_labels(array[0], query_labels, key_labels, ("query_labels", "key_labels"))
    heads, queries, keys = array.shape
    columns = min(columns, heads)
    rows = -(-heads // columns)
    size = (1.6 + columns * max(1.4, 0.24 * keys), 0.8 + rows * max(1.3, 0.24 * queries))
    figure, axes = plt.subplots(
        rows, columns, figsize=size, squeeze=False, sharex=True, sharey=True, layout="constrained"
    )
    for head, ax in enumerate(axes.flat):
        if head >= heads:
            ax.remove()
            continue
        image = _cells(ax, array[head], SHARES, 0, array.max() or 1)
        left, top = head % columns == 0, head < columns
        _name(ax, query_labels if left else (), key_labels if top else ())
        ax.set_xlabel(f"head {head}")
    figure.colorbar(image, ax=figure.axes, label="share of attention", aspect=15 * rows)
    figure.suptitle(title)
    return figure


def alignment(
    weights: Any,
    source: Sequence[str],
    target: Sequence[str],
    links: Iterable[tuple[int, int]] = (),
    title: str = "",
    ax: Axes | None = None,
    links_name: str = "true alignment",
) -> Axes:
    """Draw which words of the source each word of the target looked at, and which it should have.

    Args:
        weights: ``(target, source)``, from 0 to 1: a row for each word written.
        source: the words read, from the left.
        target: the words written, from the top.
        links: the true alignment, pairs (source position, target position), counted from 0; each
            gets an orange frame. Default: none.
        title: what the figure shows. Default: none.
        ax: where to draw. Default: a new figure that fits.
        links_name: what the frames mean. Default: ``"true alignment"``.

    Returns:
        The axes.

    Raises:
        ValueError: if ``weights`` has not one row a target and one column a source word, is no
            share of 1, or a link points outside.
    """
    array = shares("weights", weights, ("target", "source"))
    if array.shape != (len(target), len(source)):
        raise ValueError(
            f"weights has shape {array.shape}; wanted ({len(target)}, {len(source)}), a row for "
            f"each target and a column for each source word"
        )
    links = list(links)
    for link in links:
        if not (0 <= link[0] < len(source) and 0 <= link[1] < len(target)):
            raise ValueError(
                f"links holds {tuple(link)}; wanted (source, target) below "
                f"({len(source)}, {len(target)})"
            )
    if ax is None:
        size = (1.8 + 0.38 * len(source), 1.4 + 0.36 * len(target))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    image = _cells(ax, array, SHARES, 0, 1)
    _name(ax, target, source)
    for number, (column, row) in enumerate(links):
        label = links_name if number == 0 else None
        _frame(ax, (column - 0.42, row - 0.42), 0.84, 0.84, label)
    if links:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), borderaxespad=0.2)
    ax.figure.colorbar(image, ax=ax, label="share of attention")
    ax.set_title(title)
    return ax


def positions(table: Any, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw a table of positions: each row is what the model is told about one place.

    Args:
        table: ``(T, D)``, such as ``sinusoidal_positions(64, 32)`` or a trained table.
        title: what the table is. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if ``table`` has not two axes or holds what is not finite.
    """
    array = numbers("table", table, ("position", "feature"))
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    limit = np.abs(array).max() or 1.0
    image = _cells(ax, array, SIGNED, -limit, limit)
    ax.set_xlabel("feature")
    ax.set_ylabel("position")
    ax.figure.colorbar(image, ax=ax)
    ax.set_title(title)
    return ax


def gates(values: Mapping[str, Any], labels: Sequence[str] = (), title: str = "") -> Figure:
    """Draw how far the gates of a recurrent layer are open while it reads, a panel a gate.

    Args:
        values: name of a gate to ``(T, H)``, from 0 (shut) to 1 (open), such as
            ``{"forget": f, "input": i, "output": o}`` of one sentence.
        labels: the words read, from the left. Default: none.
        title: what the figure shows. Default: none.

    Returns:
        The figure; its axes are the gates in order, then the scale.

    Raises:
        ValueError: if there is no gate, shapes differ, a value is outside [0, 1], or labels do
            not fit.
    """
    arrays = {
        name: shares(f"values[{name!r}]", gate, ("time", "unit")) for name, gate in values.items()
    }
    if not arrays:
        raise ValueError("values is empty; wanted at least one gate")
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1:
        raise ValueError(f"values has gates of shapes {sorted(shapes)}; wanted one shape")
    steps, units = shapes.pop()
    check_labels(next(iter(arrays.values())).T, (), labels, ("units", "labels"))
    size = (1.6 + max(3.0, 0.4 * min(steps, 24)), 0.7 + len(arrays) * max(1.0, 0.08 * units))
    figure, axes = plt.subplots(
        len(arrays), figsize=size, squeeze=False, sharex=True, layout="constrained"
    )
    for number, (ax, (name, array)) in enumerate(zip(axes.flat, arrays.items(), strict=True)):
        image = _cells(ax, array.T, SHARES, 0, 1)
        _name(ax, (), labels if number == 0 else ())
        ax.set_ylabel(f"{name}\nunits")
    axes[-1, 0].set_xlabel("time")
    figure.colorbar(image, ax=axes, label="open")
    figure.suptitle(title)
    return figure


def _frame(
    ax: Axes, corner: tuple[float, float], width: float, height: float, label: str | None = None
) -> None:
    look = {"fill": False, "edgecolor": PALETTE[1], "linewidth": 2}
    ax.add_patch(plt.Rectangle(corner, width, height, label=label, **look))


def _cells(ax: Axes, array: np.ndarray, colours: Colormap, low: float, high: float) -> Any:
    """Draw the cells, whose image is returned for a scale."""
    image = ax.imshow(array, cmap=colours, vmin=low, vmax=high, aspect="auto")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color("#AAAAAA")
    return image


def _name(ax: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Write the words at the left and, when there are many letters, upright at the top."""
    if not rows or len(rows) > LABELS_UP_TO:
        ax.tick_params(labelleft=False)
    else:
        ax.set_yticks(range(len(rows)), rows)
        ax.tick_params(labelleft=True)
    if not columns or len(columns) > LABELS_UP_TO:
        ax.tick_params(labelbottom=False)
        return
    ax.set_xticks(range(len(columns)), columns)
    upright = sum(map(len, columns)) > 2 * len(columns)
    ax.tick_params(axis="x", labeltop=True, labelbottom=False, labelrotation=90 if upright else 0)


def _write_numbers(ax: Axes, array: np.ndarray, digits: int, limit: float) -> None:
    for (row, column), value in np.ndenumerate(array):
        text = f"{value:.{digits}f}" if np.isfinite(value) else f"{value}".replace("inf", "∞")
        dark = abs(value) > 0.6 * limit
        ax.text(column, row, text, ha="center", va="center", color="white" if dark else "black")
