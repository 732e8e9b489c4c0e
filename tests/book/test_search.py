"""Search: in English and Chinese, over http and from files, and what it costs."""

import gzip
import re
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import pytest

from .conftest import ROOT
from .pages import CHAPTERS
from .visit import PHONE, listening, visit

pytestmark = pytest.mark.browser
HAN = re.compile(r"[\u3400-\u9fff]+")
GLOSSARY = "book/glossary.html"


def glossary_queries():
    """Every Chinese run of the glossary's terms, the run without its first character, its last."""
    source = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    terms = [line for line in source.split("```{glossary}")[1].splitlines() if line[:1].strip()]
    runs = HAN.findall("\n".join(terms))
    assert len(runs) > 50
    return sorted({part for run in runs for part in (run, run[1:], run[-1:]) if part})


@contextmanager
def asked(tab, site, query, **where):
    """The search page once it has answered, without a fault."""
    with visit(tab, f"{site}/search.html?q={quote(query)}", **where) as seen:
        seen.page.wait_for_function("""() => {
            const said = document.querySelector(".search-summary")
              ?? document.getElementById("search-status");
            return said.textContent && !said.textContent.startsWith("Searching");
        }""")
        yield seen.page
        assert seen.look() == []


def links(page):
    """Where the results lead."""
    found = page.locator("#search-results li a")
    return [link.get_attribute("href") for link in found.all()]


def status(page):
    return page.locator("#search-status").inner_text()


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("padding mask", "book/06-self-attention/chapter.html#the-padding-mask"),
        ("softmax", "book/00-warm-up/chapter.html#softmax"),
        ("Softmax", "book/api/basics.html#unrolled.basics.softmax"),
        (
            "backpropagations",
            "book/glossary.html#term-backpropagation",
        ),  # a form of it
        ("masked_fill", "book/06-self-attention/chapter.html#"),  # stands in code alone
        ("dot-product attention", "book/glossary.html#term-dot-product-attention"),
        ("注意力", "book/glossary.html#term-attention"),
        ("自注意力", "book/glossary.html#term-self-attention"),
        ("梯度 消失", "book/glossary.html#term-vanishing-gradient"),
        ("attention 多头", "book/glossary.html#term-multi-head-attention"),
    ],
)
def test_search_finds(tab, site, query, wanted):
    with asked(tab, site, query, window=PHONE) as page:
        assert any(link.startswith(wanted) for link in links(page)), links(page)
        assert re.match(rf"\d+ places? found for “{query}”", status(page))


def test_search_finds_every_chinese_term_and_its_parts(tab, site):
    missed = []
    with asked(tab, site, "") as page:
        field = page.locator(".search-page input[name=q]")
        for query in glossary_queries():
            field.fill(query)
            field.press("Enter")
            page.wait_for_function(
                "(said) => document.getElementById('search-status').textContent.includes(said)",
                arg=f"“{query}”",
            )
            if not any(link.startswith(GLOSSARY) for link in links(page)):
                missed.append(query)
    assert missed == []


@pytest.mark.parametrize("query", ["注意力", "attention", "Attention"])
def test_the_very_term_comes_first(tab, site, query):
    with asked(tab, site, query) as page:
        assert links(page)[0] == "book/glossary.html#term-attention"
        first = page.locator("#search-results li a").first.inner_text()
        assert first == "attention · 注意力 · 注意力机制"
        assert page.locator(".search-place").first.inner_text() == "Glossary · 术语表"


@pytest.mark.parametrize("query", ["attenshun", "softmax qqqq", "注意鬱"])
def test_nothing_found_is_said(tab, site, query):
    with asked(tab, site, query) as page:
        assert status(page).startswith(f"Nothing found for “{query}”")
        assert links(page) == []


def test_an_empty_query_is_answered(tab, site):
    with asked(tab, site, "") as page:
        assert status(page) == "Type a word, in English or Chinese."


