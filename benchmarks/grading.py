"""How fast a class is graded: against ``nbgrader autograde``, and where the time goes.

    python benchmarks/grading.py             # all; writes results/grading.json

The same 40 distinct submissions of one assignment, made of the answers of the bank (tests/banks),
right and wrong. Both write a gradebook. They take turns, twenty submissions at a time, so that
whatever else the machine does slows both. nbgrader runs in this process with its kernels beside it,
one submission after the other, as its command does; ours asks in one process a core. Start-up, of
our processes and of nbgrader's application, is not counted in the ratio and given apart.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import torch
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

import measure

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from banks import answers  # noqa: E402 - the banks lie among the tests
from unrolled.checks import exercises  # noqa: E402
from unrolled.grading import run  # noqa: E402
from unrolled.grading.asking import marking  # noqa: E402
from unrolled.grading.asking.pool import LocalPool  # noqa: E402
from unrolled.grading.gradebook.course import Course  # noqa: E402
from unrolled.grading.gradebook.recording import Recorder  # noqa: E402
from unrolled.grading.run import Options, grade_assignment, setting_of  # noqa: E402
from unrolled.grading.sandbox.tiers import choose_tier  # noqa: E402
from unrolled.grading.sandbox.workers import Question, Worker  # noqa: E402

ASSIGNMENT = "06-self-attention"
BLOCK = 20
BAR = 25.0


def make_course(folder: Path) -> Course:
    """A course with nothing handed in."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (folder / "class" / "submitted").mkdir(parents=True)
    return Course(folder)


def submissions(number: int) -> list[nbformat.NotebookNode]:
    """Distinct notebooks: for each exercise an answer of the bank, three of four of them right."""
    rng = random.Random(0)
    bank = {kind: answers(kind) for kind in ("right", "wrong")}
    made, seen = [], set()
    while len(made) < number:
        notebook = nbformat.read(
            ROOT / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4
        )
        chosen = []
        for cell in notebook.cells:
            kind = "wrong" if rng.random() < 0.25 else "right"
            fitting = [
                a
                for a in bank[kind]
                if a.exercise == cell.metadata.get("nbgrader", {}).get("grade_id")
            ]
            if fitting:
                answer = rng.choice(fitting)
                # What a notebook defines itself, the bank's files import.
                setup = re.sub(r"^from unrolled.*$", "", answer.setup, flags=re.MULTILINE)
                cell.source = setup + "\n" + answer.source
                chosen.append(answer.id)
        if tuple(chosen) not in seen:
            seen.add(tuple(chosen))
            made.append(notebook)
    return made


def hand_in(course: Course, notebooks: list[nbformat.NotebookNode], first: int = 0) -> list[str]:
    """Put notebooks where learners' submissions lie."""
    learners = []
    for number, notebook in enumerate(notebooks, first):
        folder = course.folder("submitted") / f"learner-{number:04d}" / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")
        learners.append(folder.parent.name)
    return learners


def by_nbgrader(course: Course, learners: list[str]) -> float:
    """Seconds that nbgrader needs for some learners."""
    start = time.perf_counter()
    for learner in learners:
        config = course.config.copy()
        config.CourseDirectory.assignment_id = ASSIGNMENT
        config.CourseDirectory.student_id = learner
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    return time.perf_counter() - start


class Warm:
    """A pool whose processes have started, given to runs one after the other."""

    def __init__(self, pool: LocalPool):
        self.pool = pool

    def run(self, tasks):
        return self.pool.run(tasks)


def by_us(course: Course, pool: Warm, demos: bool) -> tuple[float, float]:
    """Seconds that a run over what is handed in needs with its processes warm; and to begin."""
    begun = []

    def noted(results, total):
        begun.append(time.perf_counter())
        return results

    start = time.perf_counter()
    options = Options(demos=demos)
    grade_assignment(course, ASSIGNMENT, choose_tier(), options, progress=noted, pool=pool)
    return time.perf_counter() - begun[0], begun[0] - start


