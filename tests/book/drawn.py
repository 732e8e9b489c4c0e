"""Every diagram of the book, and what is wrong with diagrams on a page in a browser."""

import inspect
from pathlib import Path

import pydata_sphinx_theme
import torch

from unrolled.plots import Picture, diagrams

from .conftest import ROOT
from .rooms import beside

WORDS = ["the", "dog", "hid", "its", "bone"]
# For a chapter's diagrams that cannot be drawn without arguments.
ARGUMENTS = {
    "00-warm-up.answers": lambda: ("to␣be␣or␣not␣to␣be", "o"),
    "00-warm-up.loop": lambda: (list("to␣be␣"), [6, 5, 0, 1, 2], 7),
    "01-words.tree": lambda: (
        " bone",
        [(b"b", b"o"), (b"n", b"e"), (b" ", b"bo"), (b" bo", b"ne")],
    ),
    "02-recurrence.gradient": lambda: ([0.75, 1.24], [-0.278, -0.224, -0.296]),
    "05-alignment.step": lambda: (WORDS, [0.31, 0.04, 0.04, 0.58, 0.03], "versteckte", "seinen"),
    "06-self-attention.row": lambda: (
        WORDS,
        3,
        *torch.linspace(-3, 3, 50).view(5, 10).split([4, 4, 2], 1),
    ),
}
MAPS = [{"attention"}, {"attention", "heads"}, {"block"}, {"encoder"}, set(diagrams.PARTS), set()]

LOOK = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><title>t</title>{styles}
<style>main {{ max-width: 740px; margin: 16px }}</style>
<body style="margin: 0; {colours}"><main>{body}</main></body></html>"""


def chapter_functions():
    """Name to function of every diagram in ``book/diagrams.py`` and ``book/*/diagrams.py``."""
    found = {}
    for file in [ROOT / "book/diagrams.py", *sorted(ROOT.glob("book/*/diagrams.py"))]:
        module = beside(file.parent, file.stem)
        for function_name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == file.stem and not function_name.startswith("_"):
                found[f"{file.parent.name}.{function_name}"] = function
    return found


def drawings():
    """Name to picture of every diagram of the book."""
    found = {name: f(*ARGUMENTS.get(name, tuple)()) for name, f in chapter_functions().items()}
    found["legend"] = diagrams.legend()
    found |= {f"map {'+'.join(sorted(lit)[:2])}": diagrams.transformer(lit) for lit in MAPS}
    assert all(isinstance(picture, Picture) for picture in found.values())
    return found


def stand(folder, name, body):
    """Write a page on which diagrams stand, with the theme's own colours, or in a notebook's."""
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    sheets = [theme / "styles/pydata-sphinx-theme.css", ROOT / "book/_static/moving.css"]
    sheets += [ROOT / "book/_static/diagrams.css"]
    styles = "".join(f"<style>{sheet.read_text(encoding='utf-8')}</style>" for sheet in sheets)
    themed = "background: var(--pst-color-background); color: var(--pst-color-text-base)"
    looks = {
        "light": ("light", styles, themed),
        "dark": ("dark", styles, themed),
        "notebook": ("light", "", "background: #fff; color: #000"),
        "dark-notebook": ("dark", "", "background: #111; color: #e0e0e0"),
    }
    for look, (mode, sheet, colours) in looks.items():
        page = PAGE.format(theme=mode, styles=sheet, colours=colours, body=body)
        (folder / f"{name}-{look}.html").write_text(page, encoding="utf-8")
    return tuple(looks)
