"""How a learner's name may be written by systems that each leave something out.

Moodle takes ``'``, ``&`` and other signs out of the names of files and makes ``_`` a space; others
drop accents, or write them in two letters. A written name may be all of these, and of each order of
first and last name. What can be read as two learners' names is nobody's.
"""

from __future__ import annotations

import contextlib
import html
import unicodedata
from collections.abc import Iterator

# Letters that no accent can be taken from, and how they are written without them.
LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŋ": "n", "þ": "th", "æ": "ae",
     "œ": "oe", "ŧ": "t", "ĸ": "k", "ə": "e"}
)  # fmt: skip
TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def same_name(name: str) -> str:
    """A name as two systems that write it in full would agree on it."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def letters(name: str) -> str:
    """A name's letters and digits alone, accents and all: what stands whatever signs are lost."""
    return "".join(c for c in same_name(name) if c.isalnum())


def written(name: str) -> frozenset[str]:
    """Every way in which a system may write a name, as :func:`letters` gives them."""
    whole = same_name(name)
    bare = _bare(whole)
    ways = {letters(way) for way in (whole, bare, _bare(whole.translate(TWO_LETTERS)))}
    ways |= {letters(_ascii(way)) for way in (whole, bare) if _recognisable(way)}
    return frozenset(filter(None, ways))


def _recognisable(name: str) -> bool:
    """Whether half of every word is left without other letters than ASCII's."""
    return all(2 * len(letters(_ascii(word))) >= len(letters(word)) for word in name.split())


def _ascii(name: str) -> str:
    return name.encode("ascii", "ignore").decode()


def readings(name: str) -> frozenset[str]:
    """What a written name may have been, as :func:`letters`; a zip file may hide its encoding."""
    return frozenset(filter(None, map(letters, {name, html.unescape(name), *_encoded_again(name)})))


def _bare(name: str) -> str:
    """A name without accents."""
    apart = unicodedata.normalize("NFKD", name).translate(LETTERS)
    return "".join(c for c in apart if not unicodedata.combining(c))


def _encoded_again(name: str) -> Iterator[str]:
    """UTF-8 that was read as something else, read as UTF-8."""
    for wrong in ("cp437", "cp1252", "latin-1"):
        with contextlib.suppress(UnicodeError):
            yield name.encode(wrong).decode("utf-8")
