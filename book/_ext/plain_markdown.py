"""A page's document, resolved, written again as the Markdown that every notebook shows.

No role or directive is left: numbers, citations and references are their text, with a link to the
published page; an admonition is a quotation, a folded answer ``<details>``, a listing a block of
code, an equation keeps its number as ``\\tag``. What has no counterpart raises ``Unwritable``.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin

from docutils import nodes

SPECIAL = re.compile(r"([\\`*_$<\[\]])")
LINE_START = re.compile(r"^(\s*)([-+#>]|\d+[.)])(?=\s)", re.MULTILINE)
SILENT = ("comment", "target", "index", "toctree", "substitution_definition", "meta", "colspec")
SHOWS = re.compile(r"""(?:alt|aria-label)="([^"]+)"|<title[^>]*>([^<]+)</title>""")
DRAWN = ("<svg", "<img")  # what a notebook's Markdown does not draw, or not as meant


class Unwritable(Exception):
    """A node that this writer has no Markdown for."""

    def __init__(self, node: nodes.Node):
        super().__init__(f"a notebook has no Markdown for {type(node).__name__}")
        self.node = node


class MarkdownWriter:
    """Writes nodes of one page; ``blocks`` for what stands alone, ``inline`` for text.

    Args:
        builder: Sphinx's, of the build that is running: it knows numbers and file names.
        page: the page's name.
        address: the published page's, to which links are relative; may be empty.
    """

    def __init__(self, builder: Any, page: str, address: str):
        self.builder, self.page, self.address = builder, page, address

    def blocks(self, node: nodes.Node) -> list[str]:
        """Return the blocks that a node becomes, without what lies between them."""
        return self._method("block", node)(node)

    def inside(self, node: nodes.Element) -> list[str]:
        """Return the blocks of all children."""
        return [block for child in node.children for block in self.blocks(child)]

    def inline(self, node: nodes.Node) -> str:
        """Return a node that stands in a line."""
        return self._method("inline", node)(node)

    def text(self, node: nodes.Element) -> str:
        """Return the children, which stand in a line."""
        return "".join(self.inline(child) for child in node.children)

    def number(self, kind: str, node: nodes.Element) -> str:
        """Return "6.1" for what is numbered, "" for what is not."""
        numbers = self.builder.env.toc_fignumbers.get(self.page, {}).get(kind, {})
        found = next((numbers[i] for i in node["ids"] if i in numbers), ())
        return ".".join(map(str, found))

    def caption(self, kind: str, node: nodes.Element, text: nodes.Element | None) -> list[str]:
        """Return "**Figure 6.1** What it shows." as blocks, none if there is nothing to say."""
        number = self.number(kind, node)
        label = f"**{self.builder.config.numfig_format[kind] % number}**" if number else ""
        said = " ".join(filter(None, [label, self.text(text) if text else ""]))
        return [said] if said else []

    def _method(self, family: str, node: nodes.Node) -> Any:
        for kind in type(node).__mro__:
            if kind.__name__ in SILENT:
                return (lambda _: []) if family == "block" else (lambda _: "")
            if found := getattr(self, f"_{family}_{kind.__name__}", None):
                return found
        raise Unwritable(node)

    # In a line

    def _inline_Text(self, node: nodes.Text) -> str:
        return LINE_START.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", node.astext()))

    def _inline_inline(self, node: nodes.inline) -> str:
        return self.text(node)

    _inline_generated = _inline_abbreviation = _inline_inline

    def _inline_emphasis(self, node: nodes.Element) -> str:
        return f"*{self.text(node)}*"

    _inline_title_reference = _inline_emphasis

    def _inline_strong(self, node: nodes.strong) -> str:
        return f"**{self.text(node)}**"

    def _inline_literal(self, node: nodes.Element) -> str:
        code = node.astext()
        ticks = "`" * (1 + max(map(len, re.findall("`+", code)), default=0))
        return f"{ticks} {code} {ticks}" if "`" in code else f"{ticks}{code}{ticks}"

    def _inline_math(self, node: nodes.math) -> str:
        return f"${node.astext()}$"

    def _inline_reference(self, node: nodes.reference) -> str:
        there = node.get("refuri") or f"#{node.get('refid', '')}"
        link = urljoin(self.address, there)
        return f"[{self.text(node)}]({link})" if "://" in link else self.text(node)

    def _inline_superscript(self, node: nodes.Element) -> str:
        return f"<sup>{self.text(node)}</sup>"

    _inline_footnote_reference = _inline_superscript

    def _inline_subscript(self, node: nodes.subscript) -> str:
        return f"<sub>{self.text(node)}</sub>"

    def _inline_image(self, node: nodes.image) -> str:
        alt, name = node.get("alt", ""), self.builder.images.get(node["uri"], "")
        home = self.builder.get_relative_uri(self.page, "index").removesuffix("index.html")
        link = urljoin(self.address, f"{home}_images/{name}")
        return f"![{alt}]({link})" if name and "://" in link else f"*{alt}*"

    def _inline_raw(self, node: nodes.raw) -> str:
        return node.astext() if "html" in node.get("format", "") else ""

    # Alone

    def _block_paragraph(self, node: nodes.Element) -> list[str]:
        return [text] if (text := self.text(node).strip()) else []

    def _block_title(self, node: nodes.Element) -> list[str]:
        depth, above = 0, node.parent
        while above is not None:
            depth, above = depth + isinstance(above, nodes.section), above.parent
        return [f"{'#' * depth} {self.text(node)}"]

    def _block_rubric(self, node: nodes.Element) -> list[str]:
        return [f"**{self.text(node)}**"]

    def _block_container(self, node: nodes.Element) -> list[str]:
        if "literal-block-wrapper" not in node["classes"]:
            return self.inside(node)
        caption, code = node.children
        return [*self.caption("code-block", node, caption), *self.blocks(code)]

    _block_section = _block_compound = _block_only = _block_definition = _block_container

    def _block_literal_block(self, node: nodes.Element) -> list[str]:
        code, language = node.astext().rstrip(), node.get("language", "")
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        language = "" if language in ("default", "none") else language
        return [f"{fence}{language}\n{code}\n{fence}"]

    _block_doctest_block = _block_literal_block

    def _block_math_block(self, node: nodes.math_block) -> list[str]:
        number = self.number("displaymath", node) or node.get("number") or ""
        tag = f"\n\\tag{{{number}}}" if number and not node.get("nowrap") else ""
        return [f"$$\n{node.astext().strip()}{tag}\n$$"]

    def _block_bullet_list(self, node: nodes.Element) -> list[str]:
        return ["\n".join(_item("-", self.inside(child)) for child in node.children)]

    def _block_enumerated_list(self, node: nodes.Element) -> list[str]:
        items = enumerate(node.children, start=node.get("start", 1))
        return ["\n".join(_item(f"{number}.", self.inside(child)) for number, child in items)]

    def _block_definition_list(self, node: nodes.Element) -> list[str]:
        items = ["  \n".join(self.inside(item)) for item in node.children]
        return ["\n".join(_item("-", [item]) for item in items)]

    _block_definition_list_item = _block_container

    def _block_term(self, node: nodes.Element) -> list[str]:
        return [f"**{self.text(node)}**"]

    def _block_block_quote(self, node: nodes.Element) -> list[str]:
        return [_quote(self.inside(node))]

    def _block_attribution(self, node: nodes.Element) -> list[str]:
        return [f"({self.text(node)})"]

    def _block_Admonition(self, node: nodes.Element) -> list[str]:
        title, body = type(node).__name__.capitalize(), list(node.children)
        if body and isinstance(body[0], nodes.title):
            title = self.text(body.pop(0))
        inside = [block for child in body for block in self.blocks(child)]
        if "dropdown" in node["classes"]:
            return _folded(node.children[0], inside)
        return [_quote([f"**{title}**", *inside])]

    _block_topic = _block_sidebar = _block_Admonition

    def _block_dropdown_main(self, node: nodes.Element) -> list[str]:
        summary, *body = node.children
        inside = [block for child in body for block in self.blocks(child)]
        return _folded(summary, inside)

    def _block_table(self, node: nodes.table) -> list[str]:
        title = next(iter(node.findall(nodes.title)), None)
        rows = [
            [" ".join(self.inside(entry)).replace("\n", " ").replace("|", "\\|") for entry in row]
            for row in node.findall(nodes.row)
        ]
        if not list(node.findall(nodes.thead)):
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return [*self.caption("table", node, title), table]

    def _block_figure(self, node: nodes.figure) -> list[str]:
        caption = next(iter(node.findall(nodes.caption)), None)
        body = [child for child in node.children if not isinstance(child, nodes.caption)]
        inside = [block for child in body for block in self.blocks(child)]
        return [*inside, *self.caption("figure", node, caption)]

    def _block_caption(self, node: nodes.Element) -> list[str]:
        return self._block_paragraph(node)

    def _block_legend(self, node: nodes.Element) -> list[str]:
        return self.inside(node)

    def _block_image(self, node: nodes.image) -> list[str]:
        return [self.inline(node)]

    def _block_reference(self, node: nodes.reference) -> list[str]:
        return [self.inline(node)]

    def _block_raw(self, node: nodes.raw) -> list[str]:
        text = self.inline(node)
        if not any(drawn in text for drawn in DRAWN):
            return [text] if text.strip() and "<script" not in text else []
        words = SHOWS.search(text)
        said = html.unescape(words[1] or words[2]) if words else "a drawing"
        return [f"*On [the page]({self.address}): {said}*" if self.address else f"*{said}*"]

    def _block_transition(self, node: nodes.Element) -> list[str]:
        return ["---"]

    def _block_footnote(self, node: nodes.Element) -> list[str]:
        label, *body = node.children
        inside = [block for child in body for block in self.blocks(child)]
        return [f"<sup>{label.astext()}</sup> {inside[0]}", *inside[1:]]

    def _block_line_block(self, node: nodes.Element) -> list[str]:
        return ["  \n".join(self.text(line) for line in node.children)]


def _item(marker: str, blocks: list[str]) -> str:
    room = " " * (len(marker) + 1)
    tight = "\n".join if all(b.startswith(("- ", "1. ")) for b in blocks[1:]) else "\n\n".join
    return f"{marker} {tight(blocks)}".replace("\n", f"\n{room}").replace(f"\n{room}\n", "\n\n")


def _quote(blocks: list[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).split("\n"))


def _folded(title: nodes.Element, blocks: list[str]) -> list[str]:
    said = (text for text in title.findall(nodes.Text) if not isinstance(text.parent, nodes.raw))
    summary = html.escape("".join(said).strip(), quote=False)
    return [f"<details>\n<summary>{summary}</summary>", *blocks, "</details>"]
