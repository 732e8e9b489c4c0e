"""Pages as they are served: for every reader, at every width, and light enough for a phone."""

import pytest

from . import axe
from .conftest import ROOT
from .form import IN_FORM, sources
from .pages import PAGES
from .serving import serve
from .visit import visit

pytestmark = [pytest.mark.browser, pytest.mark.published]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
BYTES, BYTES_SECOND = 700_000, 250_000
REACH = 500  # pixels from a control's upper edge to the lower edge of the main result

IN_THEME = "(theme) => { document.documentElement.dataset.theme = theme; }"
# The theme looks again which tables and listings scroll a third of a second after the last resize.
RESIZED = "() => new Promise((done) => setTimeout(done, 400))"
WIDER = """() => {
    const room = document.documentElement.clientWidth;
    return document.documentElement.scrollWidth <= room ? [] :
      [`${document.documentElement.scrollWidth} pixels wide where ${room} are`];
}"""
# The theme's own logos, beside the title, have their size from its style sheet.
IMAGES = """() => [...document.images].flatMap((image) => [
    ...["width", "height"]
      .filter((name) => image.closest("main article") && !image.hasAttribute(name))
      .map((name) => `no ${name}`),
    ...(image.alt.trim() || image.role === "presentation" ? [] : ["no alternative text"]),
  ].map((fault) => `${fault}: ${image.outerHTML.slice(0, 120)}`))"""
# A picture that stands still, and is neither in a numbered figure nor waiting in one that moves.
UNNUMBERED = """() =>
    [...document.querySelectorAll("article :is(.cell_output, figure) :is(img, svg[role=img])")]
    .filter((picture) => !picture.closest("figure.moving"))
    .filter((picture) => !picture.closest("figure")?.querySelector("figcaption .caption-number"))
    .map((picture) => `a figure without a number: ${picture.outerHTML.slice(0, 120)}`)"""
REACHES = """() => [...document.querySelectorAll("figure.moving")].flatMap((figure) => {
    const control = figure.querySelector("[data-control]:not([data-result] *)");
    const result = figure.querySelector("[data-result]");
    const kind = figure.dataset.kind;
    if (!control || !result) return [`${kind} has no control or marks no main result`];
    const top = (control.labels?.[0] ?? control).getBoundingClientRect().top;
    const reach = Math.round(result.getBoundingClientRect().bottom - top);
    return reach > %d ? [`${kind}: control and main result take ${reach} pixels`] : [];
  })"""
SENT = """async () => {
    for (const image of document.images) image.loading = "eager"; // a reader comes to all of them
    await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
    return ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
      .map((entry) => [entry.name, entry.transferSize]);
}"""
# What no table of contents names: the index, the search and what it found, and words it has marked.
OTHERS = [
    "genindex.html",
    "search.html",
    "search.html?q=softmax",
    "book/notation.html?highlight=mask",
    "book/06-self-attention/chapter.html?highlight=softmax",
]
chapters = pytest.mark.parametrize(
    "name", [str(page.relative_to(ROOT).with_suffix("")) for page in sources(IN_FORM)]
)


def faults(tab):
    """What is wrong with the page in a tab, in both themes and at both widths."""
    found = set()
    axe.teach(tab)
    for window in (PHONE, DESK):
        if tab.viewport_size != window:
            tab.set_viewport_size(window)
            tab.evaluate(RESIZED)
        for theme, rules in (("light", None), ("dark", axe.COLOURS)):
            tab.evaluate(IN_THEME, theme)
            here = f"{theme}, {window['width']} px: "
            found |= {here + fault for fault in axe.ask(tab, rules)}
        found |= {f"{window['width']} px: {fault}" for fault in tab.evaluate(WIDER)}
    return sorted(found | set(tab.evaluate(IMAGES)))


