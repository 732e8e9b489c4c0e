"""An instructor's choices from the file to gradebook, feedback and late penalties."""

import pytest

from grading.conftest import ASSIGNMENT, notebook
from grading.test_gradebook import RIGHT
from unrolled import cli
from unrolled.grading.gradebook.scores import scores
from unrolled.grading.run import grade_assignment
from unrolled.grading.sandbox.tiers import choose_tier

CHOSEN = """\
timezone = "Europe/Berlin"
[late]
points_per_day = 1.5
[assignment.06-self-attention]
deadline = 2026-03-02T23:59:00
extensions = { learner-02 = 2026-03-04T23:59:00 }
points = { padding_mask = 10 }
practice = ["SelfAttention"]
"""


def grade(course, pool):
    graded = grade_assignment(course, ASSIGNMENT, choose_tier(), pool=pool)
    with course.gradebook() as gradebook:
        return graded, scores(gradebook, ASSIGNMENT)


@pytest.mark.sandbox
def test_choices_reach_marks_penalties_and_feedback(course, submit, warm_pool):
    for learner in ("learner-01", "learner-02"):
        path = submit(learner, notebook(*RIGHT))
        (path.parent / "timestamp.txt").write_text("2026-03-04 12:00:00 Europe/Berlin")
    (course.class_folder / "course.toml").write_text(CHOSEN)
    graded, found = grade(course, warm_pool)
    assert [result.points for result in graded.results] == [10, 10]
    assert {learner: score.penalty for learner, score in found.items()} == {
        "learner-01": 3,
        "learner-02": 0,
    }
    assert found["learner-01"].score == 7
    assert found["learner-01"].max_score == 35 + 6 - 11
    page = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "In this course it counts 10 of 10 points." in page.read_text()
    assert "<strong>7 of" in page.read_text()
    assert "It came late, so 3 points were taken off." in page.read_text()
    assert grade(course, warm_pool)[0].unchanged == 2
    more = CHOSEN.replace("learner-02 =", "learner-01 = 2026-03-05T23:59:00, learner-02 =")
    (course.class_folder / "course.toml").write_text(more)
    graded, found = grade(course, warm_pool)
    assert graded.unchanged == 1  # only who was given more time
    assert found["learner-01"].penalty == 0


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ("timezone = 3", "course.toml: timezone is 3"),
        (
            f"[assignment.{ASSIGNMENT}]\npractice = ['casual_mask']",
            "course.toml: points are given for casual_mask; the notebook has padding_mask",
        ),
    ],
)
def test_a_choice_that_cannot_be_used_stops_before_grading(course, capsys, chosen, wanted):
    (course.class_folder / "course.toml").write_text(chosen)
    words = ["grade", ASSIGNMENT, "--unsafe", "--root", str(course.root)]
    assert cli.main(words) == cli.USAGE
    assert wanted in capsys.readouterr().err


@pytest.mark.sandbox
def test_a_notebook_of_other_rules_is_refused_and_keeps_its_old_marks(course, submit, warm_pool):
    now = notebook(*RIGHT)
    now.metadata["unrolled"] = course.register(ASSIGNMENT).notebook.metadata["unrolled"]
    submit("learner-01", now)
    _, found = grade(course, warm_pool)
    now.metadata["unrolled"]["rules"], now.metadata["unrolled"]["version"] = "others", "0.0.1"
    submit("learner-01", now)
    submit("learner-02", notebook(*RIGHT))
    graded, again = grade(course, warm_pool)
    assert "version 0.0.1" in graded.refused["learner-01"]
    assert [result.learner for result in graded.results] == ["learner-02"]
    assert "does not say its version" in graded.results[0].notes[0]
    assert again["learner-01"].score == found["learner-01"].score == 4
    page = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "Your notebook was not graded." in page.read_text()
    assert "4 of 4 points" in page.read_text()
