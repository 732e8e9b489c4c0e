"""Grade all submissions of an assignment: read, match, ask, record, explain.

One process, this one, reads and writes; others ask (:mod:`unrolled.grading.pool`). What is written
for a learner is complete before the journal says so, so a run may be cut off anywhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode

from unrolled.checks.modules import LIBRARY
from unrolled.grading.cluster import DaskPool
from unrolled.grading.execution import Execution, code_cells, demo_sources
from unrolled.grading.feedback import write_feedback
from unrolled.grading.gradebook import Course
from unrolled.grading.journal import Journal
from unrolled.grading.marking import graded_seeds
from unrolled.grading.marks import Marked, Result, brief, unasked
from unrolled.grading.matching import Release, match
from unrolled.grading.pool import Failed, LocalPool, Pool, Setting, Task
from unrolled.grading.reading import Found, Submission, find_learners, read_submission
from unrolled.grading.recording import Recorder
from unrolled.grading.sandbox import Tier
from unrolled.grading.stamps import stamp_note, stamp_problem
from unrolled.grading.workers import Limits

log = logging.getLogger("unrolled.grading")

JOURNAL, LOCK = "grading.db", "grading.lock"


class AlreadyRunning(Exception):
    """Another run writes to this course's gradebook."""


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        only: one learner's id; empty for everybody.
        again: grade also what was graded before and has not changed.
        demos: run the cells that only show something too, so that their outputs can be looked at.
        processes: how many at once on this machine; 0 for one a core.
        dask: the address of a Dask scheduler, to grade on its cluster; empty for this machine.
        limits: what a question may take.
    """

    only: str = ""
    again: bool = False
    demos: bool = False
    processes: int = 0
    dask: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Graded:
    """What a run did and where it left things.

    Attributes:
        results: one a learner, in the order of their ids.
        unchanged: how many of them were there from a run before.
        refused: folders passed over, and why.
    """

    results: tuple[Result, ...]
    unchanged: int
    refused: dict[str, str]
    gradebook: Path
    feedback: Path
    autograded: Path


Progress = Callable[[Iterator[Result], int], Iterable[Result]]


def _silent(results: Iterator[Result], total: int) -> Iterable[Result]:
    return results


def grade_assignment(
    course: Course,
    assignment: str,
    tier: Tier,
    options: Options | None = None,
    progress: Progress = _silent,
    pool: Pool | None = None,
) -> Graded:
    """Grade what a class handed in; say what each learner got, and where things are.

    Args:
        course: its folders and gradebook.
        assignment: such as ``"06-self-attention"``.
        tier: how learners' code is isolated.
        options: how to grade.
        progress: wraps the results as they come, given how many there will be.
        pool: where to grade. Default: as the options say.

    Raises:
        AlreadyRunning: if another run has the course.
        WorkerFailed: if no sandbox starts.
        ClusterMissing: if no Dask cluster answers.
        LookupError: if ``only`` has handed nothing in.
        OSError, sqlite3.Error, sqlalchemy.exc.SQLAlchemyError: if something cannot be written; what
            was graded so far is kept, and the next run goes on from there.
    """
    options = options or Options()
    with _alone(course), contextlib.ExitStack() as stack:
        release = course.register(assignment)
        found = _found(course.folder("submitted"), assignment, options.only)
        if pool is None:
            setting = setting_of(course, assignment, tier, options.limits)
            remote = options.dask and DaskPool(setting, options.dask)
            pool = stack.enter_context(remote or LocalPool(setting, options.processes))
        journal = stack.enter_context(
            contextlib.closing(Journal(course.class_folder / JOURNAL, assignment))
        )
        gradebook = stack.enter_context(course.gradebook())
        recorder = Recorder(course, gradebook, assignment)
        run = _Run(course, assignment, release, tier, options, journal, recorder)
        results = progress(run.results(found.learners, pool), len(found.learners))
        return Graded(
            tuple(sorted(map(brief, results), key=lambda result: result.learner)),
            run.unchanged,
            found.refused | run.refused,
            gradebook=course.export(),
            feedback=course.folder("feedback"),
            autograded=course.folder("autograded"),
        )


def setting_of(course: Course, assignment: str, tier: Tier, limits: Limits) -> Setting:
    """What grading processes are told."""
    build = course.root / "build"
    return Setting(assignment, build, course.root, tier, limits, course.log)


@contextlib.contextmanager
def _alone(course: Course) -> Iterator[None]:
    """Hold the course's lock: there is one writer, and the system lets go when it ends."""
    course.class_folder.mkdir(exist_ok=True)
    with open(course.class_folder / LOCK, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(
                f"another run is grading in {course.class_folder}; wait for it, or end it first"
            ) from None
        yield


def _found(submitted: Path, assignment: str, only: str) -> Found:
    found = find_learners(submitted, assignment)
    if not only:
        return found
    if only not in found.learners:
        known = ", ".join(found.learners) or "nobody"
        raise LookupError(f"{only!r} has handed in no {assignment}; {known} did")
    return Found((only,))


@dataclass(frozen=True)
class _Begun:
    """A submission whose questions are being asked."""

    submission: Submission
    notebook: NotebookNode
    notes: tuple[str, ...]
    doubts: tuple[str, ...]
    digest: str


@dataclass
class _Run:
    """The writing side of one run.

    Attributes:
        begun: submissions whose questions are being asked, by learner.
        refused: why a notebook of another version was not graded, by learner.
        unchanged: how many were graded by a run before.
    """

    course: Course
    assignment: str
    release: Release
    tier: Tier
    options: Options
    journal: Journal
    recorder: Recorder
    begun: dict[str, _Begun] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unchanged: int = 0

    def results(self, learners: Iterable[str], pool: Pool) -> Iterator[Result]:
        """Results as they come; submissions are read only when there is room for them."""
        ready: list[Result] = []  # what needs no questions
        for task, done in pool.run(self._tasks(learners, ready)):
            yield from ready
            ready.clear()
            yield self._finish(task.learner, done)
        yield from ready

    def _tasks(self, learners: Iterable[str], ready: list[Result]) -> Iterator[Task]:
        rules, secret = self._rules(), self.course.secret()
        recorded = self.course.submitters(self.assignment)
        demos = demo_sources(self.release.notebook)
        for learner in learners:
            submission = self._read(learner)
            if refused := stamp_problem(submission.stamp, self.release):
                self.refused[learner] = refused
                continue
            extended = self.recorder.policy.extension(learner)
            digest = hashlib.sha256(f"{rules}{submission!r}{extended}".encode()).hexdigest()
            kept = self.journal.find(learner)
            same = kept is not None and kept[0] == digest and learner in recorded
            if kept and same and not self.options.again:
                self._explain(kept[1])  # somebody may have written a comment since
                ready.append(kept[1])
                self.unchanged += 1
                continue
            matched = match(submission, self.release)
            notes = (*filter(None, [submission.problem]), *matched.notes)
            self.begun[learner] = _Begun(
                submission, matched.notebook, notes, matched.doubts, digest
            )
            if submission.problem:
                ready.append(self._finish(learner, self._nothing(submission.problem)))
                continue
            cells = code_cells(matched.notebook, demos)
            cells = [cell for cell in cells if self.options.demos or not cell.demo]
            yield Task(learner, tuple(cells), graded_seeds(secret, learner, self.release.exercises))

    def _read(self, learner: str) -> Submission:
        submitted = self.course.folder("submitted")
        ids = set(self.release.graded)
        submission = read_submission(submitted, learner, self.assignment, ids)
        said = "" if submission.problem else stamp_note(submission.stamp, self.release)
        return replace(submission, notes=(*submission.notes, said)) if said else submission

    def _rules(self) -> str:
        """All that decides a mark beside the submission: a change of it means grading again."""
        rules = hashlib.sha256(repr(self.release.notebook).encode())
        rules.update(self.course.secret())
        rules.update(repr((self.options.demos, self.options.limits, self.tier.name)).encode())
        policy = self.recorder.policy
        rules.update(repr((policy.deadline, policy.late)).encode())
        for path in sorted(LIBRARY.rglob("*.py")):
            rules.update(path.read_bytes())
        return rules.hexdigest()

    def _nothing(self, problem: str, fault: bool = False) -> Marked:
        marks = tuple(unasked(exercise, problem, fault) for exercise in self.release.exercises)
        return Marked(marks, Execution())

    def _finish(self, learner: str, done: Marked | Failed) -> Result:
        """Record, explain, and only then keep in the journal."""
        begun = self.begun.pop(learner)
        if isinstance(done, Failed):
            log.error("%s: %s", learner, done.why)
            why = f"The grader failed: {done.why}; your instructor has to look."
            done = self._nothing(why, fault=True)
        fault = any(mark.fault for mark in done.marks)
        done = replace(done, marks=tuple(map(self.recorder.policy.counted, done.marks)))
        changed = self._changed(learner, done)
        result = Result(learner, done.marks, begun.notes, fault, begun.doubts, changed)
        self.recorder.record(learner, begun.notebook, done, begun.submission.timestamp)
        self._explain(result)
        self.journal.keep(result, "" if fault else begun.digest)  # a fault is tried again
        return result

    def _explain(self, result: Result) -> None:
        by_hand = self.recorder.by_hand(result.learner)
        write_feedback(self.course, self.assignment, result, by_hand, self.tier)

    def _changed(self, learner: str, done: Marked) -> dict[str, tuple[float, float]]:
        kept = self.journal.find(learner)
        before = {mark.exercise: mark.points for mark in kept[1].marks} if kept else {}
        now = {mark.exercise: mark.points for mark in done.marks}
        return {e: (before[e], now[e]) for e in now if before.get(e, now[e]) != now[e]}
