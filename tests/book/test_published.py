"""The site as it is deployed: never without the real data, and no page says that it was."""

import os
import re
import subprocess

import pytest

from unrolled.data import INSTEAD
from unrolled.data.registry import FILES, present

from .conftest import ROOT
from .pages import CHAPTERS

SAID = re.compile(r"built\s+without\s+the\s+file")


def publish(**environment):
    """Run the door, and let make take the environment as it stands."""
    return subprocess.run(
        ["make", "-o", ".venv/.ready", "publish"],
        cwd=ROOT,
        env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "", **environment},
        capture_output=True,
        text=True,
    )


def test_without_the_data_it_fails_at_once_and_names_them(tmp_path):
    done = publish(UNROLLED_DATA=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode != 0
    assert all(f"{name}: {name} could not be downloaded" in done.stderr for name in FILES)
    assert "set UNROLLED_DATA to a folder that holds them" in done.stderr
    assert "Traceback" not in done.stderr
    assert "jupyter-book" not in done.stdout + done.stderr  # nothing was built


def test_a_mirror_that_is_no_folder_is_named(tmp_path):
    done = publish(UNROLLED_DATA=str(tmp_path / "nowhere"))
    assert "nowhere' is not a folder, a local mirror is wanted" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.published
@pytest.mark.skipif(present() != tuple(FILES), reason="the real data are not all here")
def test_no_page_was_built_without_the_data(built):
    pages = [page for page in built.rglob("*.html") if "_static" not in page.parts]
    assert {f"{name}.html" for name in CHAPTERS} <= {str(p.relative_to(built)) for p in pages}
    assert [page.name for page in pages if SAID.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_that_falls_back_says_so(name):
    """``sentence_pairs`` falls back by itself; its ``origin`` says so, or the page does."""
    assert SAID.search(INSTEAD)
    source = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    falls_back = "sentence_pairs(" in source or "tinyworld" in source
    assert not falls_back or re.search(r"\.origin\b|\bINSTEAD\b", source) or SAID.search(source)
