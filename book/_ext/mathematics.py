"""Mathematics is set when the book is built, with KaTeX: pages carry no script for it.

What KaTeX cannot set, or sets only by leaving LaTeX's rules, is a warning that names page and line.
Its script is that of npm's package, as are the style sheet and fonts that pages load.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import offline
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

LOG = logging.getLogger(__name__)
# A formula a line, and an answer a line, until there is nobody to ask.
SERVER = """
const katex = require(process.argv[1]);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { source, options } = JSON.parse(line);
  const answer = {};
  try { answer.html = katex.renderToString(source, options); }
  catch (error) { answer.fault = error.message; }
  console.log(JSON.stringify(answer));
});
"""
# Sphinx numbers an equation as a whole: KaTeX must not number its lines besides.
NUMBERED = re.compile(r"(\\(?:begin|end)\{(?:equation|gather|align|alignat))\}")
# A command that KaTeX knows but does not trust becomes its own name, in this colour.
REFUSED = "#bad"
OPTIONS = {"throwOnError": True, "strict": "error", "errorColor": REFUSED}


class Katex:
    """KaTeX in a process of its own, which ends with this one, even with one that is killed."""

    def __init__(self, script: Path) -> None:
        command = [str(offline.NODE), "-e", SERVER, str(script)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8")

    def set(self, source: str, *, display: bool) -> str:
        """Return a formula as HTML for the eye and MathML for a screen reader.

        Args:
            source: LaTeX, without dollars around it.
            display: on a line of its own.

        Raises:
            ValueError: if it cannot be set; the message says where it fails.
        """
        if not source.strip():
            raise ValueError("the formula is empty")
        source = NUMBERED.sub(r"\1*}", source)
        options = {**OPTIONS, "displayMode": display}
        done = self._ask(source, options)
        # Strict, as LaTeX is, it says nothing of a line break without effect; when lax, it breaks.
        if r"\\" in source and "newline" in self._ask(source, {**options, "strict": False}):
            raise ValueError(r"\\ breaks lines only in an environment, such as aligned")
        if f"color:{REFUSED}" in done:
            raise ValueError("a command that KaTeX sets only where it trusts the author")
        return done

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, source: str, options: dict[str, Any]) -> str:
        self._process.stdin.write(json.dumps({"source": source, "options": options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ExtensionError(f"KaTeX's process ended while it was setting {source!r}")
        answer = json.loads(line)
        if "fault" in answer:
            raise ValueError(answer["fault"])
        return answer["html"]


def _set(translator: Any, node: nodes.Element, *, display: bool) -> None:
    source = node.astext()
    try:
        translator.body.append(translator.builder.katex.set(source, display=display))
    except ValueError as error:
        LOG.warning("this formula cannot be set: %s\n%s", error, source, location=node)
        translator.body.append(html.escape(source))


def _visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate"))
    _set(translator, node, display=False)
    translator.body.append("</span>")
    raise nodes.SkipNode


def _visit_display(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    _set(translator, node, display=True)
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _start(app: Any) -> None:
    app.builder.katex = Katex(offline.packages(Path(app.srcdir)) / "katex/dist/katex.min.js")


def _end(app: Any, problem: Exception | None) -> None:
    app.builder.katex.close()


def _name_page(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """A window's title has no mark-up: there a formula stands once, as it was written."""
    if "katex" in context.get("title", ""):
        context["title"] = html.escape(app.env.titles[page].astext())


def setup(app: Any) -> dict[str, bool]:
    """Register ``html_math_renderer: katex``. It has one pipe, so one process writes the pages."""
    app.setup_extension("offline")
    app.add_html_math_renderer("katex", (_visit_inline, None), (_visit_display, None))
    app.connect("builder-inited", _start)
    app.connect("build-finished", _end)
    app.connect("html-page-context", _name_page)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
