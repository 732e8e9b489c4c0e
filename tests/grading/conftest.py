"""A course in a folder of its own, warm workers with and without walls, and small notebooks."""

import functools
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import nbgrader.api
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from unrolled.checks import exercises
from unrolled.grading.asking.marking import mark_submission
from unrolled.grading.gradebook.course import Course
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.sandbox.worker_package import build_worker_package
from unrolled.grading.sandbox.workers import Limits, Worker

ROOT = Path(__file__).parents[2]
ASSIGNMENT = "06-self-attention"
# Generous, because a loaded machine is not a failure; hanging cells set their own.
LIMITS = Limits(cell_seconds=60.0, answer_seconds=60.0)


@pytest.fixture(scope="session", autouse=True)
def schema():
    """For each new gradebook nbgrader asks alembic, a process of two seconds, the same thing."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(nbgrader.api.get_alembic_version)
        patch.setattr(nbgrader.api, "get_alembic_version", once)
        yield


def make_course(root):
    root.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "class" / "submitted").mkdir(parents=True)
    (root / "class" / "secret").write_text("the same questions in every test".ljust(64, "."))
    return Course(root)


@pytest.fixture(scope="session")
def shared_course(tmp_path_factory):
    """One course for tests that only read it."""
    return make_course(tmp_path_factory.mktemp("shared") / "course")


@pytest.fixture(scope="session")
def release(shared_course):
    return shared_course.register(ASSIGNMENT)


@pytest.fixture
def course(tmp_path):
    """A course that a test may change."""
    return make_course(tmp_path / "course")


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    return build_worker_package(ASSIGNMENT, tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def worker(package, shared_course):
    """The real sandbox. Without bubblewrap these tests fail, and say how to get it."""
    with Worker(package, shared_course.root, choose_tier(), LIMITS) as worker:
        yield worker


@pytest.fixture
def quick_worker(worker, monkeypatch):
    """The same sandbox with two seconds for a cell, for cells that never end."""
    quick = replace(LIMITS, cell_seconds=2.0, answer_seconds=2.0)
    monkeypatch.setattr(worker, "limits", quick)
    return worker


class WarmPool:
    """Marks here, in a sandbox that is warm already: for what comes before marking and after it."""

    def __init__(self, worker):
        self.worker = worker

    def run(self, tasks):
        for task in tasks:
            yield task, mark_submission(task.cells, exercises(ASSIGNMENT), self.worker, task.seeds)


@pytest.fixture
def warm_pool(worker):
    return WarmPool(worker)


@pytest.fixture
def submit(course):
    """Hand in a notebook for a learner: ``submit("learner-01", notebook)``."""

    def hand_in(learner, contents, name=f"{ASSIGNMENT}.ipynb"):
        folder = course.folder("submitted") / learner / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        text = contents if isinstance(contents, str) else nbformat.writes(contents)
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return hand_in


def notebook(*sources, **named):
    """A notebook of code cells; named ones carry that grade id. Markdown starts with ``md:``."""
    cells = [_cell(source) for source in sources]
    for grade_id, source in named.items():
        cell = _cell(source)
        cell.metadata["nbgrader"] = {"grade_id": grade_id, "solution": True}
        cells.append(cell)
    return new_notebook(cells=cells)


def _cell(source):
    if source.startswith("md:"):
        return new_markdown_cell(source.removeprefix("md:"))
    return new_code_cell(source)


def run(worker, *sources):
    """Run cells in one question; return everything the last one printed."""
    with worker.question() as question:
        for source in sources:
            reply = question.run_cell(source, collect=True)
    outputs = [o.get("text") or str(o.get("evalue", "")) for o in reply["outputs"]]
    return "\n".join(outputs)
