"""The book holds the pages of its table of contents, whatever else lies in the repository."""

import re
import shutil

import pytest

from .building import build_book, lend_packages
from .conftest import ROOT
from .pages import PAGES

TOC = """format: jb-book
root: book/start
chapters:
  - file: book/00-warm-up/chapter
  - file: exercises/00-warm-up/00-warm-up
"""
HEAD = """---
file_format: mystnb
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
DECOY = """
# Not a page of the book
```{code-cell} ipython3
open("was-run", "w").close()
```
"""
NOTEBOOK = """{"cells": [
{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Exercises"},
{"cell_type": "code", "id": "b", "metadata": {}, "source": "open('was-run', 'w').close()",
"outputs": [], "execution_count": null}],
"metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
"nbformat": 4, "nbformat_minor": 5}"""
ELSEWHERE = (".venv/lib/pkg/docs", "class/submitted/learner-01/06", "build/web", "lib/pkg", "tests")
ELSEWHERE += (
    "mylib",
    "solutions/00-warm-up",
    "benchmarks",
    "book/node_modules/pkg",
    ".github",
    ".",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A repository with our settings, two pages, and notes and notebooks wherever they may lie."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("_config.yml", "book/_ext", "book/_static", "book/references.bib"):
        (root / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    lend_packages(root)
    for folder in ELSEWHERE:
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "decoy.md").write_text(HEAD + DECOY)
        (root / folder / "decoy.ipynb").write_text(NOTEBOOK)
    (root / "book/start.md").write_text(f"{HEAD}\n# Start\n")
    (root / "book/00-warm-up").mkdir()
    (root / "book/00-warm-up/chapter.md").write_text(f"{HEAD}\n# Chapter\n")
    (root / "exercises/00-warm-up").mkdir(parents=True)
    (root / "exercises/00-warm-up/00-warm-up.ipynb").write_text(NOTEBOOK)
    (root / "_toc.yml").write_text(TOC)
    build_book(root)
    return root


def test_only_pages_of_the_table_are_built(clone):
    pages = {str(p.relative_to(clone / "_build/html")) for p in clone.glob("_build/html/**/*.html")}
    generated = {"genindex.html", "search.html", "index.html"}
    wanted = {"book/start.html", "book/00-warm-up/chapter.html"}
    wanted.add("exercises/00-warm-up/00-warm-up.html")
    assert {page for page in pages if "_static" not in page} - generated == wanted


def test_nothing_else_is_executed(clone):
    assert list(clone.rglob("was-run")) == []


COLAB = "https://colab.research.google.com/github/unrolled-course/unrolled/blob"
BINDER = "https://mybinder.org/v2/gh/unrolled-course/unrolled"
ASSIGNMENT = "exercises/00-warm-up/00-warm-up"
CHAPTER = "book/00-warm-up/chapter"
ITS_ASSIGNMENT = [
    f"{BINDER}/main?urlpath=lab/tree/{ASSIGNMENT}.ipynb",
    f"{COLAB}/main/{ASSIGNMENT}.ipynb",
]
THIS_PAGE = [
    f"{BINDER}/notebooks?urlpath=lab/tree/{CHAPTER}.ipynb",
    f"{COLAB}/notebooks/{CHAPTER}.ipynb",
]


@pytest.mark.parametrize(
    ("name", "links"), [(ASSIGNMENT, ITS_ASSIGNMENT), (CHAPTER, THIS_PAGE + ITS_ASSIGNMENT)]
)
def test_a_chapter_and_its_assignment_open_elsewhere(clone, name, links):
    page = (clone / f"_build/html/{name}.html").read_text()
    assert re.findall(r'href="(https://(?:colab|mybinder)[^"]*)"', page) == links


def test_a_chapter_can_be_downloaded_as_a_notebook(clone):
    page = (clone / f"_build/html/{CHAPTER}.html").read_text()
    (link,) = re.findall(r'href="([^"]*\.ipynb)"[^>]*btn-download-notebook', page)
    notebook = (clone / f"_build/html/{CHAPTER}.html").parent / link
    assert "UNROLLED_REPOSITORY" in notebook.read_text()  # ours, with the cell that fetches


def test_a_page_without_notebook_opens_nowhere(clone):
    page = (clone / "_build/html/book/start.html").read_text()
    assert "colab.research" not in page
    assert "mybinder" not in page


def test_every_page_of_the_table_exists():
    missing = [
        page
        for page in PAGES
        if not any((ROOT / f"{page}{end}").exists() for end in (".md", ".ipynb"))
    ]
    assert missing == []


def test_every_chapter_is_in_the_table():
    chapters = {
        str(page.relative_to(ROOT).with_suffix("")) for page in ROOT.glob("book/*/chapter.md")
    }
    assert chapters <= set(PAGES)
