"""What the theme and its companions leave out for readers without a mouse or without sight.

Checked by axe on every page: ``tests/book/test_form_of_pages.py``.
"""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

# What is written, and what is right instead.
INSTEAD = (
    # Its entries are of role doc-biblioentry, which are no list items to ARIA of today.
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
    # The name of what opens a cell's code is what can be read there.
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
)


def _code_below(app: Any, doctree: nodes.document, page: str) -> None:
    """Put what opens a cell's code below the cell's figure, for the eye and the keyboard alike."""
    for code in list(doctree.findall(HideCodeCellNode)):
        cell = code.parent
        if cell.get("hide_mode") == "input":
            cell.remove(code)
            cell.append(code)


def _name_chevrons(navigation: BeautifulSoup) -> BeautifulSoup:
    """Say whose pages a chevron of the sidebar opens; the theme draws an arrow without a name."""
    for summary in navigation.select("li > details > summary"):
        link = summary.parent.parent.find("a")
        summary["aria-label"] = f"Pages below {link.get_text(strip=True)}"
    return navigation


def _mend(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    for wrong, right in INSTEAD if "body" in context else ():
        context["body"] = context["body"].replace(wrong, right)
    draw = context["generate_toctree_html"]

    def named(*args: Any, **options: Any) -> BeautifulSoup:
        return _name_chevrons(BeautifulSoup(str(draw(*args, **options)), "html.parser"))

    context["generate_toctree_html"] = named


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, after the theme."""
    app.connect("doctree-resolved", _code_below)
    app.connect("html-page-context", _mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
