"""Pictures of the book: one style, alt text on every figure, figures that move, and tables.

A figure stands on a white card, so that it reads the same on a light and on a dark page. Colours
are those of Okabe and Ito (2008), which colour-blind readers tell apart.
"""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

__all__ = ["PALETTE", "Picture", "heatmap", "moving", "show", "style", "table"]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Zero is white, positive blue, negative orange: the same in the figures that move (moving.css).
SIGNED = LinearSegmentedColormap.from_list("unrolled", ["#D55E00", "#FFFFFF", "#0072B2"])
NUMBERS_UP_TO = 12  # rows or columns; beyond that numbers in cells are too small to read
PIXELS_PER_INCH = 192  # twice what a page shows, so that a sharp screen gets a sharp picture


def style() -> None:
    """Use the book's look for every matplotlib figure made from now on."""
    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.figsize": (6.0, 3.4),
            "font.size": 10,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


def heatmap(
    matrix: Any,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    title: str = "",
    ax: Axes | None = None,
    digits: int = 2,
    limit: float | None = None,
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

    Returns:
        The axes; ``.figure`` is what :func:`show` wants.

    Raises:
        ValueError: if ``matrix`` has not two axes or a label list has not its length.
    """
    array = _array(matrix)
    _check_labels(array, row_labels, column_labels)
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
    return ax


def show(figure: Figure | Axes, alt: str) -> Picture:
    """Return a figure as a picture with alternative text, and close it.

    Args:
        figure: a matplotlib figure, or axes of one.
        alt: what the picture shows, for those who cannot see it.

    Raises:
        ValueError: if ``alt`` is empty.
    """
    return Picture(_image(figure, alt), f"[figure: {alt}]")


def moving(
    kind: str, data: dict[str, Any], fallback: Figure | Axes, alt: str, caption: str = ""
) -> Picture:
    """Return a figure that the reader can move, driven by ``book/_static/moving/<kind>.js``.

    Args:
        kind: which script draws it, letters, digits and hyphens.
        data: what the script computes with; tensors and arrays become nested lists.
        fallback: the picture for readers without JavaScript, and for a notebook.
        alt: what the picture shows, for those who cannot see it.
        caption: a sentence below it that says what to try. Default: none.

    Raises:
        ValueError: if ``alt`` is empty, ``kind`` has other characters, or ``data`` holds NaN or
            infinity, which JSON has not.
        TypeError: if ``data`` holds what JSON has not.
    """
    if not kind.replace("-", "").isalnum():
        raise ValueError(f"kind={kind!r} must be made of letters, digits and hyphens")
    # "</" would end the script element in the middle of the data.
    payload = json.dumps(data, default=_as_list, allow_nan=False).replace("</", "<\\/")
    return Picture(
        f'<figure class="moving" data-kind="{kind}">\n'
        f'<div class="moving-fallback">{_image(fallback, alt)}</div>\n'
        f'<script type="application/json">{payload}</script>\n'
        + (f"<figcaption>{html.escape(caption)}</figcaption>\n" if caption else "")
        + "</figure>",
        f"[figure: {alt}]",
    )


def table(header: Sequence[Any], rows: Sequence[Sequence[Any]], note: Any = "") -> Picture:
    """Return a table with a header row and a header column.

    A cell is written as text, so that ``<`` and ``&`` read as they are. A cell that knows its own
    markup (it has ``_repr_html_``, as ``IPython.display.HTML`` has) is written as that markup.

    Args:
        header: the cells above the columns.
        rows: the rows, each as long as ``header``; the first cell of each names it.
        note: a line below the table, such as where its numbers are from. Default: none.

    Raises:
        ValueError: if a row is not as long as ``header``.
    """
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} cells; wanted {len(header)}")
    head = "".join(f'<th scope="col">{_markup(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{_markup(first)}</th>'
        + "".join(f"<td>{_markup(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return Picture(
        '<div class="pst-scrollable-table-container"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        + (f"<p><em>{_markup(note)}</em></p>" if note else ""),
        f"[table: {len(rows)} rows under {', '.join(map(str, header))}]",
    )


class Picture:
    """Something to be displayed as HTML, and as a line of text where there is no HTML."""

    def __init__(self, markup: str, text: str):
        self._markup = markup
        self._text = text

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._text


def _markup(cell: Any) -> str:
    return cell._repr_html_() if hasattr(cell, "_repr_html_") else html.escape(str(cell))


def _image(figure: Figure | Axes, alt: str) -> str:
    if not alt.strip():
        raise ValueError("alt is empty; wanted a sentence that says what the picture shows")
    figure = figure if isinstance(figure, Figure) else figure.figure
    buffer = io.BytesIO()
    # No metadata: the same figure is the same bytes on every machine and day.
    figure.savefig(buffer, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    plt.close(figure)  # otherwise the notebook shows it a second time, without alt text
    code = base64.b64encode(buffer.getvalue()).decode()
    width = round(figure.get_figwidth() * 96)  # CSS has 96 pixels an inch
    return (
        f'<img class="figure-card" alt="{html.escape(alt)}" width="{width}"'
        f' src="data:image/png;base64,{code}">'
    )


def _array(matrix: Any) -> np.ndarray:
    array = np.asarray(matrix.detach().cpu() if hasattr(matrix, "detach") else matrix)
    if array.ndim != 2:
        raise ValueError(f"matrix has shape {array.shape}; wanted two axes (rows, columns)")
    return array


def _check_labels(
    array: np.ndarray, row_labels: Sequence[str], column_labels: Sequence[str]
) -> None:
    for name, labels, size in (
        ("row_labels", row_labels, array.shape[0]),
        ("column_labels", column_labels, array.shape[1]),
    ):
        if len(labels) not in (0, size):
            raise ValueError(f"{name} has {len(labels)} labels; wanted {size} or none")


def _write_numbers(ax: Axes, array: np.ndarray, digits: int, limit: float) -> None:
    for (row, column), value in np.ndenumerate(array):
        text = f"{value:.{digits}f}" if np.isfinite(value) else f"{value}".replace("inf", "∞")
        dark = abs(value) > 0.6 * limit
        ax.text(column, row, text, ha="center", va="center", color="white" if dark else "black")


def _as_list(value: Any) -> Any:
    if hasattr(value, "detach"):
        return value.detach().cpu().tolist()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"data holds a {type(value).__name__}; wanted tensors, arrays or plain values")
