"""The rules of a page's form that its source can be held to; each gives lines and what is wrong."""

import ast
import re
from collections.abc import Iterator

from .form_source import Page, Piece, line_of, masked, word_count

Faults = Iterator[tuple[int, str]]

WORDS, WORDS_FIRST, WORDS_SECOND = 4000, 2000, 3000  # chapter 0 is the first
SECTIONS, MISCONCEPTIONS, ANSWERS = 13, 4, range(3, 6)
CELL_LINES, CELL_COLUMNS = 25, 72

COUNTED = ("prose", "quote", "heading", "title")
UNCOUNTED_INSIDE = {"dropdown", "figure", "table", "list-table"}
# What unrolled.plots offers that is no still figure.
NO_FIGURE = {"moving", "table", "style"}
OWN_MARKUP = re.compile(r"<img\b|<svg\b|<figure\b|figure-card")
DRAWING = re.compile(r"\b(?:plt|axe?s?)\.\w+|\bimport matplotlib|\bfrom matplotlib")
# Labels of sections that every chapter has, in this order: (sec-06-real)= above the heading.
LAST_SECTIONS = {
    "real": "real text",
    "misconceptions": "misconceptions",
    "limits": '"What it still cannot do"',
    "pencil": "paper and pencil",
    "reading": "further reading",
    "exercises": "the assignment",
}


def length(page: Page) -> Faults:
    """Words that are read."""
    first = page.name.startswith("book/00-")
    limit = WORDS_SECOND if page.second else WORDS_FIRST if first else WORDS
    read = [p for p in page.of(*COUNTED) if not UNCOUNTED_INSIDE & set(p.inside)]
    words = sum(word_count(piece.text) for piece in read)
    if words > limit:
        yield 1, f"{words} words; at most {limit}, without code, tables, captions and answers"


def sections(page: Page) -> Faults:
    """Numbered sections, all counted."""
    found = [p for p in page.of("heading") if p.level == 2]
    if len(found) > SECTIONS:
        yield found[SECTIONS].line, f"{len(found)} sections; at most {SECTIONS}"
    for piece in found if not page.second else ():
        if not re.match(r"\d+\.\d+ ", piece.text):
            yield piece.line, f"section {piece.text!r} has no number"


def misconceptions(page: Page) -> Faults:
    """Each is an admonition in its section."""
    found = [p for p in _in_section(page, "misconceptions") if p.kind == "admonition"]
    if len(found) > MISCONCEPTIONS:
        yield found[MISCONCEPTIONS].line, f"{len(found)} misconceptions; at most {MISCONCEPTIONS}"


def answers(page: Page) -> Faults:
    """Paper and pencil: a few questions whose answers are folded."""
    pencil = [] if page.second else list(_in_section(page, "pencil"))
    found = [p for p in pencil if p.kind == "dropdown"]
    if pencil and len(found) not in ANSWERS:
        yield pencil[0].line, f"{len(found)} folded answers; 3 to 5 {{dropdown}}s are wanted"
    for piece in found:
        if "answer" not in str(piece.options.get("class-container", "")).split():
            yield piece.line, "a folded answer without `:class-container: answer`"


def order(page: Page) -> Faults:
    """The parts of a chapter, each where a reader looks for it."""
    if page.second:
        return
    before, at = None, 0
    for name, piece in _parts(page).items():
        if piece is None:
            yield 1, f"there is no part {name!r}"
        elif piece.line < at:
            yield piece.line, f"{name!r} comes before {before!r}; it is wanted after it"
        else:
            before, at = name, piece.line


def _parts(page: Page) -> dict[str, Piece | None]:
    def first(pieces):
        return next(iter(pieces), None)

    goals = first(p for p in page.of("admonition") if p.options.get("class") == "tip")
    before_goals = [p for p in page.of("prose") if not goals or p.line < goals.line]
    parts = {
        "the question": first(p for p in before_goals if "?" in p.text and not p.inside),
        "the goals, an admonition of class tip": goals,
        "a diagram of the mechanism, a numbered figure": first(_figures(page)),
        "the first equation": first(page.of("math")),
        "a moving figure": first(c for c in page.cells if "moving" in _called(c)),
    }
    for label, name in LAST_SECTIONS.items():
        parts[f"{name}, labelled sec-NN-{label}"] = first(_in_section(page, label))
    return parts


def goals(page: Page) -> Faults:
    """The goals say how long the page takes and what one needs."""
    for piece in page.of("admonition"):
        if piece.options.get("class") == "tip":
            if not re.search(r"\d+ minutes", piece.text):
                yield piece.line, "the goals do not say how many minutes the page takes"
            if not re.search(r"\bneed", piece.text):
                yield piece.line, "the goals do not say what one needs"
            return


def moving_headings(page: Page) -> Faults:
    """A moving figure stands under a heading that says what it shows."""
    heading = None
    for piece in page.pieces:
        heading = piece if piece.kind == "heading" else heading
        if piece.kind == "code-cell" and "moving" in _called(piece):
            words = re.sub(r"^[\d.]+\s*", "", heading.text).split() if heading else []
            if len(words) < 3 or heading.level == 1:
                yield (
                    piece.line,
                    "a moving figure is wanted under a heading that says what it shows",
                )


