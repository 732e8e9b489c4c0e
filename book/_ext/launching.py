"""Launch buttons open the notebook to work in: a chapter's page has its assignment behind them.

The theme links Colab and Binder to the page's own file, which for a chapter is Markdown that Colab
cannot open. On a chapter they lead to ``exercises/NN-slug/NN-slug.ipynb``; on a page that has no
notebook there are none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def notebook_of(page: str, root: Path) -> str | None:
    """Return the notebook, relative to the repository, that a page opens; None if it has none.

    Args:
        page: the page's name, e.g. ``book/06-self-attention/chapter``.
        root: the repository's root.
    """
    if page.startswith("exercises/"):
        return f"{page}.ipynb"
    parts = page.split("/")
    if len(parts) != 3 or parts[2] != "chapter":
        return None
    notebook = f"exercises/{parts[1]}/{parts[1]}.ipynb"
    return notebook if (root / notebook).exists() else None


def _launch(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    notebook = notebook_of(page, Path(app.srcdir))
    groups = [g for g in context.get("header_buttons", []) if g.get("label") == "launch-buttons"]
    for group in groups:
        if notebook is None:
            context["header_buttons"].remove(group)
            continue
        for button in group["buttons"]:
            head, found, _ = button["url"].rpartition(page)
            if found:
                button["url"] = head + notebook


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, after the theme has made its buttons."""
    app.connect("html-page-context", _launch, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
