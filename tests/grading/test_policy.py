"""What an instructor chooses: deadlines, extensions, penalties, points; and what is refused."""

from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties

from grading.conftest import ASSIGNMENT
from grading.filled import EXPLAIN, empty_course, filled_course
from unrolled.authoring.release import register_assignment, release
from unrolled.checks import exercise, exercises
from unrolled.grading.asking.marks import Mark
from unrolled.grading.gradebook.policy import (
    POLICY,
    Late,
    LatePenalty,
    PolicyError,
    read_policy,
    read_timezone,
)
from unrolled.grading.gradebook.scores import scores

SOME = """\
timezone = "Europe/Berlin"
[late]
percent_per_day = 10
[assignment.06-self-attention]
deadline = 2026-03-02T23:59:00
extensions = { learner-02 = 2026-03-04T23:59:00 }
points = { causal_mask = 6, explain-same-word-twice = 10 }
practice = ["SelfAttention"]
canvas_id = 4711
[assignment.05-alignment]
deadline = 2026-02-02T23:59:00Z
late = { points_per_day = 2, grace_minutes = 15, percent_at_most = 50 }
"""


@pytest.fixture
def write(tmp_path):
    def put(text):
        (tmp_path / POLICY).write_text(text)
        return tmp_path / POLICY

    return put


def of(text):
    """A file with one assignment, in UTC."""
    return f'timezone = "UTC"\n[assignment.{ASSIGNMENT}]\n{text}\n'


def test_without_a_file_nothing_is_chosen(tmp_path):
    policy = read_policy(tmp_path / POLICY, ASSIGNMENT)
    assert (policy.deadline, policy.late, policy.worth) == (None, None, {})
    assert policy.extension("learner-01") == {}
    for one in exercises(ASSIGNMENT):
        assert policy.points(one) == one.points
        assert policy.scaled(one, 2.5) == 2.5


def test_what_a_file_says(write):
    policy = read_policy(write(SOME), ASSIGNMENT)
    assert policy.deadline == datetime(2026, 3, 2, 22, 59)
    assert policy.extension("learner-02") == {"extension": timedelta(days=2)}
    assert policy.extension("learner-01") == {"extension": None}
    assert policy.late == Late(percent_per_day=10)
    assert policy.canvas_id == 4711
    other = read_policy(write(SOME), "05-alignment")
    assert other.deadline == datetime(2026, 2, 2, 23, 59)
    assert other.late == Late(points_per_day=2, grace_minutes=15, percent_at_most=50)


