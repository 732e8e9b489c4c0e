"""Say whether prose is harmless on the page that nbgrader makes of it.

The prose is rendered by the renderer that formgrader and nbgrader's feedback use, and everything
that comes out has to be on a list: another spelling of a link is then nothing to think of.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Mapping
from html.parser import HTMLParser
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from unrolled.grading.submissions.pictures import Picture

# A page elsewhere, by a host's full name: nothing of this machine or of the server that shows it.
WEB = re.compile(
    r"https?://(?![^/?#]*\.(?:localhost|localdomain|local|internal)\.?(?:[:/?#]|$))"
    r"[^\s/?#@\\:]*\.[^\W\d][^\s/?#@\\:.]*\.?(?::\d{1,5})?(?:[/?#][^\s\\]*)?",
    re.IGNORECASE,
)
MAIL = re.compile(r"mailto:[^\s\\]+", re.IGNORECASE)
ANCHOR = re.compile(r"#[^\s\\]*")
# What MathJax would make a link, a style, an id or a macro of. Macros too: they can spell the rest.
ACTIVE_TEX = re.compile(
    r"\\(?=(?:href|class|cssId|style|require|unicode|mmlToken|texttip|mathtip|toggle|action|bbox"
    r"|includegraphics|[gex]?def|let|(?:re)?newcommand|providecommand|(?:re)?newenvironment"
    r"|html[A-Z][a-z]+)(?![A-Za-z]))"
)
TAGS = frozenset((
    "a", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "img", "input", "li", "ol", "p", "pre", "span", "strong", "table", "tbody",
    "td", "th", "thead", "tr", "ul",
))  # fmt: skip
INERT = frozenset(("alt", "title", "class", "start", "type", "disabled", "checked"))
ALIGNED = re.compile(r"text-align: ?(?:left|center|right);?")
UNREAD = frozenset(("pre", "code"))  # MathJax leaves them alone


def is_allowed(url: str) -> bool:
    """Whether a link may stay one: to a web page, to an address, or within the page.

    Args:
        url: as it stands in prose or in HTML.
    """
    plain = html.unescape(url)
    web = WEB.fullmatch(plain) and WEB.fullmatch(_as_browsers_read(unquote(plain)))
    return bool(web or MAIL.fullmatch(plain) or ANCHOR.fullmatch(plain))


def _as_browsers_read(url: str) -> str:
    """A URL with other forms of letters, digits and dots made plain, without what nobody sees."""
    plain = unicodedata.normalize("NFKC", url).replace("\u3002", ".")
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn", "Zs"))


def is_harmless(text: str, pictures: Mapping[str, Picture], taken: Collection[str]) -> bool:
    """Whether prose renders, and to nothing that acts, loads or takes another's place.

    Args:
        text: Markdown.
        pictures: the cell's attachments by name; each may be shown once.
        taken: names that the page looks its fields up by.
    """
    attachments = {name: {picture.type: name} for name, picture in pictures.items()}
    renderer = IPythonRenderer(escape=False, attachments=attachments)
    try:
        rendered = MarkdownWithMath(renderer=renderer).render(text)
    except Exception:  # nbconvert would fail as well
        return False
    page = _Page(pictures, taken)
    page.feed(rendered)
    page.close()
    return page.harmless and not ACTIVE_TEX.search("".join(page.words))


class _Page(HTMLParser):
    """What rendered prose holds."""

    def __init__(self, pictures: Mapping[str, Picture], taken: Collection[str]):
        super().__init__()
        self.harmless = True
        self.words: list[str] = []
        self.waiting = {f"data:{p.type};base64,{name}" for name, p in pictures.items()}
        self.taken = {f"{name}{field}" for name in taken for field in ("", "-comment")}
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNREAD:
            self.inside.append(tag)
        self.harmless &= tag in TAGS and all(self._is_inert(tag, n, v or "") for n, v in attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            self.inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.harmless = False

    handle_decl = handle_pi = unknown_decl = handle_comment

    def _is_inert(self, tag: str, name: str, value: str) -> bool:
        if name == "href":
            return is_allowed(value)
        if name == "src":
            shown = value in self.waiting
            self.waiting.discard(value)
            return shown and tag == "img"
        if name == "id":
            return value not in self.taken
        if name == "style":
            return bool(ALIGNED.fullmatch(value))
        return name in INERT and "mermaid" not in value if name == "class" else name in INERT
