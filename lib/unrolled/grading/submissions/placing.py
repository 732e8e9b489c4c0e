"""Put a submission's pictures where its prose shows them, or words that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from unrolled.grading.submissions.files import File
from unrolled.grading.submissions.markup import (
    PICTURE,
    definitions,
    label_of,
    outside_code,
    pointed,
    unbracketed,
)
from unrolled.grading.submissions.pictures import ATTACHMENT, Album, Picture, beside, path_of
from unrolled.grading.submissions.rendering import is_allowed
from unrolled.grading.submissions.repair import Said

if TYPE_CHECKING:
    from unrolled.grading.submissions.reading import Cell

MAX_NAMED = 3  # pictures, in a sentence


def with_pictures(cells: Sequence[Cell], found: Sequence[File], notebook: str) -> tuple[Cell, ...]:
    """Cells with the pictures that lie beside their notebook and that their prose shows.

    Args:
        cells: of a submission.
        found: the submission's files.
        notebook: the name of the notebook's file.
    """
    taken = [picture for cell in cells for picture in cell.attachments]
    album = Album()
    album.bytes_left -= sum(len(picture.data) for picture in taken)
    album.left -= len(taken)
    made = []
    for cell in cells:
        paths = list(_paths(cell.source)) if cell.kind != "code" else []
        more = beside(paths, found, notebook, album) if paths else ()
        made.append(replace(cell, attachments=(*cell.attachments, *more)) if more else cell)
    return tuple(made)


def _paths(source: str) -> Iterator[str]:
    defined = definitions(source)
    for match in PICTURE.finditer(source):
        target = _target(match, defined)
        path = path_of(target) if target else ""
        if path:
            yield path


def _target(match: re.Match[str], defined: dict[str, str]) -> str | None:
    """Where a picture in prose is; None if the match is none."""
    if match["img"]:
        tag = _tag(match)
        return str(tag.get("src", "")).strip() if tag else None
    if match["alt"] is None:
        return None
    if match["bare"] is not None or match["angled"] is not None:
        return pointed(match)
    return defined.get(label_of(match["label"] or match["alt"]))


class Placing:
    """Puts the pictures of one cell where its prose has them.

    Attributes:
        shown_as: the cell's attachments, by name.
    """

    def __init__(self, source: str, pictures: Sequence[Picture]):
        self.source = source
        self.known = {picture.name: picture for picture in pictures}
        self.defined = definitions(source)
        self.shown_as: dict[str, Picture] = {}
        self.names: dict[str, str] = {}
        self.lost: list[str] = []
        self.elsewhere = False
        self.seen: set[str] = set()
        for picture in self.known.values():
            self._name(picture)

    def filled(self) -> str:
        """The prose with its pictures, or words that stand for them."""
        text = outside_code(PICTURE, self._show, self.source)
        unseen = [name for key, name in self.names.items() if key not in self.seen]
        if self.source.count(ATTACHMENT) <= len(self.seen):
            return text  # what is left over was taken out of the text, and by its writer
        return "\n\n".join([text, *(f"![]({ATTACHMENT}{name})" for name in unseen)])

    def _name(self, picture: Picture) -> None:
        """Give a plain name to an attachment: its own where every reader of Markdown takes it."""
        if picture.refused:
            return
        name = picture.name.removeprefix(ATTACHMENT).split("/")[-1]
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name) or name in self.shown_as:
            name = f"picture-{len(self.shown_as) + 1}.{picture.type.removeprefix('image/')}"
        while name in self.shown_as:
            name = f"another-{name}"
        self.shown_as[name] = picture
        self.names[picture.name] = name

    def _show(self, match: re.Match[str]) -> str:
        """What takes the place of a picture, or of a link between angles."""
        if match["auto"]:
            return match["auto"] if is_allowed(match["auto"]) else match[0]
        target = _target(match, self.defined)
        if target is None:
            return match[0]
        alt = _alt(match)
        if is_allowed(target):
            self.elsewhere = True
            return f"[{alt or 'picture'}]({unbracketed(target)})"
        key = self._find(target)
        picture = self.known.get(key)
        if picture is None or picture.refused:
            return self._lose(
                f"{_named(key)} {picture.refused if picture else 'is missing'}", match
            )
        if key in self.seen:
            return f"[picture {_named(key)}: see above]"
        self.seen.add(key)
        name = self.names[key]
        if match[0].startswith(f"![{alt}]({ATTACHMENT}{name}"):
            return match[0]
        return f"![{alt}]({ATTACHMENT}{name}{match['title'] or ''})"

    def _lose(self, what: str, match: re.Match[str]) -> str:
        """Words for a picture that cannot be shown; HTML stays to be read beside them."""
        self.lost.append(what)
        if match["img"]:
            return f"{match[0]} [picture {what}]"
        return f"[picture {what}{': ' if match['alt'] else ''}{match['alt']}]"

    def _find(self, target: str) -> str:
        """The name of a picture by what prose calls it."""
        if not target.startswith(ATTACHMENT):
            return path_of(target) or target
        return target if target in self.known else unquote(target)

    def say(self, said: Said) -> None:
        """Say once for the cell what cannot be shown."""
        if self.lost:
            more = ", and others" if len(self.lost) > MAX_NAMED else ""
            said.doubt(f"Not shown: picture {', picture '.join(self.lost[:MAX_NAMED])}{more}.")
        if self.elsewhere:
            said.note("A picture on another site is shown as a link; paste pictures into the cell.")


def _named(key: str) -> str:
    """A picture's name, without what means something in Markdown."""
    return re.sub(r"[^\w ./,@=+-]", "_", key.removeprefix(ATTACHMENT))[:80] or "without a name"


def _alt(match: re.Match[str]) -> str:
    """What a picture shows, in words."""
    if match["img"] is None:
        return match["alt"]
    tag = _tag(match)
    return re.sub(r"[^\w .,:;()-]", " ", str(tag.get("alt", ""))) if tag else ""


def _tag(match: re.Match[str]) -> Tag | None:
    """The picture that stands in prose as HTML."""
    return BeautifulSoup(match["img"], "html.parser").img
