"""What was graded is known again, whatever became of the run."""

from dataclasses import replace

import pytest

from unrolled.checks import examine, exercises
from unrolled.grading.asking.marks import Result, from_json, reported, unasked
from unrolled.grading.gradebook.journal import Journal, Request

FIRST, SECOND = exercises("06-self-attention")[:2]


def wrong(ids, pad_id):
    return ids == pad_id


@pytest.fixture
def result():
    marks = reported(FIRST, examine(FIRST.id, wrong), ("A note.",)), unasked(SECOND, "No cell.")
    return Result("learner-01", marks, ("Salvaged.",))


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "grading.db", "06-self-attention")
    yield journal
    journal.close()


def test_a_result_comes_back_as_it_was(journal, result):
    journal.keep(result, "digest")
    assert journal.find("learner-01") == ("digest", result)
    assert list(journal.results()) == [result]


def test_the_last_one_counts(journal, result):
    journal.keep(result, "one")
    journal.keep(replace(result, fault=True), "two")
    assert journal.find("learner-01") == ("two", replace(result, fault=True))


def test_assignments_are_apart(tmp_path, journal, result):
    journal.keep(result, "digest")
    other = Journal(tmp_path / "grading.db", "07-multi-head")
    assert other.find("learner-01") is None
    other.close()


def test_what_another_version_kept_is_graded_again(journal, result):
    journal.keep(result, "digest")
    with journal.database as database:
        database.execute('update graded set result = \'{"learner": "learner-01"}\'')
    assert journal.find("learner-01") is None
    assert list(journal.results()) == []


def test_json_holds_everything_a_page_needs(result):
    assert from_json(result.as_json()) == result
    assert result.marks[0].asked
    assert result.marks[0].facts


def test_a_request_is_kept_with_its_outcome_when_the_marks_change_again(journal, result):
    asked = Request("learner-01", FIRST.id, "Ünclear; -- why?", "2026-03-05", 0.0, 2.5)
    journal.keep(result, "one", asked)
    journal.keep(result, "two", replace(asked, exercise="", before=2.5))
    journal.keep(result, "three")
    assert journal.requests("learner-01") == (asked, replace(asked, exercise="", before=2.5))
    assert journal.requests("learner-02") == ()
