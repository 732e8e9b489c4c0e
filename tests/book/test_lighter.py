"""A page loads what it uses and nothing else, and what it uses works."""

import re

import pytest

from .building import build_book, lend_packages
from .conftest import ROOT
from .serving import serve
from .visit import visit

CONFIG = """only_build_toc_files: true
execute: {execute_notebooks: "off"}
html: {favicon: %(static)s/favicon.svg}
parse: {myst_enable_extensions: [dollarmath]}
sphinx:
  local_extensions: {icons: %(ext)s, mathematics: %(ext)s}
  config:
    html_context: {default_mode: auto}
    html_math_renderer: katex
    html_static_path: [%(static)s]
"""
RICH = """# Rich

````{tab-set}
```{tab-item} One
first
```
```{tab-item} Two
second
```
````

```{admonition} Answer
:class: dropdown
folded
```

```python
code
```

A formula: $x$.
"""
OPTIONAL = ("design-tabs", "sphinx-design", "togglebutton", "clipboard", "copybutton", "katex")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    root = tmp_path_factory.mktemp("lighter")
    lend_packages(root)
    values = {"ext": ROOT / "book/_ext", "static": ROOT / "book/_static"}
    (root / "_config.yml").write_text(CONFIG % values)
    (root / "_toc.yml").write_text("format: jb-book\nroot: bare\nchapters:\n  - file: rich\n")
    (root / "bare.md").write_text("# Bare\n\nWords.\n")
    (root / "rich.md").write_text(RICH)
    build_book(root)
    return root / "_build/html"


def files(page):
    loaded = re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]*)"', page.read_text("utf-8"))
    return {name for name in OPTIONAL if any(name in path for path in loaded)}


def test_a_page_loads_what_it_uses(site):
    assert files(site / "rich.html") == set(OPTIONAL)
    assert files(site / "bare.html") == set()


@pytest.mark.browser
def test_what_a_page_uses_works(tab, site):
    server, address = serve(site)
    with visit(tab, f"{address}/rich.html") as seen:
        page = seen.page
        page.get_by_text("Two", exact=True).click()
        assert page.get_by_text("second").is_visible()
        assert not page.get_by_text("folded").is_visible()
        page.locator(".admonition-title", has_text="Answer").click()
        page.get_by_text("folded").wait_for(state="visible")
        assert page.locator("button.copybtn").count() == 1
        assert seen.look() == []
    with visit(tab, f"{address}/bare.html") as seen:
        assert seen.look() == []
    server.shutdown()
