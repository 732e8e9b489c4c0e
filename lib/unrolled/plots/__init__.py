"""Pictures of the book: one style, alt text on every figure, figures that move, and tables.

A figure has no background, so that it lies on a light and on a dark page alike. Colours are those
of Okabe and Ito (2008), which colour-blind readers tell apart.
"""

from unrolled.plots.comparisons import bars, seeds
from unrolled.plots.curves import curves, gradient_flow, growth, loss_curves, stack
from unrolled.plots.look import PALETTE, style
from unrolled.plots.matrices import (
    alignment,
    attention_heads,
    gates,
    heatmap,
    heatmaps,
    positions,
)
from unrolled.plots.pages import Picture, moving, show
from unrolled.plots.plane import mixture, points, scatter
from unrolled.plots.tables import table, vector

__all__ = [
    "PALETTE", "Picture", "alignment", "attention_heads", "bars", "curves", "gates",
    "gradient_flow", "growth", "heatmap", "heatmaps", "loss_curves", "mixture", "moving",
    "points", "positions", "scatter", "seeds", "show", "stack", "style", "table", "vector",
]  # fmt: skip
