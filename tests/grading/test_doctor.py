"""The doctor says what is there, what is not and how to get it; its exit code is an answer too."""

import re

import pytest

from unrolled import cli
from unrolled.grading import doctor
from unrolled.grading.sandbox import syscalls


@pytest.fixture
def said(capsys):
    """Run the doctor: its exit code, and what it says of each thing."""

    def ask():
        code = cli.main(["doctor"])
        text = capsys.readouterr().out
        assert all(len(line) <= doctor.WIDTH for line in text.splitlines() if "/" not in line)
        entries = re.split(r"\n(?=\S)", text.strip())
        things = {e[: doctor.MARGIN].strip(): " ".join(e[doctor.MARGIN :].split()) for e in entries}
        return code, things

    return ask


@pytest.fixture
def nothing_installed(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name, **ignored: None)
    doctor.bwrap_problem.cache_clear()
    yield
    doctor.bwrap_problem.cache_clear()


@pytest.mark.sandbox
def test_a_machine_that_can_grade_safely(said):
    code, things = said()
    assert code == cli.DONE
    assert things["grading"].startswith("safe: learners' code is isolated by bubblewrap")
    assert things["tier bwrap"].startswith("works")
    for thing in ("python", "torch", "cuda", "cores", "memory", "disk", "nbgrader", "data"):
        assert things[thing], thing
    assert "--unsafe" in things["tier none"]


def test_a_machine_that_cannot_says_how_it_could(said, nothing_installed):
    code, things = said()
    assert code == cli.NO_SANDBOX
    assert things["grading"].startswith("not safe")
    assert "sudo apt install bubblewrap" in things["tier bwrap"]
    assert "sudo apt install podman" in things["tier container"]
    assert "engine's" in things["mounts"]
    assert "pip install alembic" in things["alembic"]
    assert "apt install chromium" in things["chromium"]


def test_containers_alone_are_safe_too(said, nothing_installed, monkeypatch):
    monkeypatch.setattr(doctor, "container_problem", lambda: None)
    monkeypatch.setattr(doctor, "engine", lambda: "podman")
    code, things = said()
    assert code == cli.DONE
    assert "containers of podman" in things["grading"]
    assert "--tier container" in things["tier container"]


@pytest.mark.parametrize(
    ("means", "words"), [(None, "No cgroup v2 can be had"), ("systemd --user", "cgroup v2, by sys")]
)
def test_how_memory_is_capped(said, monkeypatch, means, words):
    monkeypatch.setattr(doctor, "cgroup_means", lambda: means)
    assert words in said()[1]["memory cap"]
    assert "watchdog" in said()[1]["memory cap"]


def test_a_missing_filter_of_system_calls_is_said(said, monkeypatch):
    def missing():
        raise RuntimeError("Unable to find libseccomp")

    monkeypatch.setattr(syscalls, "filter_program", missing)
    syscalls.filter_problem.cache_clear()
    try:
        assert "Unable to find libseccomp" in said()[1]["system calls"]
        assert "libseccomp2" in said()[1]["system calls"]
    finally:
        syscalls.filter_problem.cache_clear()


@pytest.mark.sandbox
@pytest.mark.parametrize(("staged", "words"), [(True, "hidden"), (False, "a watchdog counts")])
def test_what_the_table_of_mounts_shows(said, monkeypatch, staged, words):
    monkeypatch.setattr(doctor, "can_stage", lambda: staged)
    assert words in said()[1]["mounts"]


def test_a_mirror_that_is_not_there_is_said(said, monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "nowhere"))
    assert "is not a folder" in said()[1]["data"]
    (tmp_path / "one").touch()
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    assert "in it: 1" in said()[1]["data"]


def test_a_full_disk_is_said(monkeypatch):
    usage = type("usage", (), {"free": 2**30})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage)
    assert "1.0 GiB free in this folder; 5 GiB are wanted" in dict(doctor.examine_machine())["disk"]


def test_long_values_are_wrapped_below_themselves():
    text = doctor.as_text([("thing", "word " * 60), ("other", "two\nlines")])
    lines = text.splitlines()
    assert lines[0].startswith("thing" + " " * (doctor.MARGIN - 5) + "word")
    assert lines[1].startswith(" " * doctor.MARGIN + "word")
    assert all(len(line) <= doctor.WIDTH for line in lines)
    assert lines[-1] == " " * doctor.MARGIN + "lines"
