"""Chapter 8's diagrams: hands of clocks, rotation of a pair, a bias that falls with distance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, side_by_side
from unrolled.plots.diagrams.ink import Point


def clocks(positions: Sequence[int] = (1, 2, 30), d_model: int = 8, base: float = 10.0) -> Picture:
    """Draw the hands of each pair of features at a few positions, and the row they make.

    Args:
        positions: at most four.
        d_model: features of a code, even; a clock each two.
        base: the wavelengths grow from 2π to almost 2π times this.
    """
    pairs = d_model // 2
    angles = [base ** (-2 * i / d_model) for i in range(pairs)]
    told = "; ".join(
        f"position {p}: " + ", ".join(f"{math.degrees(p * a) % 360:.0f}" for a in angles)
        for p in positions
    )
    draw = Diagram(360, 62 + 106 * len(positions), alt=(
        f"{pairs} clocks for each of {len(positions)} positions, each with one hand, which turns"
        f" slower from the first to the last. Degrees of the hands: {told}. Below each row of"
        f" clocks stand its {d_model} features, sine and cosine of every hand."
    ))  # fmt: skip
    centers = [104 + 72 * i for i in range(pairs)]
    for i, x in enumerate(centers):
        draw.text((x, 16), f"pair {i}", 13, muted=True)
    for number, position in enumerate(positions):
        y = 58 + 106 * number
        draw.text((36, y), f"pos = {position}", 13)
        for x, angle in zip(centers, angles, strict=True):
            draw.disc((x, y), 27, level=0.06)
            _hand(draw, (x, y), position * angle, 25, "positive")
        turned = [f(position * a) for a in angles for f in (math.sin, math.cos)]
        draw.matrix(centers[0] - 34, y + 36, 1, d_model, tint="positive",
                    cell=(36, 20), entries=[[_number(v, 1) for v in turned]])  # fmt: skip
    draw.text((180, 62 + 106 * len(positions) - 14), "sin, cos of each hand, side by side", 13,
              muted=True)  # fmt: skip
    return draw.picture()


def _number(value: float, digits: int) -> str:
    """With a true minus sign, and none before zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _hand(draw: Diagram, center: Point, angle: float, length: float, tint: str) -> None:
    """An arrow from a centre; angles run from the right, against the clock."""
    x, y = center
    tip = (x + length * math.cos(angle), y - length * math.sin(angle))
    draw.arrow(center, tip, tint=tint, width=1.8)


def rotation(m: int = 3, n: int = 1, shift: int = 4, theta: float = 0.45) -> Picture:
    """Draw a query and a key turned by their positions, and both again, further on in the text.

    Args:
        m, n: positions of the query and of the key.
        shift: how much further they stand in the second picture.
        theta: angle a position, in radians.
    """
    q, k = 0.9, 0.2  # the angles of the two as they come from the projections
    pictures = []
    for moved in (0, shift):
        a, b = q + (m + moved) * theta, k + (n + moved) * theta
        between = math.degrees(a - b)
        draw = Diagram(340, 250, alt=(
            f"A query at position {m + moved} and a key at position {n + moved}, each turned by"
            f" its position times theta. Between the two there are {between:.0f} degrees."
        ))  # fmt: skip
        center = (170, 140)
        draw.disc(center, 90, level=0.04)
        for angle, tint in ((q, "query"), (k, "key")):
            x, y = center[0] + 80 * math.cos(angle), center[1] - 80 * math.sin(angle)
            draw.line(center, (x, y), tint=tint, dashed=True)
        _hand(draw, center, a, 88, "query")
        _hand(draw, center, b, 88, "key")
        for angle, words in ((a, f"query, m = {m + moved}"), (b, f"key, n = {n + moved}")):
            side = "start" if math.cos(angle) > 0 else "end"
            x, y = center[0] + 94 * math.cos(angle), center[1] - 104 * math.sin(angle)
            draw.text((min(max(x, 86), 254), y), words, 13, align=side)
        draw.text((170, 242), f"(m − n) = {m - n}, and {between:.0f}° between them", 13)
        pictures.append(draw.picture())
    return side_by_side(*pictures, alt="The same two words, early and later in a text.")


def penalties(slopes: Sequence[float] = (0.25, 0.0625), T: int = 5) -> Picture:
    """Draw what ALiBi adds to the scores of two heads.

    Args:
        slopes: of the heads.
        T: positions of the text.
    """
    pictures = []
    for head, slope in enumerate(slopes):
        distance = [[max(i - j, 0) for j in range(T)] for i in range(T)]
        said = [["" if j > i else _number(-slope * (i - j), 2) for j in range(T)] for i in range(T)]
        draw = Diagram(340, 250, alt=(
            f"Head {head}: a triangle of numbers, 0 on the diagonal and {slope:g} less for each"
            f" step to the left, down to {-slope * (T - 1):g} in the corner. The future is hidden."
        ))  # fmt: skip
        draw.matrix(
            84, 42, T, T, f"head {head}, slope {slope:g}", "key j", "negative", cell=(48, 34),
            levels=[[-slope * d / max(slopes) / T for d in row] for row in distance],
            entries=said, row_labels=[f"query {i}" for i in range(T)],
        )  # fmt: skip
        pictures.append(draw.picture())
    return side_by_side(*pictures, alt="The biases of two heads.")
