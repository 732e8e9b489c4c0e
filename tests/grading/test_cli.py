"""The command line: what it prints, and its exit codes."""

import pytest

from grading.conftest import ASSIGNMENT, notebook
from unrolled import cli
from unrolled.grading.sandbox import tiers


def run(*words):
    return cli.main([str(word) for word in words])


def test_an_unknown_assignment_lists_the_known_ones(course, capsys):
    assert run("grade", "99-nothing", "--root", course.root) == cli.USAGE
    said = capsys.readouterr().err
    assert "99-nothing" in said
    assert "05-alignment, 06-self-attention, 07-multi-head" in said


def test_a_folder_that_is_no_course_is_named(tmp_path, capsys):
    assert run("grade", ASSIGNMENT, "--root", tmp_path) == cli.USAGE
    assert "nbgrader_config.py" in capsys.readouterr().err


@pytest.fixture
def no_bwrap(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    tiers.bwrap_problem.cache_clear()
    yield
    tiers.bwrap_problem.cache_clear()


def test_without_a_sandbox_nothing_is_run(course, submit, no_bwrap, capsys):
    submit("learner-01", notebook("open('ran', 'w')"))
    assert run("grade", ASSIGNMENT, "--root", course.root) == cli.NO_SANDBOX
    said = capsys.readouterr().err
    assert "apt install bubblewrap" in said
    assert "--unsafe" in said
    assert not (course.class_folder / "gradebook.db").exists()


def test_unsafe_grades_and_says_so(course, submit, no_bwrap, capsys):
    submit("learner-01", notebook("import torch", "def causal_mask(Tq): return torch.ones(1)"))
    assert run("grade", ASSIGNMENT, "--root", course.root, "--unsafe") == cli.DONE
    said = capsys.readouterr().out
    assert said.startswith("isolation: none (--unsafe)")
    assert "learner-01" in said
    page = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "isolation tier none (--unsafe)" in page.read_text()


@pytest.mark.sandbox
def test_every_run_prints_its_tier_and_where_things_are(course, submit, capsys):
    submit("learner-01", notebook("x = 1"))
    assert run("grade", ASSIGNMENT, "--root", course.root) == cli.DONE
    said = capsys.readouterr().out
    assert said.startswith("isolation: bwrap: no network")
    assert str(course.class_folder / "grades.csv") in said
    assert (course.class_folder / "grades.csv").exists()


def test_nobody_handed_in(course, capsys):
    assert run("grade", ASSIGNMENT, "--root", course.root, "--unsafe") == cli.DONE
    assert "Nobody has handed this assignment in" in capsys.readouterr().out


def test_the_doctor_speaks_of_what_grading_needs(capsys):
    assert run("doctor") == cli.DONE
    said = capsys.readouterr().out
    assert all(word in said for word in ("torch", "sandbox", "cuda"))
