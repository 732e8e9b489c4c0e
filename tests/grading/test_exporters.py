"""Marks for Canvas, Moodle and Gradescope, held to golden files byte by byte."""

import csv
import json
import logging
from pathlib import Path

import nbformat
import pytest
from jupyter_core.application import NoStart
from nbformat.v4 import new_output
from nbgrader.api import MissingEntry
from nbgrader.apps import NbGraderApp
from nbgrader.plugins import CsvExportPlugin

from grading.conftest import ASSIGNMENT
from grading.filled import EXPLAIN, filled_course
from unrolled.grading.gradebook.exporters import (
    CanvasExportPlugin,
    GradescopeExportPlugin,
    GradesExportPlugin,
    MoodleExportPlugin,
    harmless,
)
from unrolled.grading.gradebook.roster import LMS
from unrolled.grading.gradebook.scores import scores

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def filled(tmp_path_factory, tmp_path):
    course = filled_course(tmp_path_factory, tmp_path / "course")
    notebook = nbformat.read(
        course.root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4
    )
    said = {"text/plain": "padding_mask: 4 of 4 points\nok  values 'quoted'"}
    cell = next(cell for cell in notebook.cells if cell.id == "check-padding_mask")
    cell.outputs = [new_output("display_data", data=said)]
    path = course.folder("autograded") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return course


def export(course, plugin, to, **options):
    options.setdefault("assignment", [ASSIGNMENT])
    exporter = plugin(
        to=str(to),
        class_folder=str(course.class_folder),
        config=course.config,
        log=logging.getLogger("test"),
        **options,
    )
    with course.gradebook() as gradebook:
        exporter.export(gradebook)
    return exporter


def same(path, name):
    assert path.read_bytes() == (GOLDEN / name).read_bytes(), path.read_text()


def test_canvas(filled, tmp_path):
    (filled.class_folder / "course.toml").write_text(
        f"[assignment.{ASSIGNMENT}]\ncanvas_id = 4711\n"
    )
    (filled.class_folder / LMS).write_text(
        "id,SIS User ID,SIS Login ID,Section\nlearner-01,S-1,login-01,Tuesday\n"
    )
    exporter = export(filled, CanvasExportPlugin, tmp_path / "out" / "canvas.csv")
    same(tmp_path / "out" / "canvas.csv", "canvas.csv")
    assert exporter.notes == [f"learner-03, {ASSIGNMENT}: {EXPLAIN} still waits for a mark"]


def test_moodle(filled, tmp_path):
    exporter = export(filled, MoodleExportPlugin, tmp_path / "moodle.csv")
    same(tmp_path / "moodle.csv", "moodle.csv")
    assert "learner-04 has neither ID number nor e-mail address for Moodle" in exporter.notes


@pytest.mark.parametrize("learner", ["learner-01", "learner-02", "learner-03"])
def test_gradescope(filled, tmp_path, learner):
    export(filled, GradescopeExportPlugin, tmp_path)
    path = tmp_path / ASSIGNMENT / learner / "results.json"
    same(path, f"gradescope-{learner}.json")
    results = json.loads(path.read_text())
    possible = sum(test["max_score"] for test in results["tests"])
    assert results["score"] <= possible == results["extra_data"]["max_score"] == 35


def test_gradescope_writes_nothing_for_who_handed_nothing_in(filled, tmp_path):
    export(filled, GradescopeExportPlugin, tmp_path)
    written = {path.name for path in (tmp_path / ASSIGNMENT).iterdir()}
    assert written == {"learner-01", "learner-02", "learner-03", "learner-04"}


def test_a_learner_whose_id_leads_elsewhere_gets_no_folder(filled, tmp_path):
    with filled.gradebook() as gradebook:
        gradebook.update_or_create_student("../../out")
        gradebook.update_or_create_submission(ASSIGNMENT, "../../out")
    exporter = export(filled, GradescopeExportPlugin, tmp_path / "a" / "b")
    assert any("'../../out'" in note for note in exporter.notes)
    assert not (tmp_path / "out").exists()
    assert len(list((tmp_path / "a" / "b" / ASSIGNMENT).iterdir())) == 4


def test_scores_are_nbgraders_own(filled):
    """The same sums as nbgrader reckons with in its database and its own exporter."""
    with filled.gradebook() as gradebook:
        found = scores(gradebook, ASSIGNMENT)
        submissions = {s.student_id: s for s in gradebook.assignment_submissions(ASSIGNMENT)}
        assert set(found) == set(submissions)
        for learner, score in found.items():
            nbgraders = submissions[learner]
            left = max(0.0, nbgraders.score - nbgraders.late_submission_penalty)
            assert (score.score, score.max_score) == (left, nbgraders.max_score)
    assert found["learner-04"].score == 0  # a penalty takes nobody below 0


def test_the_table_of_grades_is_nbgraders_own(filled, tmp_path):
    """Byte by byte, where nobody has a name that nbgrader cannot write."""
    with filled.gradebook() as gradebook:
        for learner in ("learner-02", "learner-03", "learner-05"):
            gradebook.update_or_create_student(learner, last_name="Z" + learner, email="a@b.org")
        nbgraders = CsvExportPlugin(to=str(tmp_path / "nbgraders.csv"), log=logging.getLogger("x"))
        nbgraders.export(gradebook)
    export(filled, GradesExportPlugin, tmp_path / "ours.csv")
    ours = (tmp_path / "ours.csv").read_text().splitlines()
    assert len(ours) == 6
    assert sorted(ours) == sorted((tmp_path / "nbgraders.csv").read_text().splitlines())


def test_the_table_of_grades_survives_any_name(filled, tmp_path):
    export(filled, GradesExportPlugin, tmp_path / "grades.csv")
    rows = {row["student_id"]: row for row in csv.DictReader((tmp_path / "grades.csv").open())}
    assert rows["learner-03"]["last_name"] == 'Bo, the "third"'
    assert rows["learner-03"]["score"] == "8.0"
    assert rows["learner-02"]["last_name"].startswith("'=cmd")


def test_some_learners_only(filled, tmp_path):
    export(filled, CanvasExportPlugin, tmp_path / "some.csv", student=["learner-02"])
    rows = list(csv.reader((tmp_path / "some.csv").open()))
    assert [row[3] for row in rows[2:]] == ["learner-02"]


def test_an_assignment_that_the_gradebook_does_not_know(filled, tmp_path):
    with pytest.raises(MissingEntry, match="99-nothing"):
        export(filled, MoodleExportPlugin, tmp_path / "x.csv", assignment=["99-nothing"])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_a_formula_becomes_text(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Ana", "a-b", "1+1", "x@example.org", "'", "3"])
def test_other_text_stays(text):
    assert harmless(text) == text


def test_nbgraders_own_command_takes_the_exporter(filled, monkeypatch, tmp_path):
    monkeypatch.chdir(filled.root)
    NbGraderApp.clear_instance()
    exporter = "--exporter=unrolled.grading.gradebook.exporters.CanvasExportPlugin"
    app = NbGraderApp.instance()
    try:
        app.initialize(["export", exporter, "--to", str(tmp_path / "canvas.csv")])
        with pytest.raises(NoStart):  # how a jupyter application says that a subcommand ran
            app.start()
    finally:
        NbGraderApp.clear_instance()
    rows = list(csv.reader((tmp_path / "canvas.csv").open()))
    assert rows[0][5:] == [ASSIGNMENT]
    assert {row[3]: row[5] for row in rows[2:]}["learner-01"] == "35"
