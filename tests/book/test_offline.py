"""The site needs nothing but itself: no page or style sheet names a file on another host."""

import re

import pytest

pytestmark = pytest.mark.browser  # needs the built book

LOADED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video)\b[^>]*\bsrc=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|icon))[^>]*\bhref=["']?((?:https?:)?//[^"'\s>]+)"""
)
IN_STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""")


def test_pages_load_nothing_from_elsewhere(built):
    pages = [page for page in built.rglob("*.html") if "_static" not in page.parts]
    assert len(pages) > 5
    found = {(page.name, *hit) for page in pages for hit in LOADED.findall(page.read_text("utf-8"))}
    assert found == set()


def test_pages_name_no_content_network(built):
    scripts = "".join(
        script
        for page in built.rglob("*.html")
        for script in re.findall(r"<script[^>]*>.*?</script>", page.read_text("utf-8"), re.S)
    )
    assert not re.search(r"unpkg\.com|jsdelivr|cdnjs|googleapis|gstatic", scripts)


def test_styles_load_nothing_from_elsewhere(built):
    sheets = list(built.rglob("*.css"))
    assert sheets
    assert {hit for sheet in sheets for hit in IN_STYLE.findall(sheet.read_text("utf-8"))} == set()
