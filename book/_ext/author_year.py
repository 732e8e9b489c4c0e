"""The bibliography is a list by author and year, as the text cites: no numbers to look up.

An entry is labelled as a citation names it, "Vaswani et al., 2017", so that who comes from the
text, or leafs through the printed page, finds it by eye.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from string import ascii_lowercase
from typing import Any

from pybtex.database import Entry, Person
from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from pybtex.style.template import field, href, words


def _surname(person: Person) -> str:
    return str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))


def label(entry: Entry) -> str:
    """Return how the text names a work: its authors' surnames and its year."""
    names = [_surname(p) for p in entry.persons.get("author") or entry.persons.get("editor", [])]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    return f"{' and '.join(names)}, {entry.fields.get('year', 'n.d.')}"


def tell_apart(entries: Iterable[Entry]) -> None:
    """Write a, b, ... behind the years of works that share a label, in the order of their titles.

    The years of the entries themselves change: the text's citations are made from them, too.
    """
    entries = list(entries)
    count, seen = Counter(map(label, entries)), Counter()
    for entry in sorted(entries, key=sorting_key):
        one = label(entry)
        if count[one] > 1:
            entry.fields["year"] += ascii_lowercase[seen[one]]
            seen[one] += 1


def sorting_key(entry: Entry) -> tuple[str, str]:
    """Return what an entry is sorted by."""
    return label(entry).casefold(), entry.fields.get("title", "")


class AuthorYearLabels(BaseLabelStyle):
    """Labels of author and year."""

    def format_labels(self, sorted_entries: list[Entry]) -> Iterator[str]:
        """Give each entry's label."""
        return map(label, sorted_entries)


class AuthorYearSorting(BaseSortingStyle):
    """The order of the labels: the plain style's goes by co-authors whom no label shows."""

    def sorting_key(self, entry: Entry) -> tuple[str, str]:
        """Return what an entry is sorted by."""
        return sorting_key(entry)


class AuthorYearStyle(PlainStyle):
    """The plain style with labels of author and year, sorted by them."""

    default_label_style = AuthorYearLabels
    default_sorting_style = AuthorYearSorting

    def format_url(self, entry: Entry) -> Any:
        """Show an address without its scheme.

        The theme cuts a link that shows its whole address to "owner/name" where that is on GitHub.
        """
        address = field("url", raw=True)
        shown = field("url", raw=True, apply_func=lambda url: url.partition("://")[2])
        return words["URL:", href(address)[shown]]


def setup(app: Any) -> dict[str, bool]:
    """Make the style known by the name that ``bibtex_default_style`` gives."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle, force=True)
    app.connect(
        "builder-inited",
        lambda app: tell_apart(app.env.get_domain("cite").bibdata.data.entries.values()),
        priority=900,  # after sphinxcontrib.bibtex has read the files
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
