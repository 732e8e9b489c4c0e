"""A chapter's page as a notebook: what it says, and that it runs alone in an empty folder."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest
from nbclient import NotebookClient

import unrolled

from .building import build_book
from .conftest import ROOT  # puts the extensions on the path
from .form import IN_FORM

import page_notebook  # isort: skip

# Chapters whose visible cells run without the stripped ones.
ALONE = IN_FORM
CONFIG = f"""only_build_toc_files: true
exclude_patterns: [lib/**, tests/**, exercises/**, solutions/**, benchmarks/**]
execute: {{execute_notebooks: force}}
repository: {{url: https://github.com/some/book, branch: main}}
html: {{baseurl: https://example.org/book/}}
parse: {{myst_enable_extensions: [colon_fence, deflist, dollarmath, amsmath]}}
bibtex_bibfiles: [book/references.bib]
sphinx:
  local_extensions: {{listing: {ROOT}/book/_ext, numbering: {ROOT}/book/_ext,
                      page_notebook: {ROOT}/book/_ext}}
  config:
    bibtex_reference_style: author_year
    numfig_secnum_depth: 1
    numfig_format: {{figure: "Figure %s", table: "Table %s", code-block: "Listing %s"}}
    math_eqref_format: "({{number}})"
"""
HEAD = """---
file_format: mystnb
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
PAGE = (
    HEAD
    + r"""
(sec-x)=
# 6 A chapter of 3*4 stars

One {term}`query` of {doc}`the start <../start>` asks {eq}`eq-law`, {numref}`fig-line`,
[here](sec-x) and {cite}`vaswani2017attention`: {glue:text}`seven:.1f` and $a_1 * b_1$, `x_y`,
costs \$3.

```{code-cell} ipython3
:tags: [remove-cell]
from myst_nb import glue
glue("seven", 7.25, display=False)
```

$$
a = b
$$ (eq-law)

## 6.1 Second

:::{admonition} Goals of *it*
:class: tip
- one {term}`key`;
- two, $x$.
:::

```{code-cell} ipython3
:tags: [hide-input]
:mystnb: {figure: {name: fig-line, caption: "A line, of *one*."}}
from pathlib import Path
import beside, unrolled
from IPython.display import HTML
record = Path("../../benchmarks/results/chapter06.json")
print(unrolled.__file__, beside.VALUE, record.exists())
HTML("<p>drawn</p>")
```

```{code-cell} ipython3
:tags: [remove-input]
from IPython.display import Markdown
Markdown("*Shown by a stripped cell.*")
```

```{code-cell} ipython3
:tags: [remove-input]
HTML('<script>no()</script><img alt="A &amp; B." src="data:image/png;base64,AA">')
```

:::{dropdown} Why **so**?
Because $c$.
:::

```{listing} unrolled.attention.causal_mask
```

| a | b |
|---|---|
| {term}`key` | $\|x\|$ |

```{literalinclude} beside.py
:language: python
:caption: "`beside.py`"
```

1. first

   still first
2. second
   - nested

A term
: what it means

> quoted
"""
)
GLOSSARY = """# Start

:::{glossary}
query
  What asks.

key
  What answers.
:::

```{bibliography}
```
"""


def git(folder, *words):
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A clone of this repository's HEAD whose book is one small chapter, built and committed."""
    root = tmp_path_factory.mktemp("clone") / "unrolled"
    git(ROOT, "clone", "--quiet", f"file://{ROOT}", str(root))
    (root / "_config.yml").write_text(CONFIG)
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/start\nchapters:\n  - file: book/06-x/chapter\n"
    )
    (root / "book/start.md").write_text(GLOSSARY)
    (root / "book/06-x").mkdir()
    (root / "book/06-x/chapter.md").write_text(PAGE)
    (root / "book/06-x/beside.py").write_text("VALUE = 42\n")
    for allowed_by_hosts in ("allowFilter", "allowAnySHA1InWant"):
        git(root, "config", f"uploadpack.{allowed_by_hosts}", "true")
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "one chapter")
    build_book(root)
    return root


@pytest.fixture
def notebook(repository):
    return nbformat.read(repository / "_build/html/_sources/book/06-x/chapter.ipynb", 4)


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    "said",
    [
        "# 6 A chapter of 3\\*4 stars",
        "[query](https://example.org/book/book/start.html#term-query)",
        "[the start](https://example.org/book/book/start.html)",
        "asks [(6.1)](https://example.org/book/book/06-x/chapter.html#equation-eq-law)",
        "[Figure 6.1](https://example.org/book/book/06-x/chapter.html#fig-line)",
        "7.2 and $a_1 * b_1$, `x_y`,\ncosts \\$3",
        "$$\na = b\n\\tag{6.1}\n$$",
        "> **Goals of *it***\n>\n> - one [key]",
        "**Figure 6.1** A line, of *one*.",
        "*Shown by a stripped cell.*",
        "*On [the page](https://example.org/book/book/06-x/chapter.html): A & B.*",
        "<details>\n<summary>Why so?</summary>\n\nBecause $c$.\n\n</details>",
        "**Listing 6.1** `unrolled.attention.causal_mask`\n\n```python\ndef causal_mask(",
        "| a | b |\n| --- | --- |\n| [key](",
        ") | $\\|x\\|$ |",
        "**Listing 6.2** `beside.py`\n\n```python\nVALUE = 42\n```",
        "1. first\n\n   still first\n2. second\n",
        "   - nested",
        "- **A term**  \n  what it means",
        "> quoted",
    ],
)
def test_what_the_page_says_is_plain_markdown(notebook, said):
    assert said in prose(notebook)


def test_cells_come_in_the_pages_order(notebook):
    kinds = [(cell.cell_type, cell.source.split("\n")[0][:20]) for cell in notebook.cells]
    assert kinds == [
        ("code", "# @title Run this fi"),
        ("markdown", "# 6 A chapter of 3\\*"),
        ("markdown", "## 6.1 Second"),
        ("code", "from pathlib import "),
        ("markdown", "**Figure 6.1** A lin"),
    ]
    assert notebook.cells[3].metadata.jupyter.source_hidden
    nbformat.validate(notebook)


def assert_plain(notebook):
    """No role or directive is left, and nothing that a page strips."""
    assert re.findall(r"\{[\w:.-]+\}`", prose(notebook)) == []
    assert re.findall(r"^\s*(?:`{3,}|:{3,}) *\{.*", prose(notebook), re.MULTILINE) == []
    assert not any("glue(" in cell.source for cell in notebook.cells)


def test_no_role_or_directive_is_left(notebook):
    assert_plain(notebook)


def alone(source, folder, monkeypatch, repository):
    """Execute a notebook's cells in a folder with nothing else in it, without our PYTHONPATH."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("UNROLLED_REPOSITORY", str(repository))
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # nothing is to be installed here
    notebook = nbformat.read(source, 4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def test_a_page_runs_alone_in_an_empty_folder(repository, tmp_path, monkeypatch):
    source = repository / "_build/html/_sources/book/06-x/chapter.ipynb"
    ran = alone(source, tmp_path, monkeypatch, f"file://{repository}")
    said = ran.cells[3].outputs[0].text.strip()
    assert said == f"{tmp_path}/unrolled/lib/unrolled/__init__.py 42 True"
    fetched = tmp_path / "unrolled"
    assert git(fetched, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")
    git(fetched, "checkout", "--quiet", "HEAD~1")  # of an earlier visit: it is brought up to date
    alone(source, tmp_path, monkeypatch, "file:///nowhere")


def test_inside_the_repository_nothing_is_fetched(repository, monkeypatch):
    source = repository / "_build/html/_sources/book/06-x/chapter.ipynb"
    ran = alone(source, repository / "book/06-x", monkeypatch, "file:///nowhere")
    assert f"{repository}/lib/unrolled/__init__.py" in ran.cells[3].outputs[0].text
    assert git(repository, "status", "--porcelain", "--untracked-files=no") == ""


@pytest.mark.parametrize("name", ALONE)
def test_a_chapter_runs_alone(built, name, tmp_path, monkeypatch):
    git(ROOT, "clone", "--quiet", f"file://{ROOT}", str(tmp_path / "clone"))
    source = built / f"_sources/book/{name}/chapter.ipynb"
    (tmp_path / "empty").mkdir()
    ran = alone(source, tmp_path / "empty", monkeypatch, f"file://{tmp_path}/clone")
    assert_plain(ran)
    assert set(imported(ran)) <= allowed(ROOT / "book" / name)


def imported(notebook):
    """The modules that a notebook's cells import, without their submodules."""
    for cell in notebook.cells[1:]:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom):
                    yield node.module.split(".")[0]
                elif isinstance(node, ast.Import):
                    yield from (alias.name.split(".")[0] for alias in node.names)


def allowed(folder):
    """What is there after the first cell, on Colab too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = {re.split("[<>=]", need)[0] for need in project["dependencies"]}
    return (
        {"IPython", "unrolled"}
        | needs
        | sys.stdlib_module_names
        | {p.stem for p in folder.glob("*.py")}
    )


def begin(code, monkeypatch, folder):
    """Execute a first cell here, up to where it stops, and return what it says."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(Exception, match=r"\w") as stop:
        exec(compile(code, "first cell", "exec"), {"__name__": "first_cell"})
    assert type(stop.value).__name__ == "Stop"
    (sentence,) = stop.value._render_traceback_()
    return sentence


def first(repository, commit):
    return page_notebook.first_cell("book/06-x/chapter", repository, commit)


def test_an_unreachable_repository_is_one_sentence(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_REPOSITORY", "file:///nowhere/at/all")
    alone_cell = nbformat.v4.new_notebook(cells=notebook.cells[:1], metadata=notebook.metadata)
    client = NotebookClient(alone_cell, resources={"metadata": {"path": str(tmp_path)}})
    client.allow_errors = True
    error = client.execute().cells[0].outputs[-1]
    assert error.output_type == "error"
    (sentence,) = error.traceback
    assert sentence.startswith("file:///nowhere/at/all could not be fetched into")
    assert "is there a network" in sentence
    assert "\n" not in sentence


def test_what_else_can_go_wrong_is_one_sentence(repository, tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    said = begin(first(f"file://{repository}", "0" * 40), monkeypatch, tmp_path / "a")
    assert "has no version 0000000: rename or delete that folder" in said
    head = git(repository, "rev-parse", "HEAD")
    said = begin(first(f"file://{repository}", head), monkeypatch, tmp_path / "b")
    assert f"Another unrolled is in use ({unrolled.__file__})" in said  # this process has it
    assert "restart the kernel" in said
    monkeypatch.delitem(sys.modules, "unrolled")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(page_notebook, "requires", lambda name: ["torch", "no-such-package>=1"])
    said = begin(first(f"file://{repository}", head), monkeypatch, tmp_path / "b")
    assert said.startswith("no-such-package>=1 could not be installed: is there a network?")
    monkeypatch.setenv("PATH", "")
    said = begin(first(f"file://{repository}", head), monkeypatch, tmp_path / "c")
    assert said.startswith("git is not installed.")


def test_the_branch_of_notebooks(repository, notebook, tmp_path):
    """One commit: what is in the repository, without its workflows, and the notebooks."""
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    for _ in range(2):  # the second replaces the first
        script, built = ROOT / ".ci/notebooks-branch", "_build/html/_sources/book"
        done = subprocess.run(["bash", script, built, remote], cwd=repository, capture_output=True)
        assert done.returncode == 0, done.stderr
    assert git(remote, "rev-list", "--count", "notebooks") == "1"
    files = git(remote, "ls-tree", "-r", "--name-only", "notebooks").splitlines()
    assert {"book/06-x/chapter.ipynb", "binder/requirements.txt", "lib/unrolled/__init__.py"} <= {
        *files
    }
    assert not [name for name in files if name.startswith(".github")]
    text = git(remote, "show", "notebooks:book/06-x/chapter.ipynb")
    assert nbformat.reads(text, 4) == notebook


def test_without_notebooks_there_is_no_branch(repository, tmp_path):
    script = ROOT / ".ci/notebooks-branch"
    done = subprocess.run(
        ["bash", script, tmp_path, tmp_path / "none.git"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "holds no NN-slug/chapter.ipynb: make publish first" in done.stderr


def test_what_has_no_markdown_is_a_fault_of_the_page(repository, tmp_path):
    root = tmp_path / "book"
    shutil.copytree(repository, root, ignore=shutil.ignore_patterns("_build", ".git"))
    page = root / "book/06-x/chapter.md"
    page.write_text(f"{HEAD}\n# 6 Page\n\n```{{hlist}}\n- a\n- b\n```\n")
    with pytest.raises(
        AssertionError, match=r"chapter\.md:\d+: WARNING: a notebook has no Markdown"
    ):
        build_book(root)
