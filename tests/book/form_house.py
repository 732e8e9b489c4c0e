"""One house style: the same directive, citation, label and number for the same thing."""

import ast
import re
from collections.abc import Iterator

from .form_source import DIRECTIVE, Page, masked

Faults = Iterator[tuple[int, str]]

# What a box is for decides its class: the goals are a tip, a misconception is a caution.
CLASSES = {"tip", "caution"}
OTHER_BOXES = "note|tip|warning|important|hint|danger|attention|error|seealso|topic|sidebar"
INSTEAD = {
    rf"^(?:`{{3,}}|:{{3,}})\{{(?:{OTHER_BOXES})\}}": "boxes are `{admonition}` with `:class:`",
    r"\{cite:[a-z]+\}`": "citations are `{cite}`, author and year in brackets",
    r"\{glue\}`|\{glue:(?!text\})\w*\}`": "numbers in prose are `{glue:text}`",
    r"^`{3,}\{math\}": "equations stand between `$$` lines, their label behind",
    r"^`{3,}\{code-cell\}(?! ipython3$)": "cells are `{code-cell} ipython3`",
    r"\{term\}`[^`]*\n": "a {term} on one line",
}
INSTEAD = {re.compile(pattern, re.MULTILINE): why for pattern, why in INSTEAD.items()}
# Sizes that the notation page gives another letter: V is the matrix of values, N counts layers.
SIZES = {
    r"\([^()$Q]*\bV\b[^()$Q]*\)": "a shape stands in code, `(B, T, V)`, or has $|\\mathcal{V}|$",
    r"(?:\\l[no]g?|/|=)\s*V\b|\\sqrt\{V\}": "a size is $|\\mathcal{V}|$, $V$ the values",
    r"\b1/N\b|\\frac\{1\}\{N\}|\^\{?N\}?": "a mean is over $M$ predictions; $N$ counts layers",
}
SECTION = re.compile(r"(\d+)\.(\d+) ")


def prefix(page: Page) -> str:
    """The chapter's two digits, or nothing for a page of the frame."""
    found = re.search(r"(?:^|/)(\d\d)-[^/]*/[^/]*$", page.name)
    return found[1] if found else ""


def directives(page: Page) -> Faults:
    """One directive or role for one thing."""
    for pattern, why in INSTEAD.items():
        for hit in pattern.finditer(page.text):
            yield page.text.count("\n", 0, hit.start()) + 1, f"{hit[0].strip()!r}: {why}"


def boxes(page: Page) -> Faults:
    """A box has one of the book's classes."""
    for piece in page.of("admonition"):
        given = set(str(piece.options.get("class", "")).split())
        if len(given & CLASSES) != 1:
            yield piece.line, f"a box of class {' '.join(given) or 'none'}; wanted tip or caution"


def labels(page: Page) -> Faults:
    """Labels of a chapter's sections, figures, equations and numbers begin with its number."""
    if not (number := prefix(page)):
        return
    for line, text in enumerate(page.text.splitlines(), 1):
        named = re.match(r"\((\w+)-([\w-]+)\)=$", text) or re.match(
            r"\s+name: (fig)-([\w-]+)$", text
        )
        named = named or re.search(r"\$\$ \((eq)-([\w-]+)\)$", text)
        if named and not named[2].startswith(f"{number}-"):
            yield line, f"label {named[0].strip()!r} does not begin with {named[1]}-{number}-"
        for name in re.findall(r"\{glue:text\}`([^`:]+)", text):
            if not re.match(rf"{number}f?-", name):
                yield line, f"glued number {name!r} does not begin with {number}-"


def numbers(page: Page) -> Faults:
    """Sections of a first page are numbered one after the other."""
    if not (number := prefix(page)) or page.second:
        return
    wanted = 1
    for piece in page.of("heading"):
        found = SECTION.match(piece.text) if piece.level == 2 else None
        if found and (int(found[1]), int(found[2])) != (int(number), wanted):
            yield piece.line, f"section {found[0]}where {int(number)}.{wanted} is wanted"
        wanted += bool(found)


def captions(page: Page) -> Faults:
    """A caption begins with a capital and ends with a full stop, of a figure and of a table."""
    for piece in page.pieces:
        text = " ".join(piece.text.split()) if piece.kind == "caption" else ""
        if piece.kind in ("list-table", "table") and DIRECTIVE.match(f"{{{piece.kind}}}"):
            text = piece.argument or ("" if piece.kind == "table" else "none")
        if text and not _a_sentence(masked(text)):
            yield piece.line, f"caption {text!r}; a sentence with its full stop is wanted"
    for cell in page.cells:
        for node in ast.walk(cell.tree):
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg == "caption" and isinstance(keyword.value, ast.Constant):
                    text = str(keyword.value.value)
                    if text and not _a_sentence(text):
                        yield keyword.value.lineno, f"caption {text!r}; a sentence is wanted"


def sizes(page: Page) -> Faults:
    """A letter of the notation page means what it says there."""
    for number, line in enumerate(page.text.splitlines() if prefix(page) else (), 1):
        for maths in re.findall(r"\$([^$`]+)\$", line) or [line if "\\frac" in line else ""]:
            for pattern, why in SIZES.items():
                if re.search(pattern, maths):
                    yield number, f"${maths.strip()}$: {why}"


def raw_tables(page: Page) -> Faults:
    """A page of the frame has its tables with captions; a chapter may have a legend in Markdown."""
    if not prefix(page):
        for line in {piece.line for piece in page.of("table") if "list-table" not in piece.inside}:
            yield line, "a table without a caption: plots.table, or {list-table} with a caption"
            return


def _a_sentence(text: str) -> bool:
    plain = text.strip()
    return bool(re.match(r"[^a-z]", plain) and re.search(r"[.?!)]$", plain))


HOUSE = (directives, boxes, labels, numbers, captions, sizes, raw_tables)
