"""The sample class, graded as an instructor would, held to its table of expected marks."""

import csv
import hashlib
import html
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from jupyter_core.application import NoStart
from nbgrader.apps import NbGraderApp

import processors
from grading.conftest import make_course
from sample_class.build import ASSIGNMENT, HERE, build
from sample_class.learners import LEARNERS
from unrolled.checks import exercises
from unrolled.grading.pages.report import read_class, write_report
from unrolled.grading.run import Options, grade_assignment
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.sandbox.workers import Limits
from unrolled.grading.summary import summary

EXPECTED = list(csv.DictReader((HERE / "expected.csv").open()))
NAMES = [exercise.id for exercise in exercises(ASSIGNMENT)]

pytestmark = pytest.mark.sandbox


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course after grading; more time than usual, because a loaded machine is no failure."""
    course = make_course(tmp_path_factory.mktemp("sample") / "course")
    submitted = course.folder("submitted")
    for learner in LEARNERS:
        shutil.copytree(HERE / learner, submitted / learner)
    before = digests(submitted)
    limits = Limits(cell_seconds=20.0, answer_seconds=60.0)
    results = grade_assignment(course, ASSIGNMENT, choose_tier(), Options(limits=limits))
    again = Options("learner-03", demos=True, limits=limits)
    assert len(grade_assignment(course, ASSIGNMENT, choose_tier(), again).results) == 1
    assert digests(submitted) == before
    return course, results


def test_the_committed_notebooks_are_those_of_the_builder(tmp_path):
    build(tmp_path)
    committed = {name: d for name, d in digests(HERE).items() if name.startswith("learner-")}
    assert digests(tmp_path) == committed


def test_every_learner_is_in_the_table():
    assert [row["learner"] for row in EXPECTED] == list(LEARNERS)


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["learner"])
def test_marks_and_mistakes_are_as_expected(graded, row):
    _, results = graded
    result = next(r for r in results.results if r.learner == row["learner"])
    marks = {mark.exercise: mark.points for mark in result.marks}
    assert marks == {name: float(row[name]) for name in NAMES}
    named = [slug for mark in result.marks for slug in mark.mistakes]
    assert set(row["mistakes"].split()) <= set(named)
    if not row["mistakes"] and any(marks.values()):
        assert named == []
    assert not result.fault


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["learner"])
def test_the_gradebook_has_the_same_marks(graded, row):
    course, _ = graded
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, row["learner"])
        (notebook,) = submission.notebooks
        scores = {grade.name: grade.auto_score for grade in notebook.grades}
        waits = notebook.needs_manual_grade
    assert {f"check-{name}": float(row[name]) for name in NAMES}.items() <= scores.items()
    written = bool(LEARNERS[row["learner"]].explanation)
    assert waits == written  # prose that somebody wrote waits for a person


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["learner"])
def test_feedback_says_what_happened_and_keeps_the_secrets(graded, row):
    course, _ = graded
    learner = row["learner"]
    page = (course.folder("feedback") / learner / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    assert row["said"] in text
    total = sum(float(row[name]) for name in NAMES)
    assert f"{total:g} of 35 points" in text
    assert "isolation tier bwrap" in text
    assert "seed" not in text
    assert course.secret().decode() not in page
    others = [other for other in LEARNERS if other != learner]
    assert not any(other in page for other in others)


def test_the_autograded_notebooks_hold_reports_and_outputs(graded):
    course, _ = graded
    path = course.folder("autograded") / "learner-03" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in notebook.cells}
    report, points = cells["check-scaled_dot_product_attention"].outputs
    assert "1 of 11 points" in report.data["text/plain"]
    assert "<table" in report.data["text/html"]
    assert points.data["text/plain"] == "1.0"
    shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.get("outputs", [])]
    assert any(o.output_type == "stream" and "differ by" in o.text for o in shown)


def test_nbgraders_export_has_every_learner(graded):
    _, results = graded
    rows = list(csv.DictReader(results.gradebook.open()))
    scores = {row["student_id"]: float(row["score"]) for row in rows}
    assert scores == {r["learner"]: sum(float(r[n]) for n in NAMES) for r in EXPECTED}
    assert {row["max_score"] for row in rows} == {"35.0"}


def test_another_processor_gives_the_same_export(graded, tmp_path):
    course = make_course(tmp_path / "course")
    for learner in LEARNERS:
        shutil.copytree(HERE / learner, course.folder("submitted") / learner)
    command = [sys.executable, "-m", "unrolled.cli", "grade", ASSIGNMENT]
    held = processors.environment("plain")
    subprocess.run(command, cwd=course.root, env=held, check=True, capture_output=True)
    times = {"duedate", "timestamp"}
    exports = [
        [{key: row[key] for key in row if key not in times} for row in csv.DictReader(path.open())]
        for path in (graded[1].gradebook, course.root / "class" / "grades.csv")
    ]
    assert len(exports[0]) == len(EXPECTED)
    assert exports[0] == exports[1]


def test_nbgraders_own_feedback_works_on_the_result(graded, monkeypatch, tmp_path):
    course, _ = graded
    monkeypatch.chdir(course.root)
    NbGraderApp.clear_instance()
    app = NbGraderApp.instance()
    words = ["generate_feedback", ASSIGNMENT, "--student", "learner-04"]
    try:
        app.initialize([*words, "--force", f"--CourseDirectory.feedback_directory={tmp_path}"])
        with pytest.raises(NoStart):  # how a jupyter application says that a subcommand ran
            app.start()
    finally:
        NbGraderApp.clear_instance()
    page = (tmp_path / "learner-04" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
    assert "dropout is never applied" in page


def test_the_summary_shows_everybody(graded):
    _, results = graded
    text = summary(results)
    for row in EXPECTED:
        assert row["learner"] in text
    assert "softmax-over-queries" in text
    assert str(results.gradebook) in text
    names = "padding_mask, causal_mask, scaled_dot_product_attention, SelfAttention"
    assert f"learner-05: {names}: it is not written yet" in text
    assert text.count("not a notebook") == 1


def test_the_report_finds_the_copy_and_who_needs_help(graded):
    course, _ = graded
    likeness = read_class(course, ASSIGNMENT).likeness.values()
    pairs = [(pair.one, pair.other) for like in likeness for pair in like.pairs]
    assert pairs == [("learner-17", "learner-18")]
    page = write_report(course, ASSIGNMENT).read_text()
    assert "30 of 30 learners handed in" in page
    start, help_, alike = (page.index(f'id="{name}"') for name in ("mistakes", "help", "alike"))
    assert "softmax-over-queries" in page[start:help_]
    needing = set(re.findall(r"learner-\d\d", page[help_:alike]))
    assert {"learner-05", "learner-13", "learner-21", "learner-29"} <= needing
    assert needing.isdisjoint({"learner-01", "learner-02", "learner-17", "learner-24"})
