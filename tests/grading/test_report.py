"""The page on a class: right with anybody in it or nobody, and silent about who made a mistake."""

import contextlib
import html
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from grading.conftest import ASSIGNMENT
from grading.filled import EXPLAIN, empty_course, filled_course
from unrolled import cli
from unrolled.checks import examine, exercises
from unrolled.grading.asking.marks import Result, reported, unasked
from unrolled.grading.gradebook.journal import JOURNAL, Journal
from unrolled.grading.gradebook.scores import Learner, Part, Score
from unrolled.grading.pages.report import read_class, render_report, write_report
from unrolled.grading.pages.tally import bins, mended, named_mistakes, needing, questions
from unrolled.grading.submissions.repair import LOOK

FOUR = exercises(ASSIGNMENT)
NASTY = "<script>alert('Zoe')</script>"
MADE = datetime(2026, 3, 4, tzinfo=UTC)


def padding_mask(ids, pad_id):
    return (ids == pad_id)[:, None, None, :]


def causal_mask(Tq, Tk=None, device=None):
    raise ValueError(f"I am Zoe {NASTY}")


@pytest.fixture(scope="module")
def inverted():
    """What the grader finds in a mask that is True at the padding."""
    return reported(FOUR[0], examine(FOUR[0].id, padding_mask, seed=918273))


def result(learner, *marks, notes=(), doubts=(), fault=False):
    rest = tuple(unasked(exercise, "") for exercise in FOUR[len(marks) :])
    notes = (*notes, *(f"{doubt} {LOOK}" for doubt in doubts))
    return Result(learner, (*marks, *rest), notes, fault, doubts)


def keep(course, *results):
    with contextlib.closing(Journal(course.class_folder / JOURNAL, ASSIGNMENT)) as journal:
        for one in results:
            journal.keep(one, "digest")


def shown(course):
    """The page as a reader sees it, every space alike."""
    page = render_report(read_class(course, ASSIGNMENT), MADE)
    assert not re.search(r"<script|<img|<link|src=|href=|url\(", page)
    body = re.sub(r"<wbr>", "", page.partition("<body>")[2])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def score(learner, *earned, by_hand=None, penalty=0.0):
    parts = [Part(e.id, points, e.points) for e, points in zip(FOUR, earned, strict=True)]
    parts.append(Part(EXPLAIN, by_hand or 0.0, 5.0, waits=by_hand is None))
    return Score(Learner(learner), tuple(parts), penalty)


@pytest.fixture
def filled(tmp_path_factory, tmp_path):
    return filled_course(tmp_path_factory, tmp_path / "course")


def test_marks_by_hand_and_late_penalties_are_counted(filled):
    page = shown(filled)
    assert "4 of 5 learners handed in" in page
    # 35; 11.75 less 2.5; 8 with one answer unread; 0 less 1, which stays 0
    assert "half of them have 8.62 of 35 points or more, the mean is 13.06" in page
    assert "1 answer waits for a mark by hand and counts 0 so far" in page
    assert "Being late cost 2 learners 3.5 points together" in page


def test_every_question_has_its_shares(filled):
    page = shown(filled)
    assert "padding_mask 75% 0% 25% 3/4" in page
    assert "scaled_dot_product_attention 25% 25% 50% 4.12/11" in page
    assert f"{EXPLAIN} (1 not marked) 33% 33% 33% 2.42/5" in page


def test_who_handed_nothing_in_is_named(filled):
    page = shown(filled)
    assert "learner-05 Nothing, Zoë Nothing was handed in." in page
    assert "learner-04 0 of 35 Less than half of what has been marked: none for" in page
    assert "learner-01" not in page


def test_an_example_of_a_mistake_is_nobodys(filled, inverted):
    keep(filled, *(result(f"learner-0{n}", inverted) for n in (1, 2)))
    page = shown(filled)
    start, end = page.index("Commonest named mistakes"), page.index("Who needs help")
    told = page[start:end]
    assert "pad-inverted padding_mask, 2 learners" in told
    assert "the mask is True at the padding" in told
    assert "expected True" in told
    assert "got ≠ False" in told
    assert "learner-0" not in told
    assert "Ångström" not in told


def test_an_example_holds_no_words_of_a_learner(inverted):
    raised = reported(FOUR[1], examine(FOUR[1].id, causal_mask))
    assert "Zoe" in repr(raised)  # in a row of the facts, or in the sentence
    as_if = replace(raised, mistakes=("causal-triu",), facts=(*raised.facts, ("seen", "Zoe")))
    marks = (inverted, replace(as_if, fix_first="Zoe", told="Zoe"))
    found = named_mistakes([result("learner-01", *marks)], FOUR)
    assert [named.slug for named in found] == ["causal-triu", "pad-inverted"]
    assert "Zoe" not in repr(found)


def test_the_example_is_of_a_learner_with_this_mistake_alone(inverted):
    two = replace(inverted, mistakes=("pad-inverted", "pad-float"))
    assert all(named.facts == () for named in named_mistakes([result("a", two)], FOUR))
    found = named_mistakes([result("a", two), result("b", inverted)], FOUR)
    assert [(named.slug, named.count, bool(named.facts)) for named in found] == [
        ("pad-inverted", 2, True),
        ("pad-float", 1, False),
    ]


