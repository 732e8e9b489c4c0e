"""Pictures of a page are files that a browser fetches when they are near."""

import base64

from .building import build_book
from .conftest import ROOT  # puts the extensions on the path

import figures  # isort: skip

PICTURE = '<img class="figure-picture" style="background: #fff" alt="a" width="4" height="2"'
CONFIG = """only_build_toc_files: true
execute: {execute_notebooks: force, stderr_output: error}
sphinx:
  local_extensions: {figures: %s, numbering: %s}
  config: {numfig_secnum_depth: 1}
"""
CHAPTER = """---
file_format: mystnb
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# A chapter

See {numref}`fig-06-line`.

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: It rises with $x$.
    name: fig-06-line
---
from unrolled import plots

plots.show(plots.curves({"a": ([1, 2], [1, 2])}, "x", "y"), alt="A line <that> rises.")
```
"""


def test_a_picture_inside_markup_becomes_a_file(tmp_path):
    code = base64.b64encode(b"<svg/>").decode()
    markup = f'<p>{PICTURE} src="data:image/svg+xml;base64,{code}"></p>'
    written = figures.write_pictures(markup, tmp_path / "new", "../_images")
    (file,) = (tmp_path / "new").iterdir()
    assert file.read_bytes() == b"<svg/>"
    assert file.suffix == ".svg"
    assert f'src="../_images/{file.name}"' in written
    assert 'loading="lazy"' in written
    assert 'alt="a" width="4" height="2"' in written
    assert "style=" not in written
    assert figures.write_pictures(markup, tmp_path / "new", "../_images") == written
    assert len(list((tmp_path / "new").iterdir())) == 1  # the same picture, the same file


def test_other_data_addresses_stay(tmp_path):
    markup = '<a href="data:text/plain;base64,QQ==">x</a><img alt="a" src="b.png">'
    assert figures.write_pictures(markup, tmp_path, "_images") == markup
    assert list(tmp_path.iterdir()) == []


def test_a_page_has_numbered_figures_with_caption_alt_and_size(tmp_path):
    ext = ROOT / "book/_ext"
    (tmp_path / "_config.yml").write_text(CONFIG % (ext, ext))
    (tmp_path / "book/06-x").mkdir(parents=True)
    (tmp_path / "book/index.md").write_text("# Start\n")
    (tmp_path / "book/06-x/chapter.md").write_text(CHAPTER)
    toc = "format: jb-book\nroot: book/index\nchapters:\n  - file: book/06-x/chapter\n"
    (tmp_path / "_toc.yml").write_text(toc)
    build_book(tmp_path)
    page = (tmp_path / "_build/html/book/06-x/chapter.html").read_text(encoding="utf-8")
    figure = page[page.index("<figure") : page.index("</figure>")]
    assert "base64" not in page
    assert 'alt="A line &lt;that&gt; rises."' in figure
    assert 'width="614" height="461"' in figure
    (file,) = (tmp_path / "_build/html/_images").glob("*.svg")
    assert f'src="../../_images/{file.name}"' in figure
    assert "Fig. 6.1" in figure
    assert "It rises with" in figure
    assert "Fig. 6.1" in page[: page.index("<figure")]  # where the text refers to it
