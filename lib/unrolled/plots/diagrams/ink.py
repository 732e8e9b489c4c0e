"""Ink, tints, paths and letters: what the strokes of a diagram are made of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from xml.etree import ElementTree

__all__ = ["INK", "MUTED", "SCRIPT", "TINTS", "Point"]

Point = tuple[float, float]
INK = "currentColor"
MUTED = "var(--pst-color-text-muted, currentColor)"
# What a colour means. Okabe and Ito's, but for what the theme or moving.css has a colour for.
TINTS = {
    "plain": INK,
    "query": "#CC79A7",
    "key": "#E69F00",
    "value": "#009E73",
    "positive": "var(--unrolled-positive, #0072B2)",
    "negative": "var(--unrolled-negative, #D55E00)",
    "lit": "var(--pst-color-primary, #0072B2)",
    "head 0": "var(--unrolled-positive, #0072B2)",
    "head 1": "var(--unrolled-negative, #D55E00)",
    "head 2": "#009E73",
    "head 3": "#CC79A7",
}
# d_k, W^Q and x_{t-1} as the equations have them: a letter alone slants, what follows _ or ^ is
# small and out of line.
TOKENS = re.compile(r"([_^])(\{[^}]*\}|.)|([^\W\d_]+)|([^_^]?)")
SCRIPT = 0.78
UPRIGHT = {"font-family": "KaTeX_Main, 'Times New Roman', Times, serif"}
SLANTED = {
    "font-family": "KaTeX_Math, 'Times New Roman', Times, serif",
    "font-style": "italic",
}


def one_of(name: str, given: str, choices: Iterable[str]) -> str:
    """Return what was given if it is one of the choices."""
    if given not in choices:
        raise ValueError(f"{name}={given!r}; wanted one of {', '.join(choices)}")
    return given


def tint_of(tint: str) -> str:
    """The colour with which a place of that tint is filled."""
    return TINTS[one_of("tint", tint, TINTS)]


def edge_of(tint: str) -> str:
    """The colour of its outline: nearer to the ink, so that it is seen on any page."""
    colour = tint_of(tint)
    return INK if colour == INK else f"color-mix(in srgb, {colour} 65%, {INK})"


def number(value: object) -> str:
    """Write a number in as few characters as a picture needs, and leave a text alone."""
    return f"{round(value, 2):g}" if isinstance(value, int | float) else str(value)


def pair(point: Point) -> str:
    """A point in a path."""
    return f"{number(float(point[0]))} {number(float(point[1]))}"


def rounded(points: Iterable[Point], radius: float = 6) -> str:
    """A path through points whose corners are round."""
    points = list(points)
    path = [f"M{pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        ends = []
        for other in (before, after):
            share = min(0.5, radius / (math.dist(corner, other) or 1.0))
            ends.append(tuple(c + share * (o - c) for c, o in zip(corner, other, strict=True)))
        path.append(f"L{pair(ends[0])}Q{pair(corner)} {pair(ends[1])}")
    return "".join([*path, f"L{pair(points[-1])}"])


def plain(node: ElementTree.Element, piece: str, size: float) -> None:
    """Append words to a text."""
    if len(node):
        node[-1].tail = (node[-1].tail or "") + piece
    else:
        node.text = (node.text or "") + piece


def formula(node: ElementTree.Element, piece: str, size: float) -> None:
    """Append a formula to a text: the letters of the equations, slanted, with small indices."""
    whole = ElementTree.SubElement(node, "tspan", UPRIGHT)
    shift = 0.0
    for mark, script, letters, other in TOKENS.findall(piece):
        words = script.strip("{}") or letters or other
        if not words:
            continue
        wanted = {"_": 0.22, "^": -0.36}.get(mark, 0.0) * size
        look = {"dy": number(wanted - shift)} if wanted != shift else {}
        look |= {"font-size": number(SCRIPT * size)} if mark else {}
        look |= SLANTED if words.isalpha() and len(words) == 1 else {}
        shift = wanted
        ElementTree.SubElement(whole, "tspan", look).text = words
    if shift:  # what follows stands on the line again
        ElementTree.SubElement(whole, "tspan", {"dy": number(-shift)}).text = "\u200b"
