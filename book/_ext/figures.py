"""Pictures are files: what a cell shows with its picture inside is written beside the page.

``unrolled.plots.show`` gives a notebook markup that holds its picture. A published page would
carry every picture before the reader has scrolled to one; here each becomes a file, named by its
content, that the browser fetches when it is near.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.osutil import relative_uri

INSIDE = re.compile(
    r'<img (?P<rest>[^<>]*) src="data:image/(?P<kind>png|svg\+xml);base64,(?P<code>[\w+/=]+)"'
)
FOLDER = "_images"


def write_pictures(markup: str, folder: Path, address: str) -> str:
    """Return HTML whose pictures are files in ``folder``, which the page reaches at ``address``."""

    def write(found: re.Match[str]) -> str:
        data = base64.b64decode(found["code"])
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{found['kind'][:3]}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        rest = re.sub(r'\s?style="[^"]*"', "", found["rest"])  # for notebooks: the site has a sheet
        return f'<img {rest} loading="lazy" decoding="async" src="{address}/{name}"'

    return INSIDE.sub(write, markup)


def _take_out(app: Any, doctree: nodes.document, page: str) -> None:
    if app.builder.format != "html":
        return
    address = relative_uri(app.builder.get_target_uri(page), FOLDER)
    for node in doctree.findall(nodes.raw):
        if node.get("format") == "html" and ";base64," in node.astext():
            markup = write_pictures(node.astext(), Path(app.outdir) / FOLDER, address)
            node.replace_self(nodes.raw(markup, markup, format="html", classes=node["classes"]))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, once a page's pictures are known to be shown."""
    app.connect("doctree-resolved", _take_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
