"""Grade all submissions of an assignment: read, match, ask, record, explain.

One process, this one, reads and writes; others ask (:mod:`unrolled.grading.asking.pool`). What is
written for a learner is complete before the journal says so, so a run may be cut off anywhere.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from nbformat import NotebookNode

from unrolled.grading.asking.cluster import DaskPool
from unrolled.grading.asking.execution import Execution, code_cells, demo_sources
from unrolled.grading.asking.marking import graded_seeds
from unrolled.grading.asking.marks import Marked, Result, brief, unasked
from unrolled.grading.asking.pool import Failed, LocalPool, Pool, Setting, Task
from unrolled.grading.asking.surroundings import compared
from unrolled.grading.gradebook.course import Course
from unrolled.grading.gradebook.journal import JOURNAL, Journal, Request
from unrolled.grading.gradebook.recording import ByHand, Recorder
from unrolled.grading.pages.feedback import Page, write_feedback
from unrolled.grading.rules import library_digest
from unrolled.grading.sandbox.gpus import find_gpus
from unrolled.grading.sandbox.tiers import Tier
from unrolled.grading.sandbox.workers import Limits
from unrolled.grading.submissions.folders import Found, Place
from unrolled.grading.submissions.matching import Release, match
from unrolled.grading.submissions.reading import Submission, read_submission
from unrolled.grading.submissions.stamps import stamp_note, stamp_problem

log = logging.getLogger("unrolled.grading")


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
        device: where answers compute, ``"cpu"`` or ``"cuda"``.
        per_gpu: how many submissions at a time share a GPU; 0 for what is usual.
        reason: why somebody asked to grade ``only`` again; kept, and shown on the learner's page.
        exercise: the one that was asked about; empty for the whole notebook.
    """

    only: str = ""
    again: bool = False
    demos: bool = False
    processes: int = 0
    dask: str = ""
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"
    per_gpu: int = 0
    reason: str = ""
    exercise: str = ""


@dataclass(frozen=True)
class Graded:
    """What a run did and where it left things.

    Attributes:
        results: one a learner, in the order of their ids.
        unchanged: how many of them were there from a run before.
        refused: folders passed over, and why.
        requests: what came of being asked to grade again.
    """

    results: tuple[Result, ...]
    unchanged: int
    refused: dict[str, str]
    gradebook: Path
    feedback: Path
    autograded: Path
    requests: tuple[Request, ...] = ()


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

    Processes are started that import the calling script anew, so a script calls this below
    ``if __name__ == "__main__":`` alone.

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
        GpuMissing: if a GPU is asked for and none can be used.
        LookupError: if ``only`` has handed nothing in, or a request is about what has no marks.
        OSError, sqlite3.Error, sqlalchemy.exc.SQLAlchemyError: if something cannot be written; what
            was graded so far is kept, and the next run goes on from there.
    """
    options = options or Options()
    with course.alone(), contextlib.ExitStack() as stack:
        found = _found(course, assignment, options.only)
        journal = stack.enter_context(
            contextlib.closing(Journal(course.class_folder / JOURNAL, assignment))
        )
        if pool is None:
            setting = setting_of(course, assignment, tier, options)
            news = options.again or any(journal.find(learner) is None for learner in found.learners)
            remote = options.dask and DaskPool(setting, options.dask)
            pool = stack.enter_context(remote or LocalPool(setting, options.processes, news))
        release = course.register(assignment)
        gradebook = stack.enter_context(course.gradebook())
        recorder = Recorder(course, gradebook, assignment)
        _check_request(options, release, journal)
        run = _Run(course, assignment, release, tier, options, journal, recorder, found.places)
        results = progress(run.results(pool), len(found.learners))
        return Graded(
            tuple(sorted(map(brief, results), key=lambda result: result.learner)),
            run.unchanged,
            found.refused | run.refused,
            gradebook=course.export(),
            feedback=course.folder("feedback"),
            autograded=course.folder("autograded"),
            requests=tuple(run.requests),
        )


def setting_of(course: Course, assignment: str, tier: Tier, options: Options) -> Setting:
    """What grading processes are told.

    Raises:
        GpuMissing: if a GPU is asked for and none can be used.
    """
    # On a cluster each worker has GPUs of its own.
    here = options.device == "cuda" and not options.dask
    return Setting(
        assignment, course.root / "build", course.root, tier, options.limits, course.log,
        options.device, options.per_gpu, find_gpus(options.per_gpu) if here else (),
    )  # fmt: skip


def _found(course: Course, assignment: str, only: str) -> Found:
    found = course.found(assignment)
    if not only:
        return found
    if only not in found.learners:
        known = ", ".join(found.learners) or "nobody"
        if only in found.refused:
            raise LookupError(f"{only!r} was passed over: {found.refused[only]}")
        raise LookupError(f"{only!r} has handed in no {assignment}; {known} did")
    return Found({only: found.places[only]})


def _check_request(options: Options, release: Release, journal: Journal) -> None:
    known = [exercise.id for exercise in release.exercises]
    if options.exercise and options.exercise not in known:
        raise LookupError(
            f"no exercise is called {options.exercise!r}; known are {', '.join(known)}"
        )
    if options.reason and not journal.find(options.only):
        raise LookupError(f"{options.only!r} has no marks to look at again; grade the class first")


@dataclass(frozen=True)
class _Begun:
    """A submission whose questions are being asked."""

    submission: Submission
    notebook: NotebookNode
    notes: tuple[str, ...]
    doubts: tuple[str, ...]
    digest: str

    def told(self, done: Marked) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Notes and doubts, with those on what the notebook missed when it ran."""
        said = compared(code_cells(self.notebook), done, self.submission.stamp.python)
        return (*self.notes, *said.notes), (*self.doubts, *said.doubts)


