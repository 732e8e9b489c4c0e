"""What a search can find: a page's passages, each with its title, its place and its text.

A passage is a section without the sections in it, a documented name, or a term of the glossary. A
search that knows passages leads straight to the place, and fetches a paragraph where an index of
whole pages would fetch a chapter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, SoupStrainer, Tag

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# What is no text of the page: marks of links, prompts, numbers of lines, what a cell printed.
NOISE = "script, style, noscript, svg, nav, button, .headerlink, .linenos, .gp, .cell_output pre"
NOISE += ", div.math, .katex-display, .katex-html"
PARTS = "section[id], dl.py, dl.glossary"
# Elements whose text would run into the next one's.
BLOCKS = "p, li, td, th, dt, dd, h1, h2, h3, h4, h5, h6, pre, figcaption, br"


@dataclass(frozen=True)
class Passage:
    """One thing that a search can find.

    Args:
        url: its address, from the root of the site.
        kind: what the title is: a heading (``title``), a documented ``name`` or a ``term``.
        title: the heading, the name, or the term in its languages.
        page: the title of the page that it stands on.
        text: what it says.
        code: the words of the code in it, each once.
    """

    url: str
    kind: str
    title: str
    page: str
    text: str
    code: str


def han_apart(text: str) -> str:
    """Put spaces around each Chinese character, so that any part of a term is found.

    Chinese writes no spaces between words, and a search in an English book takes a whole run for
    one word. Where each character is a word, every part of the run is a sequence of words.
    """
    return " ".join(re.sub(f"([{HAN}])", r" \1 ", text).split())


def passages(html: str, url: str) -> list[Passage]:
    """Return the passages of a built page in the order in which they stand.

    Args:
        html: the page as it was written.
        url: its address, from the root of the site.
    """
    article = BeautifulSoup(html, "lxml", parse_only=SoupStrainer("article")).article
    if article is None:
        return []
    for noise in article.select(NOISE):
        noise.decompose()
    for formula in article.select("span.math, .katex"):  # set already, or still \(x\)
        source = (formula.select_one("annotation") or formula).get_text()
        formula.string = source.removeprefix("\\(").removesuffix("\\)")
    for block in article.select(BLOCKS):
        block.append(" ")
    heading = article.find("h1")
    page = _text(heading) if heading else url
    found: list[Passage] = []
    for part in reversed(article.select(PARTS)):  # the inner ones first
        code, said = _words(part), reversed(list(_of(part, heading)))
        found += [
            Passage(url + at, kind, title, page, text, code) for at, kind, title, text in said
        ]
        part.extract()
    return [passage for passage in reversed(found) if passage.title or passage.text]


def _words(part: Tag) -> str:
    """Take the code out of a part; return its names and Chinese characters."""
    code = " ".join(block.extract().get_text() for block in part.select("pre"))
    return " ".join(dict.fromkeys(re.findall(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*", code)))


def _of(part: Tag, heading: Tag | None) -> Iterator[tuple[str, str, str, str]]:
    """Yield place, kind, title and text of what a part holds once its inner parts are gone."""
    if part.name == "section":
        title = part.find(re.compile("^h[1-6]$"))
        name = _text(title.extract()) if title else ""
        yield "" if title is heading else f"#{part['id']}", "title", name, _text(part)
    elif "glossary" in part["class"]:
        yield from _terms(part)
    else:
        for signature in part.find_all("dt", id=True, recursive=False):
            # Of unrolled.gpt.GPT.forward a reader knows GPT.forward.
            depth = 2 if {"method", "attribute", "property"} & set(part["class"]) else 1
            name = ".".join(signature["id"].split(".")[-depth:])
            yield f"#{signature['id']}", "name", name, _text(part)


def _terms(glossary: Tag) -> Iterator[tuple[str, str, str, str]]:
    names: list[Tag] = []
    for child in glossary.find_all(["dt", "dd"], recursive=False):
        if child.name == "dt":
            names.append(child)
        else:
            title = " · ".join(map(_text, names))
            yield f"#{names[0]['id']}", "term", title, _text(child)
            names = []


def _text(node: Tag) -> str:
    return " ".join(node.get_text().split())
