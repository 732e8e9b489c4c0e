"""Pictures of the book: one style, alt text on every figure, figures that move, and tables.

A figure stands on a white card, so that it reads the same on a light and on a dark page. Colours
are those of Okabe and Ito (2008), which colour-blind readers tell apart.
"""

from unrolled.plots.curves import gradient_flow, growth, loss_curves
from unrolled.plots.look import PALETTE, style
from unrolled.plots.matrices import alignment, attention_heads, gates, heatmap, positions
from unrolled.plots.pages import Picture, moving, show, table

__all__ = [
    "PALETTE", "Picture", "alignment", "attention_heads", "gates", "gradient_flow", "growth",
    "heatmap", "loss_curves", "moving", "positions", "show", "style", "table",
]  # fmt: skip
