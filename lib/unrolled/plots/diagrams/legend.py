"""The legend: every glyph with its meaning, drawn by what draws the diagrams."""

from __future__ import annotations

from unrolled.plots.diagrams.canvas import side_by_side
from unrolled.plots.diagrams.glyphs import Diagram
from unrolled.plots.diagrams.place import Place
from unrolled.plots.pages import Picture

__all__ = ["legend"]

WIDTH, ROW, LEFT, WORDS = 330, 62, 56, 124


def legend() -> Picture:
    """Return the glyphs of all diagrams, each with what it means."""
    return side_by_side(_tensors(), _steps(), alt="The glyphs of the diagrams")


def _sheet(rows: dict[str, str], alt: str) -> tuple[Diagram, list[Place]]:
    """An empty sheet with the meanings written at the right, and the places for the glyphs."""
    draw = Diagram(WIDTH, ROW * len(rows), f"{alt}: {'; '.join(rows)}.")
    places = []
    for number, (name, more) in enumerate(rows.items()):
        y = ROW * number + ROW / 2
        draw.text((WORDS, y - 9), name, 13, "start", bold=True)
        draw.text((WORDS, y + 9), more, 12, "start", muted=True)
        places.append(Place(LEFT, y, 0, 0))
    return draw, places


def _tensors() -> Picture:
    draw, places = _sheet(
        {
            "a word, or a token": "what the text is cut into",
            "a vector": "a row of numbers; its size below",
            "a matrix": "rows × columns, written below",
            "parameters": "a heavy outline: learned numbers",
            "numbers as colours": "blue above zero, orange below",
            "query, key, value": "their colours in all chapters",
            "heads": "one behind the other",
            "a layer": "any step that has a name",
            "a mask": "crossed out: not attended to",
        },
        "What flows and what is learned",
    )
    x, ys = LEFT, [place.y for place in places]
    draw.chip(x - 22, ys[0] - 12, "dog")
    draw.matrix(x - 28, ys[1] - 14, 1, 4, shape="$D$")
    draw.matrix(x - 24, ys[2] - 26, 3, 4, shape="$T × D$", cell=12)
    draw.matrix(x - 24, ys[3] - 16, 3, 4, learned=True, cell=12)
    draw.matrix(x - 28, ys[4] - 7, 1, 4, tint="positive", levels=[[1, 0.4, -0.4, -1]])
    for place, tint in enumerate(("query", "key", "value")):
        draw.matrix(x - 45 + 32 * place, ys[5] - 13, 2, 2, tint=tint, cell=13)
    draw.matrix(x - 26, ys[6] - 10, 2, 4, copies=3, cell=12)
    draw.box(x - 36, ys[7] - 13, 72, 26, "layer")
    draw.mask(x - 18, ys[8] - 18, [[i >= j for j in range(3)] for i in range(3)], cell=12)
    return draw.picture()


def _steps() -> Picture:
    draw, places = _sheet(
        {
            "an arrow": "what flows, with its shape",
            "a gradient": "flows back, dashed",
            "a loop": "comes in again, one step later",
            "add": "number by number",
            "multiply": "rows by columns, or a number",
            "concatenate": "side by side, nothing is added",
            "a gate": "a function of each number alone",
            "softmax": "scores in, shares of 1 out",
            "a layer, used twice": "one set of weights, dotted",
        },
        "What is done",
    )
    x, ys = LEFT, [place.y for place in places]
    draw.arrow((x - 46, ys[0] + 6), (x + 46, ys[0] + 6), label="$T × D$")
    draw.arrow((x + 46, ys[1]), (x - 46, ys[1]), dashed=True)
    draw.loop(draw.box(x - 18, ys[2] - 6, 36, 24, "f"))
    for kind, y in zip(("add", "multiply", "concatenate"), ys[3:6], strict=True):
        draw.operation((x, y), kind)
    draw.gate((x, ys[6]))
    draw.softmax(x - 40, ys[7] - 12, 80)
    boxes = [draw.box(x + shift, ys[8] - 20, 30, 24, "f") for shift in (-42, 12)]
    draw.same_weights(*boxes, label="", drop=12)
    return draw.picture()
