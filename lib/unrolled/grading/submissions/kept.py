"""Cells that show what would else be dropped: to be read by a person, and never run."""

from __future__ import annotations

import re
import textwrap
from typing import Any

KEPT = "kept"  # the tag of a cell that holds no answer in words
MAX_KEPT = 100_000
DAMAGED = "What can be read of a damaged cell:"
OTHER_SIDE = "What stood on the other side of a merge conflict:"
LEFT_OVER = "What the file held before or after the notebook:"
OTHER_FILE = "What another file that was handed in says:"
LEADS = frozenset(f"*{lead}*" for lead in (DAMAGED, OTHER_SIDE, LEFT_OVER, OTHER_FILE))
SOURCE = re.compile(r'"(?:source|input)"\s*+:\s*+\[?')
END_OF_LIST = re.compile(r"\n\s*+\]")
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "", "b": "", "f": ""}
IS_CODE = re.compile(r'"cell_type"\s*+:\s*+"code"')


def kept_source(lead: str, text: str, is_code: bool) -> str:
    """A cell's text: a sentence on what stands below it, and that; code is shown as it is."""
    shown = textwrap.indent(text, "    ", lambda line: True) if is_code else text
    return f"*{lead}*\n\n{shown}"


def kept_cell(lead: str, text: str, is_code: bool = True, tag: bool = False) -> dict[str, Any]:
    """A cell as a notebook's JSON has it.

    Args:
        lead: what the text is.
        text: as it was found.
        is_code: whether line breaks and spaces matter.
        tag: whether the text cannot be an answer in words.
    """
    source = kept_source(lead, text[:MAX_KEPT], is_code)
    metadata = {"tags": [KEPT]} if tag else {}
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def damaged_cell(stretch: str) -> dict[str, Any] | None:
    """What can be read of a cell that is not whole; None if nothing of its text is there.

    Args:
        stretch: of the file, from where the cell begins.
    """
    opening = SOURCE.search(stretch)
    text = fragment(stretch[opening.end() :]) if opening else ""
    if not opening or not text.strip():
        return None
    is_code = bool(IS_CODE.search(stretch))
    return kept_cell(DAMAGED, text, is_code, tag=is_code)


def fragment(stretch: str) -> str:
    """Lines of text out of a piece of JSON that may end or break anywhere."""
    end = END_OF_LIST.search(stretch)
    stretch = stretch[: end.start()] if end else stretch
    lines = [SOURCE.sub("", line, 1).strip() for line in stretch[:MAX_KEPT].split("\n")]
    bare = "\n".join(re.sub(r'^"|"?,?$', "", line) for line in lines)
    text = ESCAPE.sub(_unescaped, bare)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of one
    return "\n".join(line for line in text.split("\n") if line.strip())


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else ESCAPED.get(code, code)