def compared(folder: Path, notebooks: list[nbformat.NotebookNode]) -> dict[str, object]:
    """Take turns over blocks of submissions."""
    theirs = make_course(folder / "nbgrader")
    theirs.register(ASSIGNMENT)
    setting = setting_of(theirs, ASSIGNMENT, choose_tier(), Options())
    blocks = []
    with LocalPool(setting) as pool:
        warm_up(pool, folder / "warm", notebooks)
        for number in range(0, len(notebooks), BLOCK):
            block = notebooks[number : number + BLOCK]
            learners = hand_in(theirs, block, number)
            ours = {}
            for demos in (False, True):
                course = make_course(folder / f"ours-{number}-{demos}")
                course.register(ASSIGNMENT)  # a new gradebook, as nbgrader's: once a term
                hand_in(course, block, number)
                ours[demos] = course
            blocks.append({
                "nbgrader": by_nbgrader(theirs, learners),
                "ours": by_us(ours[False], Warm(pool), False)[0],
                "ours, every cell": by_us(ours[True], Warm(pool), True)[0],
            })  # fmt: skip
            print({name: round(s / len(block), 3) for name, s in blocks[-1].items()}, flush=True)
    return {
        "seconds a submission": {
            name: round(sum(block[name] for block in blocks) / len(notebooks), 4)
            for name in blocks[0]
        },
        "times nbgrader": {
            name: [round(block["nbgrader"] / block[name], 1) for block in blocks]
            for name in ("ours", "ours, every cell")
        },
    }


def warm_up(pool: LocalPool, folder: Path, notebooks: list[nbformat.NotebookNode]) -> None:
    """Start every process, and have each see a few submissions."""
    course = make_course(folder)
    hand_in(course, notebooks[: 4 * max(2, len(os.sched_getaffinity(0)))], 9000)
    by_us(course, Warm(pool), True)


def started(folder: Path, notebooks: list[nbformat.NotebookNode]) -> dict[str, float]:
    """Seconds of the whole command over all submissions, start-up included."""
    seconds = {}
    course = make_course(folder / "command")
    hand_in(course, notebooks)
    for name, words in {
        "unrolled grade": ["-m", "unrolled.cli", "grade", ASSIGNMENT, "--root", str(course.root)],
        "unrolled grade, nothing new": ["-m", "unrolled.cli", "grade", ASSIGNMENT, "--root",
                                        str(course.root)],
    }.items():  # fmt: skip
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        seconds[name] = round(time.perf_counter() - start, 2)
        print(name, seconds[name], flush=True)
    return seconds


@contextmanager
def clocks() -> Iterator[dict[str, list[float]]]:
    """Time what a submission goes through, by wrapping it."""
    times: dict[str, list[float]] = {}
    places = {
        "read and match": [(run, "read_submission"), (run, "match")],
        "fork and clean": [(Worker, "_order")],
        "the learner's cells": [(Question, "run_cell")],
        "the learner's answers": [(Question, "request")],
        "all of an examination": [(marking, "examine")],
        "gradebook and notebook": [(Recorder, "record")],
        "feedback": [(run, "write_feedback")],
    }
    kept = []
    for label, wrapped in places.items():
        times[label] = []
        for owner, name in wrapped:
            kept.append((owner, name, getattr(owner, name)))
            setattr(owner, name, _timed(getattr(owner, name), times[label]))
    try:
        yield times
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)


def _timed(function, into):
    def timed(*arguments, **options):
        start = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            into.append(time.perf_counter() - start)

    return timed


class Here:
    """A pool of this one process, so that its steps can be timed."""

    def __init__(self, setting):
        from unrolled.grading.asking.process import start_worker

        self.setting, self.worker = setting, start_worker(setting)

    def run(self, tasks):
        from unrolled.grading.asking.process import mark

        for task in tasks:
            yield task, mark(task, self.setting, self.worker)


