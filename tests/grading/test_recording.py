"""What is written for nbgrader is what ``nbgrader autograde`` would have written."""

import csv
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import Execute

from grading.conftest import ASSIGNMENT, make_course, notebook
from unrolled.grading.asking.execution import Execution
from unrolled.grading.asking.marks import Marked, unasked
from unrolled.grading.gradebook.recording import Recorder, put_results
from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.reading import read_submission

EXPLAIN = "explain-same-word-twice"
LATE = "2026-03-02 12:00:00 UTC"


def beside(**named):
    """A notebook whose answer in words is not in its cell."""
    return notebook("import torch", padding_mask="def padding_mask(): ...", **named)


SUBMISSIONS = {
    "learner-01": notebook(
        "import torch", padding_mask="def padding_mask(): ...", **{EXPLAIN: "md:Equal queries."}
    ),
    "learner-02": notebook("x = 1"),
    "learner-03": notebook(causal_mask="def causal_mask(): ...", **{EXPLAIN: "md:No idea."}),
    "learner-04": beside(
        **{"check-causal_mask": "check(causal_mask)\n# No order, whatever we do."}
    ),
    "learner-05": beside(**{EXPLAIN: "md:*Your answer here.*"}),
    "learner-06": beside(**{EXPLAIN: "md: ... "}),
}
SUBMISSIONS["learner-05"].cells.append(new_markdown_cell("Nothing of order."))


class HalfAPoint(LateSubmissionPlugin):
    """A course's own rule."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * total_seconds_late / 3600


class Prepared(Autograde):
    """nbgrader's own command, with results in the place of a kernel."""

    def __init__(self, marked, **kwargs):
        super().__init__(**kwargs)
        self.force = True
        steps = [self.put if step is Execute else step for step in self.autograde_preprocessors]
        self.autograde_preprocessors = steps
        self.marked = marked

    def put(self, notebook, resources):
        put_results(notebook, self.marked)
        return notebook, resources


def marked_for(learner, release):
    """Other points for every learner, as a sandbox might have found them."""
    points = int(learner[-1]) % 4
    marks = tuple(replace(unasked(e, "why"), points=float(points)) for e in release.exercises)
    outputs = {"c0": [nbformat.v4.new_output("stream", text=learner)]}
    return Marked(marks, Execution(outputs))


def by_nbgrader(course, learner, fitted, marked, staged):
    folder = Path(staged, learner, ASSIGNMENT)
    folder.mkdir(parents=True)
    nbformat.write(fitted, folder / f"{ASSIGNMENT}.ipynb")
    (folder / "timestamp.txt").write_text(LATE)
    config = course.config.copy()
    config.CourseDirectory.submitted_directory = str(staged)
    config.CourseDirectory.assignment_id = ASSIGNMENT
    config.CourseDirectory.student_id = learner
    Prepared(marked, coursedir=CourseDirectory(config=config), config=config).start()


def by_us(course, learner, fitted, marked, staged):
    with course.gradebook() as gradebook:
        Recorder(course, gradebook, ASSIGNMENT).record(learner, fitted, marked, LATE)


def write(way, tmp_path):
    course = make_course(tmp_path / way.__name__)
    course.config.AssignLatePenalties.plugin_class = HalfAPoint
    release = course.register(ASSIGNMENT)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-03-02 11:00:00 UTC")
    for learner, submission in SUBMISSIONS.items():
        folder = course.folder("submitted") / learner / ASSIGNMENT
        folder.mkdir(parents=True)
        nbformat.write(submission, folder / f"{ASSIGNMENT}.ipynb")
        read = read_submission(folder.parents[1], learner, ASSIGNMENT, set(release.graded))
        fitted, marked = match(read, release).notebook, marked_for(learner, release)
        way(course, learner, fitted, marked, tmp_path / f"{way.__name__}-{learner}")
    return course


def left_behind(course):
    """The export, and all that formgrader and feedback read of a submission."""
    found = {"export": list(csv.DictReader(course.export().open()))}
    with course.gradebook() as gradebook:
        for learner in SUBMISSIONS:
            book = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, learner)
            fields = ("name", "auto_score", "manual_score", "needs_manual_grade", "max_score")
            found[learner] = (
                sorted([getattr(grade, name) for name in fields] for grade in book.grades),
                sorted((comment.name, comment.auto_comment) for comment in book.comments),
                (book.score, book.late_submission_penalty, book.needs_manual_grade),
                book.assignment.total_seconds_late,
            )
            path = course.folder("autograded") / learner / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
            cells = nbformat.read(path, as_version=4).cells
            found[f"{learner}'s notebook"] = [
                (cell.cell_type, cell.source, cell.metadata, cell.get("outputs")) for cell in cells
            ]
    return found


def test_both_leave_the_same_behind(tmp_path):
    theirs = left_behind(write(by_nbgrader, tmp_path))
    ours = left_behind(write(by_us, tmp_path))
    assert ours == theirs
    assert any(row["late_submission_penalty"] == "0.5" for row in ours["export"])


def test_what_nobody_wrote_gets_no_points_and_prose_waits(tmp_path):
    found = left_behind(write(by_us, tmp_path))
    by_name = {learner: {row[0]: row for row in found[learner][0]} for learner in SUBMISSIONS}
    assert by_name["learner-02"][EXPLAIN][1:4] == [0, None, False]
    assert by_name["learner-01"][EXPLAIN][1:4] == [None, None, True]
    assert by_name["learner-03"]["check-padding_mask"][1] == 3


def test_an_answer_in_words_waits_wherever_it_stands(tmp_path):
    course = write(by_us, tmp_path)
    found = left_behind(course)
    for learner, words in (("learner-04", "No order, whatever"), ("learner-05", "Nothing of")):
        (row,) = [row for row in found[learner][0] if row[0] == EXPLAIN]
        assert row[1:4] == [None, None, True]
        assert (EXPLAIN, None) in found[learner][1]
        shown = {m.nbgrader.grade_id: s for _, s, m, _ in found[f"{learner}'s notebook"]
                 if "nbgrader" in m}  # fmt: skip
        assert words in shown[EXPLAIN]
        assert shown["check-causal_mask"] == "check(causal_mask)"
    (row,) = [row for row in found["learner-06"][0] if row[0] == EXPLAIN]
    assert row[1:4] == [0, None, False]
    assert (EXPLAIN, "No response.") in found["learner-06"][1]


def test_a_write_that_fails_leaves_the_notebook_of_before(tmp_path, monkeypatch):
    course = write(by_us, tmp_path)
    path = course.folder("autograded") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nbformat, "write", full)
    release = course.register(ASSIGNMENT)
    with course.gradebook() as gradebook:
        recorder = Recorder(course, gradebook, ASSIGNMENT)
        marked = marked_for("learner-01", release)
        with pytest.raises(OSError, match="No space"):
            recorder.record("learner-01", release.notebook, marked, LATE)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
