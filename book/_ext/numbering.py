"""Equations, figures and listings are numbered by chapter: (6.1) is the first of chapter 6.

The chapter's number is that of its folder, ``book/06-self-attention``, not its place in the table
of contents, so that a number never changes when another chapter is added.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.environment.collectors.toctree import TocTreeCollector

CHAPTER = re.compile(r"(?:book|exercises)/(\d\d)-")


def chapter_number(page: str) -> tuple[int, ...]:
    """Return ``(6,)`` for a page of chapter 6 and ``()`` for a page of no chapter."""
    found = CHAPTER.match(page)
    return (int(found[1]),) if found else ()


def _number(app: Any, env: Any) -> list[str]:
    written = env.toc_secnumbers  # numbers that Sphinx would print before headings: none
    env.toc_secnumbers = {page: {"": chapter_number(page)} for page in env.all_docs}
    try:
        return TocTreeCollector().assign_figure_numbers(env)
    finally:
        env.toc_secnumbers = written


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, after its own numbering."""
    app.connect("env-get-updated", _number, priority=900)
    return {"parallel_read_safe": True}
