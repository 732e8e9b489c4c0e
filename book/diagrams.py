"""The diagram of the first page: the way from RNNs to GPT, a station for each chapter."""

from __future__ import annotations

import math
from collections.abc import Callable

from unrolled.checks.sections import CHAPTERS
from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, side_by_side

WIDTH, STEP, HEIGHT, IN_ROW = 358, 119, 92, 3


def way() -> Picture:
    """Draw the chapters in their order: what each one is about, and the glyph of its part."""
    rows = [
        _row(first, stations)
        for first in range(0, len(CHAPTERS), IN_ROW)
        if (stations := _STATIONS[first : first + IN_ROW])
    ]
    return side_by_side(*rows, alt="The way through the book")


def _row(first: int, stations: tuple[tuple, ...]) -> Picture:
    """A few stations side by side, and an arrow to each from the one before.

    Rows stand below each other or two abreast: a line leaves the one, its head is in the other.
    """
    said = "; ".join(f"{first + i}, {name}: {what}" for i, (name, what, _) in enumerate(stations))
    draw = Diagram(WIDTH, HEIGHT, f"Chapters {said}.")
    for column, (name, what, glyph) in enumerate(stations):
        x = STEP * (column + 0.5)
        glyph(draw, x)
        draw.text((x, 62), f"{first + column} {name}", 13, bold=True)
        draw.text((x, 80), what, 11.5, muted=True)
        if first + column:
            draw.arrow((max(x - STEP + 38, 1), 26), (x - 38, 26), width=1)
        if column + 1 == IN_ROW and first + IN_ROW < len(CHAPTERS):
            draw.line((x + 38, 26), (WIDTH - 1, 26), width=1)
    return draw.picture()


def _table(draw: Diagram, x: float) -> None:
    levels = [[0.1] * 4, [0.9, 0.3, 0.1, 0.5], [0.1] * 4, [0.1] * 4]
    draw.matrix(x - 20, 6, 4, 4, tint="positive", levels=levels, learned=True, cell=10)


def _words(draw: Diagram, x: float) -> None:
    draw.chip(x - 34, 2, "un", width=30)
    draw.chip(x - 2, 2, "rolled", width=46)
    for left, levels in ((x - 34, [0.8, -0.5, 0.2]), (x + 6, [-0.3, 0.6, 0.9])):
        draw.matrix(left, 34, 1, 3, tint="positive", levels=[levels], cell=10)


def _recurrent(draw: Diagram, x: float) -> None:
    draw.loop(draw.box(x - 18, 22, 36, 24, lit=True), height=14)


def _gates(draw: Diagram, x: float) -> None:
    draw.line((x - 36, 10), (x + 36, 10), width=2.4, tint="lit")
    for shift in (-24, 0, 24):
        gate = draw.gate((x + shift, 36))
        draw.line(gate.top, (x + shift, 10), width=1)


def _seq2seq(draw: Diagram, x: float) -> None:
    draw.box(x - 36, 14, 22, 24)
    draw.arrow((x - 14, 26), (x - 6, 26), width=1)
    draw.matrix(x - 5, 11, 3, 1, tint="value", cell=10)
    draw.arrow((x + 5, 26), (x + 13, 26), width=1)
    draw.box(x + 14, 14, 22, 24)


def _alignment(draw: Diagram, x: float) -> None:
    asks = draw.box(x - 8, 2, 16, 16, tint="query")
    for shift, weight in ((-30, 0.1), (-10, 0.2), (10, 1.0), (30, 0.3)):
        state = draw.box(x + shift - 8, 36, 16, 16, tint="key")
        draw.line(asks.bottom, state.top, width=0.6 + 3 * weight, opacity=0.4 + 0.6 * weight)


def _weights(copies: int) -> Callable[[Diagram, float], None]:
    levels = [[0.2, 0.9, 0.1, 0.1], [0.1, 0.2, 0.8, 0.2], [0.7, 0.3, 0.1, 0.2], [0.1, 0.1, 0.2, 1]]

    def draw_weights(draw: Diagram, x: float) -> None:
        y = 6 + 2 * (copies - 1)
        draw.matrix(x - 20, y, 4, 4, tint="positive", levels=levels, cell=10, copies=copies)

    return draw_weights


def _clocks(draw: Diagram, x: float) -> None:
    for shift, turn in ((-25, 0.1), (0, 0.35), (25, 0.6)):
        draw.disc((x + shift, 26), 10)
        hand = (x + shift + 9 * math.sin(2 * math.pi * turn), 26 - 9 * math.cos(2 * math.pi * turn))
        draw.line((x + shift, 26), hand, width=1.6, tint="lit")


def _block(draw: Diagram, x: float) -> None:
    box = draw.box(x - 26, 16, 24, 20, learned=True)
    add = draw.operation((x + 20, 26), "add")
    draw.line((x - 36, 26), box.left)
    draw.arrow(box.right, add.left, width=1)
    draw.arrow((x - 33, 26), (x - 33, 5), (x + 20, 5), add.top, width=1)
    draw.line(add.right, (x + 36, 26))


def _stack(draw: Diagram, x: float, places: int = 3) -> list:
    return [draw.box(x - 13, 38 - 17 * floor, 26, 12) for floor in range(places)]


def _transformer(draw: Diagram, x: float) -> None:
    encoder, decoder = _stack(draw, x - 20), _stack(draw, x + 20)
    draw.arrow(encoder[-1].right, (x, encoder[-1].right[1]), (x, 27), decoder[1].left, width=1)


def _both_ways(draw: Diagram, x: float) -> None:
    draw.mask(x - 35, 30, [[True, True, False, True, True]])
    for shift in (-28, -14, 14, 28):
        draw.arrow((x + shift, 28), (x + shift, 8 + abs(shift) / 7), (x, 8 + abs(shift) / 7),
                   (x, 26), width=0.9)  # fmt: skip


def _causal(draw: Diagram, x: float) -> None:
    draw.mask(x - 22, 4, [[j <= i for j in range(4)] for i in range(4)], cell=11)


def _groups(draw: Diagram, x: float) -> None:
    for group in (-1, 1):
        key = draw.box(x + 20 * group - 8, 36, 16, 14, tint="key")
        for shift in (-9, 9):
            query = draw.box(x + 20 * group + shift - 7, 4, 14, 14, tint="query")
            draw.line(query.bottom, key.top, width=1)


def _patches(draw: Diagram, x: float) -> None:
    tints = ("positive", "value", "key")
    for place in range(9):
        i, j = divmod(place, 3)
        draw.frame(x - 23 + 16 * j, 3 + 16 * i, 14, 14, tints[(i * j + j) % 3], 0.3, line=1)


# What each chapter is called here, what it is about, and how it is drawn.
_STATIONS = (
    ("warm-up", "guess, and learn", _table),
    ("words", "text into numbers", _words),
    ("RNN", "a state remembers", _recurrent),
    ("LSTM", "gates that keep", _gates),
    ("seq2seq", "one text to another", _seq2seq),
    ("alignment", "look back at it", _alignment),
    ("attention", "every word at once", _weights(1)),
    ("heads", "several relations", _weights(3)),
    ("positions", "where words stand", _clocks),
    ("block", "made to be stacked", _block),
    ("Transformer", "it translates", _transformer),
    ("BERT", "it reads both ways", _both_ways),
    ("GPT", "it writes", _causal),
    ("modern", "today's models", _groups),
    ("beyond", "images, and search", _patches),
)
