"""What a regrade changed, and what it was not meant to change."""

import logging

import pytest

from grading.conftest import ASSIGNMENT
from grading.filled import filled_course, set_mark
from unrolled.grading.gradebook.regrades import MarksExportPlugin, compare, read_marks


@pytest.fixture
def filled(tmp_path_factory, tmp_path):
    return filled_course(tmp_path_factory, tmp_path / "course")


def export(course, path):
    exporter = MarksExportPlugin(to=str(path), assignment=[ASSIGNMENT], log=logging.getLogger("x"))
    with course.gradebook() as gradebook:
        exporter.export(gradebook)
    return path


def test_the_same_marks_twice_are_no_change(filled, tmp_path):
    before = export(filled, tmp_path / "before.csv")
    assert compare(before, export(filled, tmp_path / "after.csv")) == []
    assert read_marks(before)[ASSIGNMENT, "learner-02", "late penalty"] == (-2.5, 0)
    assert len(read_marks(before)) == 4 * 5 + 2


def test_a_change_is_said_by_learner_and_exercise(filled, tmp_path):
    before = export(filled, tmp_path / "before.csv")
    set_mark(filled, "learner-02", "causal_mask", 4)
    set_mark(filled, "learner-03", "SelfAttention", 1.25)
    after = export(filled, tmp_path / "after.csv")
    meant, unmeant = compare(before, after, meant=["causal_mask"])
    assert str(meant) == "learner-02, causal_mask: 0 of 4 -> 4 of 4"
    assert meant.meant
    said = "learner-03, SelfAttention: 0 of 11 -> 1.25 of 11   (not meant to change)"
    assert str(unmeant) == said
    assert all(change.meant for change in compare(before, after))


def test_who_came_or_went_is_a_change(filled, tmp_path):
    after = export(filled, tmp_path / "after.csv")
    lines = after.read_text().splitlines(keepends=True)
    before = tmp_path / "before.csv"
    before.write_text("".join(line for line in lines if "learner-04,causal" not in line))
    assert [str(c) for c in compare(before, after)] == [
        "learner-04, causal_mask: nothing -> 0 of 4"
    ]
    assert [str(c) for c in compare(after, before)] == [
        "learner-04, causal_mask: 0 of 4 -> nothing"
    ]


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("assignment,duedate\n")
    with pytest.raises(ValueError, match=r"grades\.csv: columns \['assignment', 'duedate'\]"):
        read_marks(path)
    path.write_text("assignment,learner,part,score,max_score\na,b,c,much,4\n")
    with pytest.raises(ValueError, match="line 2"):
        read_marks(path)
