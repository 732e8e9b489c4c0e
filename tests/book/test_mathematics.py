"""Mathematics as pages show it, and what is said of a formula that cannot be set."""

import os
import re
import subprocess
import sys

import pytest

from .building import build_book, lend_packages, run_build
from .conftest import ROOT  # puts the extensions on the path
from .serving import serve
from .visit import PHONE, visit

import offline  # isort: skip

CONFIG = """only_build_toc_files: true
execute: {execute_notebooks: "off"}
parse: {myst_enable_extensions: [amsmath, colon_fence, dollarmath]}
sphinx:
  extra_extensions: [sphinx.ext.autodoc, sphinx.ext.napoleon]
  local_extensions: {mathematics: %(ext)s, numbering: %(ext)s, offline: %(ext)s}
  config:
    html_context: {default_mode: auto}
    html_favicon: %(static)s/favicon.svg
    html_math_renderer: katex
    html_static_path: [%(static)s]
    math_eqref_format: "({number})"
    numfig_secnum_depth: 1
"""
GOOD = r"""# Powers $x^2$

See {eq}`eq-labelled`.

$$ a = b $$ (eq-labelled)

\begin{align}
c &= d \\
e &= \text{字 und } f
\end{align}

$$ \begin{aligned} g &= h \\ i &= j \end{aligned} $$

$$ k = l \tag{*} $$

## A heading with $\sqrt{m}$

| letter | meaning |
|---|---|
| $n$ | in a cell |

:::{note}
In a note: $o$.
:::

```{figure} ../picture.svg
:name: fig-x
A caption with $p_1$.
```

$$ \underbrace{q + q + q + q + q + q + q + q + q + q + q + q + q}_{13} = 13 q $$ (eq-long)

```{eval-rst}
.. autofunction:: formulas.good
```
"""
DOCSTRING = r'''
def good():
    r"""Do good.

    .. math::
        \begin{aligned}
            r &= s \\
            t &= u
        \end{aligned}

    Returns:
        A :math:`v`.
    """


def bad():
    r"""Do wrong.

    .. math::
        r &= s \\
        t &= u
    """


def inline():
    r"""Do wrong.

    In a sentence, :math:`\nosuchmacro`.
    """
'''
# What goes wrong, as it is written on a page; the build has to name the page and the line.
BAD = {
    "unknown-macro": r"A word, $\nosuchmacro x$.",
    "open-brace": r"$$ \frac{a}{b $$",
    "loose-ampersand": "$$\na &= b \\\\\nc &= d\n$$",
    "loose-line-break": "$$\na = b \\\\\nc = d\n$$",
    "label-inside": "\\begin{align}\na &= b \\label{x}\n\\end{align}",
    "bare-character": r"$$ Q^⊤ K $$",
    "bare-chinese": r"A word, $字$.",
    "empty": "```{math}\n\n```",
    "untrusted": r"A word, $\href{https://x.example}{x}$.",
    "in-a-cell": "| a |\n|---|\n| $\\nosuchmacro$ |",
    "in-a-heading": "## A part $\\nosuchmacro$",
    "docstring": "```{eval-rst}\n.. autofunction:: formulas.bad\n```",
    "docstring-inline": "```{eval-rst}\n.. autofunction:: formulas.inline\n```",
}
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def make(root, pages):
    """The files of a book whose first page is empty; ``pages`` are those of its chapter 6."""
    lend_packages(root)
    values = {"ext": ROOT / "book/_ext", "static": ROOT / "book/_static"}
    (root / "_config.yml").write_text(CONFIG % values)
    (root / "book/06-x").mkdir()
    (root / "book/index.md").write_text("# Start\n")
    (root / "book/picture.svg").write_text(PICTURE)
    (root / "formulas.py").write_text(DOCSTRING)
    names = "".join(f"  - file: book/06-x/{name}\n" for name in pages)
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n{names}")
    for name, text in pages.items():
        (root / f"book/06-x/{name}.md").write_text(text)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A built book with formulas wherever they can stand."""
    root = tmp_path_factory.mktemp("mathematics")
    make(root, {"chapter": GOOD})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{root}:{ROOT / 'lib'}")
        build_book(root)
    return root / "_build/html"


@pytest.fixture(scope="module")
def script():
    """KaTeX's script, in the version that the lock pins."""
    return str(offline.packages(ROOT) / "katex/dist/katex.min.js")


