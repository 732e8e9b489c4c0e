"""The sub-commands around grading, from the roster to the marks and back, and their exit codes."""

import json

import pytest

from grading.conftest import ASSIGNMENT
from grading.filled import empty_course, filled_course, set_mark
from grading.test_collecting import NAME, work
from grading.test_unzipping import zipped
from unrolled import cli

CANVAS = 'Student,ID,SIS User ID,SIS Login ID,Section\n"Li, Ana",101,S-1,learner-01,Monday\n'


def run(course, *words):
    return cli.main([*map(str, words), "--root", str(course.root)])


@pytest.fixture
def empty(tmp_path_factory, tmp_path):
    return empty_course(tmp_path_factory, tmp_path / "course")


@pytest.fixture
def filled(tmp_path_factory, tmp_path):
    return filled_course(tmp_path_factory, tmp_path / "course")


def test_from_roster_to_submission(empty, tmp_path, capsys):
    roster = tmp_path / "canvas.csv"
    roster.write_text(CANVAS)
    assert run(empty, "roster", roster, "--dry-run") == cli.DONE
    assert "new      learner-01\nnothing was changed" in capsys.readouterr().out
    assert not (empty.class_folder / "lms.csv").exists()
    assert run(empty, "roster", roster) == cli.DONE
    assert (empty.class_folder / "lms.csv").exists()
    download = tmp_path / "submissions.zip"
    download.write_bytes(zipped((f"liana_101_5001_{NAME}", work("1"))))
    assert run(empty, "collect", ASSIGNMENT, download) == cli.DONE
    assert "collected  learner-01, at an unknown time" in capsys.readouterr().out
    assert (empty.folder("submitted") / "learner-01" / ASSIGNMENT / NAME).exists()
    download.write_bytes(zipped((f"x_9_5001_\x1b[31m{NAME}", work("1"))))
    assert run(empty, "collect", ASSIGNMENT, download) == cli.LOOK
    said = capsys.readouterr().out
    assert "left: " in said
    assert "\x1b" not in said


def test_a_roster_with_a_line_that_is_left_out_wants_a_look(empty, tmp_path, capsys):
    roster = tmp_path / "canvas.csv"
    roster.write_text(CANVAS + "Bo,102,,,Monday\n")
    assert run(empty, "roster", roster) == cli.LOOK
    assert "left out: line 3: SIS Login ID is empty (Bo)" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["canvas", "moodle", "marks"])
def test_exports_lie_below_class(filled, capsys, kind):
    assert run(filled, "export", kind, ASSIGNMENT) == cli.LOOK  # one mark by hand is missing
    path = filled.class_folder / "export" / f"{ASSIGNMENT}-{kind}.csv"
    said = capsys.readouterr().out.splitlines()
    assert said[0] == str(path)
    assert "still waits for a mark" in said[1]
    assert path.read_text().count("\n") > 4


def test_gradescope_and_an_output_of_ones_own(filled, tmp_path):
    run(filled, "export", "gradescope", ASSIGNMENT, "-o", tmp_path / "out")
    path = tmp_path / "out" / ASSIGNMENT / "learner-01" / "results.json"
    assert json.loads(path.read_text())["score"] == 35


def test_what_a_regrade_changed(filled, tmp_path, capsys):
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    run(filled, "export", "marks", ASSIGNMENT, "-o", before)
    set_mark(filled, "learner-02", "causal_mask", 4)
    run(filled, "export", "marks", ASSIGNMENT, "-o", after)
    capsys.readouterr()
    assert run(filled, "changes", before, after, "--meant", "causal_mask") == cli.DONE
    said = capsys.readouterr().out
    assert said == "learner-02, causal_mask: 0 of 4 -> 4 of 4\n1 marks changed, 1 learners\n"
    assert run(filled, "changes", before, after, "--meant", "padding_mask") == cli.LOOK
    assert "(not meant to change)" in capsys.readouterr().out


def test_release_with_an_instructors_points(empty, capsys):
    (empty.class_folder / "course.toml").write_text(
        f"[assignment.{ASSIGNMENT}]\npoints = {{ causal_mask = 6 }}\n"
    )
    assert run(empty, "release", ASSIGNMENT) == cli.DONE
    path = empty.class_folder / "release" / ASSIGNMENT / NAME
    assert capsys.readouterr().out.strip() == str(path)
    assert "6 points · difficulty" in path.read_text()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("roster", "missing.csv"), "missing.csv"),
        (("collect", "99-nothing", "x.zip"), "no assignment is called '99-nothing'"),
        (("collect", ASSIGNMENT, "missing.zip"), "missing.zip"),
        (("export", "canvas", ASSIGNMENT), f"no marks of {ASSIGNMENT}: grade it first"),
        (("changes", "missing.csv", "missing.csv"), "missing.csv"),
    ],
)
def test_wrong_use_is_said(empty, capsys, words, wanted):
    assert run(empty, *words) == cli.USAGE
    assert wanted in capsys.readouterr().err


def test_a_broken_choice_is_said_before_anything_is_written(empty, capsys):
    (empty.class_folder / "course.toml").write_text("timezone = 3\n")
    assert run(empty, "release", ASSIGNMENT) == cli.USAGE
    assert "course.toml: timezone is 3" in capsys.readouterr().err
    assert not (empty.class_folder / "release").exists()
