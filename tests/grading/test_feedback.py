"""The page a learner reads."""

from dataclasses import replace

import pytest

from grading.conftest import ASSIGNMENT
from unrolled.checks import examine, exercises
from unrolled.grading.asking.marks import Result, reported, unasked
from unrolled.grading.gradebook.journal import Request
from unrolled.grading.gradebook.recording import ByHand
from unrolled.grading.pages.feedback import Page, render_feedback
from unrolled.grading.sandbox.tiers import BWRAP

MASK = exercises(ASSIGNMENT)[0]


def page(*marks, notes=(), manual=None, comments=None, **more):
    result = Result("learner-01", marks, notes)
    by_hand = ByHand(manual or {}, comments or {})
    return render_feedback(Page(ASSIGNMENT, result, by_hand, BWRAP, **more))


def test_what_a_learner_wrote_is_escaped():
    nasty = "<script>alert(1)</script>"
    shown = page(
        replace(unasked(MASK, f"1 {nasty}"), notes=(nasty,)),
        notes=(nasty,),
        manual={nasty: (None, 5)},
    )
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 4


def test_an_answers_own_words_are_escaped():
    def padding_mask(ids, pad_id):
        raise ValueError("<img src=x onerror=alert(1)> \ud800")

    shown = page(reported(MASK, examine(MASK.id, padding_mask)))
    assert "<img" not in shown
    shown.encode("utf-8")


@pytest.fixture
def wrong():
    def padding_mask(ids, pad_id):
        return (ids == pad_id)[:, None, None, :]

    return page(reported(MASK, examine(MASK.id, padding_mask, seed=918273)), notes=("A note.",))


def test_it_says_what_to_fix_and_where_to_read(wrong):
    for words in ("0 of 4 points", "Fix first:", "expected", "got", MASK.section.title, "A note."):
        assert words in wrong


def test_it_keeps_the_seed_to_itself(wrong):
    assert "918273" not in wrong


def test_it_can_be_read_anywhere(wrong):
    assert '<html lang="en">' in wrong
    assert 'name="viewport"' in wrong
    assert "prefers-color-scheme: dark" in wrong
    assert "default-src 'none'" in wrong
    assert wrong.count("<h1") == 1
    assert "src=" not in wrong  # self-contained: nothing is fetched


def test_prose_waits_for_a_person_or_has_its_mark():
    waiting = page(unasked(MASK, "x"), manual={"explain-it": (None, 5)})
    assert "1 answer still to be read by a person" in waiting
    marked = page(unasked(MASK, "x"), manual={"explain-it": (3, 5)})
    assert "3 of 9 points" in marked


def test_what_a_person_wrote_stands_beside_the_answer():
    said = {MASK.id: "Look at <b>pad_id</b>.", "explain-it": "Well argued."}
    shown = page(unasked(MASK, "x"), manual={"explain-it": (3, 5)}, comments=said)
    assert "Your instructor:</strong> Look at &lt;b&gt;pad_id&lt;/b&gt;." in shown
    assert "Your instructor:</strong> Well argued." in shown


def test_a_notebook_that_cannot_be_read_is_said_once():
    shown = page(unasked(MASK, "It is no notebook."), notes=("It is no notebook.",))
    assert shown.count("It is no notebook.") == 1
    assert "Hand it in again" in shown
    assert "hint(" not in shown


def test_points_are_written_as_people_write_them():
    shown = page(replace(unasked(MASK, "x"), points=0.5), manual={"explain-it": (2.0, 5.0)})
    for words in ("0.5 of 4 points", "2 of 5 points", "2.5 of 9 points"):
        assert words in shown


def test_what_works_and_where_to_go_on_is_said_first():
    right, wrong = replace(unasked(MASK, ""), points=4.0), unasked(exercises(ASSIGNMENT)[1], "x")
    assert "1 of 2 exercises works in full. Go on with causal_mask." in page(right, wrong)
    assert "Everything that was asked of your code works." in page(right)


def test_a_notebook_that_was_refused_has_a_reason_and_no_marks():
    shown = page(refused="It is of <b>another</b> version; move your answers.")
    assert "Your notebook was not graded." in shown
    assert "It is of &lt;b&gt;another&lt;/b&gt; version; move your answers." in shown
    assert "points" not in shown.split("<body>")[1]
    assert "Everything" not in shown
    assert "Your code was not run." in shown


def test_marks_of_the_notebook_before_stay_on_the_page_and_are_said_to_be_its():
    shown = page(replace(unasked(MASK, "x"), points=3.0), refused="Another version.")
    assert "What follows is about the one that was graded before; its marks stay." in shown
    assert "3 of 4 points" in shown


def test_what_was_asked_to_be_graded_again_is_kept_on_the_page():
    asked = Request("learner-01", MASK.id, "Mine is <i>right</i>.", "2026-03-05", 0.0, 2.5)
    same = replace(asked, exercise="", reason="Please.", after=0.0)
    shown = page(unasked(MASK, "x"), requests=(asked, same))
    assert "“Mine is &lt;i&gt;right&lt;/i&gt;.” It had 0 points and then 2.5." in shown
    assert "2026-03-05, the whole notebook: “Please.” It stays at 0 points." in shown
