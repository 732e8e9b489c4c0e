"""The surface of a diagram: lines, boxes, text and arrows, as inline SVG.

Ink is the colour of the page's own text and a tint is a transparent colour over the page's own
background, so that a diagram reads on a light page, on a dark one and in a plain notebook without
a style sheet. Nothing has an id: two diagrams on a page cannot get in each other's way.
"""

from __future__ import annotations

import html
import math
import re
from itertools import pairwise
from xml.etree import ElementTree

from unrolled.plots.diagrams.ink import (
    INK,
    MUTED,
    SCRIPT,
    Point,
    edge_of,
    formula,
    number,
    one_of,
    pair,
    plain,
    rounded,
    tint_of,
)  # fmt: skip
from unrolled.plots.diagrams.place import Place
from unrolled.plots.pages import Picture

__all__ = ["Canvas", "side_by_side"]

PHONE = 358  # pixels of a page's column on a phone 390 wide
SMALLEST = 9  # pixels of the smallest text there


class Canvas:
    """A drawing of a given size.

    Args:
        width: in units that are pixels where there is room; a phone shows all of it on 358.
        height: in the same units.
        alt: what the diagram shows, for those who cannot see it.

    Raises:
        ValueError: if a size is not positive or ``alt`` is empty.
    """

    def __init__(self, width: float, height: float, alt: str):
        for name, size in (("width", width), ("height", height)):
            if not 0 < size < math.inf:
                raise ValueError(f"{name}={size}; wanted a positive number")
        if not alt.strip():
            raise ValueError("alt is empty; wanted a sentence that says what the diagram shows")
        self.width, self.height, self.alt = width, height, alt
        self._root = ElementTree.Element("svg", {
            "class": "diagram", "role": "img", "aria-label": alt,
            "viewBox": f"0 0 {number(width)} {number(height)}", "fill": "none",
            "font-family": "var(--pst-font-family-base, system-ui, sans-serif)",
            "style": "color: var(--pst-color-text-base, inherit); display: block; margin: 0 auto;"
            f" width: 100%; max-width: {number(width)}px; height: auto",
        })  # fmt: skip

    def shape(self, kind: str, **attributes: object) -> ElementTree.Element:
        """Add an SVG element; ``_`` in an attribute's name stands for ``-``."""
        given = {name.replace("_", "-"): number(value) for name, value in attributes.items()}
        return ElementTree.SubElement(self._root, kind, given)

    def frame(
        self, x: float, y: float, width: float, height: float, tint: str = "plain",
        level: float = 0.1, line: float = 1.2, radius: float = 3, dashed: bool = False,
    ) -> Place:  # fmt: skip
        """Draw a rectangle filled with ``level`` of its tint, from 0 to 1."""
        self.shape(
            "rect", x=x, y=y, width=width, height=height, rx=radius,
            fill=tint_of(tint), fill_opacity=level, **self._line(tint, line, dashed),
        )  # fmt: skip
        return Place(x, y, width, height)

    def disc(self, center: Point, radius: float, tint: str = "plain", level: float = 0.0) -> Place:
        """Draw a circle filled with ``level`` of its tint."""
        x, y = center
        fill = {"fill": tint_of(tint), "fill_opacity": level}
        self.shape("circle", cx=x, cy=y, r=radius, **fill, **self._line(tint, 1.2))
        return Place(x - radius, y - radius, 2 * radius, 2 * radius)

    def line(
        self, *points: Point, tint: str = "plain", width: float = 1.3, dashed: bool = False,
        opacity: float = 1.0,
    ) -> None:  # fmt: skip
        """Draw a line through points, its corners rounded."""
        faint = {} if opacity == 1 else {"stroke_opacity": opacity}
        self.shape("path", d=rounded(points), **self._line(tint, width, dashed), **faint)

    def arrow(
        self, *points: Point, label: str = "", tint: str = "plain", width: float = 1.3,
        dashed: bool = False, size: float = 12, beside: str = "",
    ) -> None:  # fmt: skip
        """Draw an arrow through points, with what flows along it, such as its shape, written on it.

        Args:
            points: from the first to the last, where its head is.
            label: what is written beside its longest piece. Default: nothing.
            tint: its colour, by name.
            width: of the line.
            dashed: for what flows back, a gradient.
            size: of the label.
            beside: "above", "below", "left" or "right". Default: above what is level, right of
                what is upright.
        """
        if len(points) < 2:
            raise ValueError(f"points has {len(points)} points; wanted at least 2")
        (x0, y0), (x1, y1) = points[-2:]
        length, head = math.hypot(x1 - x0, y1 - y0) or 1.0, 4 + 1.6 * width
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        neck = (x1 - head * dx, y1 - head * dy)
        self.line(*points[:-1], neck, tint=tint, width=width, dashed=dashed)
        wing = 0.45 * head
        corners = [(neck[0] - s * wing * dy, neck[1] + s * wing * dx) for s in (1, -1)]
        d = f"M{pair(points[-1])}L{pair(corners[0])}L{pair(corners[1])}Z"
        self.shape("path", d=d, fill=edge_of(tint))
        if label:
            self._label(points, label, size, beside)

    def text(
        self, point: Point, words: str, size: float = 13, align: str = "middle",
        muted: bool = False, bold: bool = False,
    ) -> None:  # fmt: skip
        """Write words, centred in height on a point.

        Args:
            point: where.
            words: what; ``$d_k$`` is set as a formula.
            size: of the font; what a phone would show smaller than 9 pixels is refused.
            align: which part of the words is at the point: "start", "middle" or "end".
            muted: in the theme's quieter colour.
            bold: in bold.
        """
        shown = (
            size * min(1.0, PHONE / self.width) * (SCRIPT if re.search(r"\$.*[_^]", words) else 1)
        )
        if shown < SMALLEST:
            raise ValueError(
                f"size={size} of {words!r} is {shown:.1f} pixels on a phone; wanted {SMALLEST}"
            )
        look = {"font_weight": "600"} if bold else {}
        node = self.shape(
            "text", x=point[0], y=point[1] + 0.35 * size, font_size=size, text_anchor=align,
            fill=MUTED if muted else INK, **look,
        )  # fmt: skip
        for place, piece in enumerate(words.split("$")):
            (formula if place % 2 else plain)(node, piece, size)

    def picture(self) -> Picture:
        """Return the diagram as what a page or a notebook shows."""
        return Picture(
            ElementTree.tostring(self._root, encoding="unicode"), f"[diagram: {self.alt}]"
        )

    def _label(self, points: tuple[Point, ...], label: str, size: float, beside: str) -> None:
        (x0, y0), (x1, y1) = max(pairwise(points), key=lambda ends: math.dist(*ends))
        middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
        beside = beside or ("above" if abs(x1 - x0) >= abs(y1 - y0) else "right")
        gap = 0.45 * size + 4
        places = {
            "above": ((middle_x, middle_y - gap), "middle"),
            "below": ((middle_x, middle_y + gap), "middle"),
            "left": ((middle_x - 7, middle_y), "end"),
            "right": ((middle_x + 7, middle_y), "start"),
        }
        point, align = places[one_of("beside", beside, places)]
        self.text(point, label, size, align, muted=True)

    def _line(self, tint: str, width: float, dashed: bool = False) -> dict[str, object]:
        if not width:
            return {}
        dash = {"stroke_dasharray": "4 3"} if dashed else {}
        return {"stroke": edge_of(tint), "stroke_width": width, "stroke_linejoin": "round", **dash}


def side_by_side(*pictures: Picture, alt: str = "") -> Picture:
    """Return diagrams as one: side by side where there is room, below each other on a phone.

    Args:
        pictures: at least one, each with alternative text of its own.
        alt: what they are together. Default: nothing.
    """
    if not pictures:
        raise ValueError("pictures is empty; wanted at least one")
    group = f' role="group" aria-label="{html.escape(alt)}"' if alt else ""
    cells = "".join(
        f'<div style="flex: 1 1 {wide}px; max-width: {wide}px">{drawn}</div>'
        for wide, drawn in ((width_of(p), p._repr_html_()) for p in pictures)
    )
    return Picture(
        f'<div class="diagrams"{group} style="display: flex; flex-wrap: wrap; gap: 1.5rem;'
        f' justify-content: center; align-items: flex-start">{cells}</div>',
        "\n".join(map(repr, pictures)),
    )


def width_of(picture: Picture) -> str:
    """The width at which a diagram is drawn."""
    found = re.search(r"max-width: ([\d.]+)px", picture._repr_html_())
    if not found:
        raise ValueError(f"pictures holds {picture!r}; wanted diagrams")
    return found[1]
