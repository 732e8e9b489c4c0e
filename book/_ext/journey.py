"""Where a chapter stands: the way through the book, or the Transformer, with its part lit.

It is put below the title of each page in a chapter's folder, so that no chapter can forget it, and
only once the page is HTML, so that the search does not find every chapter for each word of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection
from typing import Any

from numbering import chapter_number

from unrolled.checks.sections import CHAPTERS
from unrolled.plots.diagrams import PARTS, transformer

# What each chapter adds, in a word or two.
NAMES = dict(zip(CHAPTERS, (
    "warm-up", "words", "RNN", "LSTM", "seq2seq", "alignment", "attention", "heads", "positions",
    "block", "Transformer", "BERT", "GPT", "modern", "beyond",
), strict=True))  # fmt: skip
# From chapter 6 on: what is lit on the map of the Transformer.
LIT: dict[int, Collection[str]] = {
    6: ("attention",), 7: ("attention", "heads"), 8: ("positions",), 9: ("block",), 10: PARTS,
    11: ("encoder",), 12: ("decoder",), 13: ("positions", "heads", "norm", "feed-forward"),
    14: ("words",),
}  # fmt: skip
MARK = re.compile(r"</h1>\s*")


def strip(here: int, link: Callable[[str], str | None]) -> str:
    """Return the chapters as a list in which one is current.

    Args:
        here: number of the current chapter.
        link: from a chapter's folder to the address of its page; None where it is not written.
    """
    items = []
    for number, (folder, name) in enumerate(NAMES.items()):
        address = link(folder)
        if number == here:
            item = f'<li aria-current="page">{name}</li>'
        elif address is None:
            item = f"<li>{name}</li>"
        else:
            item = f'<li><a href="{html.escape(address)}">{name}</a></li>'
        items.append(item)
    return (
        '<nav class="journey" data-pagefind-ignore aria-label="The way through the book">'
        f"<ol>{''.join(items)}</ol></nav>\n"
    )


def transformer_map(here: int) -> str:
    """Return the map of the Transformer with what chapter ``here`` is about lit."""
    return (
        f'<div class="journey" data-pagefind-ignore>{transformer(LIT[here])._repr_html_()}</div>\n'
    )


def _show(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    number = chapter_number(page)
    if not number or not page.startswith("book/") or "body" not in context:
        return

    def link(folder: str) -> str | None:
        other = f"book/{folder}/chapter"
        return context["pathto"](other) if other in app.env.found_docs else None

    markup = transformer_map(number[0]) if number[0] in LIT else strip(number[0], link)
    context["body"] = MARK.sub(lambda found: found[0] + markup, context["body"], count=1)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, and add the style of maps and diagrams."""
    app.add_css_file("diagrams.css")
    app.connect("html-page-context", _show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
