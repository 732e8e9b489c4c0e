"""The glyphs: the same drawing for the same thing in every chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.plots.diagrams.canvas import Canvas
from unrolled.plots.diagrams.ink import INK, Point, edge_of, number, tint_of
from unrolled.plots.diagrams.place import Place
from unrolled.plots.diagrams.sheet import Sheet

__all__ = ["Diagram"]

# Light enough that ink on it keeps a contrast above 4.5 on a light and on a dark page.
STRONGEST = 0.5
OPERATIONS = {"add": "+", "multiply": "×", "concatenate": "‖"}


class Diagram(Canvas):
    """A drawing made of the book's glyphs; each returns its place, so that arrows find it.

    Args:
        width: in units that are pixels where there is room; a phone shows all of it on 358.
        height: in the same units.
        alt: what the diagram shows, for those who cannot see it.

    Raises:
        ValueError: if a size is not positive or ``alt`` is empty.

    Example:
        >>> diagram = Diagram(200, 80, alt="The word dog becomes a vector.")
        >>> word = diagram.chip(10, 28, "dog")
        >>> vector = diagram.matrix(120, 30, 1, 4, shape="$d_k$")
        >>> diagram.arrow(word.right, vector.left, label="look up")
        >>> diagram.picture()
        [diagram: The word dog becomes a vector.]
    """

    def matrix(
        self, x: float, y: float, rows: int, columns: int, name: str = "", shape: str = "",
        tint: Any = "plain", learned: bool = False, cell: float | tuple[float, float] = 14,
        levels: Any = None, entries: Any = None, row_labels: Sequence[str] = (), copies: int = 1,
    ) -> Place:  # fmt: skip
        """Draw a matrix; with one row or one column, a vector.

        Args:
            x, y: its upper left corner.
            rows, columns: how many cells it has.
            name: written above it. Default: none.
            shape: written below it. Default: none.
            tint: one name of a tint, one for each column, or a row of names for each row.
            learned: whether its numbers are parameters: a heavy outline.
            cell: side of a cell, or its width and its height.
            levels: ``(rows, columns)``, from -1 to 1: how strong each cell's tint is. Default:
                all the same.
            entries: ``(rows, columns)``, what is written in each cell. Default: nothing.
            row_labels: written at its left. Default: none.
            copies: how many of it lie behind each other, as heads do.

        Raises:
            ValueError: if a size is no whole number above 0, or what has a row or a column each has
                another number of them.
        """
        wide, high = cell if isinstance(cell, tuple) else (cell, cell)
        sheet = Sheet(rows, columns, tint, levels, entries)
        if len(row_labels) not in (0, rows):
            raise ValueError(f"row_labels has {len(row_labels)} entries; wanted {rows} or none")
        place = Place(x, y, columns * wide, rows * high)
        for behind in range(copies - 1, 0, -1):
            self._card(x + 4 * behind, y - 4 * behind, place.width, place.height, sheet.outline)
        if copies > 1:
            self._paper(place)
        self._cells(place, sheet)
        self._grid(place, sheet, learned)
        self._names(place, name, shape, row_labels, 4 * (copies - 1))
        return place

    def box(
        self, x: float, y: float, width: float, height: float, label: str = "",
        tint: str = "plain", learned: bool = False, copies: int = 1, size: float = 13,
        lit: bool = False,
    ) -> Place:  # fmt: skip
        """Draw a layer, or any step that has a name.

        Args:
            x, y: its upper left corner.
            width, height: its size.
            label: its name; a line break begins a new line.
            tint: its colour, by name.
            learned: whether it has parameters: a heavy outline.
            copies: how many lie behind each other.
            size: of the label.
            lit: whether it is what the diagram is about.
        """
        place = Place(x, y, width, height)
        for behind in range(copies - 1, 0, -1):
            self._card(x + 3.5 * behind, y - 3.5 * behind, width, height, tint)
        if copies > 1:
            self._paper(place)
        tint, level = ("lit", 0.2) if lit else (tint, 0.12)
        self.frame(x, y, width, height, tint, level, line=2 if learned or lit else 1.2, radius=5)
        self.lines(place.center, label, size)
        return place

    def lines(self, point: Point, words: str, size: float = 13, **look: Any) -> None:
        """Write lines of words, centred on a point."""
        lines = words.split("\n") if words else []
        for place, line in enumerate(lines):
            lift = (place - (len(lines) - 1) / 2) * 1.2 * size
            self.text((point[0], point[1] + lift), line, size, **look)

    def chip(self, x: float, y: float, word: str, width: float = 0, tint: str = "plain") -> Place:
        """Draw a word or a token, 24 high, as wide as it needs or ``width``."""
        width = width or 14 + 7.6 * len(word)
        place = self.frame(x, y, width, 24, tint, level=0.08, line=1, radius=12)
        self.text(place.center, word)
        return place

    def operation(self, center: Point, kind: str) -> Place:
        """Draw what is done with two things: "add", "multiply" or "concatenate"."""
        if kind not in OPERATIONS:
            raise ValueError(f"kind={kind!r}; wanted one of {', '.join(OPERATIONS)}")
        place, (x, y), r = self.disc(center, 9), center, 5
        strokes = {
            "add": f"M{x - r} {y}h{2 * r}M{x} {y - r}v{2 * r}",
            "multiply": f"M{x - 3.5} {y - 3.5}l7 7m0-7l-7 7",
            "concatenate": f"M{x - 2.5} {y - r}v{2 * r}m5-{2 * r}v{2 * r}",
        }
        self.shape("path", d=strokes[kind], stroke=INK, stroke_width=1.5)
        return place

    def gate(self, center: Point, function: str = "σ", tint: str = "plain") -> Place:
        """Draw a gate, or what else is done to each number alone: its function in a circle."""
        place = self.disc(center, 12, tint, level=0.15)
        self.text(center, f"${function}$", 13 if len(function) == 1 else 11)
        return place

    def softmax(
        self, x: float, y: float, width: float = 74, label: str = "softmax", height: float = 24
    ) -> Place:
        """Draw a softmax: a box with one tall bar among small ones, as shares have them."""
        place = self.frame(x, y, width, height, level=0.08, radius=height / 2)
        self.text((x + width / 2 + 9, y + height / 2), label, 12)
        left, base = x + width / 2 - 34, y + height / 2 + 6
        if label:
            left = x + width / 2 - 3.2 * len(label) - 10
        for bar, tall in enumerate((3, 12, 5)):
            self.shape("rect", x=left + 5 * bar, y=base - tall, width=3.5, height=tall, fill=INK)
        return place

    def mask(
        self, x: float, y: float, allowed: Any, name: str = "", shape: str = "", cell: float = 14
    ) -> Place:
        """Draw a mask: a cell that is crossed out may not be attended to."""
        rows = [list(map(bool, row)) for row in allowed]
        if not rows or len({len(row) for row in rows}) != 1:
            raise ValueError("allowed has rows of different lengths or none; wanted a matrix")
        levels = [[0.35 * may for may in row] for row in rows]
        place = self.matrix(
            x, y, len(rows), len(rows[0]), name, shape, "positive", levels=levels, cell=cell
        )
        crossed = "".join(
            f"M{number(x + j * cell + 3)} {number(y + i * cell + 3)}l{cell - 6} {cell - 6}"
            for i, row in enumerate(rows) for j, may in enumerate(row) if not may
        )  # fmt: skip
        self.shape("path", d=crossed, stroke=INK, stroke_width=1.1)
        return place

    def loop(self, place: Place, label: str = "", height: float = 18) -> None:
        """Draw what comes out of a place and goes in again, one step later: an arrow over it."""
        x, top, low = place.top[0], place.y - height, place.y
        reach = max(8.0, 0.25 * place.width)
        self.arrow((x + reach, low), (x + reach, top), (x - reach, top), (x - reach, low))
        if label:
            self.text((x, top - 10), label, 12, muted=True)

    def same_weights(self, *places: Place, label: str = "same weights", drop: float = 14) -> None:
        """Tie boxes that are one layer, used again: a bracket of dots below them."""
        if len(places) < 2:
            raise ValueError(f"places has {len(places)} places; wanted at least 2")
        low = max(place.bottom[1] for place in places) + drop
        ends = sorted(place.bottom for place in places)
        style = {"stroke": INK, "stroke_width": 1.6, "stroke_dasharray": "0.1 4"}
        feet = "".join(f"M{number(x)} {number(y + 3)}V{number(low)}" for x, y in ends)
        across = f"M{number(ends[0][0])} {number(low)}H{number(ends[-1][0])}"
        self.shape("path", d=feet + across, stroke_linecap="round", **style)
        if label:
            middle = (ends[0][0] + ends[-1][0]) / 2
            self.text((middle, low + 11), label, 12, muted=True)

    def _cells(self, place: Place, sheet: Sheet) -> None:
        wide, high = place.width / sheet.columns, place.height / sheet.rows
        for i, j, tint, level, entry in sheet.cells():
            cell = Place(place.x + j * wide, place.y + i * high, wide, high)
            if level:
                self.shape(
                    "rect", x=cell.x, y=cell.y, width=wide, height=high, fill=tint_of(tint),
                    fill_opacity=STRONGEST * abs(level),
                )  # fmt: skip
            if entry:
                self.text(cell.center, entry, 12)

    def _grid(self, place: Place, sheet: Sheet, learned: bool) -> None:
        x, y, width, height = place.x, place.y, place.width, place.height
        across = (y + i * height / sheet.rows for i in range(1, sheet.rows))
        down = (x + j * width / sheet.columns for j in range(1, sheet.columns))
        lines = [f"M{number(x)} {number(at)}h{number(width)}" for at in across]
        lines += [f"M{number(at)} {number(y)}v{number(height)}" for at in down]
        edge = edge_of(sheet.outline)
        if lines:
            self.shape("path", d="".join(lines), stroke=edge, stroke_width=0.6, stroke_opacity=0.55)
        line = 2.4 if learned else 1.2
        self.frame(x, y, width, height, sheet.outline, level=0, line=line, radius=2)

    def _names(
        self, place: Place, name: str, shape: str, row_labels: Sequence[str], lift: float
    ) -> None:
        if name:
            size = 15 if name.startswith("$") else 13  # a letter is a smaller thing than a word
            self.text((place.top[0], place.y - 11 - lift), name, size)
        if shape:
            self.text((place.bottom[0], place.bottom[1] + 11), shape, 13, muted=True)
        step = place.height / max(1, len(row_labels))
        for i, label in enumerate(row_labels):
            self.text((place.x - 6, place.y + (i + 0.5) * step), label, 12, align="end")

    def _card(self, x: float, y: float, width: float, height: float, tint: str) -> None:
        self._paper(Place(x, y, width, height))
        lit = tint == "lit"
        self.frame(x, y, width, height, tint, 0.35 if lit else 0.1, 1.6 if lit else 1, radius=3)

    def _paper(self, place: Place) -> None:
        """Hide what lies behind, where the page has told its colour."""
        fill = "var(--pst-color-background, var(--jp-layout-color0, transparent))"
        x, y, width, height = place.x, place.y, place.width, place.height
        self.shape("rect", x=x, y=y, width=width, height=height, rx=3, fill=fill)
