"""The map below a chapter's title: the way through the book, or the Transformer with a part lit."""

import re

import pytest

from unrolled.plots.diagrams import PARTS

from .building import build_book
from .conftest import ROOT  # puts the extensions on the path

import journey  # isort: skip

CONFIG = """only_build_toc_files: true
execute: {execute_notebooks: "off"}
sphinx:
  local_extensions: {journey: %s}
  config: {html_static_path: [%s]}
"""
PAGES = [
    "00-warm-up/chapter",
    "00-warm-up/further",
    "02-recurrence/chapter",
    "07-multi-head/chapter",
]
SIZES = {390: 260, 1440: 150}  # width of the window, greatest height of a map


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of a built book with chapters 0, 2 and 7."""
    root = tmp_path_factory.mktemp("journey")
    (root / "_config.yml").write_text(CONFIG % (ROOT / "book/_ext", ROOT / "book/_static"))
    files = ["book/index", *(f"book/{page}" for page in PAGES), "exercises/00-warm-up/00-warm-up"]
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / f"{file}.md").write_text(f"# {file}\n\nText.\n")
    chapters = "".join(f"  - file: {file}\n" for file in files[1:])
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: {files[0]}\nchapters:\n{chapters}")
    build_book(root)
    return root / "_build/html"


def way(page):
    """The map of a page's HTML."""
    return re.search(r'<nav class="journey".*?</nav>', page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES[:3])
def test_one_chapter_is_current_and_links_lead_to_pages(book, page):
    file = book / f"book/{page}.html"
    markup = way(file)[0]
    (current,) = re.findall(r'<li aria-current="page">(.*?)</li>', markup)
    assert current == journey.NAMES[page.split("/")[0]]
    assert len(re.findall("<li", markup)) == len(journey.NAMES)
    links = re.findall(r'href="(.*?)"', markup)
    assert len(links) == 2  # of three chapters, all but the page's own
    assert all((file.parent / link).exists() for link in links)


def test_the_map_stands_below_the_title(book):
    text = (book / "book/00-warm-up/chapter.html").read_text(encoding="utf-8")
    assert re.search(r"</h1>\s*<nav class=.journey.*?</nav>\s*<p>Text", text, re.DOTALL)
    later = (book / "book/07-multi-head/chapter.html").read_text(encoding="utf-8")
    assert re.search(r"</h1>\s*<div class=.journey.*?<svg", later, re.DOTALL)
    assert not way(book / "book/07-multi-head/chapter.html")


@pytest.mark.parametrize("page", ["book/index", "exercises/00-warm-up/00-warm-up"])
def test_no_other_page_has_a_map(book, page):
    assert "journey" not in re.sub(r"<link[^>]*>", "", (book / f"{page}.html").read_text())


def test_the_search_does_not_find_every_chapter_for_a_word_of_the_map(book):
    assert "seq2seq" not in (book / "searchindex.js").read_text(encoding="utf-8")


def test_from_chapter_6_on_each_lights_parts_of_the_transformer():
    assert sorted(journey.LIT) == list(range(6, len(journey.NAMES)))
    assert all(set(lit) and set(lit) <= set(PARTS) for lit in journey.LIT.values())
    maps = {journey.transformer_map(number) for number in journey.LIT}
    assert len(maps) == len(journey.LIT)  # no two chapters have the same


@pytest.mark.browser
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("page", [PAGES[0], PAGES[-1]])
def test_the_map_is_small(tab, book, page, width):
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto((book / f"book/{page}.html").as_uri())
    box = tab.locator(".journey").bounding_box()
    assert 20 < box["height"] <= SIZES[width]
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
