"""What a page shows: pictures with alternative text, and figures that move."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import warnings
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from PIL import Image

from unrolled.plots.look import without_glyph

__all__ = ["Picture", "moving", "show"]

PIXELS_PER_INCH = 192  # twice what a page shows, so that a sharp screen gets a sharp picture
HEAVY = 30_000  # bytes of a compressed SVG; beyond that a picture is as many dots
SHADES = 64  # of a picture that is dots; lines and flat colours need no more


def show(figure: Figure | Axes, alt: str) -> Picture:
    """Return a figure as a picture with alternative text, and close it.

    Args:
        figure: a matplotlib figure, or axes of one.
        alt: what the picture shows, for those who cannot see it.

    Returns:
        The picture, without a background: lines as SVG, or, where that is heavy, dots as PNG.
        Where no installed font has the figure's characters (Chinese, on many servers), its text
        stays text and the reader's own fonts draw it.

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


class Picture:
    """Something to be displayed as HTML, and as a line of text where there is no HTML."""

    def __init__(self, markup: str, text: str):
        self._markup = markup
        self._text = text

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._text


def _image(figure: Figure | Axes, alt: str) -> str:
    if not alt.strip():
        raise ValueError("alt is empty; wanted a sentence that says what the picture shows")
    figure = figure if isinstance(figure, Figure) else figure.figure
    width, height = (round(96 * inches) for inches in figure.get_size_inches())  # 96 an inch
    kind, data = "svg+xml", _svg(figure)
    if len(gzip.compress(data)) > HEAVY and not without_glyph(figure):
        kind, data = "png", _png(figure)
    plt.close(figure)  # otherwise the notebook shows it a second time, without alt text
    code = base64.b64encode(data).decode()
    # White behind it where a notebook is dark; the book's own style sheet knows better.
    return (
        f'<img class="figure-picture" style="background: #fff" alt="{html.escape(alt)}"'
        f' width="{width}" height="{height}" src="data:image/{kind};base64,{code}">'
    )


def _png(figure: Figure) -> bytes:
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=PIXELS_PER_INCH, transparent=True)
    drawn.seek(0)
    # No metadata: the same figure is the same bytes on every machine and day.
    Image.open(drawn).quantize(SHADES, Image.Quantize.FASTOCTREE).save(small, "png", optimize=True)
    return small.getvalue()


def _make_room(figure: Figure, missing: set[str]) -> None:
    """Widen the margins: a Chinese character takes 0.4 of its size more than the box we measure."""
    longest = max(
        sum(character in missing for character in text.get_text()) * text.get_fontsize()
        for text in figure.findobj(Text)
    )
    if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        room = 0.04 + 0.4 * longest / 72  # inches; 0.04 is there anyway
        figure.get_layout_engine().set(w_pad=room, h_pad=room)


def _svg(figure: Figure) -> bytes:
    """Draw lines as lines and letters as lines; letters that no font here has stay text.

    A machine that makes pages may lack a font that every reader has.
    """
    buffer, missing = io.BytesIO(), without_glyph(figure)
    if missing:
        _make_room(figure, missing)
    settings = {"svg.fonttype": "none" if missing else "path", "svg.hashsalt": "unrolled"}
    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata=metadata, transparent=True)
    return buffer.getvalue()


def _as_list(value: Any) -> Any:
    if hasattr(value, "detach"):
        return value.detach().cpu().tolist()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"data holds a {type(value).__name__}; wanted tensors, arrays or plain values")
