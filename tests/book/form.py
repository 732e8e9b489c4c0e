"""The form of the book's pages: which chapters hold it, and what is wrong with a page's source.

.venv/bin/python -m tests.book.form                  # every chapter, and the pages around them
.venv/bin/python -m tests.book.form book/06-self-attention/chapter.md
"""

import re
import sys
from pathlib import Path

from .form_house import HOUSE
from .form_rules import RULES, cell_size, drawing, figures, own_markup, tables
from .form_source import ROOT, Page
from .form_voice import bold_numbers, habits, leftovers, typed_numbers

# Chapters in the form. What is safe or not (axe, widths, mathematics) is asked of every page.
IN_FORM: tuple[str, ...] = (
    "00-warm-up",
    "01-words",
    "02-recurrence",
    "03-gates",
    "04-seq2seq",
    "05-alignment",
    "06-self-attention",
    "07-multi-head",
    "08-positions",
)
# The pages around the chapters: no chapter's order and length, but its voice and its house style.
FRAME = ("index", "faq", "notation", "glossary", "bibliography")
FRAME += ("grading-a-class", "how-it-is-built")
VOICE = (habits, leftovers, typed_numbers, bold_numbers)


def sources(rooms: tuple[str, ...] | None = None) -> list[Path]:
    """Pages of some chapters' rooms, or of all: chapter.md and, where there is one, further.md."""
    found = sorted(ROOT.glob("book/[0-9][0-9]-*/chapter.md"))
    found += sorted(ROOT.glob("book/[0-9][0-9]-*/further.md"))
    return [page for page in found if rooms is None or page.parent.name in rooms]


def frame() -> list[Path]:
    """The pages around the chapters."""
    return [ROOT / f"book/{name}.md" for name in FRAME]


def faults(page: Page) -> list[str]:
    """What is wrong with a page, as ``page:line: what``."""
    around = re.fullmatch(rf"book/(?:{'|'.join(FRAME)})\.md", page.name)
    rules = (cell_size, drawing, figures, own_markup, tables) if around else RULES
    rules = (*rules, *VOICE, *HOUSE)
    found = sorted({fault for rule in rules for fault in rule(page)})
    return [f"{page.name}:{line}: {what}" for line, what in found]


def main(names: list[str]) -> int:
    """Print the faults of pages; 1 if there is one."""
    pages = [Path(name).resolve() for name in names] or [*sources(), *frame()]
    found = [fault for page in pages for fault in faults(Page.read(page))]
    print(*found, sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
