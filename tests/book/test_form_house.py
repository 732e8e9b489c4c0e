"""One house style, and the pages around the chapters hold it."""

import pytest

from .form import FRAME, faults, frame
from .form_source import ROOT, Page
from .test_form_of_sources import CELL, GOOD, LABEL, PROSE, found_in

TABLE = ":::{list-table} %s\n:header-rows: 1\n\n* - a\n* - b\n:::"
BAD = {
    "note": (PROSE, ":::{note}\nLook.\n:::", "':::{note}': boxes are"),
    "box's class": (PROSE, ":::{admonition} A\n:class: warning\nB.\n:::", "a box of class warning"),
    "cite:t": (PROSE, "As {cite:t}`someone` says.", "citations are `{cite}`"),
    "cite:p": (PROSE, "As was said {cite:p}`someone`.", "citations are `{cite}`"),
    "glue": (PROSE, "It is {glue}`06-n`.", "numbers in prose are"),
    "math": (PROSE, "```{math}\na = b\n```", "equations stand between"),
    "cell": (PROSE, "```{code-cell} python\na = 1\n```", "cells are"),
    "section's label": (LABEL, "(sec-07-other)=\n### More\n\n" + LABEL, "sec-06-"),
    "equation's label": ("(eq-06-one)", "(eq-one)", "does not begin with eq-06-"),
    "number's name": (PROSE, "It is {glue:text}`n:.1f`.", "glued number 'n' does not begin"),
    "section's number": ("## 6.4 What", "## 6.5 What", "section 6.5 where 6.4 is wanted"),
    "another chapter's": ("## 6.4 What", "## 7.4 What", "section 7.4 where 6.4 is wanted"),
    "caption of a call": (
        LABEL,
        CELL % "plots.table(h, r, caption='of what')",
        "caption 'of what'",
    ),
    "caption of a list": (PROSE, TABLE % "the sizes", "caption 'the sizes'; a sentence"),
    "V, a size": (PROSE, "At first it is $\\ln V$.", "$V$ the values"),
    "V, in a shape": (PROSE, "The logits are $(B, T, V)$.", "a shape stands in code"),
    "N, a number of guesses": (PROSE, "$$\\frac{1}{N}$$ of it.", "$N$ counts layers"),
    "no caption": (PROSE, TABLE % "", "caption 'none'; a sentence"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_fault_of_style_is_named(case):
    old, new, says = BAD[case]
    assert GOOD.count(old) == 1
    found = found_in(GOOD.replace(old, new))
    assert any(says in fault for fault in found), found


@pytest.mark.parametrize("text", ["ELMO reads both ways.", "It is the\n\n`MASK`\n\nthat hides."])
def test_a_word_in_capitals_is_no_mark(text):
    assert found_in(GOOD.replace(PROSE, text)) == []


def test_a_good_list_has_no_fault():
    assert found_in(GOOD.replace(PROSE, TABLE % "The sizes of tensors.")) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("It is simply so.", "a word that belittles"),
        ("It takes 0.5 of it.", "is a number in prose"),
        ("PLACEHOLDER", "a mark of a writer's"),
        ("So it is (TODO: why).", "a mark of a writer's"),
        ("| a |\n|---|\n| b |", "a table without a caption"),
        ("```{code-cell} ipython3\nf'- **{n} wrong answers**: {m}'\n```", "plain weight"),
    ],
)
def test_a_page_around_the_chapters_is_held_to_voice_and_style(text, says):
    (fault,) = faults(Page("book/faq.md", f"# Questions\n\n{text}\n"))
    assert says in fault


def test_a_page_around_the_chapters_needs_no_parts():
    assert faults(Page("book/faq.md", "# Questions\n\n## One\n\nAn answer.\n")) == []


def test_all_pages_around_the_chapters_are_held():
    own = {page.stem for page in ROOT.glob("book/*.md")}
    assert own == set(FRAME)


@pytest.mark.parametrize("page", frame(), ids=lambda page: page.stem)
def test_the_frame_holds_the_form(page):
    found = faults(Page.read(page))
    assert not found, "\n".join(found)
