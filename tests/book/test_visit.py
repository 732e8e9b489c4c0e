"""The visitor itself: a good page has no faults, and each kind of fault is found."""

import pytest

from .serving import serve
from .visit import PHONE, visit

pytestmark = pytest.mark.browser

BAD = {
    "console error": "<script>console.error('deliberate')</script>",
    "script error": "<script>throw new Error('deliberate')</script>",
    "status 404": "<img alt='gone' src='gone.png'>",
    "a request to another host": "<script src='http://127.0.0.2:9/script.js'></script>",
    "a request failed": "<script src='http://127.0.0.2:9/script.js'></script>",
    "an image without": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "mathematics that": r"<span class='math'>x</span>",
    "a formula with an error": "<span class='katex-error'>bad</span>",
    "a figure that does not move": "<figure class='moving' data-kind='k'></figure>",
    "a control without a name": "<figure class='moving' data-ready><input></figure>",
    "wider than the window": "<main><div style='width: 2000px'>wide</div></main>",
}
PAGE = "<!doctype html><html lang=en><link rel=icon href='data:,'><title>t</title><body>{}</body>"


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stand")
    for name, body in {"good": "<p>Good.</p>", **BAD}.items():
        file = folder / f"{name.replace(' ', '-')}.html"
        file.write_text(PAGE.format(body), encoding="utf-8")
    server, address = serve(folder)
    yield address
    server.shutdown()


def test_a_good_page_has_no_faults(tab, stand):
    with visit(tab, f"{stand}/good.html", window=PHONE) as seen:
        assert seen.look() == []


@pytest.mark.parametrize("fault", BAD)
def test_each_fault_is_found(tab, stand, fault):
    with visit(tab, f"{stand}/{fault.replace(' ', '-')}.html", window=PHONE) as seen:
        assert any(found.startswith(fault) for found in seen.look())


def test_a_fault_is_not_blamed_on_the_page_after(tab, stand):
    with visit(tab, f"{stand}/console-error.html") as before:
        pass
    with visit(tab, f"{stand}/script-error.html") as after:
        pass
    assert (len(before.faults), len(after.faults)) == (1, 1)
