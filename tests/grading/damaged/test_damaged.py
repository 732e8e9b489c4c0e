"""A notebook that something happened to earns what its code earned before it happened."""

import functools

import nbformat
import pytest

from grading.conftest import LIMITS
from grading.damaged import broken_files, in_words
from grading.damaged.cases import CASES
from grading.damaged.whole import CHAPTER, EXPLAIN, EXPLANATION, written
from unrolled.checks import exercises
from unrolled.grading.asking.execution import code_cells, demo_sources
from unrolled.grading.asking.marking import graded_seeds, mark_submission
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.sandbox.worker_package import build_worker_package
from unrolled.grading.sandbox.workers import Worker
from unrolled.grading.submissions.folders import find_learners
from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.reading import read_submission

LEARNER = "learner-01"
WHOLE = {"padding_mask": 4, "scaled_dot_product_attention": 11, "SelfAttention": 11}


def hand_in(folder, files, chapter=CHAPTER):
    for name, contents in files.items():
        path = folder / LEARNER / chapter / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)


def fitted(folder, release, chapter=CHAPTER):
    submission = read_submission(folder, LEARNER, chapter, set(release.graded))
    return submission, match(submission, release)


def sources(matched, release):
    """What runs: all code but the release's own demonstrations."""
    demos = demo_sources(release.notebook)
    return tuple(cell for cell in code_cells(matched.notebook, demos) if not cell.demo)


def marks(worker, cells, chapter=CHAPTER):
    """The marks of some cells: the one place that knows how the grader is called."""
    asked = exercises(chapter)
    marked = mark_submission(cells, asked, worker, graded_seeds(b"s" * 64, LEARNER, asked))
    assert not any(mark.fault for mark in marked.marks)
    return {mark.exercise: mark.points for mark in marked.marks}


@pytest.fixture(scope="module")
def graded(worker):
    """Marks of cells; the same code in the same order is run once."""
    return functools.cache(lambda cells: marks(worker, cells))


@pytest.fixture(scope="module")
def before(graded, release, tmp_path_factory):
    """The marks before anything happened."""
    folder = tmp_path_factory.mktemp("whole")
    hand_in(folder, {f"{CHAPTER}.ipynb": nbformat.writes(nbformat.from_dict(written())).encode()})
    submission, matched = fitted(folder, release)
    assert (matched.notes, matched.doubts, submission.problem) == ((), (), "")
    return graded(sources(matched, release))


def test_there_are_forty_kinds_of_damage():
    assert broken_files.EVERYTHING
    assert in_words.OWN
    assert len(CASES) >= 40


@pytest.mark.sandbox
def test_the_whole_notebook_is_neither_all_right_nor_all_wrong(before):
    assert before.items() >= WHOLE.items()
    assert 0 < before["causal_mask"] < 4


@pytest.mark.sandbox
@pytest.mark.parametrize("name", CASES)
def test_damage_costs_only_what_is_lost(name, graded, before, release, tmp_path):
    case = CASES[name]
    hand_in(tmp_path, case.files())
    assert find_learners(tmp_path, CHAPTER).learners == (LEARNER,)
    submission, matched = fitted(tmp_path, release)
    assert case.says in " ".join((submission.problem, *matched.notes))
    assert bool(matched.doubts) == case.look
    nbformat.validate(matched.notebook)
    code = sources(matched, release)
    earned = dict.fromkeys(before, 0) if submission.problem else graded(code)
    assert earned == before | dict.fromkeys(case.lost, 0)
    found = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in matched.notebook.cells}
    assert {g for g, c in release.graded.items() if c.metadata.nbgrader.grade} <= found.keys()
    said = found[EXPLAIN].source
    assert (said.strip() == EXPLANATION) == case.explained
    words = b"Both are the same vector" in b"".join(case.files().values())
    assert any("Both are the same vector" in c.source for c in matched.notebook.cells) == (
        words or (case.explained and not submission.problem)
    )


OTHER = "07-multi-head"  # classes, code to be repaired, an answer named other than its exercise


@pytest.fixture(scope="module")
def other(shared_course, tmp_path_factory):
    """The release of another chapter, and a worker for it."""
    release = shared_course.register(OTHER)
    package = build_worker_package(OTHER, tmp_path_factory.mktemp("build"))
    with Worker(package, shared_course.root, choose_tier(), LIMITS) as worker:
        yield release, worker


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["vs_code", "cells_reversed", "code_merged"])
def test_a_chapter_of_classes_fares_the_same(name, other, tmp_path):
    release, worker = other
    hand_in(tmp_path, CASES[name].files(OTHER), OTHER)
    _, matched = fitted(tmp_path, release, OTHER)
    earned = marks(worker, sources(matched, release), OTHER)
    assert earned == {exercise.id: exercise.points for exercise in release.exercises}
