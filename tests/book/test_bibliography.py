"""The bibliography is by author and year, as the text cites, and a work's label is its own."""

import re

import pytest
from pybtex.database import Entry, Person

from .conftest import HTML  # puts the extensions on the path

import author_year  # isort: skip


def work(*authors, year="2017"):
    people = {"author": [Person(name) for name in authors]}
    return Entry("article", fields={"year": year}, persons=people)


@pytest.mark.parametrize(
    ("authors", "label"),
    [
        (["Vaswani, Ashish", "Shazeer, Noam", "Parmar, Niki"], "Vaswani et al., 2017"),
        (["Jain, Sarthak", "Wallace, Byron C."], "Jain and Wallace, 2017"),
        (["Shannon, Claude E."], "Shannon, 2017"),
        (["de Jong, Michiel"], "de Jong, 2017"),
        ([r"Fogelman Souli{\'e}, Fran{\c{c}}oise"], "Fogelman Soulié, 2017"),
    ],
)
def test_a_label_names_authors_and_year(authors, label):
    assert author_year.label(work(*authors)) == label


def test_works_of_one_year_are_told_apart():
    twice = [work("Shannon, Claude E."), work("Shannon, Claude E."), work("Bridle, John S.")]
    labels = author_year.AuthorYearLabels().format_labels(twice)
    assert list(labels) == ["Shannon, 2017a", "Shannon, 2017b", "Bridle, 2017"]


def test_an_address_is_shown_whole_but_for_its_scheme():
    entry = Entry("misc", fields={"url": "https://github.com/owner/name"})
    shown = author_year.AuthorYearStyle().format_url(entry).format_data({"entry": entry})
    assert str(shown) == "URL: github.com/owner/name"


@pytest.mark.browser  # it needs the built book
def test_the_page_is_a_list_by_author_and_year(built):
    page = (HTML / "book/bibliography.html").read_text(encoding="utf-8")
    labels = re.findall(r'<span class="fn-bracket">\[</span>(.*?)<span', page)
    assert len(labels) > 20
    assert all(re.fullmatch(r"\D+, \d{4}[a-z]?", label) for label in labels), labels
    assert [label.casefold() for label in labels] == sorted(label.casefold() for label in labels)
    assert page.count("doi.org/") + page.count('external" href="https://') >= len(labels)
