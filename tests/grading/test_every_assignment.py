"""Every assignment in the real sandbox: the solution earns all, the release nothing."""

from pathlib import Path

import nbformat
import pytest

from grading.conftest import LIMITS, ROOT, run
from unrolled.checks import exercise, exercises
from unrolled.checks.exercise import patched_source
from unrolled.checks.sections import CHAPTERS
from unrolled.grading.asking.execution import code_cells
from unrolled.grading.asking.marking import graded_seeds, mark_submission
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.sandbox.worker_package import build_worker_package
from unrolled.grading.sandbox.workers import Worker

pytestmark = pytest.mark.sandbox
SECRET = b"s" * 64


def cells(folder, chapter):
    path = Path(ROOT / folder / chapter / f"{chapter}.ipynb")
    return code_cells(nbformat.read(path, as_version=4))


def mark(worker, chapter, cells):
    asked = exercises(chapter)
    return mark_submission(cells, asked, worker, graded_seeds(SECRET, "learner-01", asked))


@pytest.fixture(scope="module", params=CHAPTERS)
def chapter(request):
    return request.param


@pytest.fixture(scope="module")
def worker(chapter, tmp_path_factory):
    package = build_worker_package(chapter, tmp_path_factory.mktemp("build"))
    forbidden = tmp_path_factory.mktemp("forbidden")
    with Worker(package, forbidden, choose_tier(), LIMITS) as worker:
        yield worker


def test_what_earlier_chapters_gave_still_works(worker, chapter):
    earlier = [e for c in CHAPTERS[: CHAPTERS.index(chapter)] for e in exercises(c)]
    lines = [f"from {e.module} import {e.name}" for e in earlier]
    lines += ["from unrolled import plots", "from unrolled.checks import check, hint"]
    assert run(worker, "\n".join([*lines, "print(check(1) == 0)"])) == "True\n"


def test_the_solution_earns_everything(worker, chapter):
    marked = mark(worker, chapter, cells("solutions", chapter))
    missed = {mark.exercise: mark.text() for mark in marked.marks if not mark.full}
    assert missed == {}


def test_the_release_earns_nothing(worker, chapter):
    marked = mark(worker, chapter, cells("exercises", chapter))
    assert {mark.exercise: mark.points for mark in marked.marks if mark.points} == {}
    assert all("not written yet" in mark.text() for mark in marked.marks)


def test_a_mistake_costs_its_own_points_and_is_named(worker, chapter):
    """An early mistake does not spread: what builds on it is marked with the course's own."""
    wrong = exercises(chapter)[0]
    mistake = wrong.mistakes[0]
    changed = [
        type(cell)(cell.id, patched_source(wrong, (mistake,)), cell.grade_id)
        if cell.grade_id == wrong.id
        else cell
        for cell in cells("solutions", chapter)
    ]
    marked = mark(worker, chapter, changed)
    short = [mark for mark in marked.marks if not mark.full]
    assert [mark.exercise for mark in short] == [wrong.id]
    assert short[0].mistakes[:1] == (mistake.slug,)
    assert exercise(wrong.id).points > short[0].points
