"""Every page of the book as a reader gets it: light and dark, laptop and phone."""

import os
import re

import pytest

from .conftest import ROOT
from .pages import CHAPTERS, PAGES
from .visit import PHONE, visit

pytestmark = pytest.mark.browser
SHOTS = ROOT / "build/screenshots"
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
IN_THEME = "(theme) => document.documentElement.dataset.theme === theme"


def shoot(seen, theme, name):
    """Where nobody can look (on CI), keep a picture of the page; it takes as long as a visit."""
    if os.environ.get("CI"):
        (SHOTS / theme).mkdir(parents=True, exist_ok=True)
        path = SHOTS / theme / f"{name.replace('/', '_')}.png"
        seen.page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("name", PAGES)
@THEMES
def test_a_page_has_no_faults(tab, site, name, theme):
    with visit(tab, f"{site}/{name}.html", theme) as seen:
        shoot(seen, theme, name)
        assert seen.look() == []
        assert seen.page.evaluate(IN_THEME, theme)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(tab, site, name):
    with visit(tab, f"{site}/{name}.html", window=PHONE) as seen:
        shoot(seen, "phone", name)
        assert seen.look() == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_shows_its_mathematics_and_figures(tab, site, name):
    source = (ROOT / f"{name}.md").read_text(encoding="utf-8")

    def written(pattern):
        return len(re.findall(pattern, source, re.MULTILINE | re.DOTALL))

    with visit(tab, f"{site}/{name}.html") as seen:
        count = seen.page.locator
        equations = count("div.math > .katex-display").count()
        assert equations >= written(r"^```\{math\}|^\$\$.+?\$\$") > 0
        assert count("figure.moving").count() >= written(r"^(plots\.)?moving\(") > 0
        assert count("img.figure-picture").count() >= written(r"^(plots\.)?show\(") > 0


def test_the_front_door_leads_to_the_book(tab, site):
    with visit(tab, f"{site}/book/index.html") as seen:
        seen.page.goto(f"{site}/index.html")
        seen.page.wait_for_url(f"{site}/book/index.html")
