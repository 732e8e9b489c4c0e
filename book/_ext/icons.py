"""The theme's icons, cut to those in use: a font of 3 kB where a script of half a megabyte was.

The theme has each icon twice: drawn by a script that knows them all, and as a letter of a font with
a rule in its style sheet. Pages leave out the script (``book/_templates/layout.html``). When they
are written, the icons that they and the scripts name are looked up, and the font and the rules of
all others dropped. A page that names an icon that is not there is a warning.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.util import logging

LOG = logging.getLogger(__name__)
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
STYLE, FONTS = "styles/pydata-sphinx-theme.css", "vendor/fontawesome/webfonts"
FONT_OF = {"fa-solid": "fa-solid-900", "fas": "fa-solid-900", "fa": "fa-solid-900"}
FONT_OF |= {"fa-regular": "fa-regular-400", "far": "fa-regular-400"}
FONT_OF |= {"fa-brands": "fa-brands-400", "fab": "fa-brands-400"}
NAMED = re.compile(r"\b(fa[srb]?|fa-(?:solid|regular|brands))\s+(fa-[\w-]+)")
RULE = re.compile(r"(?:\.fa-[\w-]+:before,?)+\{content:[^}]*\}")
LETTER = re.compile(r"\\([0-9a-f]{2,5})\b|([\ue000-\uf8ff])")
OTHER_FONT = re.compile(r',url\([^)]*\.ttf\) format\("truetype"\)')


def named_icons(folder: Path) -> dict[tuple[str, str], Path]:
    """Return the icons, style and name, that pages and scripts ask for, and a file that does.

    Args:
        folder: a built site.
    """
    files = sorted(file for end in ("html", "js") for file in folder.rglob(f"*.{end}"))
    return {icon: file for file in files for icon in NAMED.findall(file.read_text("utf-8"))}


def cut_rules(style: str, names: set[str]) -> str:
    """Return a style sheet without the rules of icons that are not named."""

    def kept(rule: re.Match[str]) -> str:
        return rule[0] if names & set(re.findall(r"fa-[\w-]+", rule[0])) else ""

    return OTHER_FONT.sub("", RULE.sub(kept, style))


def letters(style: str) -> set[int]:
    """Return the code points of the letters and icons that a style sheet sets before things."""
    return {int(code, 16) if code else ord(letter) for code, letter in LETTER.findall(style)}


def cut_font(source: Path, target: Path, wanted: set[int]) -> None:
    """Write a font with some of its letters."""
    options = subset.Options(flavor="woff2", hinting=False, layout_features=[])
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    subset.save_font(font, str(target), options)


def _missing(icons: dict[tuple[str, str], Path], style: str) -> list[str]:
    has = {file.stem: TTFont(file).getBestCmap() for file in (THEME / FONTS).glob("*.woff2")}
    rules = {name: rule for rule in RULE.findall(style) for name in re.findall(r"fa-[\w-]+", rule)}
    return [
        f"{file.name} names the icon {kind} {name}, which the theme does not have"
        for (kind, name), file in icons.items()
        if f".{name}{{" not in style  # a size, as fa-lg is
        and not letters(rules.get(name, "")) & has[FONT_OF[kind]].keys()
    ]


def _cut(app: Any, problem: Exception | None) -> None:
    if problem or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for script in static.glob("scripts/fontawesome.js*"):
        script.unlink()
    icons = named_icons(Path(app.outdir))
    style = (THEME / STYLE).read_text(encoding="utf-8")
    for fault in _missing(icons, style):
        LOG.warning("%s", fault)
    style = cut_rules(style, {name for _, name in icons})
    (static / STYLE).write_text(style, encoding="utf-8")
    sheets = "".join(file.read_text("utf-8") for file in static.rglob("*.css"))
    for font in (static / FONTS).iterdir():
        font.unlink()
    for font in (THEME / FONTS).glob("*.woff2"):
        cut_font(font, static / FONTS / font.name, letters(sheets))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.setup_extension("offline")  # whose template leaves out the script
    app.connect("build-finished", _cut)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
