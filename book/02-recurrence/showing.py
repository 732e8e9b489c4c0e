"""Pictures of chapter 2's page that are no curves: small images with a line of text below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pictures
from torch import Tensor

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram

WIDE, GAP = 80, 12  # of a picture, and between two


def captioned(images: Tensor, captions: Sequence[str], alt: str) -> Picture:
    """Show pictures (n, 3 * SIDE * SIDE) in a row, each with its caption.

    They are drawn as marks: a page in the dark theme inverts images, and red would stay red but
    white would become black.

    Args:
        images: as ``pictures.gallery`` makes them, at most 4.
        captions: a line for each.
        alt: what the row shows.
    """
    draw, side = Diagram(358, WIDE + 64, alt), pictures.SIDE
    pixel = WIDE / side
    left = (358 - len(images) * (WIDE + GAP) + GAP) / 2
    bytes_of = (images.clamp(0, 1) * 255).round().int().view(-1, 3, side, side)
    for n, (image, words) in enumerate(zip(bytes_of, captions, strict=True)):
        x = left + n * (WIDE + GAP)
        for row in range(side):
            for column in range(side):
                red, green, blue = image[:, row, column].tolist()
                draw.shape(
                    "rect", x=x + column * pixel, y=row * pixel, width=pixel, height=pixel,
                    fill=f"rgb({red} {green} {blue})", shape_rendering="crispEdges",
                )  # fmt: skip
        for line, said in enumerate(textwrap.wrap(words, 13)):
            draw.text((x + WIDE / 2, WIDE + 12 + 16 * line), said, 12)
    return draw.picture()


def folded(text: str, width: int = 45) -> list[str]:
    """The lines of a text, long ones folded so that they fit on a phone."""
    return [part for line in text.splitlines() for part in textwrap.wrap(line, width) or [""]]