def cell_size(page: Page) -> Faults:
    """Long cells are modules; long lines do not fit a phone."""
    for cell in page.cells:
        lines = cell.text.rstrip().splitlines()
        if len(lines) > CELL_LINES:
            yield cell.line, f"a cell of {len(lines)} lines; at most {CELL_LINES}: make it a module"
        for number, line in enumerate(lines if cell.seen else ()):
            if len(line) > CELL_COLUMNS:
                yield (
                    cell.line + number,
                    f"a line of {len(line)} characters; at most {CELL_COLUMNS}",
                )


def drawing(page: Page) -> Faults:
    """A page calls what draws; it does not draw."""
    for cell in page.cells:
        if cell.seen and (found := DRAWING.search(cell.text)):
            yield (
                line_of(cell, found.start()),
                f"drawing ({found[0]}) in a cell that can be read: call unrolled.plots or a module "
                "beside the chapter",
            )


def figures(page: Page) -> Faults:
    """A still figure has a number, a caption of one sentence, a mention, and words for it."""
    names = {name for p in page.pieces for name in re.findall(r"\{numref\}`([^`]*)`", p.text)}
    named = {re.sub(r".*<(.*)>$", r"\1", name) for name in names}
    for cell in page.cells:
        if cell.figure is None and (call := _picture(cell)):
            yield (
                cell.line,
                f"{call} draws a figure without a number: `mystnb: figure: name, caption`",
            )
    for piece in _figures(page):
        figure = piece.figure or {"name": piece.options.get("name"), "caption": piece.text}
        caption = " ".join(str(figure.get("caption") or "").split())
        if not figure.get("name"):
            yield piece.line, "a figure without a name cannot be referred to"
        elif figure["name"] not in named:
            yield piece.line, f"no {{numref}} refers to figure {figure['name']!r}"
        if not _one_sentence(caption):
            yield piece.line, f"caption {caption!r} is not one sentence"
        if not _described(piece):
            yield piece.line, "a figure without `mystnb: image: alt`"


def own_markup(page: Page) -> Faults:
    """MyST-NB makes figures; a page has no markup of its own."""
    for number, line in enumerate(page.text.splitlines(), 1):
        if found := OWN_MARKUP.search(line):
            yield number, f"{found[0]}: figures are made by `mystnb: figure` and `image`"


def tables(page: Page) -> Faults:
    """A computed table has a caption; one of a record says where its numbers are from."""
    for cell in page.cells:
        for call in _calls(cell, "table"):
            given = {keyword.arg for keyword in call.keywords}
            if len(call.args) < 3 and "caption" not in given:
                yield call.lineno, "a table without `caption=`"
            sourced = len(call.args) > 3 or "record" in given or "provenance" in cell.text
            if re.search(r"\brecords?\b", cell.text) and not sourced:
                yield call.lineno, "a table of a record without `record=`: command, seeds, date"


def _in_section(page: Page, label: str) -> Iterator[Piece]:
    wanted = re.compile(rf"sec-\d+-{label}$")
    return (p for p in page.pieces if wanted.match(p.section) and p.kind != "label")


def _figures(page: Page) -> list[Piece]:
    """Numbered still figures: cells that MyST-NB makes one of, and files."""
    return [p for p in page.of("code-cell", "figure") if p.kind == "figure" or p.figure is not None]


def _calls(cell: Piece, name: str | None = None) -> Iterator[ast.Call]:
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Call) and name in (None, _name(node.func)):
            yield node


def _called(cell: Piece) -> set[str]:
    return {_name(call.func) for call in _calls(cell)}


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _picture(cell: Piece) -> str:
    """What a cell that ends in a picture draws it with, such as ``plots.heatmap``."""
    last = cell.tree.body[-1] if cell.tree.body else None
    value = last.value if isinstance(last, ast.Expr) else None
    if isinstance(value, ast.Name):  # figure = plots.heatmap(...); figure
        made = [a for a in ast.walk(cell.tree) if isinstance(a, ast.Assign)]
        named = [a.value for a in made if value.id in map(ast.unparse, a.targets)]
        value = named[-1] if named else None
    if not isinstance(value, ast.Call):
        return ""
    found = re.match(r"(?:plots|diagrams)\.(\w+)", ast.unparse(value))
    return found[0] if found and found[1] not in NO_FIGURE else ""


def _one_sentence(caption: str) -> bool:
    plain = re.sub(r"\b(?:et al|e\.g|i\.e|vs|cf|Fig|Eq)\.", "", masked(caption))
    return bool(re.search(r"[.?!]$", plain.strip())) and not re.search(r"[.?!]\s+\S", plain.strip())


def _described(piece: Piece) -> bool:
    """A file has its text in an option; a drawing made of marks carries its own."""
    image = (piece.options.get("mystnb") or {}).get("image") or {}
    if str(image.get("alt") or piece.options.get("alt") or "").strip():
        return True
    return piece.kind == "code-cell" and bool(re.search(r"\balt=|\bdiagrams\b", piece.text))


RULES = (
    length, sections, misconceptions, answers, order, goals, moving_headings, cell_size, drawing,
    figures, own_markup, tables,
)  # fmt: skip
