"""Pictures of a submission: PNG and JPEG alone, read by their heads and never decoded here.

What cannot be shown stays as a name and a reason, so that the prose around it can say so.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import posixpath
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote

from PIL import Image

from unrolled.grading.submissions.files import File
from unrolled.grading.submissions.repair import Unreadable, plain

MAX_PICTURE = 5 * 2**20
MAX_TOGETHER = 16 * 2**20  # of a submission, each place where one is shown counted
MAX_PICTURES = 200
MAX_PIXELS = 40_000_000  # a telephone's photograph has 12 million; whoever marks has to open it
MAX_NAME = 200
ATTACHMENT = "attachment:"
TOO_MANY = "is one too many: together the pictures are too large"
TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
END_OF_JPEG = b"\xff\xd9"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")  # C: too, which is no path in a submission
EMBEDDED = re.compile(
    r"data:image/[\w.+-]{1,40}(?:;[\w=.-]{1,40})*?;base64,([A-Za-z0-9+/=]*+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Picture:
    """A picture that prose refers to.

    Attributes:
        name: what prose calls it: ``attachment:a.png``, or a path beside the notebook.
        type: ``image/png`` or ``image/jpeg``; empty if it cannot be shown.
        data: its bytes; not in its representation, which stands for it in a submission's digest.
        digest: of the bytes.
        refused: why it cannot be shown, after its name; empty if it can.
    """

    name: str
    type: str = ""
    data: bytes = field(default=b"", repr=False)
    digest: str = ""
    refused: str = ""

    @property
    def text(self) -> str:
        """The bytes as a notebook holds them."""
        return base64.b64encode(self.data).decode("ascii")


@dataclass
class Album:
    """Takes pictures as long as there is room.

    Attributes:
        bytes_left: how many bytes still fit.
        left: how many pictures still fit.
    """

    bytes_left: int = MAX_TOGETHER
    left: int = MAX_PICTURES

    def take(self, name: str, data: bytes) -> Picture:
        """A picture that is what it says, or why there is none.

        Args:
            name: what prose calls it.
            data: the bytes, whatever they are.
        """
        self.left -= 1
        refused = self._refused(data)
        if refused:
            return Picture(name, refused=refused)
        self.bytes_left -= len(data)
        return Picture(name, _type(data), data, hashlib.sha256(data).hexdigest())

    def _refused(self, data: bytes) -> str:
        if len(data) > MAX_PICTURE:
            return f"is larger than {MAX_PICTURE // 2**20} MB"
        if not _type(data):
            return "is neither PNG nor JPEG"
        if len(data) > self.bytes_left or self.left < 0:
            return TOO_MANY
        return _damage(data)

    def attached(self, attachments: Any) -> Iterator[Picture]:
        """The attachments of a cell, whatever its JSON holds."""
        named = attachments.items() if isinstance(attachments, dict) else ()
        for name, bundle in islice(named, MAX_PICTURES):
            encoded = _encoded(bundle)
            yield self.decoded(f"{ATTACHMENT}{plain(name)[:MAX_NAME]}", encoded)

    def embedded(self, prose: str) -> tuple[str, list[Picture]]:
        """Prose without the pictures that stand in it as base64, as Colab pastes them, and these.

        Args:
            prose: Markdown of any length.
        """
        taken: list[Picture] = []

        def attach(match: re.Match[str]) -> str:
            taken.append(self.decoded(f"{ATTACHMENT}pasted-{len(taken) + 1}", match[1]))
            return taken[-1].name

        return EMBEDDED.sub(attach, prose), taken

    def decoded(self, name: str, encoded: str) -> Picture:
        """A picture that came as base64."""
        if len(encoded) > 2 * MAX_PICTURE:
            return Picture(name, refused=f"is larger than {MAX_PICTURE // 2**20} MB")
        try:
            data = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            return Picture(name, refused="is damaged")
        return self.take(name, data)


def _encoded(bundle: Any) -> str:
    """The text of an attachment: of several types the one that can be shown."""
    values = bundle if isinstance(bundle, dict) else {}
    types = [*(t for t in TYPES.values() if t in values), *values]
    value = values[types[0]] if types else ""
    if isinstance(value, list):  # lines, as the format allows
        value = "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _type(data: bytes) -> str:
    return next((kind for start, kind in TYPES.items() if data.startswith(start)), "")


def _damage(data: bytes) -> str:
    """What is wrong with a picture by its structure: the pixels are not unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's limit is another
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                pixels = picture.width * picture.height
                picture.verify()
    except Image.DecompressionBombError:
        return "has too many pixels"
    except Exception:  # a parser on hostile bytes: whatever it says, it is no picture
        return "is damaged"
    if data.startswith(b"\xff") and END_OF_JPEG not in data:
        return "is damaged"
    return "has too many pixels" if pixels > MAX_PIXELS else ""


def path_of(reference: str) -> str:
    """The path beside a notebook that prose means, normal and decoded; empty if it means none."""
    path = unicodedata.normalize("NFC", unquote(reference)).replace("\\", "/")
    if SCHEME.match(path) or path.startswith("/"):
        return ""
    path = posixpath.normpath(path)
    return "" if path in (".", "..") or path.startswith("../") or len(path) > MAX_NAME else path


def beside(
    paths: Iterable[str], found: Sequence[File], notebook: str, album: Album
) -> tuple[Picture, ...]:
    """The pictures in a submission that a cell refers to by their paths.

    Args:
        paths: as :func:`path_of` gives them, from the notebook's folder.
        found: the submission's files; no other is opened.
        notebook: the name of the notebook's file.
        album: takes the pictures.
    """
    above = posixpath.dirname(notebook)
    files = {_key(file.name): file for file in reversed(found)}
    pictures = []
    for path in dict.fromkeys(paths):
        file = files.get(_key(posixpath.join(above, path)))
        if file is None:
            continue
        try:
            data = file.read() if album.left > 0 else b""
            taken = album.take(path, data) if data else Picture(path, refused=TOO_MANY)
            pictures.append(taken)
        except Unreadable:
            pictures.append(Picture(path, refused="cannot be read"))
    return tuple(pictures)


def _key(name: str) -> str:
    """A path as systems that do not tell ``A.PNG`` from ``a.png`` compare it."""
    return unicodedata.normalize("NFC", name).casefold()
