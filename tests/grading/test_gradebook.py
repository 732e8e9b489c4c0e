"""nbgrader stays the system of record: regrading, marks by hand, late penalties."""

import stat

import pytest

from grading.conftest import ASSIGNMENT, notebook
from unrolled.grading.asking.marks import unasked
from unrolled.grading.gradebook.recording import Recorder, mark_outputs
from unrolled.grading.run import Options, grade_assignment
from unrolled.grading.sandbox.tiers import choose_tier

RIGHT = (
    "import torch",
    "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]",
)
EXPLAIN = "explain-same-word-twice"


def grade(course, pool, **options):
    return grade_assignment(course, ASSIGNMENT, choose_tier(), Options(**options), pool=pool)


def by_hand(course, learner="learner-01"):
    with course.gradebook() as gradebook:
        return Recorder(course, gradebook, ASSIGNMENT).by_hand(learner).marks


def grades(course, learner="learner-01"):
    with course.gradebook() as gradebook:
        found = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, learner)
        return {g.name: (g.auto_score, g.manual_score, g.score) for g in found.grades}


def test_the_secret_is_made_once_and_is_the_owners_alone(course):
    (course.class_folder / "secret").unlink()
    first = course.secret()
    assert course.secret() == first
    mode = (course.class_folder / "secret").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_registering_again_changes_nothing(course):
    course.register(ASSIGNMENT)
    release = course.register(ASSIGNMENT)
    with course.gradebook() as gradebook:
        most = gradebook.find_assignment(ASSIGNMENT).max_score
    assert most == sum(e.points for e in release.exercises) + 5


def test_a_mark_reaches_nbgrader_as_number_of_points(release):
    exercise = release.exercises[0]
    report, points = mark_outputs(unasked(exercise, "<b>It is not there.</b>"))
    assert points.data == {"text/plain": "0.0"}
    assert "text/html" not in report.data  # nobody's words become markup


@pytest.mark.sandbox
def test_regrading_keeps_marks_by_hand(course, submit, warm_pool):
    submit("learner-01", notebook(*RIGHT, **{EXPLAIN: "md:Equal queries."}))
    grade(course, warm_pool)
    assert grades(course)["check-padding_mask"][0] == 4
    assert by_hand(course) == {EXPLAIN: (None, 5)}
    with course.gradebook() as gradebook:
        mark = gradebook.find_grade(EXPLAIN, ASSIGNMENT, ASSIGNMENT, "learner-01")
        mark.manual_score, mark.needs_manual_grade = 3, False
        comment = gradebook.find_comment(EXPLAIN, ASSIGNMENT, ASSIGNMENT, "learner-01")
        comment.manual_comment = "And when the words are shuffled?"
        gradebook.db.commit()
    grade(course, warm_pool, again=True)
    assert grades(course)[EXPLAIN] == (None, 3, 3)
    assert by_hand(course) == {EXPLAIN: (3, 5)}
    page = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "And when the words are shuffled?" in page.read_text()
    assert grades(course)["check-padding_mask"][0] == 4


@pytest.mark.sandbox
def test_lateness_is_nbgraders_to_reckon(course, submit, warm_pool):
    path = submit("learner-01", notebook(*RIGHT))
    (path.parent / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
    course.register(ASSIGNMENT)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-03-02 11:00:00 UTC")
    grade(course, warm_pool)
    with course.gradebook() as gradebook:
        late = gradebook.find_submission(ASSIGNMENT, "learner-01").total_seconds_late
    assert late == 3600


@pytest.mark.sandbox
def test_one_broken_submission_stops_nobody(course, submit, warm_pool):
    submit("learner-01", "{]")
    submit("learner-02", notebook(*RIGHT))
    (course.folder("submitted") / "learner-03" / ASSIGNMENT).mkdir(parents=True)
    submit("a folder", notebook(*RIGHT))
    graded = grade(course, warm_pool)
    assert {r.learner: r.points for r in graded.results} == {
        "learner-01": 0,
        "learner-02": 4,
        "learner-03": 0,
    }
    assert "a folder" in graded.refused
    assert not any(result.fault for result in graded.results)
    assert grades(course, "learner-01")["check-padding_mask"][0] == 0
    assert grades(course, "learner-01")[EXPLAIN][0] == 0


@pytest.mark.sandbox
def test_one_learner_alone(course, submit, warm_pool):
    submit("learner-01", notebook(*RIGHT))
    submit("learner-02", notebook(*RIGHT))
    graded = grade(course, warm_pool, only="learner-02")
    assert [result.learner for result in graded.results] == ["learner-02"]
    with pytest.raises(LookupError, match="learner-01, learner-02"):
        grade(course, warm_pool, only="learner-07")
