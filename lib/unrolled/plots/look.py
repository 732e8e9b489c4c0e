"""One look for all pictures of the book.

A figure has no background: on a dark page the book's style sheet turns black into white and keeps
the hues. Colours are those of Okabe and Ito (2008), which colour-blind readers tell apart.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

__all__ = ["PALETTE", "SHARES", "SIGNED", "style"]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Zero is white, positive blue, negative orange: the same in the figures that move (moving.css).
SIGNED = LinearSegmentedColormap.from_list("unrolled", ["#D55E00", "#FFFFFF", "#0072B2"])
# From nothing to all: the positive half of it, a little darker at the end.
SHARES = LinearSegmentedColormap.from_list("unrolled shares", ["#FFFFFF", "#0072B2", "#003B5C"])
# Fonts with Chinese characters, of Linux, macOS and Windows; what is installed of them is used.
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "Microsoft YaHei", "SimHei", "Arial Unicode MS",
)  # fmt: skip


def style() -> None:
    """Use the book's look for every matplotlib figure made from now on."""
    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.figsize": (5.0, 3.0),  # letters of 12 pixels, and of 9 on a phone
            "font.family": ["DejaVu Sans", *chinese_fonts(), "sans-serif"],
            "font.size": 9,
            "legend.fontsize": 8.5,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Names of the installed fonts that have Chinese characters."""
    fonts = font_manager.fontManager.ttflist
    installed = {font.name for font in fonts if Path(font.fname).exists()}  # its list may be old
    return tuple(name for name in CHINESE if name in installed)


def without_glyph(figure: Figure) -> set[str]:
    """Characters of a figure that no font in use can draw; they would come out as boxes."""
    texts = {text.get_text() for text in figure.findobj(Text)}
    characters = {character for text in texts for character in text if not character.isspace()}
    fonts = [
        font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=[name])))
        for name in mpl.rcParams["font.family"]
    ]
    return {c for c in characters if not any(font.get_char_index(ord(c)) for font in fonts)}
