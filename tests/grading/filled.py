"""A gradebook with marks of all kinds, made without grading anything."""

import functools
import shutil

from grading.conftest import ASSIGNMENT, make_course
from unrolled.grading.gradebook.course import Course

EXPLAIN = "explain-same-word-twice"
EXERCISES = ("padding_mask", "causal_mask", "scaled_dot_product_attention", "SelfAttention")
LEARNERS = {
    "learner-01": {"first_name": "Li", "last_name": "Ångström", "email": "learner-01@example.org",
                   "lms_user_id": "101"},
    "learner-02": {"first_name": "Ana", "last_name": "=cmd|' /C calc'!A0",
                   "email": "learner-02@example.org", "lms_user_id": "102"},
    "learner-03": {"first_name": "", "last_name": "Bo, the \"third\"", "email": "",
                   "lms_user_id": "103"},
    "learner-04": {},
    "learner-05": {"first_name": "Zoë", "last_name": "Nothing", "email": "@handed.in"},
}  # fmt: skip


def filled_course(factory, root):
    """A copy of its own of the filled course, which is made once."""
    shutil.copytree(_filled(factory.getbasetemp()), root)
    return Course(root)


def empty_course(factory, root):
    """A copy of a course with a gradebook that knows nobody."""
    shutil.copytree(_empty(factory.getbasetemp()), root)
    return Course(root)


@functools.cache
def _filled(base):
    root = base / "filled" / "course"
    shutil.copytree(_empty(base), root)
    course = Course(root)
    fill(course)
    return course.root


@functools.cache
def _empty(base):
    course = make_course(base / "empty" / "course")
    with course.gradebook():
        return course.root


def fill(course):
    """Everything right; late and commented; waiting for a mark by hand; no name; nothing in."""
    course.register(ASSIGNMENT)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-03-02 23:00:00 UTC")
        for learner, known in LEARNERS.items():
            gradebook.update_or_create_student(learner, **known)
        _submit(gradebook, "learner-01", (4, 4, 11, 11), 5, "2026-03-02 21:00:00 UTC")
        _submit(gradebook, "learner-02", (4, 0, 5.5, 0), 2.25, "2026-03-03 01:00:00 UTC", late=2.5,
                comment="=1+1, but\nwhy?")  # fmt: skip
        _submit(gradebook, "learner-03", (4, 4, 0, 0), None, "")
        _submit(gradebook, "learner-04", (0, 0, 0, 0), 0, "", late=1)


def _submit(gradebook, learner, earned, by_hand, timestamp, late=None, comment=""):
    when = {"timestamp": timestamp} if timestamp else {}
    gradebook.update_or_create_submission(ASSIGNMENT, learner, **when)
    submitted = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, learner)
    for name, points in zip(EXERCISES, earned, strict=True):
        grade = gradebook.find_grade(f"check-{name}", ASSIGNMENT, ASSIGNMENT, learner)
        grade.auto_score, grade.needs_manual_grade = points, False
    grade = gradebook.find_grade(EXPLAIN, ASSIGNMENT, ASSIGNMENT, learner)
    grade.manual_score, grade.needs_manual_grade = by_hand, by_hand is None
    said = gradebook.find_comment(EXPLAIN, ASSIGNMENT, ASSIGNMENT, learner)
    said.manual_comment = comment
    submitted.late_submission_penalty = late
    gradebook.db.commit()


def set_mark(course, learner, exercise, points):
    """Change one mark, as a regrade would."""
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(f"check-{exercise}", ASSIGNMENT, ASSIGNMENT, learner)
        grade.auto_score = points
        gradebook.db.commit()
