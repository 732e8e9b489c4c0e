"""Listings, numbers and launch buttons as pages show them, and their rules on their own."""

import re

import pytest

from unrolled.checks.source import readable_source

from .building import build_book, lend_packages
from .conftest import ROOT  # puts the extensions on the path

import launching  # isort: skip
import numbering  # isort: skip
import offline  # isort: skip

CONFIG = """only_build_toc_files: true
execute: {execute_notebooks: "off"}
parse: {myst_enable_extensions: [dollarmath]}
sphinx:
  local_extensions: {listing: %s, numbering: %s, mathematics: %s}
  config: {numfig_secnum_depth: 1, html_math_renderer: katex}
"""
CHAPTER = """# A chapter

$$ a = b $$ (eq-one)

$$ b = c $$ (eq-two)

See {eq}`eq-two`.

```{listing} unrolled.attention.scaled_dot_product_attention
```
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The HTML of a page in chapter 6, which stands second in its book."""
    root = tmp_path_factory.mktemp("extensions")
    ext = ROOT / "book/_ext"
    (root / "_config.yml").write_text(CONFIG % (ext, ext, ext))
    (root / "book/06-x").mkdir(parents=True)
    (root / "book/index.md").write_text("# Start\n")
    (root / "book/06-x/chapter.md").write_text(CHAPTER)
    toc = "format: jb-book\nroot: book/index\nchapters:\n  - file: book/06-x/chapter\n"
    (root / "_toc.yml").write_text(toc)
    lend_packages(root)
    build_book(root)
    return (root / "_build/html/book/06-x/chapter.html").read_text(encoding="utf-8")


def text_of(markup):
    """HTML without its tags, with its characters."""
    plain = re.sub(r"<[^>]*>", "", markup)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'")):
        plain = plain.replace(entity, character)
    return plain.replace("&amp;", "&")


def test_a_listing_is_the_librarys_source(page):
    from unrolled.attention import scaled_dot_product_attention as reference

    body = re.search(r'<div class="highlight-python[^>]*>(.*?)</div>\s*</div>', page, re.S)[1]
    assert readable_source(reference, docstring=False).strip() == text_of(body).strip()
    assert "@views" not in page


def test_a_listing_has_a_caption_and_a_number(page):
    caption = re.search(r'class="code-block-caption">(.*?)</div>', page, re.S)[1]
    assert "unrolled.attention.scaled_dot_product_attention" in text_of(caption)
    assert "6.1" in text_of(caption)


def test_equations_have_the_chapters_number(page):
    assert re.findall(r'class="eqno">\((.*?)\)', page) == ["6.1", "6.2"]
    assert "See (6.2)" in text_of(page) or "See\n(6.2)" in text_of(page)


@pytest.mark.parametrize(
    ("page", "number"),
    [("book/00-a/chapter", (0,)), ("exercises/13-b/13-b", (13,)), ("book/x", ())],
)
def test_chapter_number(page, number):
    assert numbering.chapter_number(page) == number


def test_a_chapter_opens_itself_and_its_assignment(tmp_path):
    (tmp_path / "exercises/06-x").mkdir(parents=True)
    (tmp_path / "exercises/06-x/06-x.ipynb").touch()
    assignment = ("exercises/06-x/06-x.ipynb", False)
    for page in ("book/06-x/chapter", "book/06-x/further"):
        assert launching.notebooks_of(page, tmp_path) == {
            "This page": (f"{page}.ipynb", True),
            "Its assignment": assignment,
        }
    assert launching.notebooks_of("exercises/06-x/06-x", tmp_path) == {"Open": assignment}
    assert [*launching.notebooks_of("book/07-y/chapter", tmp_path)] == ["This page"]
    assert launching.notebooks_of("book/glossary", tmp_path) == {}


def test_npm_is_found_where_the_system_has_none(monkeypatch):
    monkeypatch.setattr(offline.shutil, "which", lambda name: None)
    assert all(part.startswith("/") for part in offline.npm_command())
    assert offline.subprocess.run([*offline.npm_command(), "--version"]).returncode == 0


def test_a_failed_fetch_says_so(monkeypatch, tmp_path):
    lend_packages(tmp_path)
    monkeypatch.setattr(offline, "STAMP", "none")
    monkeypatch.setattr(offline, "npm_command", lambda: ["false"])
    with pytest.raises(offline.ExtensionError, match="KaTeX could not be fetched"):
        offline.packages(tmp_path)


def test_the_lock_pins_hashes_and_names_no_host():
    lock = (ROOT / "book/package-lock.json").read_text(encoding="utf-8")
    assert '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock
