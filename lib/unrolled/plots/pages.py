"""What a page shows: pictures with alternative text, figures that move, and tables."""

from __future__ import annotations

import base64
import html
import io
import json
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from unrolled.plots.look import without_glyph

__all__ = ["Picture", "moving", "show", "table"]

PIXELS_PER_INCH = 192  # twice what a page shows, so that a sharp screen gets a sharp picture


def show(figure: Figure | Axes, alt: str) -> Picture:
    """Return a figure as a picture with alternative text, and close it.

    Args:
        figure: a matplotlib figure, or axes of one.
        alt: what the picture shows, for those who cannot see it.

    Returns:
        The picture. Where no installed font has the figure's characters (Chinese, on many
        servers), its text stays text and the reader's own fonts draw it.

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
    kind, data = ("svg+xml", _svg(figure)) if without_glyph(figure) else ("png", _png(figure))
    plt.close(figure)  # otherwise the notebook shows it a second time, without alt text
    code = base64.b64encode(data).decode()
    width = round(figure.get_figwidth() * 96)  # CSS has 96 pixels an inch
    return (
        f'<img class="figure-card" alt="{html.escape(alt)}" width="{width}"'
        f' src="data:image/{kind};base64,{code}">'
    )


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # No metadata: the same figure is the same bytes on every machine and day.
    figure.savefig(buffer, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def _make_room(figure: Figure) -> None:
    """Widen the margins: a Chinese character takes 0.4 of its size more than the box we measure."""
    missing = without_glyph(figure)
    longest = max(
        sum(character in missing for character in text.get_text()) * text.get_fontsize()
        for text in figure.findobj(Text)
    )
    if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        room = 0.04 + 0.4 * longest / 72  # inches; 0.04 is there anyway
        figure.get_layout_engine().set(w_pad=room, h_pad=room)


def _svg(figure: Figure) -> bytes:
    """Leave text as text: a machine that makes pages may lack a font that every reader has."""
    buffer = io.BytesIO()
    _make_room(figure)
    settings = {"svg.fonttype": "none", "svg.hashsalt": "unrolled"}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _as_list(value: Any) -> Any:
    if hasattr(value, "detach"):
        return value.detach().cpu().tolist()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"data holds a {type(value).__name__}; wanted tensors, arrays or plain values")