def test_the_clocks_change(write):
    text = 'timezone = "Europe/Berlin"\n[assignment.a]\ndeadline = {}\n'
    summer = read_policy(write(text.format("2026-07-01T12:00:00")), "a")
    assert summer.deadline == datetime(2026, 7, 1, 10)
    twice = read_policy(write(text.format("2026-10-25T02:30:00")), "a")
    assert twice.deadline == datetime(2026, 10, 25, 1, 30)  # the later one, for the learner
    own = read_policy(write(text.format("2026-07-01T12:00:00-05:00")), "a")
    assert own.deadline == datetime(2026, 7, 1, 17)
    with pytest.raises(ValueError, match="the clocks of Europe/Berlin skip 2026-03-29 02:30:00"):
        read_policy(write(text.format("2026-03-29T02:30:00")), "a")
    assert str(read_timezone(write(text.format("1")))) == "Europe/Berlin"
    assert read_timezone(write("")) is UTC


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("deadline = ", "is not TOML"),
        ("[late]\nper_day = 3", "late has per_day; known are points_per_day"),
        ("lateness = 3", "the file has lateness; known are timezone, late, assignment"),
        ('timezone = "Berlin"', "timezone is 'Berlin', a name such as"),
        ('timezone = "../../etc/passwd"', "timezone is"),
        ("timezone = 3", "timezone is 3"),
        ("[late]\npercent_per_day = 101", "a number from 0 to 100 is wanted"),
        ("[late]\ngrace_minutes = true", "grace_minutes is True"),
        ("[late]\npoints_per_day = 1\npercent_per_day = 1", "choose one"),
        ("late = 3", "late is 3, a table is wanted"),
        (f"[assignment.{ASSIGNMENT}]\ndeadline = 2026-03-02T23:59:00", "in no time zone"),
        (of("deadline = 2026-03-02"), "date and time are wanted"),
        (of('deadline = "tomorrow"'), "date and time are wanted"),
        (of("deadline = 0001-01-01T00:00:00+02:00"), "the year cannot be right"),
        (of("deadline = 9999-12-31T23:59:59-05:00"), "the year cannot be right"),
        (of("deadline = 0206-03-02T23:59:00"), "the year cannot be right"),
        (of("extensions = { learner-01 = 2026-03-02T23:59:00 }"), "needs a deadline beside it"),
        (of("deadline = 2026-03-02T23:59:00\nextensions = { learner-01 = 2026-03-01T00:00:00 }"),
         "learner-01 ends before the deadline"),
        (of('deadline = 2026-03-02T23:59:00\nextensions = { "../x" = 2026-03-03T00:00:00 }'),
         "'../x' is no learner's id"),
        (of("points = { a = -1 }"), "points.a is -1, a number from 0 to 1000"),
        (of("points = { a = nan }"), "points.a is nan"),
        (of("points = { a = 1.234 }"), "two decimals at most"),
        (of('practice = "a"'), "a list of exercises is wanted"),
        (of('practice = ["a"]\npoints = { a = 1 }'), "a has points and is practice"),
        (of('canvas_id = "4711"'), "a whole number is wanted"),
        (of("duedate = 2026-03-02T23:59:00"), "has duedate; known are deadline"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_and_named(write, text, wanted):
    with pytest.raises(PolicyError, match=r"course\.toml") as error:
        read_policy(write(text), ASSIGNMENT)
    assert wanted in str(error.value)


@pytest.mark.parametrize(
    ("late", "seconds", "points"),
    [
        (Late(points_per_day=2), 1, 2),
        (Late(points_per_day=2), 86_400, 2),
        (Late(points_per_day=2), 86_401, 4),
        (Late(percent_per_day=10), 86_401, 7),
        (Late(percent_per_day=10, percent_at_most=50), 30 * 86_400, 17.5),
        (Late(percent_per_day=100), 30 * 86_400, 35),
        (Late(points_per_day=2, grace_minutes=15), 900, 0),
        (Late(points_per_day=2, grace_minutes=15), 901, 2),
        (Late(), 901, 0),
    ],
)
def test_every_day_that_has_begun_counts(late, seconds, points):
    assert late.penalty(35, seconds) == points


@pytest.mark.parametrize("worth", [0, 0.01, 1, 2.5, 3, 7, 10, 11, 22, 99.99, 1000])
def test_scaling_gives_nothing_away_and_keeps_all_and_nothing(write, worth):
    one = exercise("scaled_dot_product_attention")
    policy = read_policy(write(of(f"points = {{ {one.id} = {worth} }}")), ASSIGNMENT)
    assert policy.points(one) == worth
    assert policy.scaled(one, 0) == 0
    assert policy.scaled(one, one.points) == worth
    marks = [policy.scaled(one, earned / 4) for earned in range(4 * one.points + 1)]
    assert marks == sorted(marks)
    for earned, mark in enumerate(marks):
        exact = worth * earned / 4 / one.points
        assert exact - 0.01 - 1e-9 < mark <= exact + 1e-9
        assert mark == round(mark, 2)


def test_a_mark_counts_as_chosen_and_says_so(write):
    policy = read_policy(write(SOME), ASSIGNMENT)
    mark = Mark("causal_mask", "causal_mask", 4.0, "Masks", points=3.0, notes=("Before.",))
    counted = policy.counted(mark)
    assert (counted.points, counted.possible) == (4.5, 6)
    assert counted.notes == ("Before.", "In this course it counts 4.5 of 6 points.")
    practice = policy.counted(Mark("SelfAttention", "SelfAttention", 11.0, "", points=11.0))
    assert (practice.points, practice.possible) == (0, 0)
    assert practice.notes == ("In this course it is practice and counts no points.",)
    other = Mark("padding_mask", "padding_mask", 4.0, "", points=3.0)
    assert policy.counted(other) is other


def released(root, points):
    return nbformat.reads(release(root, ASSIGNMENT, points).decode(), as_version=4)


def test_chosen_points_reach_the_released_notebook_and_the_gradebook(
    tmp_path_factory, tmp_path, write
):
    course = empty_course(tmp_path_factory, tmp_path / "course")
    policy = read_policy(write(SOME), ASSIGNMENT)
    notebook = released(course.root, policy.worth)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["check-causal_mask"].metadata.nbgrader.points == 6
    assert cells["check-SelfAttention"].metadata.nbgrader.points == 0
    assert cells["check-padding_mask"].metadata.nbgrader.points == 4
    assert "\n6 points · difficulty" in cells["task-causal_mask"].source
    assert "\nPractice, no points · difficulty" in cells["task-SelfAttention"].source
    assert "\n10 points, marked by hand" in cells["question-same-word-twice"].source
    nbformat.validate(notebook)
    register_assignment(course.root, ASSIGNMENT, policy.worth)
    with course.gradebook() as gradebook:
        found = gradebook.find_notebook(ASSIGNMENT, ASSIGNMENT).grade_cells
        most = {cell.name: cell.max_score for cell in found}
    assert most[EXPLAIN] == 10
    assert most["check-causal_mask"] == 6
    assert sum(most.values()) == 35 + 2 - 11 + 5


def test_without_choices_the_release_is_the_same(shared_course):
    assert release(shared_course.root, ASSIGNMENT, {}) == release(shared_course.root, ASSIGNMENT)


@pytest.mark.parametrize("points", [{}, {"causal_mask": 6, "SelfAttention": 0, EXPLAIN: 10}])
def test_entering_an_assignment_gives_the_release_itself(course, points):
    once = register_assignment(course.root, ASSIGNMENT, points)
    again = register_assignment(course.root, ASSIGNMENT, points)
    assert once == again == release(course.root, ASSIGNMENT, points)


def test_points_for_what_is_not_there_are_refused(shared_course):
    with pytest.raises(ValueError, match="points are given for casual_mask; the notebook has pad"):
        release(shared_course.root, ASSIGNMENT, {"casual_mask": 3})


def test_points_may_change_when_marks_are_there(tmp_path_factory, tmp_path):
    course = filled_course(tmp_path_factory, tmp_path / "course")
    register_assignment(course.root, ASSIGNMENT, {"causal_mask": 6})
    with course.gradebook() as gradebook:
        assert scores(gradebook, ASSIGNMENT)["learner-01"].max_score == 37


def test_deadline_and_extensions_reach_the_gradebook(tmp_path_factory, tmp_path, write):
    course = filled_course(tmp_path_factory, tmp_path / "course")
    text = SOME.replace("learner-02 =", "learner-99 = 2026-03-03T00:00:00, learner-02 =")
    policy = read_policy(write(text), ASSIGNMENT)
    with course.gradebook() as gradebook:
        gradebook.grant_extension(ASSIGNMENT, "learner-01", days=9)
        notes = policy.enter(gradebook)
        late = {s.student_id: s.total_seconds_late
                for s in gradebook.assignment_submissions(ASSIGNMENT)}  # fmt: skip
        until = gradebook.find_submission(ASSIGNMENT, "learner-01").duedate
    assert notes == (
        "course.toml: learner-99 has an extension, and the gradebook knows nobody of that id",
    )
    assert until == policy.deadline  # the file is what counts
    assert late["learner-02"] == 0
    with course.gradebook() as gradebook:
        read_policy(write(SOME.replace("learner-02", "learner-03")), ASSIGNMENT).enter(gradebook)
        late = gradebook.find_submission(ASSIGNMENT, "learner-02").total_seconds_late
    assert late == 2 * 3600 + 60


def test_a_file_without_a_deadline_leaves_the_gradebooks_alone(tmp_path_factory, tmp_path, write):
    course = filled_course(tmp_path_factory, tmp_path / "course")
    with course.gradebook() as gradebook:
        gradebook.grant_extension(ASSIGNMENT, "learner-01", days=9)
        read_policy(write(of("canvas_id = 1")), ASSIGNMENT).enter(gradebook)
        submission = gradebook.find_submission(ASSIGNMENT, "learner-01")
        assert submission.extension == timedelta(days=9)
        assert submission.assignment.duedate == datetime(2026, 3, 2, 23)


def plugin(course, gradebook):
    """The plugin as nbgrader makes it."""
    assign = AssignLatePenalties(config=course.config)
    assign.assignment_id, assign.gradebook = ASSIGNMENT, gradebook
    assign.init_plugin()
    return assign.plugin_inst


def test_nbgrader_is_told_to_take_our_plugin(tmp_path_factory, tmp_path):
    course = filled_course(tmp_path_factory, tmp_path / "course")
    with course.gradebook() as gradebook:
        ours = plugin(course, gradebook)
        assert type(ours) is LatePenalty
        assert ours.late_submission_penalty("learner-02", 20, 7200) is None  # no file
        ours.penalty_method = "zero"
        assert ours.late_submission_penalty("learner-02", 20, 7200) == 20  # nbgrader's own
        (course.class_folder / POLICY).write_text(of("canvas_id = 1"))
        assert ours.late_submission_penalty("learner-02", 20, 7200) == 20
        (course.class_folder / POLICY).write_text(SOME)
        assert ours.late_submission_penalty("learner-02", 20, 7200) == 3.5


@pytest.mark.filterwarnings("ignore")
def test_stock_nbgrader_takes_an_extension_and_the_penalty(tmp_path_factory, tmp_path):
    """Its own autograde, of a notebook without answers and with 5 points by hand."""
    course = filled_course(tmp_path_factory, tmp_path / "course")
    (course.class_folder / POLICY).write_text(SOME)
    with course.gradebook() as gradebook:
        read_policy(course.class_folder / POLICY, ASSIGNMENT).enter(gradebook)
    api = NbGraderAPI(CourseDirectory(config=course.config), config=course.config)
    for learner in ("learner-01", "learner-02"):
        folder = course.folder("submitted") / learner / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text("2026-03-04 23:30:00 Europe/Berlin")
        notebook = released(course.root, {})
        for cell in notebook.cells:  # nothing is asked of the answers here
            cell.source = "pass" if cell.cell_type == "code" else cell.source
        nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")
        with course.gradebook() as gradebook:
            grade = gradebook.find_grade(EXPLAIN, ASSIGNMENT, ASSIGNMENT, learner)
            grade.manual_score = 5
            gradebook.db.commit()
        result = api.autograde(ASSIGNMENT, learner)
        assert result["success"], result
    with course.gradebook() as gradebook:
        found = scores(gradebook, ASSIGNMENT)
    assert found["learner-01"].penalty == 5  # two days of 3.5, and no more than was earned
    assert found["learner-02"].penalty == 0
