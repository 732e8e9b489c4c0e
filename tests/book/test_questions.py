"""What is really asked has an answer with an address, and the address is there."""

import re
import tomllib

import pytest

from .conftest import HTML, ROOT
from .form import IN_FORM

SHEET = tomllib.loads((ROOT / "tests/book/questions.toml").read_text(encoding="utf-8"))
ANSWERS = [
    (id_, page, anchor)
    for page, answered in SHEET["answers"].items()
    for id_, (_, anchor) in answered.items()
]


def test_a_question_is_asked_once_and_answered():
    asked = [id_ for id_, *_ in ANSWERS]
    assert len(asked) == len(set(asked))
    listed = {f"{chapter}-{number}" for chapter, all_ in SHEET["ids"].items() for number in all_}
    assert set(asked) == listed
    texts = [text for answered in SHEET["answers"].values() for text, _ in answered.values()]
    assert all(len(text.split()) < 20 and re.search(r"[.?]$", text) for text in texts)


def test_each_chapter_in_the_form_has_its_questions_answered():
    assert {room[:2] for room in IN_FORM} <= set(SHEET["ids"])


@pytest.mark.browser  # it needs the built book
@pytest.mark.parametrize(("id_", "page", "anchor"), ANSWERS, ids=[id_ for id_, *_ in ANSWERS])
def test_an_answer_is_where_it_is_said_to_be(built, id_, page, anchor):
    assert f'id="{anchor}"' in (HTML / f"{page}.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_each_question_of_the_faq_has_an_address(built):
    source = (ROOT / "book/faq.md").read_text(encoding="utf-8")
    built_page = (HTML / "book/faq.html").read_text(encoding="utf-8")
    addresses = re.findall(r"^\((faq-[\w-]+)\)=\n#{2,3} ", source, re.MULTILINE)
    assert len(addresses) == len(set(addresses)) == len(re.findall(r"^#{2,3} ", source, re.M))
    assert [one for one in addresses if f'id="{one}"' not in built_page] == []
