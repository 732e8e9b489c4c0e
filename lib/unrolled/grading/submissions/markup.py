"""Where Markdown has links and pictures, roughly; what it makes of a text in truth is seen after.

Code is passed over. The patterns are possessive, so that nothing is tried twice.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from unrolled.grading.submissions.pictures import ATTACHMENT

LABEL = r"(?:[^\[\]\\]|\\.|\[[^\[\]\\]*+\])*+"
CODE = (
    r"(?P<code>\\[^\w\s\\]"  # what is escaped is no start of anything
    r"|^[ \t>]*+(?P<fence>`{3,}+|~{3,}+).*?(?:^[ \t>]*+(?P=fence)[`~]*+[ \t]*$|\Z)"
    r"|(?<!`)(?P<ticks>`{1,9}+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`))"
)
WORD = r"(?:[^\s()<>]|[ \t](?![ \t]))"  # in a path, as people write it, stand spaces
TARGET = rf"(?:<(?P<angled>[^<>\n]*+)>|(?P<bare>{WORD}*?(?:\({WORD}*+\){WORD}*?)*?))"
TITLE = r"""(?P<title>\s++(?:"[^"]*+"|'[^']*+'|\([^()]*+\)))?"""
IMAGE = rf"!\[(?P<alt>{LABEL})\](?:\(\s*+{TARGET}{TITLE}\s*+\)|\[(?P<label>{LABEL})\])?"
SOME_TARGET = r"(?:<(?P<angled>[^<>\n]*+)>|(?P<bare>[^\s()]*+))"
LABELLED = rf"(?P<lead>^[ \t>*+\-\d.)]*+\[(?P<label>{LABEL})\]):[ \t]*+\n?[ \t]*+"


def _pattern(body: str) -> re.Pattern[str]:
    """What is looked for outside code."""
    return re.compile(rf"{CODE}|{body}", re.DOTALL | re.MULTILINE | re.IGNORECASE)


PICTURE = _pattern(rf"{IMAGE}|(?P<img><img\b[^<>]*+>)|<(?P<auto>(?:https?://|mailto:)[^\s<>]++)>")
DEFINITION = _pattern(f"{LABELLED}{SOME_TARGET}")
LINK = _pattern(rf"(?P<kept>!\[{LABEL}\]\({ATTACHMENT})|\]\(\s*+{SOME_TARGET}")
BARE = _pattern(r"""https?://[^\s<]*[^<.,:;"')\]\s]""")


def outside_code(
    pattern: re.Pattern[str], change: Callable[[re.Match[str]], str], text: str
) -> str:
    """Change what a pattern finds, and leave code as it is.

    Args:
        pattern: one of this module's.
        change: gives the text to put there.
        text: Markdown.
    """
    return pattern.sub(lambda match: match[0] if match["code"] else change(match), text)


def definitions(source: str) -> dict[str, str]:
    """Where the labels of reference links point; of two the first, as Markdown has it.

    Args:
        source: Markdown.
    """
    found: dict[str, str] = {}
    for match in DEFINITION.finditer(source) if "]:" in source else ():
        if not match["code"]:
            found.setdefault(label_of(match["label"]), pointed(match))
    return found


def label_of(text: str) -> str:
    """A label as Markdown compares it.

    Args:
        text: what stands between the brackets.
    """
    return " ".join(text.split()).casefold()


def pointed(match: re.Match[str]) -> str:
    """Where a link or picture leads.

    Args:
        match: of a pattern with a target.
    """
    target = match["angled"] if match["angled"] is not None else match["bare"]
    return html.unescape(target or "").strip()


def unbracketed(url: str) -> str:
    """A URL that ends where Markdown thinks it does.

    Args:
        url: without spaces.
    """
    return url.replace("(", "%28").replace(")", "%29")
