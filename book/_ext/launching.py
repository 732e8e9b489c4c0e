"""Launch buttons open notebooks: a chapter's page itself, and the assignment that goes with it.

The theme links Colab and Binder to the page's own file, which for a chapter is Markdown that Colab
cannot open. On a chapter each becomes two: the page, which ``page_notebook`` has made a notebook
and the workflow has put on the branch ``notebooks``, and ``exercises/NN-slug/NN-slug.ipynb``. On a
page that has no notebook there are none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from page_notebook import is_chapter

BRANCH = "notebooks"  # .ci/notebooks-branch makes it
PLACES = {"Binder": "on Binder", "Colab": "in Colab"}


def notebooks_of(page: str, root: Path) -> dict[str, tuple[str, bool]]:
    """Return what a page opens: for each text of a button the notebook, and whether it is built.

    Args:
        page: the page's name, e.g. ``book/06-self-attention/chapter``.
        root: the repository's root; an assignment that is not there has no button.
    """
    if page.startswith("exercises/"):
        return {"Open": (f"{page}.ipynb", False)}
    if not is_chapter(page):
        return {}
    slug = page.split("/")[1]
    assignment = f"exercises/{slug}/{slug}.ipynb"
    found = {"This page": (f"{page}.ipynb", True)}
    if (root / assignment).exists():
        found["Its assignment"] = (assignment, False)
    return found


def _launch(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    notebooks = notebooks_of(page, Path(app.srcdir))
    main = app.config.html_theme_options.get("repository_branch", "main")
    groups = [g for g in context.get("header_buttons", []) if g.get("label") == "launch-buttons"]
    for group in groups:
        if not notebooks:
            context["header_buttons"].remove(group)
            continue
        group["buttons"] = [
            {**button, "text": f"{text} {PLACES[button['text']]}", "url": url}
            for text, (notebook, built) in notebooks.items()
            for button in group["buttons"]
            if (url := _link(button["url"], page, notebook, (main, BRANCH if built else main)))
        ]


def _link(url: str, page: str, notebook: str, branches: tuple[str, str]) -> str:
    """Turn the theme's link to a page into one to a notebook, on another branch if need be."""
    head, found, _ = url.rpartition(page)
    place, _, end = head.rpartition(f"/{branches[0]}")
    return f"{place}/{branches[1]}{end}{notebook}" if found else ""


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, after the theme has made its buttons."""
    app.connect("html-page-context", _launch, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
