"""A run can be cut off anywhere: what was graded is kept, and the next one goes on from there."""

import contextlib
import csv
import functools
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from grading.conftest import ASSIGNMENT, notebook
from unrolled import cli
from unrolled.grading import run
from unrolled.grading.asking.execution import Execution
from unrolled.grading.asking.marks import Marked, unasked
from unrolled.grading.asking.pool import Failed
from unrolled.grading.gradebook import course as courses
from unrolled.grading.gradebook import recording
from unrolled.grading.gradebook.course import AlreadyRunning
from unrolled.grading.gradebook.journal import Journal
from unrolled.grading.run import Options, grade_assignment
from unrolled.grading.sandbox.tiers import NONE
from unrolled.grading.summary import summary

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


def test_what_has_not_changed_is_given_at_once(course, release, three, submit):
    grade(course, Points(release))
    submit("learner-01", notebook("import torch", padding_mask=MASK + "  # better"))
    second, seen = Points(release), []

    def watching(results, total):
        for result in results:
            seen.append((result.learner, list(second.asked)))
            yield result

    grade_assignment(course, ASSIGNMENT, NONE, Options(), watching, pool=second)
    assert seen[:2] == [("learner-02", []), ("learner-03", [])]
    assert seen[2][0] == "learner-01"


@pytest.fixture
def of_other_rules(release):
    made = notebook("import torch", padding_mask=MASK)
    made.metadata["unrolled"] = {**release.notebook.metadata["unrolled"], "rules": "others"}
    return made


def test_who_is_refused_reads_why_and_has_no_mark(course, release, submit, of_other_rules):
    submit("learner-01", of_other_rules)
    graded = grade(course, Points(release))
    assert graded.results == ()
    page = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert graded.refused["learner-01"] in page.read_text()
    assert "0 of 4 points" not in page.read_text()
    assert export(course) == []
    assert "Nothing was graded." in summary(graded)


def test_a_request_about_what_is_refused_is_not_met(
    course, release, three, submit, of_other_rules, capsys
):
    grade(course, Points(release))
    submit("learner-01", of_other_rules)
    line = ["regrade", ASSIGNMENT, "learner-01", "--reason", "Please."]
    assert cli.main([*line, "--unsafe", "-j", "1", "--root", str(course.root)]) == cli.LOOK
    said = capsys.readouterr()
    assert "the request was not kept" in said.err
    assert "1/1" in said.err  # the bar: nothing is left to do
    assert [row["raw_score"] for row in export(course)] == ["0.0"] * 3


def points(release, of_the_first):
    """Marks with so many points for the first exercise, and none for the others."""
    first, *others = (unasked(exercise, "x") for exercise in release.exercises)
    return Marked((replace(first, points=of_the_first), *others), Execution())


def test_a_request_leads_to_a_grading_and_is_kept_with_its_outcome(course, release, three, capsys):
    grade(course, Points(release))
    asked = {"only": "learner-02", "again": True, "reason": "It <is> right."}
    special = {"learner-02": points(release, 2.0)}
    graded = grade(course, Points(release, special), **asked, exercise="padding_mask")
    assert [(r.before, r.after) for r in graded.requests] == [(0, 2)]
    assert "asked again learner-02, padding_mask: 0 points before, 2 now" in summary(graded)
    assert "padding_mask: 0 points at the last grading, now 2" in summary(graded)
    graded = grade(course, Points(release, special), **asked, exercise="causal_mask")
    assert [(r.before, r.after) for r in graded.requests] == [(0, 0)]
    assert grade(course, Points(release)).unchanged == 3  # and the pages still say it
    pages = {learner: (course.folder("feedback") / learner / ASSIGNMENT / f"{ASSIGNMENT}.html")
             .read_text() for learner in ("learner-01", "learner-02")}  # fmt: skip
    assert "“It &lt;is&gt; right.” It had 0 points and then 2." in pages["learner-02"]
    assert "It stays at 0 points." in pages["learner-02"]
    assert "on request" not in pages["learner-01"]
    assert [row["raw_score"] for row in export(course)] == ["0.0", "2.0", "0.0"]


def test_a_request_that_the_grader_failed_on_has_no_outcome(course, release, three):
    grade(course, Points(release))
    broken = Points(release, {"learner-02": Failed("it ended the process twice")})
    graded = grade(course, broken, only="learner-02", again=True, reason="Please.")
    assert graded.results[0].fault
    assert graded.requests == ()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("learner-01", "--reason", "Please."), "'learner-01' has no marks to look at again"),
        (("learner-01", "--reason", "x", "--exercise", "mask"), "known are padding_mask, causal"),
        (("learner-09", "--reason", "Please."), "'learner-09' has handed in no"),
        (("", "--reason", "Please."), "'' has no marks"),
    ],
)
def test_a_request_about_nothing_is_refused(course, three, capsys, words, wanted):
    line = ["regrade", ASSIGNMENT, *words, "--unsafe", "--root", str(course.root)]
    assert cli.main(line) == cli.USAGE
    assert wanted in capsys.readouterr().err


def test_a_request_without_a_reason_is_refused(course, capsys):
    with pytest.raises(SystemExit):
        cli.main(["regrade", ASSIGNMENT, "learner-01", "--reason", " ", "--root", str(course.root)])
    assert "say why it is graded again" in capsys.readouterr().err


@pytest.mark.sandbox
def test_a_clock_that_jumps_loses_and_doubles_no_mark(
    course, release, three, submit, warm_pool, monkeypatch
):
    """Deadlines rest on a clock that cannot be set; no mark rests on the one that can."""
    submit("learner-02", notebook("import torch", padding_mask=MASK.replace("!=", "==")))
    steady = grade(course, warm_pool)
    wanted = export(course)
    now, jumps = time.time(), itertools.cycle([10.0**8, -(10.0**8), 3600.0, -3600.0])
    monkeypatch.setattr(time, "time", lambda: now + next(jumps))
    jumped = grade(course, warm_pool, again=True)
    assert grade(course, Points(release)).unchanged == 3
    assert jumped.results == steady.results
    assert [result.points for result in jumped.results] == [4, 0, 4]
    assert export(course) == wanted


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
    monkeypatch.setattr(courses, "LOCKED_SECONDS", 0.1)
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
    with course.alone(), pytest.raises(AlreadyRunning, match="another run"):
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


def one_process(course):
    return ["grade", ASSIGNMENT, "--processes", "1", "--root", str(course.root)]


@pytest.fixture
def cut_off(course, submit):
    """A real run in a process of its own that is killed after its first marks."""
    for number in range(1, 6):
        first = "import torch, time; time.sleep(2)" if number == 2 else "import torch"
        submit(f"learner-0{number}", notebook(first, padding_mask=MASK))
    course.register(ASSIGNMENT)  # here it is quick
    words = [sys.executable, "-m", "unrolled.cli", *one_process(course)]
    started = subprocess.Popen(
        words,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Tests that a shell runs in the background have Ctrl-C ignored, and their children too.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
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
    assert cli.main(one_process(course)) == cli.DONE
    assert [row["student_id"] for row in export(course)] == [f"learner-0{n}" for n in range(1, 6)]
    assert {row["raw_score"] for row in export(course)} == {"4.0"}
    assert f"{done} of 5 had not changed" in capsys.readouterr().out
