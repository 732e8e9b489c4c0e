"""Shakespeare for a notebook: all that lies here, or the passage that the package carries.

``passage.txt`` is the beginning of Tiny Shakespeare, *Coriolanus* into its second act, unchanged
and in the public domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from unrolled.data.readers import tiny_shakespeare
from unrolled.data.registry import present

__all__ = ["Play", "shakespeare"]

_FILE = "tinyshakespeare.txt"


@dataclass(frozen=True)
class Play:
    """A text of Shakespeare's, and how much of it this is.

    Attributes:
        text: speeches, each below its speaker's name.
        whole: True for all of Tiny Shakespeare, False for the passage it begins with.
    """

    text: str
    whole: bool

    @property
    def origin(self) -> str:
        """What is read, in words; of the passage also how to have all of it."""
        size = f"{len(self.text):,} characters"
        if self.whole:
            return f"Tiny Shakespeare, {size}"
        return (
            f"the first {size} of Tiny Shakespeare. For all of it run once "
            f"`from unrolled.data import fetch; fetch({_FILE!r})`: it is downloaded and kept"
        )


def shakespeare() -> Play:
    """Return Tiny Shakespeare if its file lies here, else the passage that comes with the package.

    Nothing is downloaded: a notebook does not wait for a network, and never shows another text in
    its place.

    Raises:
        DataCorrupt: if the file is there and its bytes are not the pinned ones.

    >>> shakespeare().text[:14]
    'First Citizen:'
    """
    if _FILE in present():
        return Play(tiny_shakespeare(), whole=True)
    passage = files("unrolled.data") / "passage.txt"
    return Play(passage.read_text(encoding="utf-8"), whole=False)
