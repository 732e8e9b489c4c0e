"""The cells that a reader can see or open run, alone and in order, without the stripped ones."""

import pytest

from .cells_alone import missing_names, run_alone
from .form import IN_FORM, frame, sources
from .form_source import ROOT, Page

PAGE = """# A page

```{code-cell} ipython3
:tags: [hide-input]
%%matplotlib inline
from beside import two
open("was-run", "w").write("x")
```

```{code-cell} ipython3
---
tags: [remove-cell]
---
total = two + 1
keep = print
```

```{code-cell} ipython3
def later():
    return after

after = %s
later()
```
"""
pages = pytest.mark.parametrize(
    "page", [*sources(IN_FORM), *frame()], ids=lambda p: str(p.relative_to(ROOT))
)


@pytest.fixture
def write(tmp_path):
    """Write a page with a module beside it; its last cell uses some name."""

    def write(text):
        (tmp_path / "beside.py").write_text("two = 2\n")
        page = tmp_path / "chapter.md"
        page.write_text(text)
        return page

    return write


def test_cells_that_need_no_other_run(write, tmp_path):
    page = write(PAGE % "two")
    assert missing_names(Page.read(page)) == []
    assert run_alone(page) == ""
    assert (tmp_path / "was-run").exists()  # in the chapter's folder


def test_a_name_that_only_a_stripped_cell_defines_is_named(write):
    page = write(PAGE % "total")
    (found,) = missing_names(Page.read(page))
    assert found.startswith(f"{page}:22: ")
    assert "`total`" in found
    assert run_alone(page) == f"{page}:22: NameError: name 'total' is not defined"


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("type('T', (), {'_repr_html_': lambda self: 1 / 0})()", "ZeroDivisionError"),
    ],
)
def test_what_fails_is_named_with_its_line(write, last, says):
    page = write((PAGE % "two").replace("later()\n```", f"{last}\n```"))
    assert run_alone(page).startswith(f"{page}:23: {says}")


def test_a_cell_that_is_to_fail_may(write):
    page = write((PAGE % "two") + "\n```{code-cell}\n:tags: [raises-exception]\n1 / 0\n```\n")
    assert run_alone(page) == ""


@pages
def test_no_name_is_missing(page):
    found = missing_names(Page.read(page))
    assert not found, "\n".join(found)


@pages
def test_a_page_runs_without_its_stripped_cells(page):
    problem = run_alone(page)
    assert not problem, problem