@pytest.mark.parametrize("query", ["<img src=x onerror=alert(1)>", "<mark>softmax</mark>"])
def test_markup_in_a_query_is_text(tab, site, query):
    with asked(tab, site, query) as page:
        assert query in status(page)
        assert page.locator(".search-page :is(img, #search-status *)").count() == 0


def test_search_fetches_little_and_no_page(tab, site, built):
    fetched = []
    heard = {"request": lambda request: fetched.append(urlsplit(request.url).path)}
    with listening(tab, heard), asked(tab, site, "padding mask") as page:
        assert len(links(page)) == 15
    pages = [path for path in fetched if path.endswith(".html")]
    assert pages == ["/search.html"]
    ours = {path for path in fetched if "/pagefind/" in path or "/search." in path}
    files = [(built / path.lstrip("/")).read_bytes() for path in ours]
    assert sum(len(gzip.compress(file)) for file in files) < 150_000
    assert not any("searchindex" in path for path in fetched)


def test_a_page_loads_no_index(tab, site):
    fetched = []
    heard = {"request": lambda request: fetched.append(request.url)}
    with listening(tab, heard), visit(tab, f"{site}/{CHAPTERS[0]}.html"):
        pass
    assert not [url for url in fetched if "search" in url or "pagefind" in url]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_search_by_keyboard_from_a_chapter(tab, site, theme):
    with visit(tab, f"{site}/{CHAPTERS[0]}.html", theme) as seen:
        page = seen.page
        page.keyboard.press("Control+k")
        page.keyboard.type("padding mask")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=padding+mask")
        page.wait_for_selector("#search-results li")
        assert seen.look() == []
        assert page.evaluate("() => document.activeElement.name") == "q"
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('#search-results li') !== null")
        page.keyboard.press("Enter")
        page.wait_for_url("**/glossary.html#term-padding-mask")
        assert page.locator("#term-padding-mask").is_visible()
        assert seen.look() == []


def test_search_answers_while_one_types(tab, site):
    with asked(tab, site, "") as page:
        page.locator(".search-page input[name=q]").press_sequentially("softm")
        page.wait_for_selector("#search-results li")
        assert any("softmax" in link for link in links(page))
        assert page.url.endswith("?q=softm")


def test_more_results_follow(tab, site):
    with asked(tab, site, "softmax") as page:
        first = links(page)
        page.get_by_role("button", name="More results").press("Enter")
        page.wait_for_function(
            "(n) => document.querySelectorAll('#search-results li').length > n", arg=15
        )
        assert links(page)[:15] == first
        assert len(set(links(page))) == len(links(page)) == 30
        assert page.locator("#search-results li:nth-child(16) a:focus").count() == 1


@pytest.mark.parametrize(
    "word", ["注意力", "自注意力", "力", "attention 注意力", "padding mask", "softmax"]
)
def test_search_works_from_files(tab, built, word):
    with asked(tab, built.as_uri(), word) as page:
        assert any(link.startswith(GLOSSARY) for link in links(page)), links(page)
        assert page.locator("[role=status]", has_text="Search finished").count() == 1


def test_from_files_both_words_are_wanted(tab, built):
    with asked(tab, built.as_uri(), "residual 注意力") as page:
        assert {link.split("#")[0] for link in links(page)} <= {GLOSSARY}


@pytest.mark.parametrize("word", ["attenshun", "机鬱"])
def test_from_files_nothing_found_is_said(tab, built, word):
    with asked(tab, built.as_uri(), word) as page:
        assert "did not match" in page.locator("[role=status]", has_text="match").inner_text()


def test_without_scripts_the_page_says_what_to_do(browser, site):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/search.html?q=softmax")
    note = page.locator(".search-page noscript")
    assert "Searching needs JavaScript" in note.inner_text()
    for link in note.locator("a").all():
        assert page.request.get(f"{site}/{link.get_attribute('href')}").ok
    page.close()
