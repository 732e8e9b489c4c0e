"""Each chapter's page is a notebook, too: its prose as Markdown, and the cells that a reader sees.

``book/NN-slug/chapter.ipynb`` lies among the site's sources, where the download button finds it;
``.ci/notebooks-branch`` publishes it for Colab and Binder. Its first cell fetches the repository
as it was when the book was built. Cells that a page strips are left out: they compute numbers for
the prose, where these stand written out. What such a cell shows is kept as text.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from string import Template
from typing import Any

import nbformat
from docutils import nodes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from plain_markdown import MarkdownWriter, Unwritable
from sphinx.util import logging

LOG = logging.getLogger(__name__)
PAGE = re.compile(r"book/\d\d-[^/]+/(chapter|further)$")
FIRST = Path(__file__).with_name("first_cell.py")


def is_chapter(page: str) -> bool:
    """Whether a page is one that has a notebook, such as ``book/06-self-attention/chapter``."""
    return bool(PAGE.match(page))


def page_cells(writer: MarkdownWriter, document: nodes.document) -> list[Any]:
    """Return a resolved page's cells in order, Markdown and code, without outputs."""
    cells, prose = [], []
    for kind, content, tags in [*_pieces(writer, document), ("end", "", [])]:
        if prose and (kind != "prose" or content.startswith("#")):
            cells.append(new_markdown_cell("\n\n".join(prose), id=f"cell-{len(cells) + 1}"))
            prose = []
        if kind == "prose":
            prose.append(content)
        elif kind == "code":
            hidden = {"jupyter": {"source_hidden": True}} if "hide-input" in tags else {}
            new = new_code_cell(content, id=f"cell-{len(cells) + 1}", metadata=hidden)
            cells.append(new)
    return cells


def _pieces(writer: MarkdownWriter, node: nodes.Element) -> Iterator[tuple[str, str, list[str]]]:
    for child in node.children:
        if isinstance(child, nodes.section):
            yield from _pieces(writer, child)
        elif getattr(child, "attributes", {}).get("nb_element") == "cell_code":
            yield from _cell(writer, child)
        else:
            yield from (("prose", block, []) for block in writer.blocks(child))


def _cell(writer: MarkdownWriter, cell: nodes.Element) -> Iterator[tuple[str, str, list[str]]]:
    """A cell that can be read is code, its output to come; of others there is only the output."""
    parts = {part.get("nb_element"): part for part in cell.findall(nodes.Element)}
    shown, output = parts.get("cell_code_source"), parts.get("cell_code_output")
    if shown:
        tags = cell.get("cell_metadata", {}).get("tags", [])
        yield "code", shown.astext(), tags
        for figure in output.findall(nodes.figure) if output else ():
            caption = next(iter(figure.findall(nodes.caption)), None)
            yield from (("prose", x, []) for x in writer.caption("figure", figure, caption))
    elif output:
        yield from (("prose", block, []) for block in writer.inside(output))


def first_cell(page: str, repository: str, commit: str) -> str:
    """Return the code that fetches a page's repository at a commit and prepares the kernel.

    Args:
        page: the page's name.
        repository: where git finds the repository.
        commit: what is checked out.
    """
    needs = [need for need in requires("unrolled") or () if "extra" not in need]
    return Template(FIRST.read_text(encoding="utf-8")).substitute(
        repository=repository,
        commit=commit,
        folder=str(Path(page).parent),
        needs=" ".join(needs),
    )


def built_commit(root: Path, otherwise: str) -> str:
    """Return the commit that is checked out, or a branch's name where there is no git."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
        return done.stdout.strip() if not done.returncode else ""

    commit = git("rev-parse", "HEAD")
    if commit and git("status", "--porcelain"):
        LOG.info("the notebooks fetch commit %s, without the changes made since", commit[:7])
    return commit or otherwise


def _write(app: Any, page: str, template: str, context: dict[str, Any], document: Any) -> None:
    if not (document and is_chapter(page) and app.builder.name == "html"):
        return
    address = f"{app.config.html_baseurl}{page}.html" if app.config.html_baseurl else ""
    try:
        cells = page_cells(MarkdownWriter(app.builder, page, address), document)
    except Unwritable as lack:
        LOG.warning("%s", lack, location=lack.node)
        return
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path = _path(app, page)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _begin(app: Any, problem: Exception | None) -> None:
    """Give every notebook its first cell, that of this build, also where the page was not new."""
    if problem or app.builder.name != "html":
        return
    theme = app.config.html_theme_options
    commit = built_commit(Path(app.srcdir), theme.get("repository_branch", "main"))
    for page in filter(is_chapter, app.env.all_docs):
        path = _path(app, page)
        if not path.exists():
            continue
        notebook = nbformat.read(path, as_version=4)
        code = first_cell(page, theme.get("repository_url", ""), commit)
        title = {"cellView": "form", "jupyter": {"source_hidden": True}}
        cells = [cell for cell in notebook.cells if cell.id != "fetch"]
        notebook.cells = [new_code_cell(code.strip(), id="fetch", metadata=title), *cells]
        nbformat.write(notebook, path)


def _path(app: Any, page: str) -> Path:
    return Path(app.outdir) / "_sources" / f"{page}.ipynb"


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, after the theme has put what it made of the page's source there."""
    app.connect("html-page-context", _write, priority=900)
    app.connect("build-finished", _begin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