def weight(browser, address):
    """Bytes that a first visit of a page transfers, and the heaviest files."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    sent = sorted(((size, name) for name, size in page.evaluate(SENT)), reverse=True)
    context.close()
    return sum(size for size, _ in sent), sent[:5]


@pytest.mark.parametrize("name", [*(f"{name}.html" for name in PAGES), *OTHERS])
def test_a_page_is_for_every_reader(tab, site, name):
    with visit(tab, f"{site}/{name}", window=PHONE) as seen:
        found = faults(seen.page)
        assert not found, "\n".join(found)


def test_every_page_of_the_site_is_looked_at(built):
    looked_at = {f"{name}.html" for name in PAGES} | {name.split("?")[0] for name in OTHERS}
    site = {str(p.relative_to(built)) for p in built.rglob("*.html") if "_static" not in p.parts}
    assert site - looked_at <= {"index.html"}  # which leads on to the first page


@chapters
def test_a_page_is_light(browser, site, name):
    limit = BYTES + (BYTES_SECOND if name.endswith("further") else 0)
    total, heaviest = weight(browser, f"{site}/{name}.html")
    assert 0 < total <= limit, f"{total:,} bytes, at most {limit:,}; {heaviest}"


@chapters
def test_still_figures_have_numbers(tab, site, name):
    with visit(tab, f"{site}/{name}.html") as seen:
        assert seen.page.evaluate(UNNUMBERED) == []


@chapters
def test_a_control_and_its_result_are_seen_together(tab, site, name):
    with visit(tab, f"{site}/{name}.html", window=PHONE) as seen:
        assert seen.page.evaluate(REACHES % REACH) == []


BAD = {
    "color-contrast": "<p style='color: #aaa; background: #fff'>Pale.</p>",
    "image-alt": "<img src='a.gif' width=1 height=1>",
    "scrollable-region": "<div style='width: 99px; overflow: auto'><pre>"
    + "x" * 400
    + "</pre></div>",
    "pixels wide": "<div style='width: 2000px'>wide</div>",
    "no width": "<img alt=a height=1 src='data:,'>",
    "no height": "<img alt=a width=1 src='data:,'>",
    "no alternative text": "<img width=1 height=1 alt=' ' src='data:,'>",
}
PAGE = "<!doctype html><html lang=en><link rel=icon href='data:,'><title>t</title>"
PAGE += "<main><article><h1>h</h1>{}"
CONTROL = "<figure class=moving data-kind=k data-ready><button data-control=a>a</button>{}</figure>"
RESULT = "<div style='height: {}px'></div><p data-result>1</p>"


@pytest.fixture
def stand(tmp_path):
    """Serve one page with the given body; returns its address."""
    server, address = serve(tmp_path)

    def write(body):
        (tmp_path / "page.html").write_text(PAGE.format(body), encoding="utf-8")
        return f"{address}/page.html"

    yield write
    server.shutdown()


def test_a_good_page_has_no_faults(tab, stand):
    tab.goto(stand("<p>Good.</p>"))
    assert faults(tab) == []


@pytest.mark.parametrize("fault", BAD)
def test_each_fault_is_found(tab, stand, fault):
    tab.goto(stand(BAD[fault]))
    assert any(fault in found for found in faults(tab))


def test_a_dark_page_is_looked_at(tab, stand):
    tab.goto(stand("<style>[data-theme=dark] p { color: #eee }</style><p>Gone in the dark.</p>"))
    assert [found[:12] for found in faults(tab)] == ["dark, 1440 p", "dark, 390 px"]


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (RESULT.format(300), None),
        (RESULT.format(600), "k: control and main result take 6"),
        ("<p>1</p>", "marks no main result"),
    ],
)
def test_a_far_result_is_found(tab, stand, result, says):
    tab.goto(stand(CONTROL.format(result)))
    found = tab.evaluate(REACHES % REACH)
    assert len(found) == bool(says)
    assert not says or says in found[0]


def test_an_unnumbered_figure_is_found(tab, stand):
    image = "<img alt=a src='data:,'>"
    numbered = f"<figure>{image}<figcaption><i class=caption-number>Figure 1</i></figure>"
    tab.goto(stand(f"{numbered}<div class=cell_output>{image}</div>"))
    (found,) = tab.evaluate(UNNUMBERED)
    assert found.startswith("a figure without a number: <img")


def test_a_weight_is_what_was_sent(browser, stand):
    total, _ = weight(browser, stand("<p>" + "very compressible " * 10_000))
    assert 0 < total < 5000  # of 180,000
    total, heaviest = weight(browser, stand("<script src='page.html?a'></script>" + "x" * 1000))
    assert len(heaviest) == 2