def profile(folder: Path, notebooks: list[nbformat.NotebookNode]) -> dict[str, float]:
    """Milliseconds a submission, step by step, one submission after the other in one process."""
    warm, course = make_course(folder / "profile-warm"), make_course(folder / "profile")
    hand_in(warm, notebooks[:BLOCK], 9000)
    hand_in(course, notebooks)
    torch.set_num_threads(1)
    here = Here(setting_of(course, ASSIGNMENT, choose_tier(), Options()))
    with here.worker:
        grade_assignment(warm, ASSIGNMENT, choose_tier(), pool=here)
        course.register(ASSIGNMENT)
        with clocks() as times:
            at: list[float] = []

            def noted(results, total):
                at.append(time.perf_counter())
                return (r for r in results if not at.append(time.perf_counter()))

            grade_assignment(course, ASSIGNMENT, choose_tier(), progress=noted, pool=here)
    steps = {label: 1000 * sum(spent) / len(notebooks) for label, spent in times.items()}
    asked = steps.pop("all of an examination")
    steps["the probes' own side: reference, comparison, names"] = (
        asked - steps["the learner's answers"]
    )
    steps["all"] = 1000 * (at[-1] - at[0]) / len(notebooks)
    steps["the learner's own computing"] = (
        steps["the learner's cells"] + steps["the learner's answers"]
    )
    steps["floor: fork, cells, answers, probes"] = (
        steps["fork and clean"] + steps["the learner's own computing"]
        + steps["the probes' own side: reference, comparison, names"]
    )  # fmt: skip
    return {label: round(value, 1) for label, value in steps.items()}


def growth(folder: Path, notebooks: list[nbformat.NotebookNode], most: int) -> dict[str, object]:
    """Memory and time over many submissions, and over one process or two."""
    setting = None
    rows = []
    for processes in (1, 2):
        course = make_course(folder / f"growth-{processes}")
        number = most if processes == 2 else most // 4
        for n in range(number):
            hand_in(course, [_renumbered(notebooks[n % len(notebooks)], n)], n)
        setting = setting_of(course, ASSIGNMENT, choose_tier(), Options())
        marks: list[tuple[float, float]] = []

        def noted(results, total, marks=marks):
            for result in results:
                marks.append((time.perf_counter(), _resident()))
                yield result

        with LocalPool(setting, processes) as pool:
            warm_up(pool, folder / f"growth-warm-{processes}", notebooks)
            grade_assignment(course, ASSIGNMENT, choose_tier(), progress=noted, pool=pool)
        quarter = len(marks) // 4
        rows.append({
            "processes": processes, "submissions": len(marks),
            "seconds a submission, quarter by quarter": [
                round((marks[(q + 1) * quarter - 1][0] - marks[q * quarter][0]) / (quarter - 1), 4)
                for q in range(4)
            ],
            "memory of the coordinator in MiB, quarter by quarter": [
                round(marks[(q + 1) * quarter - 1][1]) for q in range(4)
            ],
        })  # fmt: skip
        print(rows[-1], flush=True)
    return {"growth": rows}


def _renumbered(notebook: nbformat.NotebookNode, number: int) -> nbformat.NotebookNode:
    """The same answers in other words, so that no two submissions are one."""
    copy = nbformat.from_dict(notebook)
    copy.cells = [
        *notebook.cells,
        nbformat.v4.new_code_cell(f"mine = {number}", id=f"own-{number}"),
    ]
    return copy


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--many", type=int, default=1000)
    options = parser.parse_args()
    logger = logging.getLogger("unrolled.grading")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    notebooks = submissions(options.submissions)
    with tempfile.TemporaryDirectory(prefix="unrolled-bench-") as scratch:
        folder = Path(scratch)
        content = compared(folder, notebooks)
        content["seconds of the whole command"] = started(folder, notebooks)
        content["milliseconds a submission"] = profile(folder, notebooks)
        print(content, flush=True)
        if options.many:
            content |= growth(folder, notebooks, options.many)
    medians = {n: statistics.median(r) for n, r in content["times nbgrader"].items()}
    content["median"] = medians
    content["bar"] = BAR
    command = (
        f"python benchmarks/grading.py --submissions {options.submissions} --many {options.many}"
    )
    measure.record("grading", command, exercises=len(exercises(ASSIGNMENT)), **content)
    print(medians)


if __name__ == "__main__":
    main()
