"""A page's source as pieces with their lines: what the rules of the form look at."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = yaml.safe_load((ROOT / "_config.yml").read_text())["parse"]["myst_enable_extensions"]
PARSER = create_md_parser(MdParserConfig(enable_extensions=set(EXTENSIONS)), RendererHTML)

DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")
# What stands in these is no MyST text.
VERBATIM = {"code-cell", "code-block", "literalinclude", "listing", "math", "raw", "bibliography"}
VERBATIM |= {"toctree", "include"}
SPOKEN_TITLE = {"admonition", "dropdown", "note", "tip", "warning"}
STRIPPED = {"remove-cell", "remove-input"}

# In this order: a role holds what looks like code, code what looks like mathematics.
ROLE = r"\{[\w:+-]+\}`[^`]*`"
CODE = r"(`+)(?!`)(?:(?!\1).)+\1"
MATHS = r"\$\$?[^$]+\$\$?"
ADDRESS = r"(?<=\])\([^)\s]*\)|<https?:[^>]*>|<!--.*?-->"
MASKED = re.compile(f"{ROLE}|{CODE}|{MATHS}|{ADDRESS}", re.DOTALL)
ITALIC = re.compile(r"(?<![*\w])\*(?![*\s])[^*]+(?<!\s)\*(?!\*)")


@dataclass(frozen=True)
class Piece:
    """One block of a page.

    ``kind`` is ``heading``, ``prose``, ``table``, ``math``, ``label``, ``caption``, ``title`` (of
    an admonition or an answer), ``fence``, or the name of a directive. ``line`` is where ``text``
    begins, counted from 1; ``inside`` names the directives around it, ``section`` the label of the
    section that it stands in.
    """

    kind: str
    line: int
    text: str = ""
    argument: str = ""
    options: dict = field(default_factory=dict)
    level: int = 0
    inside: tuple[str, ...] = ()
    section: str = ""

    @property
    def tags(self) -> set[str]:
        """A cell's tags."""
        return {str(tag).replace("_", "-") for tag in self.options.get("tags") or ()}

    @property
    def seen(self) -> bool:
        """Whether a reader can see a cell's code, at once or by opening it."""
        return not self.tags & STRIPPED

    @property
    def figure(self) -> dict | None:
        """What a cell says of its numbered figure: name and caption."""
        return (self.options.get("mystnb") or {}).get("figure")

    @property
    def code(self) -> str:
        """A cell's code without magics, which are for a notebook."""
        return re.sub(r"^(\s*)[%!].*", r"\1pass", self.text, flags=re.MULTILINE)

    @property
    def tree(self) -> ast.Module:
        """A cell's code; its lines are those of the page."""
        return ast.increment_lineno(ast.parse(self.code), self.line - 1)


@dataclass(frozen=True)
class Page:
    """A chapter's page: ``name`` as faults give it, its text, and its pieces in order."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path) -> "Page":
        """Read a page of the repository."""
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        return cls(str(name), path.read_text(encoding="utf-8"))

    @property
    def second(self) -> bool:
        """Whether it is a chapter's second page."""
        return self.name.endswith("further.md")

    @cached_property
    def pieces(self) -> list[Piece]:
        """All pieces, those inside admonitions and answers too."""
        return list(_sections(_pieces(self.text, 0, ())))

    def of(self, *kinds: str) -> list[Piece]:
        """The pieces of some kinds."""
        return [piece for piece in self.pieces if piece.kind in kinds]

    @property
    def cells(self) -> list[Piece]:
        """Its code cells."""
        return self.of("code-cell")


def masked(text: str, pattern: re.Pattern = MASKED) -> str:
    """Blank out code, mathematics, roles and addresses; every other character keeps its place."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def word_count(text: str) -> int:
    """How many words a reader reads: a formula and a number from the page are one, code is none."""
    text = re.sub(r"\{[\w:+-]+\}`([^`<]*)(?:<[^`]*)?`", lambda m: m[1].strip() or "x", text)
    text = re.sub(CODE, " ", text, flags=re.DOTALL)
    text = re.sub(ADDRESS, " ", re.sub(MATHS, " x ", text), flags=re.DOTALL)
    return sum(any(map(str.isalnum, word)) for word in text.split())


def line_of(piece: Piece, place: int) -> int:
    """The line of a character of a piece's text."""
    return piece.line + piece.text.count("\n", 0, place)


def _sections(pieces: Iterator[Piece]) -> Iterator[Piece]:
    label = section = ""
    for piece in pieces:
        if piece.kind == "heading" and (piece.level <= 2 or label):
            section = label
        label = piece.text if piece.kind == "label" else "" if piece.kind == "heading" else label
        yield Piece(**{**piece.__dict__, "section": section})


def _pieces(text: str, above: int, inside: tuple[str, ...]) -> Iterator[Piece]:
    opened = []  # the block tokens around an inline one
    for token in PARSER.parse(text, {}):
        line = above + token.map[0] + 1 if token.map else 0
        if token.type in ("fence", "colon_fence"):
            yield from _fence(token, line, inside)
        elif token.type == "inline":
            kind = "table" if "table" in opened else opened[-1] if opened else ""
            level = int(token.tag[1]) if token.tag else 0
            if kind in ("h1", "h2", "h3", "h4", "h5", "h6"):
                kind, level = "heading", int(kind[1])
            elif kind != "table":
                kind = "quote" if "blockquote" in opened else "prose"
            yield Piece(kind, line, token.content, level=level, inside=inside)
        elif token.type.startswith(("math_block", "amsmath")):
            yield Piece("math", line, token.content, inside=inside)
        elif token.type == "myst_target":
            yield Piece("label", line, token.content, inside=inside)
        elif token.nesting == 1:
            opened.append(token.tag)
        elif token.nesting == -1:
            opened.pop()


def _fence(token, line: int, inside: tuple[str, ...]) -> Iterator[Piece]:
    found = DIRECTIVE.match(token.info.strip())
    if not found:
        yield Piece("fence", line + 1, token.content, argument=token.info.strip(), inside=inside)
        return
    name, argument = found.groups()
    options, body, gone = _options(token.content)
    first = line + 1 + gone
    yield Piece(name, first, body, argument, options, inside=inside)
    caption = ((options.get("mystnb") or {}).get("figure") or {}).get("caption")
    if caption:
        begins = str(caption).split("\n")[0]
        where = token.content.find(begins, token.content.find("caption:"))
        yield Piece("caption", line + 1 + token.content.count("\n", 0, where), str(caption))
    if name in SPOKEN_TITLE and argument:
        yield Piece("title", line, argument, inside=(*inside, name))
    if name not in VERBATIM:
        yield from _pieces(body, first - 1, (*inside, name))


def _options(content: str) -> tuple[dict, str, int]:
    """A directive's options, its body, and how many lines stand before the body."""
    if block := re.match(r"---\n(.*?)^---\n?", content, re.DOTALL | re.MULTILINE):
        options = yaml.safe_load(block[1]) or {}
    elif block := re.match(r"(?::[\w-]+:[^\n]*(?:\n|$))+", content):
        lines = (line[1:].partition(":") for line in block[0].splitlines())
        options = {name: _value(text.strip()) for name, _, text in lines}
    else:
        return {}, content, 0
    return options, content[block.end() :], block[0].count("\n")


def _value(text: str) -> object:
    return yaml.safe_load(text) if text.startswith("[") else text
