"""Prose that a person can open: its pictures beside it, and nothing in it that acts.

nbgrader's formgrader and its feedback put what Markdown makes of a learner's text into their pages,
and formgrader's page has the rights of whoever marks: a click there reads and writes the course.
So links stay that lead to web pages; the others, and all HTML, are text that can be read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from unrolled.grading.submissions.markup import (
    BARE,
    CODE,
    DEFINITION,
    LINK,
    outside_code,
    pointed,
    unbracketed,
)
from unrolled.grading.submissions.pictures import ATTACHMENT, Picture
from unrolled.grading.submissions.placing import Placing
from unrolled.grading.submissions.rendering import ACTIVE_TEX, is_allowed, is_harmless
from unrolled.grading.submissions.repair import Said

if TYPE_CHECKING:
    from nbformat import NotebookNode

# To render the oddest Markdown takes more than linear time: characters, and openings of formulas.
MAX_FORMATTED = 20_000
MAX_OPENED = 200
UNSHOWABLE = "(What stands here cannot be shown safely. It is in the notebook that was handed in.)"
TEX = re.compile(rf"{CODE}|{ACTIVE_TEX.pattern}", re.DOTALL | re.MULTILINE)
TAG = re.compile(r"<(?!br ?/?>)(?=[A-Za-z/!?])", re.IGNORECASE)
OPENED = re.compile(r"\\\\[\[(]|\\begin\{")
NEWLINE = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True)
class Written:
    """A cell's prose as it goes into a notebook.

    Attributes:
        text: Markdown that renders to nothing that acts.
        pictures: the cell's attachments, by name.
    """

    text: str
    pictures: dict[str, Picture] = field(default_factory=dict)

    def put(self, cell: NotebookNode) -> None:
        """Make it the text of a notebook's cell."""
        cell["source"] = self.text
        cell.pop("attachments", None)
        if self.pictures:
            found = self.pictures.items()
            cell["attachments"] = {name: {at.type: at.text} for name, at in found}


def safe_prose(
    source: str,
    pictures: Sequence[Picture] = (),
    said: Said | None = None,
    taken: Collection[str] = (),
) -> Written:
    """What a learner wrote as Markdown that anybody may open; all such text passes through here.

    Args:
        source: Markdown.
        pictures: those it may show.
        said: takes a sentence for what cannot be shown as it was meant.
        taken: names that the page looks its fields up by, which no heading may take.
    """
    said = said or Said()
    places = Placing(source, pictures)
    text = places.filled()
    places.say(said)
    if len(text) <= MAX_FORMATTED and len(OPENED.findall(text)) <= MAX_OPENED:
        plain, refused = _without_links(text)
        plain = outside_code(TEX, lambda tex: "\\ ", TAG.sub("< ", plain))
        if is_harmless(plain, places.shown_as, taken):
            if refused:
                said.note("A link that leads to no web page was made plain text.")
            return Written(plain, places.shown_as)
    code = as_code(text, places.shown_as)
    if is_harmless(code, places.shown_as, taken):
        said.note("A cell's text is shown as it was typed, without its formatting.")
        return Written(code, places.shown_as)
    said.doubt("A cell's text cannot be shown safely; it is in the notebook that was handed in.")
    return Written(UNSHOWABLE)


def safe_raw(source: str) -> str:
    """The text of a raw cell, which pages take as HTML: without tags and active TeX.

    Args:
        source: any text.
    """
    text = ACTIVE_TEX.sub(r"\\ ", TAG.sub("< ", source))
    spelled = ACTIVE_TEX.search(html.unescape(text))
    return re.sub(r"[\\&]", r"\g<0> ", text) if spelled else text


def as_code(text: str, pictures: Collection[str] = ()) -> str:
    """Text as an indented block, in which Markdown has no meaning, and pictures below it.

    Args:
        text: any.
        pictures: names of attachments.
    """
    lines = TAG.sub("< ", NEWLINE.sub("\n", text)).expandtabs(4).strip("\n").split("\n")
    block = "\n".join(f"    {line}" for line in lines)
    return "\n\n".join([block, *(f"![]({ATTACHMENT}{name})" for name in pictures)])


def _without_links(text: str) -> tuple[str, list[str]]:
    """Text in which what leads to no web page is no link; and where such links led."""
    refused: list[str] = []

    def link(match: re.Match[str]) -> str:
        target = pointed(match) if match["kept"] is None else ""
        if match["kept"] or (is_allowed(target) and match["angled"] is None):
            return match[0]
        if is_allowed(target):
            return f"]({unbracketed(target)}"
        refused.append(target)
        return f"] {match[0][1:]}"

    def definition(match: re.Match[str]) -> str:
        target = pointed(match)
        if is_allowed(target):
            return f"{match['lead']}: {target}"
        if not target.startswith(ATTACHMENT):
            refused.append(target)
        return f"{match['lead']} {match[0].removeprefix(match['lead'])}"

    def bare(match: re.Match[str]) -> str:
        url = match[0]
        return url if is_allowed(url) else url.replace(":", ": ", 1)

    for pattern, change in ((LINK, link), (DEFINITION, definition), (BARE, bare)):
        text = outside_code(pattern, change, text)
    return text, refused