@dataclass
class _Run:
    """The writing side of one run.

    Attributes:
        places: where work lies, of all learners that are to be graded.
        begun: submissions whose questions are being asked, by learner.
        refused: why a notebook of another version was not graded, by learner.
        requests: what came of being asked to grade again.
        unchanged: how many were graded by a run before.
    """

    course: Course
    assignment: str
    release: Release
    tier: Tier
    options: Options
    journal: Journal
    recorder: Recorder
    places: Mapping[str, Place]
    begun: dict[str, _Begun] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    unchanged: int = 0

    def results(self, pool: Pool) -> Iterator[Result]:
        """First what is there from a run before, then results as they come.

        Submissions to be graded are read only when there is room for them.
        """
        recorded = self.course.submitters(self.assignment)
        to_grade: list[str] = []
        for learner in self.places:
            kept = self._unchanged(learner) if learner in recorded else None
            if kept:
                self._explain(kept)  # somebody may have written a comment since
                self.unchanged += 1
                yield kept
            else:
                to_grade.append(learner)
        unread: list[Result] = []
        for task, done in pool.run(self._tasks(to_grade, recorded, unread)):
            yield from unread
            unread.clear()
            yield self._finish(task.learner, done)
        yield from unread

    def _unchanged(self, learner: str) -> Result | None:
        """The last result, if grading again would give the same."""
        kept = None if self.options.again else self.journal.find(learner)
        return kept[1] if kept and kept[0] == self._digest(self._read(learner)) else None

    def _tasks(
        self, learners: Iterable[str], recorded: Collection[str], unread: list[Result]
    ) -> Iterator[Task]:
        """What is to be asked; submissions in which nothing can be read go to ``unread``."""
        secret, demos = self.course.secret(), demo_sources(self.release.notebook)
        for learner in learners:
            submission = self._read(learner)
            if refused := stamp_problem(submission.stamp, self.release):
                self._refuse(learner, refused, learner in recorded)
                continue
            matched = match(submission, self.release)
            notes = (*filter(None, [submission.problem]), *matched.notes)
            self.begun[learner] = _Begun(
                submission, matched.notebook, notes, matched.doubts, self._digest(submission)
            )
            if submission.problem:
                unread.append(self._finish(learner, self._nothing(submission.problem)))
                continue
            cells = code_cells(matched.notebook, demos)
            cells = [cell for cell in cells if self.options.demos or not cell.demo]
            yield Task(learner, tuple(cells), graded_seeds(secret, learner, self.release.exercises))

    def _read(self, learner: str) -> Submission:
        submitted = self.course.folder("submitted")
        ids = set(self.release.graded)
        submission = read_submission(
            submitted, learner, self.assignment, ids, self.places[learner], self.zone
        )
        said = "" if submission.problem else stamp_note(submission.stamp, self.release)
        return replace(submission, notes=(*submission.notes, said)) if said else submission

    def _digest(self, submission: Submission) -> str:
        extended = self.recorder.policy.extension(submission.learner)
        said = replace(submission, cells=())
        digest = hashlib.sha256(f"{self._rules}{said!r}{extended}".encode())
        for cell in submission.cells:  # one by one: the text of all is many times a notebook's size
            digest.update(repr(cell).encode())
        return digest.hexdigest()

    @functools.cached_property
    def zone(self) -> tzinfo:
        """The course's."""
        return self.course.timezone

    @functools.cached_property
    def _rules(self) -> str:
        """All that decides a mark beside the submission: a change of it means grading again."""
        policy = self.recorder.policy
        chosen = (self.options.demos, self.options.limits, self.tier.name, policy.deadline)
        rules = hashlib.sha256(repr((self.release.notebook, *chosen, policy.late)).encode())
        rules.update(self.course.secret())
        rules.update(library_digest().encode())
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
        kept = self.journal.find(learner)
        before = {mark.exercise: mark.points for mark in kept[1].marks} if kept else {}
        changed = {
            m.exercise: (before[m.exercise], m.points)
            for m in done.marks
            if before.get(m.exercise, m.points) != m.points
        }
        notes, doubts = begun.told(done)
        result = Result(learner, done.marks, notes, fault, doubts, changed)
        request = self._request(result, before)
        self.recorder.record(learner, begun.notebook, done, begun.submission.timestamp)
        self._explain(result, request)
        self.journal.keep(result, "" if fault else begun.digest, request)  # a fault is tried again
        return result

    def _request(self, result: Result, before: Mapping[str, float]) -> Request | None:
        """What came of being asked to grade again; that the grader failed is no outcome."""
        if not self.options.reason or result.fault:
            return None
        asked = [m for m in result.marks if self.options.exercise in ("", m.exercise)]
        was = sum(before.get(mark.exercise, 0.0) for mark in asked)
        now = sum(mark.points for mark in asked)
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        self.requests.append(
            Request(result.learner, self.options.exercise, self.options.reason, today, was, now)
        )
        return self.requests[-1]

    def _explain(self, result: Result, request: Request | None = None) -> None:
        requests = (*self.journal.requests(result.learner), *([request] if request else []))
        by_hand = self.recorder.by_hand(result.learner)
        page = Page(self.assignment, result, by_hand, self.tier, requests)
        write_feedback(self.course, page)

    def _refuse(self, learner: str, why: str, recorded: bool) -> None:
        """Say why a notebook was not graded; the marks of one before stay, and are shown."""
        self.refused[learner] = why
        kept = self.journal.find(learner) if recorded else None
        result = kept[1] if kept else Result(learner, ())
        by_hand = self.recorder.by_hand(learner) if kept else ByHand({}, {})
        requests = self.journal.requests(learner)
        page = Page(self.assignment, result, by_hand, self.tier, requests, why)
        write_feedback(self.course, page)
