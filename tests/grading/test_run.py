"""A run can be cut off anywhere: what was graded is kept, and the next one goes on from there."""

import contextlib
import csv
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from grading.conftest import ASSIGNMENT, notebook
from unrolled import cli
from unrolled.grading import gradebook, recording, run
from unrolled.grading.execution import Execution
from unrolled.grading.journal import Journal
from unrolled.grading.marks import Marked, unasked
from unrolled.grading.pool import Failed
from unrolled.grading.run import AlreadyRunning, Options, grade_assignment
from unrolled.grading.sandbox import NONE

MASK = "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]"


class Points:
    """A pool that gives every exercise a point, or what ``special`` says, and counts."""

    def __init__(self, release, special=None):
        self.release, self.special, self.asked = release, special or {}, []

    def run(self, tasks):
        for task in tasks:
            self.asked.append(task.learner)
            marks = [unasked(exercise, "x") for exercise in self.release.exercises]
            done = Marked(tuple(marks), Execution())
            yield task, self.special.get(task.learner, done)


@pytest.fixture
def release(course):
    return course.register(ASSIGNMENT)


@pytest.fixture
def three(submit):
    for number in (1, 2, 3):
        submit(f"learner-0{number}", notebook("import torch", padding_mask=MASK))


def grade(course, pool, **options):
    return grade_assignment(course, ASSIGNMENT, NONE, Options(**options), pool=pool)


def export(course):
    return [dict(row) for row in csv.DictReader((course.class_folder / "grades.csv").open())]


def test_what_was_graded_is_not_graded_again(course, release, three):
    first, second = Points(release), Points(release)
    before = grade(course, first)
    after = grade(course, second)
    assert first.asked == ["learner-01", "learner-02", "learner-03"]
    assert second.asked == []
    assert (before.unchanged, after.unchanged) == (0, 3)
    assert after.results == before.results


def test_what_changed_is_and_says_so(course, release, three, submit):
    grade(course, Points(release))
    submit("learner-02", notebook("import torch", padding_mask=MASK + "  # better"))
    second = Points(release)
    assert grade(course, second).unchanged == 2
    assert second.asked == ["learner-02"]


def test_again_means_everybody(course, release, three):
    grade(course, Points(release))
    second = Points(release)
    assert grade(course, second, again=True).unchanged == 0
    assert len(second.asked) == 3


def test_a_gradebook_that_was_thrown_away_is_filled_again(course, release, three):
    grade(course, Points(release))
    (course.class_folder / "gradebook.db").unlink()
    second = Points(release)
    grade(course, second)
    assert len(second.asked) == 3


def test_a_changed_mark_is_told(course, release, three):
    from dataclasses import replace

    one = [replace(unasked(e, "x"), points=1.0) for e in release.exercises]
    special = {"learner-02": Marked(tuple(one), Execution())}
    grade(course, Points(release, special))
    results = {r.learner: r.changed for r in grade(course, Points(release), again=True).results}
    assert results["learner-01"] == {}
    assert results["learner-02"] == {e.id: (1.0, 0.0) for e in release.exercises}


def test_a_fault_is_told_and_tried_again(course, release, three):
    broken = Points(release, {"learner-02": Failed("it ended the process twice")})
    results = {r.learner: r for r in grade(course, broken).results}
    assert results["learner-02"].fault
    assert "it ended the process twice" in results["learner-02"].marks[0].problem
    again = Points(release)
    assert not any(r.fault for r in grade(course, again).results)
    assert again.asked == ["learner-02"]


def test_a_full_disk_stops_the_run_and_the_next_goes_on(course, release, three, monkeypatch):
    write = recording.Recorder._write

    def full(self, learner, made):
        if learner == "learner-02":
            raise OSError(28, "No space left on device")
        write(self, learner, made)

    monkeypatch.setattr(recording.Recorder, "_write", full)
    with pytest.raises(OSError, match="No space"):
        grade(course, Points(release))
    monkeypatch.undo()
    second = Points(release)
    assert grade(course, second).unchanged == 1
    assert second.asked == ["learner-02", "learner-03"]
    assert len(export(course)) == 3


@contextlib.contextmanager
def locked(course):
    """Somebody else writes to the gradebook."""
    other = sqlite3.connect(course.class_folder / "gradebook.db", check_same_thread=False)
    other.execute("begin exclusive")
    try:
        yield other
    finally:
        other.rollback()


def test_a_locked_gradebook_stops_the_run_and_the_next_goes_on(course, release, three, monkeypatch):
    grade(course, Points(release))
    monkeypatch.setattr(gradebook, "LOCKED_SECONDS", 0.1)
    with locked(course), pytest.raises(sqlite3.OperationalError, match="locked"):
        grade(course, Points(release), again=True)
    assert grade(course, Points(release), again=True).unchanged == 0


def test_a_gradebook_locked_for_a_while_is_waited_for(course, release, three):
    class Locking(Points):
        def run(self, tasks):
            for number, outcome in enumerate(super().run(tasks)):
                with contextlib.ExitStack() as stack:
                    if number == 1:
                        other = stack.enter_context(locked(course))
                        threading.Timer(7, other.rollback).start()  # SQLite waits 5 s by itself
                    yield outcome

    assert len(grade(course, Locking(release)).results) == 3
    assert len(export(course)) == 3


def test_two_runs_do_not_write_at_once(course, release, three):
    with run._alone(course), pytest.raises(AlreadyRunning, match="another run"):
        grade(course, Points(release))


def test_the_secret_and_other_learners_do_not_reach_a_grading_process(course, release, three):
    seen = []

    class Looking(Points):
        def run(self, tasks):
            for task in tasks:
                seen.append(repr(task))
                yield task, Failed("seen")

    grade(course, Looking(release))
    assert len(seen) == 3
    assert not any(course.secret().decode() in text for text in seen)
    assert not any("learner-02" in text for text in seen[:1])


@pytest.fixture
def cut_off(course, submit):
    """A real run in a process of its own that is killed after its first marks."""
    for number in range(1, 6):
        submit(f"learner-0{number}", notebook("import torch", padding_mask=MASK))
    words = [sys.executable, "-m", "unrolled.cli", "grade", ASSIGNMENT, "--root", course.root]
    started = subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)  # fmt: skip
    yield started
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)


def graded_so_far(course):
    with contextlib.suppress(sqlite3.Error):
        journal = Journal(course.class_folder / run.JOURNAL, ASSIGNMENT)
        with contextlib.closing(journal):
            return len(list(journal.results()))
    return 0


def wait_for_one(course, process):
    for _ in range(1200):
        if graded_so_far(course) or process.poll() is not None:
            return
        time.sleep(0.1)


@pytest.mark.sandbox
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_run_that_is_stopped_goes_on(course, cut_off, number, capsys):
    wait_for_one(course, cut_off)
    os.kill(cut_off.pid, number)
    code = cut_off.wait(60)
    assert code == (cli.UNFINISHED if number == signal.SIGINT else -number)
    done = graded_so_far(course)
    assert done >= 1
    assert cli.main(["grade", ASSIGNMENT, "--root", str(course.root)]) == cli.DONE
    assert [row["student_id"] for row in export(course)] == [f"learner-0{n}" for n in range(1, 6)]
    assert {row["raw_score"] for row in export(course)} == {"4.0"}
    assert f"{done} of 5 had not changed" in capsys.readouterr().out
