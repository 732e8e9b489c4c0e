"""Read ``book/NN-slug/exercises.md``: MyST Markdown whose directive fences stand for cells."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt


@dataclass(frozen=True)
class Text:
    """Markdown between two directives."""

    source: str


@dataclass(frozen=True)
class Directive:
    """A fence such as ```` ```{exercise} softmax ````, with its ``:key: value`` options."""

    name: str
    argument: str
    body: str
    line: int
    options: dict[str, object] = field(default_factory=dict)


def parse(text: str, first_line: int = 1) -> list[Text | Directive]:
    """Split a page at its directives, in order.

    Args:
        text: MyST Markdown. Fences without braces are ordinary code and stay in their text.
        first_line: the number of the text's first line in its file, for messages.

    Raises:
        ValueError: if a directive is not closed.
    """
    lines = text.splitlines()
    blocks: list[Text | Directive] = []
    end = 0
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "fence" or token.level or not token.info.strip().startswith("{"):
            continue
        start, stop = token.map
        if not lines[stop - 1].strip().startswith(token.markup) or stop - start < 2:
            raise ValueError(f"line {first_line + start}: {token.info.strip()} is not closed")
        _add_text(blocks, lines[end:start])
        blocks.append(_directive(token.info, token.content, first_line + start))
        end = stop
    _add_text(blocks, lines[end:])
    return blocks


def _add_text(blocks: list[Text | Directive], lines: list[str]) -> None:
    source = "\n".join(lines).strip()
    if source:
        blocks.append(Text(source))


def _directive(info: str, content: str, line: int) -> Directive:
    name, _, argument = info.strip().removeprefix("{").partition("}")
    lines = content.splitlines()
    count = 0
    while count < len(lines) and lines[count].startswith(":"):
        count += 1
    # MyST's short form of options: `:key: value` is YAML's `key: value`.
    options = yaml.safe_load("\n".join(option[1:] for option in lines[:count])) or {}
    return Directive(name, argument.strip(), "\n".join(lines[count:]).strip("\n"), line, options)
