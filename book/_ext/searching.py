"""Search: Pagefind's index where the site is served, Sphinx's own where it is opened as files.

Pagefind needs ``fetch``, which a browser refuses on ``file://``; there ``_static/search.js`` loads
Sphinx's index, and on no other occasion. Both know each Chinese character as a word of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from passages import HAN, Passage, han_apart, passages
from sphinx.errors import ExtensionError
from sphinx.search.en import SearchEnglish
from sphinx.util import logging

LOG = logging.getLogger(__name__)
TEMPLATES = Path(__file__).resolve().parents[1] / "_templates"
# The rest of what Pagefind writes: search boxes of its own, which no page loads.
UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js", "pagefind-worker.js", "wasm.unknown.*")
# A search fetches the pieces of the index that its words lie in: 7 kB each and not 28.
CHUNKS = {"PAGEFIND_UNSTABLE_INDEX_CHUNK_SIZE": "5000"}
# A word in code counts less than one in a sentence, for the order as for what is shown.
RECORD = """<html lang="en"><body>
<p data-pagefind-ignore data-pagefind-meta="{kind}">{title}</p>
<p data-pagefind-ignore data-pagefind-meta="page">{page}</p>
<p>{text}</p><pre data-pagefind-weight="0.2">{code}</pre></body></html>
"""


class SearchEnglishAndChinese(SearchEnglish):
    """Sphinx's search for English, which here also finds any part of a Chinese term.

    Each Chinese character is a word, written three times: of several words asked for, Sphinx lets a
    page do without those that are shorter than three characters.
    """

    js_splitter_code = f"""
var splitQuery = (query) => query.replace(/[{HAN}]/gu, " $&$&$& ")
    .split(/[^\\p{{Letter}}\\p{{Number}}_]+/gu).filter((term) => term);
"""

    def split(self, input: str) -> list[str]:
        """Return the words of a text."""
        return super().split(re.sub(f"([{HAN}])", r" \1\1\1 ", input))


def write_index(found: list[Passage], folder: Path) -> None:
    """Write Pagefind's index of passages into a folder, in place of what is there.

    Args:
        found: what a search can find.
        folder: where to.

    Raises:
        ExtensionError: if Pagefind fails; the message holds what it printed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as site:
        for passage in found:
            # Its address is its file's, which search.js cuts: a field would be searched too.
            page = Path(site) / f"{passage.url}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            parts = {name: escape(han_apart(text)) for name, text in asdict(passage).items()}
            page.write_text(RECORD.format(**parts), encoding="utf-8")
        command = [sys.executable, "-m", "pagefind", "--quiet", "--include-characters", "_"]
        command += ["--site", site, "--output-path", str(folder)]
        done = subprocess.run(command, env={**os.environ, **CHUNKS}, capture_output=True, text=True)
    if done.returncode:
        raise ExtensionError(f"Pagefind wrote no index of the search:\n{done.stdout}{done.stderr}")
    for file in (file for pattern in UNUSED for file in folder.glob(pattern)):
        file.unlink()


def _index(app: Any, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    found: list[Passage] = []
    for name in sorted(app.env.found_docs):
        page = Path(app.builder.get_outfilename(name)).read_text(encoding="utf-8")
        found += passages(page, app.builder.get_target_uri(name))
    write_index(found, Path(app.outdir) / "pagefind")
    LOG.info("the search knows %d passages", len(found))


def _templates(app: Any, config: Any) -> None:
    config.templates_path.append(str(TEMPLATES))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.add_search_language(SearchEnglishAndChinese)
    app.connect("config-inited", _templates)
    app.connect("build-finished", _index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
