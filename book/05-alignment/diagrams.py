"""Chapter 5's diagrams: one step of a decoder that looks back, and when two papers look."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place, side_by_side

FIRST, COLUMN = 60, 62  # middle of the first source word, and from one to the next
READ, ASKED = 276, 211  # heights: of the annotations, of the scores
WIDE = 2.2


def step(source: Sequence[str], weights: Sequence[float], last: str, written: str) -> Picture:
    """Draw one step: the old state meets every annotation, and the weights mix them.

    Args:
        source: five words.
        weights: how much this step looks at each, summing to 1.
        last: the word written last.
        written: the word that this step writes.
    """
    heaviest = source[max(range(len(source)), key=lambda j: weights[j])]
    draw = Diagram(392, 344, (
        f"One step of the decoder, after it has written {last}. Its old state is compared with the"
        f" annotation of each word of: {' '.join(source)}. Five scores become five weights, the"
        f" greatest at {heaviest}. The annotations, each times its weight, add up to the context."
        f" The GRU reads {last} and the context; from its new state and the context comes"
        f" {written}."
    ))  # fmt: skip
    columns = [FIRST + COLUMN * j for j in range(len(source))]
    _memory(draw, source, columns)
    left = columns[0] - COLUMN / 2
    cells = [[f"{share:.2f}" for share in weights]]
    mixed = draw.matrix(
        left, 124, 1, 5, tint="lit", levels=[list(weights)], entries=cells, cell=(COLUMN, 22)
    )
    draw.softmax(left, 160, mixed.width, height=22)
    for x in columns:
        draw.arrow((x, READ - 7), (x, ASKED + 11))
        draw.arrow((x, ASKED - 11), (x, 183))
        draw.arrow((x, 159), (x, 147))
    _ask(draw, columns)
    _decode(draw, columns[-1] + COLUMN / 2, last, written)
    draw.text((mixed.right[0] + 8, 135), "$w_{ij}$", 14, "start")
    return draw.picture()


def _memory(draw: Diagram, source: Sequence[str], columns: Sequence[float]) -> None:
    """Words, and above each the annotation in which both directions are."""
    for j, (x, word) in enumerate(zip(columns, source, strict=True), 1):
        chip = draw.chip(x - 24, 314, word, 48)
        vector = draw.matrix(
            x - 20, READ - 5, 1, 4, cell=10, tint=["positive"] * 2 + ["negative"] * 2
        )
        draw.arrow(chip.top, (x, READ + 6))
        draw.text((x - 13, READ - 15), f"$h_{j}$", 14)
        if j < len(source):
            draw.arrow((vector.right[0] + 1, READ - 3), (x + COLUMN - 21, READ - 3), width=0.9)
            draw.arrow((x + COLUMN - 21, READ + 4), (vector.right[0] + 1, READ + 4), width=0.9)


def _ask(draw: Diagram, columns: Sequence[float]) -> None:
    """The old state goes to every score."""
    start = (10, ASKED)
    draw.line((28, 32), (10, 32), start, tint="negative", width=WIDE)
    for x in columns:
        box = draw.box(x - 21, ASKED - 11, 42, 22, "score", learned=True, size=12)
        draw.arrow(start, box.left, tint="negative", width=WIDE if x == columns[0] else 1.3)
        start = box.right


def _decode(draw: Diagram, edge: float, last: str, written: str) -> None:
    """Context, GRU, new state, word."""
    draw.text((46, 32), "$s_{i-1}$", 15)
    gru, out = draw.box(150, 18, 76, 28, "GRU", learned=True), (262, 20)
    draw.arrow((66, 32), gru.left, tint="negative", width=WIDE)
    total = draw.box(174, 84, 80, 26, "Σ $w_{ij} h_j$")
    middle, right = total.top[0], edge + 36
    draw.arrow((middle, 123), total.bottom, tint="lit", width=WIDE)
    draw.arrow((edge + 2, READ), (right, READ), (right, total.right[1]), total.right)
    draw.text((right - 8, 84), "all $h_j$", 13)
    draw.arrow(total.top, (middle, 47), tint="lit", width=WIDE)
    draw.text((middle - 11, 72), "$c_i$", 15)
    word = draw.chip(46, 74, last)
    draw.arrow(word.right, (162, word.right[1]), (162, 47))
    layer = draw.box(*out, 44, 24, "$W_o$", learned=True)
    draw.line((middle, 62), (284, 62), tint="lit")
    draw.arrow((284, 62), layer.bottom, tint="lit")
    draw.arrow(gru.right, layer.left)
    draw.text((244, 22), "$s_i$", 14)
    draw.arrow(layer.right, draw.chip(318, 20, written, 70).left)


def before_and_after() -> Picture:
    """Draw where the query comes from: Bahdanau's step, and Luong's."""
    return side_by_side(_before(), _after(), alt="The query before the step, and after it")


def _panel(name: str, alt: str) -> Diagram:
    draw = Diagram(300, 176, alt)
    draw.text((150, 10), name, 13, bold=True)
    return draw


def _before() -> Picture:
    draw = _panel("Bahdanau: look, then step", (
        "Bahdanau: the state before the step, s with index i minus 1, is the query. The context"
        " enters the GRU together with the last word, and the output layer."
    ))  # fmt: skip
    look = draw.box(44, 92, 78, 28, "attention", learned=True, lit=True)
    gru = draw.box(118, 34, 56, 28, "GRU", learned=True)
    out = draw.box(218, 34, 44, 28, "$W_o$", learned=True)
    draw.text((22, 48), "$s_{i-1}$", 14)
    draw.arrow((42, 48), gru.left)
    draw.arrow((60, 48), (60, 92), tint="negative", width=WIDE)
    draw.arrow(look.right, (136, 106), (136, 62), tint="lit", width=WIDE)
    draw.arrow((136, 106), (240, 106), out.bottom, tint="lit", width=WIDE)
    draw.text((186, 96), "$c_i$", 14)
    _both(draw, look, (158, 62))
    draw.arrow(gru.right, out.left, label="$s_i$", size=14)
    draw.arrow(out.right, (296, 48))
    return draw.picture()


def _after() -> Picture:
    draw = _panel("Luong: step, then look", (
        "Luong: the GRU makes its step first. The state after it, s with index i, is the query, and"
        " the context meets it in one more layer, behind the recurrent network."
    ))  # fmt: skip
    look = draw.box(128, 92, 78, 28, "attention", learned=True, lit=True)
    gru = draw.box(58, 34, 56, 28, "GRU", learned=True)
    out = draw.box(202, 34, 74, 28, "tanh, $W_c$", learned=True)
    draw.text((20, 48), "$s_{i-1}$", 14)
    draw.arrow((40, 48), gru.left)
    draw.arrow(gru.right, out.left)
    draw.text((132, 37), "$s_i$", 14)
    draw.arrow((156, 48), (156, 92), tint="negative", width=WIDE)
    draw.arrow(look.right, (240, 106), (240, 62), tint="lit", width=WIDE)
    draw.text((254, 86), "$c_i$", 14)
    _both(draw, look, (86, 62))
    draw.arrow(out.right, (297, 48))
    return draw.picture()


def _both(draw: Diagram, look: Place, into: tuple[float, float]) -> None:
    """What every panel has: the last word goes into the GRU, the annotations into attention."""
    low = 146
    draw.arrow((look.center[0], low), look.bottom)
    draw.text((look.center[0], low + 12), "all $h_j$", 13)
    draw.arrow((into[0], low), into)
    draw.text((into[0] + 4, low + 12), "$y_{i-1}$", 13)
