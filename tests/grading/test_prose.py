"""What learners write is read by whoever marks, and does nothing there."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbformat.v4 import new_markdown_cell, new_notebook

from grading.drawn import PNG, page
from grading.spellings import LINKS, PLAIN, RUN, TEX
from unrolled.checks import examine, exercise
from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.pictures import Album
from unrolled.grading.submissions.prose import as_code, safe_prose, safe_raw
from unrolled.grading.submissions.reading import Cell, Submission
from unrolled.grading.submissions.rendering import ACTIVE_TEX, is_allowed, is_harmless
from unrolled.grading.submissions.repair import Said


def parsed(text):
    return BeautifulSoup(markdown2html(text), "html.parser")


def acts(text):
    """What of a text acts on a page, seen without the code that is tested."""
    soup = parsed(text)
    found = [t["href"] for t in soup.find_all("a") if not is_web(t["href"])]
    found += [t for t in soup.find_all(True) if any(a.startswith("on") for a in t.attrs)]
    found += soup.find_all(["script", "svg", "iframe", "object", "embed", "form", "style", "link"])
    found += soup.find_all("img", src=lambda src: not src.startswith("data:image/"))
    found += soup.find_all(class_="mermaid")
    return found


def is_web(url):
    host = url.split("/")[2] if url.startswith(("https://", "http://")) else ""
    inside = ("localhost", "localhost.", "localhost.:8888")
    named = "." in host and not host.endswith(inside) and "@" not in host
    return url.startswith(("#", "mailto:")) or (named and host.split(".")[-1].isalpha())


def read(text):
    """The letters and digits of a text, as somebody reads them."""
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("text", LINKS.values(), ids=LINKS.keys())
def test_no_spelling_of_a_link_leads_anywhere_but_to_web_pages(text):
    safe = safe_prose(text).text
    assert not acts(safe)
    assert read(RUN) in read(safe) or RUN not in text


def test_the_spellings_do_act_where_nothing_is_done():
    """As stock formgrader shows them; what another renderer would take is asked for as well."""
    inert = {name for name, text in LINKS.items() if not acts(text)}
    assert inert <= {
        "leading control", "tab inside", "escaped", "angles with blanks", "autolink",
        "in pretended code", "first of two", "comment", "entities of a fence", "next line",
        "between odd ticks", "tag in pieces",
    }  # fmt: skip


@pytest.mark.parametrize("text", TEX.values(), ids=TEX.keys())
def test_no_formula_acts(text):
    safe = safe_prose(text).text
    soup = parsed(safe)
    for code in soup.find_all(["pre", "code"]):
        code.decompose()
    assert not ACTIVE_TEX.search(soup.get_text())
    assert ACTIVE_TEX.search(parsed(text).get_text())
    assert not ACTIVE_TEX.search(BeautifulSoup(safe_raw(text), "html.parser").get_text())


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_stays_as_it_is_and_nothing_is_said(text):
    said = Said()
    assert safe_prose(text, said=said).text == text
    assert said == Said()


def test_what_became_of_a_link_is_said():
    said = Said()
    assert safe_prose("[x](/api) [y](https://example.org)", said=said).text == (
        "[x] (/api) [y](https://example.org)"
    )
    assert said.notes == ["A link that leads to no web page was made plain text."]
    assert not said.doubts


@pytest.mark.parametrize(
    "heading",
    ["# check-causal_mask", "check-causal_mask\n===", "## explain-same-word-twice-comment",
     "# check- *causal_mask*", "# explain same word twice"],
)  # fmt: skip
def test_no_heading_takes_the_name_of_a_field_for_marks(heading, release):
    theirs = Submission("learner-01", (Cell("markdown", heading),))
    made = match(theirs, release).notebook
    soup = BeautifulSoup(page(made), "html.parser")
    for name in release.graded:
        assert all(tag.name in ("input", "textarea") for tag in soup.find_all(id=name))


def test_a_long_text_is_shown_as_it_was_typed_with_its_pictures_below():
    picture = Album().take("attachment:a.png", PNG)
    said = Said()
    written = safe_prose("word \r[x](javascript:x) " * 2_000, [picture], said)
    assert not acts(written.text.replace("attachment:a.png", "data:image/png"))
    assert written.text.endswith("\n\n![](attachment:a.png)")
    assert "without its formatting" in said.notes[0]


def test_the_courses_own_text_stays_as_it_is(release):
    course = next(c for c in release.notebook.cells if "](../" in c.source)
    made = match(Submission("learner-01", (Cell("markdown", course.source),)), release).notebook
    assert any(cell.source == course.source for cell in made.cells)


def test_an_answers_own_words_are_no_formula():
    def padding_mask(ids, pad_id):
        raise ValueError(r"$\href{javascript:x}{y}$")

    shown = examine(exercise("padding_mask").id, padding_mask)._repr_html_()
    assert "href" in shown
    outer = BeautifulSoup(shown, "html.parser").find(True)
    assert "tex2jax_ignore" in outer["class"]
    assert not outer.find_next_siblings()


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "HTTP://EXAMPLE.ORG/", "https://a.b.example:8080/c?d#e",
     "https://пример.рф/x", "https://example.org/a%20b", "mailto:learner-01@example.org", "#x",
     "https://example.org?a=b&amp;c=d"],
)  # fmt: skip
def test_links_to_web_pages_are_allowed(url):
    assert is_allowed(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.①:8888", "127.0.0.⁰", "a.ℓocalhost", "a.ｌocalhost", "x.localhost。", "x.localhost｡",
     "a.b。localhost:8888", "a.local\u00adhost", "a.local\u200bhost", "a.local%E2%80%8Bhost",
     "localhost.localdomain:8888", "host.docker.internal", "server.local", "a.loc\ufe0falhost"],
)  # fmt: skip
def test_no_host_that_browsers_read_as_near_by_is_allowed(host):
    assert not is_allowed(f"http://{host}/")


PIECES = [
    *LINKS.values(), *TEX.values(), *PLAIN, "[", "](", "]:", "![", "<", ">", "`", "```\n", "~~~\n",
    "$", "$$", "\\", "\n", "\n\n", " ", "    ", "\t", "> ", "* ", "1. ", "# ", "|", "|-|\n", "===",
    "\r", "\x0b", "\u2028", "\0", "&", "&#", ";", "attachment:", "attachment:a.png", "a.png)",
    "javascript:x", ")", "(", "'", '"', "**", "_", "[r]", "[r]: a.png\n", "<img src=a.png>",
    "\\begin{a}", "\\end{a}", "\\\\[", "\\\\]", "\\\\(", "https://", "http://a.b", "{", "}", "ſ",
]  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_any_prose_renders_and_is_harmless(text):
    album = Album()
    pictures = [album.take("attachment:a.png", PNG), album.take("a.png", PNG)]
    written = safe_prose(text, pictures)
    assert is_harmless(written.text, written.pictures, ())
    assert is_harmless(as_code(text), {}, ())
    cell = new_markdown_cell()
    written.put(cell)
    raw = nbformat.v4.new_raw_cell(safe_raw(text))
    notebook = new_notebook(cells=[cell, raw])
    nbformat.validate(notebook)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=15))
def test_any_notebook_of_prose_becomes_a_page(texts):
    picture = Album().take("attachment:a.png", PNG)
    cells = []
    for text in texts:
        cells.append(new_markdown_cell())
        safe_prose(text, [picture]).put(cells[-1])
    assert "<html" in page(new_notebook(cells=cells))
