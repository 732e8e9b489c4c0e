"""Icons: every one that is named is seen, and one that the theme does not have is a fault."""

import pytest
from fontTools.ttLib import TTFont

from .building import build_book, lend_packages, run_build
from .conftest import ROOT  # puts the extensions on the path
from .pages import CHAPTERS
from .visit import visit

import icons  # isort: skip

CONFIG = """only_build_toc_files: true
execute: {execute_notebooks: "off"}
sphinx:
  local_extensions: {icons: %(ext)s}
"""
# Every icon as it is drawn: the letter before an element, and its font.
DRAWN = """() => [...document.querySelectorAll("i[class*='fa-']")].map((icon) => {
    const style = getComputedStyle(icon, "::before");
    return [icon.className, style.content, style.fontFamily, style.fontWeight];
})"""


def build(root, text, run):
    lend_packages(root)
    (root / "_config.yml").write_text(CONFIG % {"ext": ROOT / "book/_ext"})
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (root / "index.md").write_text(f"# Start\n\n{text}\n")
    return run(root)


def codes(*names):
    """The letters of icons, as the theme's style sheet has them."""
    style = (icons.THEME / icons.STYLE).read_text(encoding="utf-8")
    return icons.letters(icons.cut_rules("".join(icons.RULE.findall(style)), set(names)))


def test_the_font_has_what_pages_and_scripts_name_and_little_else(tmp_path):
    build(tmp_path, "{fas}`cat` {fab}`python`", build_book)
    site = tmp_path / "_build/html"
    fonts = {f.name: TTFont(f).getBestCmap() for f in (site / "_static" / icons.FONTS).iterdir()}
    solid, brands = fonts["fa-solid-900.woff2"].keys(), fonts["fa-brands-400.woff2"].keys()
    assert len(codes("fa-cat", "fa-bars", "fa-circle-half-stroke", "fa-xmark") & solid) == 4
    assert codes("fa-python") & brands
    assert not codes("fa-dog") & solid
    assert len(solid) < 60
    assert not list(site.rglob("*.ttf"))
    style = (site / "_static" / icons.STYLE).read_text(encoding="utf-8")
    assert ".fa-cat:before" in style
    assert ".fa-dog:before" not in style
    assert ".ttf" not in style
    assert "fontawesome.js" not in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("icon", ["{fas}`no-such-icon`", "{fas}`python`", "{far}`cat`"])
def test_an_icon_that_the_theme_does_not_have_is_a_fault(tmp_path, icon):
    done = build(tmp_path, icon, run_build)
    assert done.returncode != 0
    assert "index.html names the icon" in done.stdout + done.stderr


@pytest.mark.browser
@pytest.mark.parametrize("name", [CHAPTERS[0], "book/index"])
def test_every_icon_of_a_page_is_seen(tab, site, built, name):
    fonts = {f.stem: TTFont(f).getBestCmap() for f in (built / "_static" / icons.FONTS).iterdir()}
    with visit(tab, f"{site}/{name}.html") as seen:
        drawn = seen.page.evaluate(DRAWN)
        assert len(drawn) > 8
        for classes, letter, family, weight in drawn:
            assert "Font Awesome" in family
            font = "fa-brands-400" if "Brands" in family else f"fa-solid-{weight}"
            assert ord(letter.strip('"')) in fonts[font], classes
