"""What a search can find, and the script of the search page on a site of three passages."""

import shutil

import pytest

from .conftest import ROOT, serve  # puts the extensions on the path

import passages  # isort: skip
import searching  # isort: skip

PAGE = """<html><body><nav>Elsewhere</nav><article class="bd-article">
<section id="a-chapter"><h1>A chapter<a class="headerlink">#</a></h1><p>First.</p>
<section id="part"><h2>1.1 Part</h2>
<p>About <b>soft</b>max, <span class="math">\\(d_k\\)</span>.</p>
<pre><span class="gp">&gt;&gt;&gt; </span>z = torch.softmax(z, dim=-1)</pre>
<div class="cell_output"><pre>tensor([0.5])</pre></div></section>
<dl class="py class"><dt class="sig" id="lib.Layer">class lib.Layer</dt><dd><p>A layer.</p>
<dl class="py method"><dt class="sig" id="lib.Layer.forward">forward(x)</dt><dd>Runs.</dd></dl>
</dd></dl>
<dl class="glossary"><dt id="term-a">attention</dt><dt id="term-0">注意力</dt><dd>A mean.</dd></dl>
</section></article></body></html>"""


SEARCH = """<!doctype html><html lang=en><meta charset=utf-8><title>t</title><div class=search-page>
<form><input name=q></form><p id=search-status></p><div id=search-results><ol></ol></div>
<button id=search-more hidden>More</button></div><script src=_static/search.js defer></script>"""
MARKUP = "An <img src=x onerror=alert(1)> & an &amp; in the text."


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """The address of a search page that knows three passages."""
    folder = tmp_path_factory.mktemp("stand")
    texts = {"slow": "A slow one.", "fast": "A fast one.", "markup": MARKUP}
    found = [
        passages.Passage(f"x.html#{name}", "title", f"<b>{name}</b>", "<i>Page</i>", text, "")
        for name, text in texts.items()
    ]
    searching.write_index(found, folder / "pagefind")
    (folder / "_static").mkdir()
    shutil.copy(ROOT / "book/_static/search.js", folder / "_static")
    (folder / "search.html").write_text(SEARCH, encoding="utf-8")
    server, address = serve(folder)
    yield address
    server.shutdown()


def test_a_page_has_its_passages():
    chapter, part, layer, forward, term = passages.passages(PAGE, "book/x.html")
    assert (chapter.url, chapter.title, chapter.text) == ("book/x.html", "A chapter", "First.")
    assert (part.url, part.page) == ("book/x.html#part", "A chapter")
    assert part.title == "1.1 Part"
    assert part.text == "About softmax, d_k."
    assert part.code == "z torch.softmax dim"
    assert (layer.title, layer.url) == ("Layer", "book/x.html#lib.Layer")
    assert (forward.title, forward.text) == ("Layer.forward", "forward(x) Runs.")
    assert (term.title, term.url) == ("attention · 注意力", "book/x.html#term-a")
    assert [passage.kind for passage in (part, forward, term)] == ["title", "name", "term"]


def test_a_page_without_an_article_has_none():
    assert passages.passages("<html><body><p>Moved.</p></body></html>", "index.html") == []


def test_an_index_takes_the_place_of_the_last(tmp_path):
    (tmp_path / "stale.pf_index").touch()
    searching.write_index(passages.passages(PAGE, "book/x.html"), tmp_path)
    assert not (tmp_path / "stale.pf_index").exists()
    assert len(list((tmp_path / "fragment").iterdir())) == 5


def test_a_failure_of_pagefind_says_so(tmp_path):
    with pytest.raises(searching.ExtensionError, match="Pagefind wrote no index"):
        searching.write_index([], tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A head. 多头 x", ["A", "head", "多多多", "头头头", "x"]),
        ("Transformer模型", ["Transformer", "模模模", "型型型"]),
    ],
)
def test_sphinx_takes_each_chinese_character_for_a_word(text, words):
    assert searching.SearchEnglishAndChinese({}).split(text) == words


@pytest.mark.browser
def test_markup_in_a_passage_is_text(tab, stand):
    tab.goto(f"{stand}/search.html?q=text")
    item = tab.locator("#search-results li")
    item.wait_for()
    assert item.locator("a").inner_text() == "<b>markup</b>"
    assert item.locator("span").inner_text() == "<i>Page</i>"
    assert item.locator("p").text_content() == MARKUP
    assert item.locator("mark").all_inner_texts() == ["text."]


@pytest.mark.browser
def test_an_answer_that_comes_late_is_dropped(tab, stand):
    held = []
    tab.goto(f"{stand}/search.html")
    tab.get_by_text("Type a word").wait_for()
    tab.route("**/*.pf_fragment", lambda route: route.continue_() if held else held.append(route))
    for query in ("slow", "fast"):
        tab.fill("input", query)
        with tab.expect_request("**/*.pf_fragment"):
            tab.press("input", "Enter")
    tab.get_by_text("1 place found for “fast”").wait_for()
    with tab.expect_response("**/*.pf_fragment"):
        held[0].continue_()
    tab.wait_for_timeout(200)
    assert tab.locator("#search-results a").all_inner_texts() == ["<b>fast</b>"]
    tab.unroute_all()


@pytest.mark.browser
def test_a_search_that_does_not_come_is_said(tab, stand):
    tab.route("**/pagefind.js", lambda route: route.abort())
    tab.goto(f"{stand}/search.html?q=slow")
    tab.get_by_text("The search could not be loaded").wait_for()
    tab.unroute_all()