def test_a_mistake_that_the_course_does_not_know_any_more_is_counted(inverted):
    (found,) = named_mistakes([result("a", replace(inverted, mistakes=("gone",)))], FOUR)
    assert (found.slug, found.says, found.count) == ("gone", "", 1)


def test_what_learners_wrote_is_escaped(filled):
    said = {"notes": (f"{NASTY} was put right.",), "doubts": (f"{NASTY} was cut off.",)}
    keep(filled, result("learner-03", unasked(FOUR[0], NASTY), **said))
    assert shown(filled).count(NASTY) == 3  # as text, and no script in the page


def test_no_secret_is_in_the_page(filled, inverted):
    keep(filled, result("learner-01", inverted))
    page = shown(filled)
    assert filled.secret().decode() not in page
    assert "918273" not in page


def test_the_most_urgent_comes_first():
    full = {name: score(name, 4, 4, 11, 11, by_hand=5) for name in ("a", "b", "c", "f")}
    full["d"] = score("d", 4, 0, 0, 0)
    results = {
        "a": result("a"),
        "b": result("b", doubts=("Cut off.",)),
        "c": result("c", unasked(FOUR[0], "The checker failed.", fault=True), fault=True),
        "d": result("d", unasked(FOUR[0], "No cell defines it.")),
        "f": result("f", notes=("It was renamed.",)),
    }
    roster = [Learner(name) for name in "abcdef"]
    found = needing(roster, full, results)
    assert [(needs.learner.id, needs.urgency) for needs in found] == [
        ("c", 0), ("b", 1), ("e", 2), ("d", 3),
    ]  # fmt: skip
    assert found[0].why == ("padding_mask: The checker failed.",)
    assert "none for causal_mask, scaled_dot_product_attention, SelfAttention" in found[3].why[1]
    assert mended(results.values()) == [("f", ("It was renamed.",))]


def test_who_waits_for_a_mark_by_hand_has_not_little():
    waiting = score("a", 4, 4, 8, 0)  # 16 of the 30 that are marked, and of 35
    assert needing([waiting.learner], {"a": waiting}, {}) == []


def test_a_notebook_that_cannot_be_read_is_said_once():
    why = "The file is a PDF and is not a notebook (.ipynb)."
    marks = tuple(unasked(exercise, why) for exercise in FOUR)
    found = needing(
        [Learner("a")], {"a": score("a", 0, 0, 0, 0)}, {"a": result("a", *marks, notes=(why,))}
    )
    assert [needs.why for needs in found] == [(why,)]


def test_submissions_of_which_only_marks_are_known_are_counted(filled, inverted):
    keep(filled, result("learner-01", inverted))
    assert "Of 3 submissions only the marks are known" in shown(filled)


def test_bins_hold_everybody_once():
    marks = [score("a", 0, 0, 0, 0), score("b", 4, 4, 11, 11, by_hand=5), score("c", 0, 0, 0, 3.5)]
    marks += [score("d", 4, 4, 11, 11, by_hand=9)]  # more than there is, by hand
    found = bins(marks)
    assert [each.count for each in found] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (found[0].name, found[-1].name) == ("0 to under 3.5", "31.5 to 35")
    assert bins([]) == []
    assert bins([Score(Learner("a"), ())]) == []


def test_what_waits_is_in_no_share():
    found = {question.name: question for question in questions([score("a", 4, 2, 0, 11)], {})}
    assert found[EXPLAIN].mean is None
    assert (found[EXPLAIN].marked, found[EXPLAIN].waiting) == (0, 1)
    causal = found["causal_mask"]
    assert (causal.full, causal.partial, causal.none, causal.mean) == (0, 1, 0, 2)


def test_a_course_where_nothing_was_graded(tmp_path_factory, tmp_path):
    page = shown(empty_course(tmp_path_factory, tmp_path / "course"))
    assert "0 of 0 learners handed in ." in page
    assert "Nothing has been graded yet" in page
    assert "Nobody stands out" in page


def test_a_single_submission(tmp_path_factory, tmp_path):
    course = empty_course(tmp_path_factory, tmp_path / "course")
    course.register(ASSIGNMENT)
    with course.gradebook() as gradebook:
        gradebook.add_student("learner-01")
        gradebook.add_submission(ASSIGNMENT, "learner-01")
    page = shown(course)
    assert "1 of 1 learner handed in ; half of them have 0 of 35 points" in page


def test_a_long_list_says_how_much_is_not_shown(filled):
    with filled.gradebook() as gradebook:
        for number in range(150):
            gradebook.add_student(f"other-{number:03}")
    page = shown(filled)
    assert page.count("Nothing was handed in.") == 100
    assert "And 54 more, which are not shown." in page  # the rest, and three with little


def test_the_command_writes_the_page_and_says_where(filled, capsys):
    assert cli.main(["report", ASSIGNMENT, "--root", str(filled.root)]) == cli.DONE
    path = filled.class_folder / "reports" / f"{ASSIGNMENT}.html"
    assert str(path) in capsys.readouterr().out
    assert "default-src 'none'" in path.read_text(encoding="utf-8")
    assert cli.main(["report", "99-nothing", "--root", str(filled.root)]) == cli.USAGE


def test_a_report_changes_nothing(filled):
    with filled.gradebook() as gradebook:
        before = gradebook.average_assignment_score(ASSIGNMENT)
    write_report(filled, ASSIGNMENT)
    with filled.gradebook() as gradebook:
        assert gradebook.average_assignment_score(ASSIGNMENT) == before
