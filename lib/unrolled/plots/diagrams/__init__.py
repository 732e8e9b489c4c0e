"""Diagrams of the book: one set of glyphs, drawn as inline SVG in the colours of the page.

A chapter's diagrams are functions in ``book/NN-slug/diagrams.py`` that compose a
:class:`~unrolled.plots.diagrams.glyphs.Diagram`: the same glyph means the same thing in every
chapter, and :func:`~unrolled.plots.diagrams.legend.legend` shows them all.
"""

from unrolled.plots.diagrams.canvas import side_by_side
from unrolled.plots.diagrams.glyphs import Diagram
from unrolled.plots.diagrams.legend import legend
from unrolled.plots.diagrams.place import Place
from unrolled.plots.diagrams.transformer import PARTS, transformer

__all__ = ["PARTS", "Diagram", "Place", "legend", "side_by_side", "transformer"]