@pytest.fixture(scope="module")
def page(site):
    return (site / "book/06-x/chapter.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What a build prints whose pages have one bad formula each, on line 5."""
    root = tmp_path_factory.mktemp("bad")
    make(root, {name: f"# {name}\n\nGood: $x$.\n\n{text}\n" for name, text in BAD.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{root}:{ROOT / 'lib'}")
        done = run_build(root)
    assert done.returncode != 0
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def test_every_formula_is_set_for_eye_and_ear(page):
    article = page[page.index("<article") : page.index("</article>")]
    letters = set(re.findall(r"<mi>(\w)</mi>", article))
    assert letters >= set("abcdefghijklmnopqrstuv")
    assert article.count('class="katex-html"') == article.count("<math ") == 12
    assert "katex-error" not in page


def test_equations_have_the_chapters_number_once(page):
    assert re.findall(r'class="eqno">\((.*?)\)', page) == ["6.1", "6.2", "6.3"]
    assert ">(6.1)</a>" in page
    assert "eqn-num" not in page  # KaTeX's own numbers, which know nothing of chapters


def test_the_titles_of_window_and_menu_are_readable(site, page):
    assert re.search(r"<title>\s*Powers x\^2", page)
    assert re.search(r"<title>\s*Start", (site / "book/index.html").read_text("utf-8"))


def test_no_script_sets_mathematics(site, page):
    scripts = re.findall(r"<script[^>]*>", page)
    assert not re.search("mathjax|katex", " ".join(scripts), re.IGNORECASE)
    assert not list(site.rglob("*katex*.js"))


def test_the_style_sheet_is_of_the_version_that_sets(site, script):
    style = (site / "_static/katex/katex.css").read_text(encoding="utf-8")
    ask = f"console.log(require({script!r}).version)"
    version = subprocess.run([offline.NODE, "-e", ask], capture_output=True, text=True).stdout
    assert f'content:"{version.strip()}"' in style
    named = set(re.findall(r"url\((fonts/[^)]*)\)", style))
    assert named == {f"fonts/{f.name}" for f in site.glob("_static/katex/fonts/*")}
    assert all(name.endswith(".woff2") for name in named)


def test_katex_ends_with_a_build_that_is_killed(script):
    code = f"""if True:
        import os, pathlib, mathematics
        katex = mathematics.Katex(pathlib.Path({script!r}))
        print("<math" in katex.set("x", display=False), flush=True)
        os.kill(os.getpid(), 9)"""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "book/_ext")}
    # Its pipes stay open as long as a process that it started lives.
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (-9, b"True\n", b"")


@pytest.mark.parametrize("name", BAD)
def test_a_formula_that_cannot_be_set_is_named_with_its_place(said, name):
    elsewhere = {
        "in-a-cell": "cell.md:7",
        "docstring": "formulas.py:docstring of formulas.bad:3",
        "docstring-inline": "formulas.py:docstring of formulas.inline:3",
    }
    place = elsewhere.get(name, f"/{name}.md:5")
    assert re.search(rf"{re.escape(place)}: WARNING: this formula cannot be set: \S", said)


def test_each_bad_formula_is_named(said):
    places = re.findall(r"(\S+): WARNING: this formula cannot be set", said)
    assert len(set(places)) == len(BAD)  # a heading's is said again for each menu it is in


@pytest.mark.browser
def test_a_long_equation_scrolls_by_keyboard_beside_its_number(tab, site):
    server, address = serve(site)
    with visit(tab, f"{address}/book/06-x/chapter.html", window=PHONE) as seen:
        line = "div.math:has(.munder) "
        box = seen.page.locator(f"{line}.katex-display")
        box.focus()
        seen.page.keyboard.press("ArrowRight")
        seen.page.wait_for_function("(box) => box.scrollLeft > 0", arg=box.element_handle())
        number = seen.page.locator(f"{line}.eqno").bounding_box()
        assert number["x"] + number["width"] <= PHONE["width"]
        assert box.bounding_box()["x"] + box.bounding_box()["width"] <= number["x"]
        assert seen.page.locator("div.math > [tabindex]").count() == 1  # short ones are no stop
        assert seen.look() == []
    server.shutdown()
