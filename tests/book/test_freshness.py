"""An edit in ``lib/`` executes again the pages that import it, and only those."""

import re
import shutil

import pytest

from .building import build_book
from .conftest import ROOT  # puts the extensions on the path

import freshness  # isort: skip

CONFIG = """only_build_toc_files: true
exclude_patterns: [lib/**]
execute: {execute_notebooks: cache, show_tb: true}
sphinx:
  local_extensions: {freshness: book/_ext}
"""
PAGE = """---
file_format: mystnb
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
# Page

```{{code-cell}} ipython3
:tags: [keep]
import sys
sys.path.insert(0, "../lib")
from toy import {module}
print("the value is", {module}.VALUE)
print("executed", file=open("{page}-runs", "a"))
```
"""
LIBRARY = {
    "__init__": "",
    "alpha": "VALUE = 1\n",
    "beta": "from toy.gamma import VALUE\n",
    "gamma": "VALUE = 3\n",
    "finder": "import importlib\n",
}


@pytest.fixture
def toy(tmp_path):
    """Page ``a`` imports alpha; page ``b`` imports beta, which imports gamma."""
    for folder in ("lib/toy", "book", "pages"):
        (tmp_path / folder).mkdir(parents=True)
    for name, code in LIBRARY.items():
        (tmp_path / f"lib/toy/{name}.py").write_text(code)
    for page, module in (("a", "alpha"), ("b", "beta")):
        (tmp_path / f"pages/{page}.md").write_text(PAGE.format(page=page, module=module))
    shutil.copytree(ROOT / "book/_ext", tmp_path / "book/_ext")
    (tmp_path / "_config.yml").write_text(CONFIG)
    toc = "format: jb-book\nroot: pages/a\nchapters:\n  - file: pages/b\n"
    (tmp_path / "_toc.yml").write_text(toc)
    return tmp_path


def runs(root):
    """How often pages a and b were executed."""
    return [(root / f"pages/{page}-runs").read_text().count("executed") for page in "ab"]


def test_an_edit_executes_the_pages_that_import_it(toy):
    build_book(toy)
    assert runs(toy) == [1, 1]
    build_book(toy)
    assert runs(toy) == [1, 1]
    (toy / "lib/toy/gamma.py").write_text("VALUE = 33\n")
    build_book(toy)
    assert runs(toy) == [1, 2]
    assert "the value is 33" in (toy / "_build/html/pages/b.html").read_text()
    assert "the value is 1" in (toy / "_build/html/pages/a.html").read_text()


def test_a_file_that_a_cell_names_counts(toy):
    page = toy / "pages/b.md"
    page.write_text(page.read_text().replace("beta.VALUE", 'open("../data.txt").read()'))
    weights = toy / "pages/trained.safetensors"
    weights.write_bytes(b"beside both pages")
    with pytest.raises(AssertionError, match="No such file or directory"):
        build_book(toy)
    with pytest.raises(AssertionError):  # nothing has changed: it must not pass the second time
        build_book(toy)
    for text in ("seven", "eight"):
        (toy / "data.txt").write_text(text)
        build_book(toy)
        assert f"the value is {text}" in (toy / "_build/html/pages/b.html").read_text()
    assert runs(toy)[0] == 1
    weights.write_bytes(b"trained again")
    build_book(toy)
    assert runs(toy)[0] == 2


def test_data_that_came_or_went_execute_the_pages_that_may_fetch_them(toy, monkeypatch):
    """A page that was executed without the real data is not published with them."""
    monkeypatch.setenv("UNROLLED_DATA", str(toy / "mirror"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(toy / "cache"))
    (toy / "lib/unrolled/data").mkdir(parents=True)  # found in the page; the kernel has the real
    (toy / "lib/unrolled/data/registry.py").write_text("")
    (toy / "mirror").mkdir()
    page = toy / "pages/a.md"
    page.write_text(
        page.read_text()
        .replace('sys.path.insert(0, "../lib")\n', "")
        .replace("from toy import alpha\n", "from unrolled.data import registry\n")
        .replace("alpha.VALUE", "len(registry.present())")
    )
    for present, (executed, _) in zip((0, 1, 1, 0), ((1, 1), (2, 1), (2, 1), (2, 1)), strict=True):
        data = toy / "mirror/tinyshakespeare.txt"
        data.write_text("To be") if present else data.unlink(missing_ok=True)
        build_book(toy)
        assert f"the value is {present}" in (toy / "_build/html/pages/a.html").read_text()
        assert runs(toy) == [executed, 1]


def test_imports_are_followed(toy):
    def imported(*cells):
        found = freshness.imported_files(list(cells), [toy / "lib"])
        return {file.stem for file in found} - {"__init__"}

    assert imported("from toy import beta") == {"beta", "gamma"}
    assert imported("import toy.alpha as a") == {"alpha"}
    assert imported("x = (", "def f():\n    from toy import alpha") == {"alpha"}
    assert imported("import torch, math") == set()
    # A module that imports others by name may read all of its package.
    assert imported("import toy.finder") == {"alpha", "beta", "gamma", "finder"}


@pytest.mark.parametrize(
    "name", sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("book/**/*.md"))
)
def test_a_record_that_is_shown_is_named_in_full(name):
    """Or else the page keeps the figures of the record before."""
    page = ROOT / name
    cells = freshness.page_cells(page.read_text(encoding="utf-8"))
    named = freshness.named_files(cells, page.parent, ROOT)
    read = {file.name for file in named if file.parent == ROOT / "benchmarks/results"}
    code = "\n".join(cells)
    shown = len(re.findall(r"benchmarks\W{1,7}results", code))  # a path, whole or in pieces
    assert shown == sum(code.count(f"benchmarks/results/{name}") for name in read)


def test_cells_lose_options_and_magics():
    page = (
        "```{code-cell} ipython3\n:tags: [x]\n\n%time\nimport toy\n```\n```python\nimport no\n```\n"
    )
    assert freshness.page_cells(page) == ["\nimport toy"]
