"""Every page of the book as a reader gets it: light and dark, laptop and phone."""

import re

import pytest

from .conftest import ROOT
from .pages import CHAPTERS, PAGES
from .visit import PHONE, visit

pytestmark = pytest.mark.browser
SHOTS = ROOT / "build/screenshots"


def shot(theme, name):
    """Where the screenshot of a page is kept, for people to look at."""
    (SHOTS / theme).mkdir(parents=True, exist_ok=True)
    return SHOTS / theme / f"{name.replace('/', '_')}.png"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_faults(browser, site, name, theme):
    with visit(browser, f"{site}/{name}.html", theme) as seen:
        seen.page.screenshot(path=shot(theme, name), full_page=True)
        assert seen.page.evaluate("document.documentElement.dataset.theme") == theme
        assert seen.look() == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(browser, site, name):
    with visit(browser, f"{site}/{name}.html", window=PHONE) as seen:
        seen.page.screenshot(path=shot("phone", name), full_page=True)
        assert seen.look() == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_shows_its_mathematics_and_figures(browser, site, name):
    source = (ROOT / f"{name}.md").read_text(encoding="utf-8")

    def written(pattern):
        return len(re.findall(pattern, source, re.MULTILINE | re.DOTALL))

    with visit(browser, f"{site}/{name}.html") as seen:
        count = seen.page.locator
        equations = count("mjx-container[display=true]").count()
        assert equations >= written(r"^```\{math\}|^\$\$.+?\$\$") > 0
        assert count("figure.moving").count() >= written(r"^(plots\.)?moving\(") > 0
        assert count("img.figure-card").count() >= written(r"^(plots\.)?show\(") > 0


def test_the_front_door_leads_to_the_book(browser, site):
    with visit(browser, f"{site}/book/index.html") as seen:
        seen.page.goto(f"{site}/index.html")
        seen.page.wait_for_url(f"{site}/book/index.html")


def test_search_finds_a_chapter(browser, site):
    with visit(browser, f"{site}/search.html?q=padding+mask") as seen:
        seen.page.wait_for_selector("ul.search a")
        assert seen.page.locator("ul.search a[href*='06-self-attention']").count() >= 1
        assert seen.look() == []
