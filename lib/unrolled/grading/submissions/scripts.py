"""Read a Python script as the notebook that VS Code, Colab or nbconvert saved it from."""

from __future__ import annotations

import ast
import re
from typing import Any

from unrolled.grading.submissions.repair import MAX_CELLS, Said, Unreadable
from unrolled.grading.submissions.sources import parsed

MAX_SCRIPT = 2**20
MARKER = re.compile(r"^# (?:%%|In ?\[[ \d]*\]:)(.*)$", re.MULTILINE)
# Colab puts "# " before a line with a magic command, says so, and may leave a block empty by it.
COLAB = "# Commented out IPython magic"
COLAB_MAGIC = re.compile(r"^# ([ \t]*[%!].*)$", re.MULTILINE)
COMMENT = re.compile(r"^# ?", re.MULTILINE)
QUOTED = re.compile(r'[rR]?"""(.*)"""', re.DOTALL)


def script_cells(text: str, said: Said) -> list[dict[str, Any]]:
    """Cut a script into cells: at its markers, else into its statements.

    Args:
        text: of the script.
        said: takes a sentence on what it was.

    Returns:
        Cells as a notebook's JSON has them.

    Raises:
        Unreadable: if it is too long.
    """
    if len(text) > MAX_SCRIPT:
        raise Unreadable(f"The script is longer than {MAX_SCRIPT // 2**20} MB.")
    text = text.replace("\r\n", "\n")
    cells = _marked(text) if MARKER.search(text) else _statements(text)
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The script has more than {MAX_CELLS} parts.")
    said.doubt("A Python script was handed in, not a notebook; it was cut into cells.")
    return cells


def _cell(kind: str, source: str) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source.strip("\n")}


def _marked(text: str) -> list[dict[str, Any]]:
    """The cells between lines such as ``# %%``, ``# %% [markdown]`` and ``# In[3]:``."""
    before, *pieces = MARKER.split(text)
    cells = [_cell("code", before)] if before.strip() else []
    for title, source in zip(pieces[::2], pieces[1::2], strict=True):
        if "[markdown]" in title or "[md]" in title:
            cells.append(_cell("markdown", COMMENT.sub("", source)))
        else:
            cells.append(_cell("code", source))
    return cells


def _statements(text: str) -> list[dict[str, Any]]:
    """The statements at the left margin, those without a blank line between them together."""
    text = COLAB_MAGIC.sub(r"\1", text) if COLAB in text else text
    tree = parsed(text)
    if tree is None or not tree.body:
        return [_cell("code", text)]
    lines = text.split("\n")
    starts = [0]
    for above, below in zip(tree.body, tree.body[1:], strict=False):
        between = lines[above.end_lineno : _first_line(below) - 1]
        if any(not line.strip() for line in between):
            starts.append(above.end_lineno or 0)
    ends = [*starts[1:], len(lines)]
    return [_prose_or_code("\n".join(lines[a:b])) for a, b in zip(starts, ends, strict=True)]


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _prose_or_code(source: str) -> dict[str, Any]:
    quoted = QUOTED.fullmatch(source.strip())
    return (
        _cell("markdown", quoted[1]) if quoted and '"""' not in quoted[1] else _cell("code", source)
    )
