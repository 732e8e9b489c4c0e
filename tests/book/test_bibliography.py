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


def test_works_of_one_year_are_told_apart_by_their_titles_and_once():
    later, earlier, other = work("Shannon, C."), work("Shannon, C."), work("Bridle, John S.")
    later.fields["title"], earlier.fields["title"] = "Two", "One"
    for _ in range(2):  # a build that begins from a kept one has letters already
        author_year.tell_apart([later, other, earlier])
        labels = author_year.AuthorYearLabels().format_labels([earlier, later, other])
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


@pytest.mark.browser  # it needs the built book
def test_a_citation_is_called_as_the_entry_that_it_leads_to(built):
    page = (HTML / "book/bibliography.html").read_text(encoding="utf-8")
    entry = r'id="(id\d+)"[^>]*>\s*<span class="label"><span class="fn-bracket">\[</span>(.*?)<span'
    called = dict(re.findall(entry, page))
    cited = [
        (path.name, name, re.sub("<[^>]*>", "", text).replace("\N{NO-BREAK SPACE}", " "))
        for path in HTML.glob("book/*/*.html")
        for name, text in re.findall(
            r'href="[./]*bibliography\.html#(id\d+)"[^>]*>(.*?)</a>',
            path.read_text(encoding="utf-8"),
        )
    ]
    assert len(cited) > 100
    assert [one for one in cited if one[2] != called[one[1]]] == []
