"""What a page's prose may not say, each with its reason, and numbers that nobody computed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .form_source import ITALIC, Page, Piece, line_of, masked

PROSE = ("prose", "quote", "heading", "title", "caption", "table")


@dataclass(frozen=True)
class Habit:
    """A turn of phrase that a page does without, or uses at most ``most`` times.

    A habit that is ``sourced`` is none in a sentence with a citation.
    """

    name: str
    reason: str
    pattern: re.Pattern
    most: int = 0
    sourced: bool = False


def habit(name, reason, *patterns, **rest) -> Habit:
    """A habit from the ways to say it, each beginning and ending at a word's edge."""
    pattern = re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE)
    return Habit(name, reason, pattern, **rest)


HABITS = (
    habit(
        "a ritual of distrust",
        "show the check; the reader sees that it was not taken on trust",
        r"(?:do not|don't|need not|never|not to) take (?:\w+(?:'s)? ){1,3}(?:word|trust|faith)",
        r"(?:do not|don't|let us not|let's not|never|why) (?:trust|believe) (?:us|me|it|this|that)",
        r"take nothing on trust",
    ),
    habit(
        "a word of commerce",
        "say what it costs in time, memory or parameters",
        r"prices?|priced|buys?|buying|bought|dear|dearer|dearly|tolls?|bargains?",
        r"(?:pays?|paying|paid)(?: \w+){0,2} (?:for|with|in)|sells?|sold",
    ),
    habit(
        "a carried image of hearing",
        "use the field's verbs: attends, weights, returns",
        r"hears?|heard|hearing|overhears?|overheard|listens?|listened|listeners?|listening",
        r"voices?|deaf|loud(?:er|ly|est)?|whispers?|eavesdrops?",
        most=2,
    ),
    habit(
        "a carried image of roads",
        "use the field's words: path length, steps, connection",
        r"roads?|motorways?|highways?|detours?",
        most=2,
    ),
    habit(
        "a word that belittles",
        "what is simple to one reader is not to another",
        r"simply|obviously|of course|trivially|clearly|needless to say|as everybody knows",
        r"just(?! (?:as|before|after|above|below|now|like|under|over|enough|short)\b)",
    ),
    habit(
        "a claim about the world without a source",
        "cite one or leave it out",
        r"as (?:much|most|many) published \w+|(?:a great|great|very) many|everybody|everyone",
        r"most (?:people|practitioners|textbooks|tutorials|papers)|countless|it is well known",
        r"(?:many|most) (?:web pages|blogs?|websites)",
        sourced=True,
    ),
)

NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?:\.\d+|\s?%|\s?per ?cent\b)(?![.\d]*\w)")
# What a number may be that the page neither computes nor reads from a record.
PLACE = (
    r"(?:sections?|chapters?|equations?|figures?|tables?|listings?|footnotes?|appendi\w+|pages?)"
)
VERSION = r"(?:version|python|pytorch|torch|numpy|matplotlib|cc[ -]by(?:-sa)?|mit|apache)"
BEFORE = re.compile(
    rf"\b(?:{PLACE}\s+(?:[A-Z]?[\d.]+(?:\s*,\s*|\s+(?:and|or|to)\s+))*|{VERSION}[ -]v?)$", re.I
)
BOLD = re.compile(
    r"\*\*[^*]{0,20}\{glue|\*\*\{[^{}]*\}\*\*|<(?:b|strong)>\{"
    r"|\*\*\{[^{}\n]*\} ?[a-z][^*\n]*\*\*"  # with the words that it counts
)
LINK = re.compile(r"\[[^\]]*\]\([^)\s]*\)")
MARK = re.compile(r"\b(?:TODO|FIXME|XXX|TBD|TKTK|[Ll]orem ipsum)\b")
ALONE = re.compile(r"[A-Z][A-Z\d_]{3,}")  # a paragraph of one word in capitals
CITED = re.compile(r"\{cite(?::\w+)?\}`")


def habits(page: Page) -> Iterator[tuple[int, str]]:
    """Turns of phrase; what stands in italics is an example, not the page's own voice."""
    for one in HABITS:
        found = [hit for piece in page.of(*PROSE) for hit in _hits(one, piece)]
        for line, words in found if len(found) > one.most else ():
            often = f", {len(found)} times where {one.most} may do" if one.most else ""
            yield line, f'"{words}" is {one.name}{often}: {one.reason}'


def _hits(one: Habit, piece: Piece) -> Iterator[tuple[int, str]]:
    plain = masked(masked(piece.text), ITALIC)
    for hit in one.pattern.finditer(plain):
        if not (one.sourced and CITED.search(_sentence(piece.text, plain, hit.start()))):
            yield line_of(piece, hit.start()), " ".join(hit[0].split())


def leftovers(page: Page) -> Iterator[tuple[int, str]]:
    """Marks that a writer put in the text, to come back to."""
    for piece in page.of(*PROSE):
        plain = masked(piece.text).strip()
        mark = MARK.search(plain) or (piece.kind != "table" and ALONE.fullmatch(plain))
        if mark:
            yield (
                line_of(piece, 0),
                f'"{mark[0]}" is a mark of a writer\'s: write what it stands for',
            )


def typed_numbers(page: Page) -> Iterator[tuple[int, str]]:
    """Decimals and percentages that were typed; a sentence with a citation has them from there."""
    for piece in page.of(*PROSE):
        plain = masked(masked(piece.text, LINK))
        if piece.kind == "heading":
            plain = re.sub(r"^\d+(?:\.\d+)*(?=\s)", lambda m: " " * len(m[0]), plain)
        for hit in NUMBER.finditer(plain):
            cited = CITED.search(_sentence(piece.text, plain, hit.start()))
            if not cited and not BEFORE.search(plain[: hit.start()]):
                yield (
                    line_of(piece, hit.start()),
                    f'"{hit[0]}" is a number in prose that is neither computed nor read from a '
                    f"record: glue it, or cite its source in the same sentence",
                )


def bold_numbers(page: Page) -> Iterator[tuple[int, str]]:
    """Numbers from the page in bold, in prose or in what a cell writes."""
    for number, line in enumerate(page.text.splitlines(), 1):
        if BOLD.search(line):
            yield number, "a number from the page stands in plain weight; bold is for what matters"


def _sentence(text: str, plain: str, place: int) -> str:
    ends = [0, *(m.end() for m in re.finditer(r"[.!?:](?=\s)", plain)), len(text)]
    begin = max(end for end in ends if end <= place)
    return text[begin : min(end for end in ends if end > place)]
